"""What the lead list needs: words, and the cells of its columns."""

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.periods import read_day
from leadapp.views.list_columns import Column

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


@register.simple_tag(takes_context=True)
def cell(context: Context, column: Column, pk: int) -> SafeString:
    """Write the attributes of a cell; what changes while the page is open has a name to be replaced by."""
    is_fresh = context.get("is_fresh")
    look = f"{column.look} is-fresh" if is_fresh else column.look
    name = f' id="{column.key}-{pk:d}"' if column.key in context["live"] else ""
    swap = ' hx-swap-oob="true"' if name and is_fresh else ""
    # Made of the words of the code and of a number: nothing to escape, some four hundred times a page.
    return mark_safe(f'class="{look}" role="cell"{name}{swap}')  # noqa: S308


@register.tag
def switch(parser: Parser, token: Token) -> "SwitchNode":
    """Render what stands under {% case "key" %} for the value, else what stands under {% otherwise %}.

    A chain of {% elif %} asks as many questions as there are columns, for every cell of the list.
    """
    value = parser.compile_filter(token.split_contents()[1])
    parser.parse(("case",))
    cases: dict[str, NodeList] = {}
    tag = parser.next_token()
    while tag.contents != "endswitch":
        name, *keys = tag.split_contents()
        nodes = parser.parse(("case", "otherwise", "endswitch"))
        cases |= dict.fromkeys([key.strip('"') for key in keys] if name == "case" else [""], nodes)
        tag = parser.next_token()
    return SwitchNode(value, cases)


class SwitchNode(Node):
    """The cases of a switch by their keys; that under an empty key is for all others."""

    def __init__(self, value: FilterExpression, cases: dict[str, NodeList]) -> None:
        self.value = value
        self.cases = cases

    def render(self, context: Context) -> SafeString:
        """Render the case of the value."""
        return self.cases.get(self.value.resolve(context), self.cases[""]).render(context)
