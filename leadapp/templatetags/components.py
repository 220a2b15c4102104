"""The parts that pages are made of; what is more than a word is drawn by templates/components/."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, Select
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leadapp.models import Lead, Stage, Temperature, User
from leadapp.numbers import write_number
from leadapp.shipped import shown
from leadapp.times import write_date, write_moment, write_span, write_weekday, write_work
from leadapp.words import lower_first, quote
from qualification.services.clock.clocks import COUNTED_AHEAD, Clock

register = template.Library()

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon of the sprite; size "sm" is the small one. Words beside it say what it means."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="#i-{}"/></svg>',
        f" icon--{size}" if size else "",
        name,
    )


def _drawn(name: str, *words: str) -> SafeString:
    return _drawn_in(get_language() or "", name, *words)


@lru_cache(maxsize=256)
def _drawn_in(language: str, name: str, *words: str) -> SafeString:
    """Draw a label out of a small vocabulary once for each language; the list shows hundreds of them."""
    return mark_safe(render_to_string(f"components/{name}.html", {"words": words}).strip())  # noqa: S308


@register.simple_tag
def score(lead: Lead) -> SafeString:
    """Write a lead's total, or that it has none."""
    if lead.score is None:
        return _drawn("score", _("No score") if lead.do_not_score else _("Not yet"), "score--none")
    return format_html('<span class="score">{}</span>', lead.score)


@register.simple_tag
def grade(code: str, size: str = "") -> SafeString | str:
    """Draw a grade such as A1; size "lg" is the large one. An empty code draws nothing."""
    return _drawn("grade", code, code[0], code[1], size) if code else ""


@register.simple_tag
def temperature(code: str) -> SafeString | str:
    """Draw a temperature as bars and a word. An empty code draws nothing."""
    return _drawn("temperature", code, str(Temperature(code).label)) if code else ""


@register.simple_tag
def stage(code: str) -> SafeString:
    """Draw a stage: the circle fills up, and the word."""
    return _drawn("stage", code, str(Stage(code).label))


@register.simple_tag
def standing(lead: Lead, with_reason: bool = False) -> SafeString:
    """Draw where a lead stands: its stage, or that it rests (nurture) or ended (disqualified)."""
    if lead.is_open:
        return stage(lead.stage)
    icon_name = "circle-x" if lead.is_disqualified else "pause"
    reason = f": {shown(lead.status_reason)}" if with_reason else ""
    words = f"{lead.get_status_display()}{reason}"
    return format_html('<span class="stage stage--out">{}{}</span>', icon(icon_name, "sm"), words)


@register.inclusion_tag("components/sla.html")
def sla(clock: Clock | None) -> dict[str, Any]:
    """Draw how much time is left to answer, how late it is, or how long it took; None has no deadline.

    One that runs carries what a page needs to count on by itself.
    """
    if clock is None:
        return {}
    if clock.took is not None:
        return {"clock": clock, "span": write_work(clock.took, is_rough=True)}
    return {
        "clock": clock,
        "state": "late" if clock.is_late else "soon" if clock.is_soon else "ok",
        "span": write_work(abs(clock.left)),
        "left": int(clock.left.total_seconds()),
        "now": int(clock.now.timestamp()),
        "until": int((clock.now + COUNTED_AHEAD).timestamp()),
    }


@register.filter
def work(length: timedelta) -> str:
    """Write a length of working time."""
    return write_work(length)


@register.filter
def span(length: timedelta) -> str:
    """Write a length of time by the clock."""
    return write_span(length)


@register.filter
def quicker(by: timedelta) -> str:
    """Write by how much something is quicker: 41 min faster, 3 h slower."""
    text = _("%(length)s faster") if by > timedelta() else _("%(length)s slower")
    return text % {"length": write_work(abs(by))}


@register.filter(name="shown")
def in_reader_s_language(text: str) -> str:
    """Write a text that came with Leadapp in the language of the reader (leadapp/shipped.py)."""
    return shown(str(text))


@register.filter
def quoted(text: object) -> str:
    """Put a text into quotation marks."""
    return quote(text)


