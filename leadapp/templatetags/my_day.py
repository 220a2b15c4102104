"""The links of a row of the day, which open the form of one key in place."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from leadapp.views.my_day.sections import Row
from leadapp.words import Text

register = template.Library()

# Written here at once: a page has some two hundred of them.
ITEM = (
    '<a class="menu__item" href="{0}" hx-get="{0}" data-row-key="{1}">{2}'
    '<kbd class="end" aria-hidden="true">{1}</kbd></a>'
)


@register.simple_tag
def log_links(
    row: Row, kinds: Sequence[tuple[str, Text, str]], carried: dict[str, str]
) -> dict[str, SafeString]:
    """Write the links that log something, or set a task, and go on to the row after.

    Under `verb` are the attributes of that of the row's verb; under `menu` the links of all kinds.
    """
    query = urlencode(carried | ({"then": row.then} if row.then else {}))
    first = kinds[0][0]
    before, _first, after = reverse("my-day-log", args=[row.lead.pk, first]).rpartition(first)
    addresses = {kind: f"{before}{kind}{after}" + (f"?{query}" if query else "") for kind, *_ in kinds}
    verb = addresses.get(row.verb)
    return {
        "verb": format_html('href="{0}" hx-get="{0}"', verb) if verb else SafeString(),
        "menu": format_html_join("", ITEM, ((addresses[kind], key, words) for kind, words, key in kinds)),
    }
