"""Filters by the facts of a team's own: a word, a range of numbers or days, yes or no."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from django.db.models import CharField, Func, JSONField, Q, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import CustomField
from leadapp.periods import Period, read_day
from leadapp.search import ILike, escaped
from leadapp.services.lists.filter_kinds import Asking, Filter, is_text

PREFIX = "own."
NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?"
NUMBERS = re.compile(rf"(?!\.\.$)({NUMBER})?\.\.({NUMBER})?", re.ASCII)
DAYS = re.compile(r"(?!\.\.$)(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?", re.ASCII)
# In front of a text that has to be the whole value, not a part of it.
WHOLE = "="
YES_OR_NO = {"yes": gettext_lazy("yes"), "no": gettext_lazy("no")}


def own_fields_for(*queries: QueryDict) -> list[CustomField]:
    """Return the fields of a team's own by label; asks the database only if an address mentions any."""
    if not any(PREFIX in query.urlencode() for query in queries):
        return []
    return list(CustomField.objects.order_by("label", "pk"))


def own_filters(fields: Iterable[CustomField]) -> dict[str, Filter]:
    """Return a filter for each field, by its name in addresses."""
    return {f"{PREFIX}{field.key}": MAKERS[CustomField.Kind(field.kind)](field) for field in fields}


def _text(field: CustomField) -> Filter:
    return Filter(
        field.label,
        partial(_where_text, field.key),
        is_good=lambda value: is_text(value) and value != WHOLE,
        words=_text_in_words,
        is_free=True,
    )


def _number(field: CustomField) -> Filter:
    return Filter(
        field.label,
        partial(_where_number, field.key),
        is_good=lambda value: NUMBERS.fullmatch(value) is not None,
        words=lambda value: _range_in_words(*value.split("..")),
        range_of=lambda least, most: f"{least}..{most}",
    )


def _date(field: CustomField) -> Filter:
    return Filter(
        field.label,
        partial(_where_date, field.key),
        is_good=_is_range_of_days,
        words=lambda value: _range_in_words(*map(_day_in_words, value.split(".."))),
        range_of=lambda first, last: f"{first}..{last}",
    )


def _yes_or_no(field: CustomField) -> Filter:
    return Filter(field.label, partial(_where_yes_or_no, field.key), YES_OR_NO)


MAKERS: Mapping[CustomField.Kind, Callable[[CustomField], Filter]] = {
    CustomField.Kind.TEXT: _text,
    CustomField.Kind.NUMBER: _number,
    CustomField.Kind.DATE: _date,
    CustomField.Kind.BOOLEAN: _yes_or_no,
}


def _where_text(key: str, values: list[str], asking: Asking) -> Q:
    found = Q()
    for value in values:
        if value.startswith(WHOLE):
            found |= Q(attributes__contains={key: value.removeprefix(WHOLE)})
        else:
            found |= Q(ILike(KeyTextTransform(key, "attributes"), f"%{escaped(value)}%"))
    return found


def _where_number(key: str, values: list[str], asking: Asking) -> Q:
    number = KeyTransform(key, "attributes")
    found = Q()
    for value in values:
        least, most = value.split("..")
        within = _is_kind(key, "number")
        if least:
            within &= Q(GreaterThanOrEqual(number, Value(float(least), JSONField())))
        if most:
            within &= Q(LessThanOrEqual(number, Value(float(most), JSONField())))
        found |= within
    return found


def _where_date(key: str, values: list[str], asking: Asking) -> Q:
    # Kept as 2026-11-27, which sorts like the days.
    day = KeyTextTransform(key, "attributes")
    found = Q()
    for value in values:
        first, last = value.split("..")
        within = _is_kind(key, "string")
        if first:
            within &= Q(GreaterThanOrEqual(day, first))
        if last:
            within &= Q(LessThanOrEqual(day, last))
        found |= within
    return found


def _is_kind(key: str, kind: str) -> Q:
    """Leave out values of other kinds, left from before: they sort before or behind all of this one."""
    given = Func(KeyTransform(key, "attributes"), function="jsonb_typeof", output_field=CharField())
    return Q(Exact(given, Value(kind)))


def _where_yes_or_no(key: str, values: list[str], asking: Asking) -> Q:
    found = Q()
    for value in values:
        found |= Q(attributes__contains={key: value == "yes"})
    return found


def _is_range_of_days(value: str) -> bool:
    if DAYS.fullmatch(value) is None:
        return False
    first, last = value.split("..")
    days = [read_day(day) for day in (first, last) if day]
    return None not in days and (not (first and last) or Period.read(value) is not None)


def _text_in_words(value: str) -> str:
    if value.startswith(WHOLE):
        return _("is “%(text)s”") % {"text": value.removeprefix(WHOLE)}
    return _("contains “%(text)s”") % {"text": value}


def _day_in_words(value: str) -> str:
    day = read_day(value)
    return date_format(day, "DATE_FORMAT") if day else ""


def _range_in_words(least: str, most: str) -> str:
    if not most:
        return _("%(least)s or more") % {"least": least}
    if not least:
        return _("up to %(most)s") % {"most": most}
    return _("%(least)s to %(most)s") % {"least": least, "most": most}