@register.filter
def in_sentence(text: object) -> str:
    """Write a label as it goes on in a sentence."""
    return lower_first(str(text))


@register.filter
def wall(moment: datetime) -> str:
    """Write the time of day as the clock of the moment's own zone shows it."""
    return time_format(moment, "TIME_FORMAT")


@register.filter
def weekday(day: date | datetime) -> str:
    """Write a day with its weekday, as it stands in a sentence."""
    return write_weekday(day)


@register.simple_tag
def points(value: float | Decimal | None, decimals: int = 0) -> SafeString:
    """Write points with their sign; the minus is a real one, None is a dash."""
    return _points_in(get_language() or "", value, decimals)


@lru_cache(maxsize=4096, typed=True)
def _points_in(language: str, value: float | Decimal | None, decimals: int) -> SafeString:
    """Write points once for each language; lists show the same small numbers again and again."""
    if value is None:
        return format_html('<span class="pts pts--nil">{}</span>', DASH)
    number = Decimal(str(value))
    if not isinstance(value, int):
        number = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    kind, sign = ("up", "+") if number > 0 else ("down", MINUS) if number < 0 else ("nil", "")
    return format_html(
        '<span class="pts pts--{}">{}{}</span>',
        kind,
        sign,
        write_number(abs(number), decimals),
    )


@register.simple_tag
def moment(value: datetime | None, now: datetime | None = None) -> SafeString | str:
    """Write when something was or will be; the whole date is in the title and the datetime attribute."""
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        timezone.localtime(value).isoformat(timespec="seconds"),
        write_date(value),
        write_moment(value, now=now or timezone.now()),
    )


@register.simple_tag
def full_date(value: datetime | None) -> SafeString | str:
    """Write a moment in full, with weekday, year and time."""
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), write_date(value)
    )


@register.simple_tag
def avatar(user: User | None, is_me: bool = False) -> SafeString:
    """Draw a person's initials; the name has to stand beside it."""
    return _drawn("avatar", user.initials if user else DASH, "avatar--me" if is_me else "")


@register.simple_tag
def spark(values: Sequence[float]) -> SafeString | str:
    """Draw a small line of values, oldest first, in a box of 64 by 20. One value draws a flat line."""
    if not values:
        return ""
    line = list(values) if len(values) > 1 else [values[0], values[0]]
    low, high = min(line), max(line)
    step = 60 / (len(line) - 1)
    parts = [
        f"{1 + index * step:.0f} {10.0 if high == low else 18 - 16 * (value - low) / (high - low):.1f}"
        for index, value in enumerate(line)
    ]
    return format_html(
        '<svg class="spark" viewBox="0 0 64 20" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="M{}"/></svg>',
        " L".join(parts),
    )


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, placeholder: str = "", optional: bool | None = None) -> dict[str, Any]:
    """Draw a form field: label, control, hint, and what to type instead. Tied together for screen readers."""
    widget = bound.field.widget
    attributes: dict[str, str | bool] = {"class": "" if isinstance(widget, CheckboxInput) else "input"}
    if placeholder:
        attributes["placeholder"] = placeholder
    return {
        "field": bound,
        "control": bound.as_widget(attrs=attributes),
        "is_checkbox": isinstance(widget, CheckboxInput),
        "is_select": isinstance(widget, Select) and not getattr(widget, "allow_multiple_selected", False),
        "is_optional": not bound.field.required if optional is None else optional,
    }


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """List what has to be mended above a form, with links to the fields; draws nothing without errors."""
    return {
        "fields": [form[name] for name in form.errors if name in form.fields],
        "general": form.non_field_errors(),
    }


@register.filter
def with_mentions(text: str, names: Sequence[str]) -> SafeString:
    """Write a note with the people in bold whom it mentions as @name."""
    if not names:
        return conditional_escape(text)
    # The longest first, so that @anna.b is not taken for @anna.
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    parts = re.split(rf"(?<![\w.+@-])(@(?:{known}))(?![\w@])", text)
    pieces = (("<b>{}</b>" if place % 2 else "{}", part) for place, part in enumerate(parts))
    return mark_safe("".join(format_html(form, part) for form, part in pieces))  # noqa: S308
