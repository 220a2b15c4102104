"""How findings write numbers and names."""

from math import inf

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write a number with its thousands marked and a real minus."""
    return f"{MINUS if value < 0 else ''}{abs(value):,.0f}"


def amount(value: float) -> str:
    """Write points, or that there is no end to them."""
    return "any number of" if abs(value) == inf else number(value)


def count(value: int, one: str, many: str = "") -> str:
    """Write how many of something: "1 lead", "2,400 leads"."""
    return f"{value:,} {one if value == 1 else many or f'{one}s'}"


def share(part: int, whole: int) -> str:
    """Write a share in percent; what is little more than nothing is never written as 0 %."""
    if not whole:
        return "0 %"
    percent = 100 * part / whole
    if part and percent < 1:
        return "less than 1 %"
    if part < whole and percent > 99:
        return "more than 99 %"
    return f"{percent:.0f} %"


def quoted(name: str) -> str:
    """Write the name of a rule."""
    return f"“{name}”"
