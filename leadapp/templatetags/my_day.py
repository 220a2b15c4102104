"""The links of a row of the day, which open the form of one key in place."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leadapp.views.my_day.sections import Row
from leadapp.words import Text

register = template.Library()


@register.simple_tag
def log_links(row: Row, kinds: Sequence[tuple[str, Text, str]], carried: dict[str, str]) -> dict[str, Any]:
    """Write the links that log something, or set a task, and go on to the row after.

    Under `verb` are the attributes of that of the row's verb; under `menu` those of all kinds, with words and
    key.
    """
    query = urlencode(carried | ({"then": row.then} if row.then else {}))
    first = kinds[0][0]
    before, _first, after = reverse("my-day-log", args=[row.lead.pk, first]).rpartition(first)
    addresses = {kind: f"{before}{kind}{after}" + (f"?{query}" if query else "") for kind, *_ in kinds}
    return {
        "verb": _attributes(addresses[row.verb], row) if row.verb in addresses else "",
        "menu": [(_attributes(addresses[kind], row), words, letter) for kind, words, letter in kinds],
    }


def _attributes(address: str, row: Row) -> SafeString:
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="#panel-{1}" hx-swap="innerHTML" data-log', address, row.key
    )
