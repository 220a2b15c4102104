"""Filters that reports open the lead list with: when leads came in, came to stages and bought, and scores."""

import re
from collections.abc import Callable, Iterable

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.models import Activity, Stage
from leadapp.periods import FIRST_DAY, LAST_DAY, Period
from qualification.models import Deal, StageChange

# Stands for an empty source, campaign or form in an address.
UNKNOWN = "-"
SCORES = re.compile("([0-9]{1,4})-([0-9]{0,4})", re.ASCII)
NO_SCORE = "none"
TODAY = "today"


def is_period(value: str) -> bool:
    """Tell whether this is a period as addresses have it: 2026-10-01..2026-11-19."""
    return Period.read(value) is not None


def is_score_range(value: str) -> bool:
    """Tell whether this is a range of scores as addresses have it: 50-99, or 200- without an end, or none."""
    return value == NO_SCORE or SCORES.fullmatch(value) is not None


def is_form(value: str) -> bool:
    """Tell whether this can be the name of a form."""
    return 0 < len(value) <= 200 and "\x00" not in value


def period_between(first: str, last: str) -> str:
    """Write a period from its two days; an empty one leaves its end open."""
    return f"{first or FIRST_DAY}..{last or LAST_DAY}"


def in_words(value: str) -> str:
    """Write such a value for people."""
    if (period := Period.read(value)) is not None:
        return _period_in_words(period)
    if (scores := SCORES.fullmatch(value)) is not None:
        if not scores[2]:
            return _("%(least)s or more") % {"least": scores[1]}
        return _("%(least)s to %(most)s") % {"least": scores[1], "most": scores[2]}
    return {NO_SCORE: _("no score"), UNKNOWN: _("not known")}.get(value, value)


def _period_in_words(period: Period) -> str:
    days = {"first": date_format(period.first), "last": date_format(period.last)}
    if period.last == LAST_DAY:
        return _("from %(first)s on") % days
    if period.first == FIRST_DAY:
        return _("until %(last)s") % days
    return _("%(first)s to %(last)s") % days


def where_text(column: str) -> Callable[[list[str]], Q]:
    """Return a filter by texts of a column, of which one stands for empty."""
    return lambda values: Q(**{f"{column}__in": ["" if value == UNKNOWN else value for value in values]})


def where_created(values: list[str]) -> Q:
    """Keep leads that came in within one of the periods."""
    when = ((one.since, one.until) for one in _periods(values))
    return _any(Q(search__created_at__gte=since, search__created_at__lt=until) for since, until in when)


def where_arrived(stage: str) -> Callable[[list[str]], Q]:
    """Return a filter that keeps leads that first came to a stage within one of the periods."""

    def where(values: list[str]) -> Q:
        when = _any(Q(at__gte=one.since, at__lt=one.until) for one in _periods(values))
        return Q(pk__in=StageChange.objects.first_arrivals(stage).filter(when).values("lead"))

    return where


def where_reached(values: list[str]) -> Q:
    """Keep leads that ever came to one of the stages, or past it."""
    lowest = min(values, key=Stage.values.index)
    return Q(pk__in=StageChange.objects.arrivals(lowest).values("lead"))


def where_won(values: list[str]) -> Q:
    """Keep leads that bought something within one of the periods; voided deals do not count."""
    when = _any(Q(won_on__range=(one.first, one.last)) for one in _periods(values))
    return Q(pk__in=Deal.objects.filter(when, voided_at__isnull=True).values("lead"))


def where_score(values: list[str]) -> Q:
    """Keep leads whose score of today is within one of the ranges."""
    # By the column that the list is sorted by, so that its index is read from the right place on.
    return _any(Q(priority=-1) if value == NO_SCORE else _scores("priority", value) for value in values)


def where_mql_score(values: list[str]) -> Q:
    """Keep leads whose score was within one of the ranges at the moment that they first became MQL."""
    moves = StageChange.objects.first_arrivals(Stage.MQL)
    return Q(pk__in=moves.filter(_any(_scores("score", value) for value in values)).values("lead"))


def where_form(values: list[str]) -> Q:
    """Keep leads that came through one of the forms first, or through none."""
    told = Activity.objects.filter(properties__has_key="form", voided_at__isnull=True)
    earlier = Q(occurred_at__lt=OuterRef("occurred_at")) | Q(
        occurred_at=OuterRef("occurred_at"), pk__lt=OuterRef("pk")
    )
    firsts = told.filter(~Exists(told.filter(earlier, lead=OuterRef("lead"))))
    found = Q(pk__in=firsts.annotate(form=KT("properties__form")).filter(form__in=values).values("lead"))
    return found | ~Q(pk__in=told.values("lead")) if UNKNOWN in values else found


def _periods(values: list[str]) -> list[Period]:
    return [period for value in values if (period := Period.read(value)) is not None]


def _scores(column: str, value: str) -> Q:
    found = SCORES.fullmatch(value)
    if found is None:
        return Q(**{f"{column}__isnull": True})
    limits = {f"{column}__gte": int(found[1])}
    return Q(**limits, **({f"{column}__lte": int(found[2])} if found[2] else {}))


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found
