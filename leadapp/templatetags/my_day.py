"""The links of a row of the day, which open the form of one key in place."""

from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leadapp.views.my_day.sections import Row

register = template.Library()


@register.simple_tag
def log_link(row: Row, kind: str, carried: dict[str, str], letter: str = "") -> SafeString:
    """Write the attributes of a link that logs something, or sets a task, and goes on to the row after."""
    query = urlencode(carried | ({"then": row.then} if row.then else {}))
    address = reverse("my-day-log", args=[row.lead.pk, kind]) + (f"?{query}" if query else "")
    key = format_html(' data-row-key="{}"', letter) if letter else ""
    return format_html(
        'href="{0}" hx-get="{0}" hx-target="#panel-{1}" hx-swap="innerHTML" data-log{2}',
        address,
        row.key,
        key,
    )
