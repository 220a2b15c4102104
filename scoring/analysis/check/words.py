"""How findings write numbers and names."""

from math import inf

from django.utils.translation import gettext as _

from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.words import quote

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write a number with its thousands marked and a real minus."""
    return f"{MINUS if value < 0 else ''}{write_number(abs(value))}"


def amount(value: float) -> str:
    """Write points, or that there is no end to them."""
    return _("any number of") if abs(value) == inf else number(value)


def share(part: int, whole: int) -> str:
    """Write a share in percent; what is little more than nothing is never written as 0 %."""
    if not whole:
        return _("%(percent)s %%") % {"percent": 0}
    percent = 100 * part / whole
    if part and percent < 1:
        return _("less than 1 %")
    if part < whole and percent > 99:
        return _("more than 99 %")
    return _("%(percent)s %%") % {"percent": write_number(percent)}


def quoted(name: str) -> str:
    """Write the name of a rule."""
    return quote(shown(name))
