"""What the lead list needs: words, and the cells of its columns."""

from typing import Any

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.numbers import write_exact
from leadapp.periods import read_day
from leadapp.services.lists.columns import NAME, Column

register = template.Library()

# The looks of columns that have a place of their own in the rows of phones.
PLACED = {"c-score", "c-lead", "c-why", "c-stage", "c-sla"}


@register.filter
def own_fact(lead: Lead, key: str) -> str:
    """Write a fact of a team's own, as its kind is written; empty where it is not known."""
    value: Any = lead.attributes.get(key)
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return write_exact(value)
    day = read_day(str(value))
    return date_format(day) if day else str(value)


@register.tag
def cells(parser: Parser, token: Token) -> "CellsNode":
    """Write the cells of a lead: for each column what is under its {% cell "key" %}, else {% otherwise %}.

    It wants `lead` and `columns`, and tells `column`. A loop with a question for every column took as long
    as all the rest of the list.
    """
    parser.parse(("cell",))
    shown: dict[str, NodeList] = {}
    tag = parser.next_token()
    while tag.contents != "endcells":
        name, *keys = tag.split_contents()
        nodes = parser.parse(("cell", "otherwise", "endcells"))
        shown |= dict.fromkeys([key.strip('"') for key in keys] if name == "cell" else [""], nodes)
        tag = parser.next_token()
    return CellsNode(shown)


class CellsNode(Node):
    """What is shown in the cells, by the keys of columns; under an empty key that of all others."""

    def __init__(self, shown: dict[str, NodeList]) -> None:
        self.shown = shown

    def render(self, context: Context) -> SafeString:
        """Render the cells of a lead; its name heads the row."""
        lead: Lead = context["lead"]
        live, is_fresh = context["live"], bool(context.get("is_fresh"))
        parts: list[str] = []
        for column in context["columns"]:
            context["column"] = column
            said = self.shown.get(column.key, self.shown[""]).render(context).strip()
            if column.key == NAME.key:
                parts.append(f'<th class="{column.look}" scope="row" role="rowheader">{said}</th>')
            else:
                name = f"{column.key}-{lead.pk:d}" if column.key in live else ""
                parts.append(f"<td {_attributes(column, name, is_fresh)}>{said}</td>")
        # Words of the code, numbers, and what the templates have escaped.
        return mark_safe("".join(parts))  # noqa: S308


def _attributes(column: Column, name: str, is_fresh: bool) -> str:
    """Write the attributes of a cell; what changes while the page is open has a name to be replaced by.

    A cell that has no place of its own in the rows of phones carries the head of its column.
    """
    look = f"{column.look} is-fresh" if is_fresh else column.look
    label = "" if column.look in PLACED else f' data-label="{escape(column.label)}"'
    named = f' id="{name}"' if name else ""
    swap = ' hx-swap-oob="true"' if name and is_fresh else ""
    return f'class="{look}" role="cell"{named}{swap}{label}'
