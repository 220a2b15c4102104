"""Words that the lead list needs."""

from typing import Any

from django import template
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.periods import read_day

register = template.Library()


@register.filter
def own_fact(lead: Lead, key: str) -> str:
    """Write a fact of a team's own, as its kind is written; empty where it is not known."""
    value: Any = lead.attributes.get(key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    day = read_day(str(value))
    return date_format(day) if day else str(value)
