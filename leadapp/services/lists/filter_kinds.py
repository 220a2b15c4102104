"""Everything that the lead list can be narrowed down by.

A filter is a name in the address with one or more values, separated by commas or repeated. A range can also
come as two values, `name.from` and `name.to`, from the boxes of a form.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.models import Advocacy, LeadTag, Stage, Status, Tag, Temperature, User
from leadapp.models.querysets import mates_of
from leadapp.numbers import whole_number
from leadapp.periods import Period
from leadapp.services.lists import report_filters as reports
from leadapp.services.texts import text_fault
from qualification.models import DisqualifyReason
from scoring.models import ScoreOverride, ScoringModelVersion, Verdict

Values = dict[str, list[str]]
Words = str | Promise

FITS = "ABCD"
GRADES = [f"{fit}{engagement}" for fit in FITS for engagement in "1234"]
LONGEST = 200
MOST_VALUES = 50
DAYS = re.compile("[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Asking:
    """Who asks, and when."""

    user: User
    now: datetime


def _never(value: str) -> bool:
    return False


@dataclass(frozen=True)
class Filter:
    """One thing that a list can be narrowed down by.

    `choices` are values with their words; other values have to be `is_good`. `is_free` values may have commas
    in them, so there is one at most. `range_of` joins the two ends of a range to a value.
    """

    label: Words
    where: Callable[[list[str], Asking], Q]
    choices: Mapping[str, Words] | None = None
    is_good: Callable[[str], bool] = _never
    words: Callable[[str], str] = str
    is_free: bool = False
    range_of: Callable[[str, str], str] | None = None

    def takes(self, value: str) -> bool:
        """Tell whether a value makes sense."""
        return value in (self.choices or ()) or self.is_good(value)

    def in_words(self, value: str) -> str:
        """Write a value for people."""
        return str(self.choices[value]) if self.choices and value in self.choices else self.words(value)


def is_text(value: str) -> bool:
    """Tell whether this is a text that can be stored."""
    return text_fault(value, longest=LONGEST) is None


def owner_ids(values: Iterable[str]) -> list[int]:
    """Return the people who are named by their numbers among the owners asked for."""
    return [number for value in values if (number := whole_number(value)) is not None]


def _where_owner(values: list[str], asking: Asking) -> Q:
    ids = owner_ids(values)
    ids += [asking.user.pk] if "me" in values else []
    # Their ids, not a question for them: only so it is seen how few leads there may be, or none.
    ids += mates_of(asking.user).values_list("pk", flat=True) if "team" in values else []
    found = Q(owner__in=ids) if len(ids) > 1 else Q(owner=ids[0]) if ids else Q(pk__in=[])
    return found | Q(owner__isnull=True) if "none" in values else found


def points_of(temperatures: Sequence[str]) -> Q:
    """Keep leads with at least the points that any version asked of one of these temperatures.

    It says nothing new of a warm or hot lead. Saying so lets an index in the order of the list stop there
    instead of reading on through all the cold ones.
    """
    if Temperature.COLD in temperatures:
        return Q()
    column = "warm_from" if Temperature.WARM in temperatures else "hot_from"
    versions = ScoringModelVersion.objects.exclude(state=ScoringModelVersion.State.DRAFT)
    return Q(priority__gte=versions.order_by(column).values(column)[:1])


def _where_temperature(values: list[str], asking: Asking) -> Q:
    return Q(temperature__in=values) & points_of(values)


def _where_grade(values: list[str], asking: Asking) -> Q:
    return Q(grade__in=[grade for grade in GRADES if grade in values or grade[0] in values])


def _where_active(values: list[str], asking: Asking) -> Q:
    return Q(last_activity_at__gte=asking.now - timedelta(days=max(int(value) for value in values)))


def _where_quiet(values: list[str], asking: Asking) -> Q:
    return Q(last_activity_at__lt=asking.now - timedelta(days=min(int(value) for value in values)))


def _where_aside(values: list[str], asking: Asking) -> Q:
    standing = ScoreOverride.objects.filter(ended_at__isnull=True, expires_at__gt=asking.now)
    return Q(pk__in=standing.filter(verdict__in=values).values("lead"))


def _where_created(values: list[str], asking: Asking) -> Q:
    today = timezone.localtime(asking.now).date()
    return reports.where_created(
        [value.replace(reports.TODAY, str(Period(today, today))) for value in values]
    )


def _where_tag(values: list[str], asking: Asking) -> Q:
    tags = Tag.objects.annotate(lower=Lower("name")).filter(lower__in=[value.lower() for value in values])
    return Q(pk__in=LeadTag.objects.filter(tag__in=tags).values("lead"))


def _reason_in_words(code: str) -> str:
    return str(DisqualifyReason.objects.filter(code=code).first() or code.replace("_", " "))


def _where_in(column: str) -> Callable[[list[str], Asking], Q]:
    return lambda values, asking: Q(**{f"{column}__in": values})


def _by(where: Callable[[list[str]], Q]) -> Callable[[list[str], Asking], Q]:
    return lambda values, asking: where(values)


def _within(value: str) -> str:
    days = int(value)
    if days == 1:
        return _("within 24 hours")
    return ngettext("within %(days)d day", "within %(days)d days", days) % {"days": days}


def _since(value: str) -> str:
    days = int(value)
    return ngettext("for %(days)d day or more", "for %(days)d days or more", days) % {"days": days}


def _report(label: Words, where: Callable[[list[str]], Q], check: Callable[[str], bool]) -> Filter:
    return Filter(label, _by(where), is_good=check, words=reports.in_words)


UNKNOWN = {reports.UNKNOWN: gettext_lazy("not known")}

FILTERS: dict[str, Filter] = {
    "owner": Filter(
        gettext_lazy("Owner"),
        _where_owner,
        {"me": gettext_lazy("me"), "team": gettext_lazy("my team"), "none": gettext_lazy("nobody")},
        # Whether there is such a person is asked once for all of them.
        is_good=lambda value: re.fullmatch("[0-9]{1,9}", value) is not None,
    ),
    "stage": Filter(gettext_lazy("Stage"), _where_in("stage"), dict(Stage.choices)),
    "status": Filter(gettext_lazy("Status"), _where_in("status"), dict(Status.choices)),
    "reason": Filter(
        gettext_lazy("Disqualified for"),
        _where_in("disqualify_reason__code"),
        is_good=lambda value: re.fullmatch("[a-z0-9_-]{1,32}", value) is not None,
        words=_reason_in_words,
    ),
    "advocacy": Filter(
        gettext_lazy("Speaks for us"),
        _where_in("advocacy"),
        {value: label for value, label in Advocacy.choices if value != Advocacy.NONE},
    ),
    "temperature": Filter(gettext_lazy("Temperature"), _where_temperature, dict(Temperature.choices)),
    "grade": Filter(gettext_lazy("Grade"), _where_grade, {name: name for name in [*FITS, *GRADES]}),
    "score": Filter(
        gettext_lazy("Score"),
        _by(reports.where_score),
        is_good=reports.is_score_range,
        words=reports.in_words,
        range_of=lambda least, most: f"{least or 0}-{most}",
    ),
    "aside": Filter(
        gettext_lazy("Score set aside"),
        _where_aside,
        {Verdict.TOO_HIGH: gettext_lazy("as too high"), Verdict.TOO_LOW: gettext_lazy("as too low")},
    ),
    "due": Filter(
        gettext_lazy("Answer"),
        lambda values, asking: Q(due_at__isnull=False),
        {"waiting": gettext_lazy("still to be given")},
    ),
    "active": Filter(
        gettext_lazy("Last activity"),
        _where_active,
        is_good=lambda value: DAYS.fullmatch(value) is not None,
        words=_within,
    ),
    "quiet": Filter(
        gettext_lazy("No activity"),
        _where_quiet,
        is_good=lambda value: DAYS.fullmatch(value) is not None,
        words=_since,
    ),
    "tag": Filter(gettext_lazy("Tag"), _where_tag, is_good=is_text),
    "source": Filter(
        gettext_lazy("Source"), _by(reports.where_text("source")), UNKNOWN, is_good=is_text, is_free=True
    ),
    "campaign": Filter(
        gettext_lazy("Campaign"), _by(reports.where_text("campaign")), UNKNOWN, is_good=is_text, is_free=True
    ),
    "form": Filter(
        gettext_lazy("First form"),
        _by(reports.where_form),
        UNKNOWN,
        is_good=lambda value: is_text(value) and reports.is_form(value),
        is_free=True,
    ),
    "created": Filter(
        gettext_lazy("Came in"),
        _where_created,
        {reports.TODAY: gettext_lazy("today")},
        is_good=reports.is_period,
        words=reports.in_words,
        range_of=reports.period_between,
    ),
    "reached": Filter(gettext_lazy("Came as far as"), _by(reports.where_reached), dict(Stage.choices[1:])),
    "mql": _report(gettext_lazy("Became MQL"), reports.where_arrived(Stage.MQL), reports.is_period),
    "sql": _report(gettext_lazy("Became SQL"), reports.where_arrived(Stage.SQL), reports.is_period),
    "customer": _report(
        gettext_lazy("Became customer"), reports.where_arrived(Stage.CUSTOMER), reports.is_period
    ),
    "mql_score": _report(
        gettext_lazy("Score on becoming MQL"), reports.where_mql_score, reports.is_score_range
    ),
    "won": _report(gettext_lazy("Bought"), reports.where_won, reports.is_period),
    "country": Filter(
        gettext_lazy("Country"),
        _where_in("country"),
        is_good=lambda value: re.fullmatch("[A-Z]{2}", value) is not None,
    ),
    "industry": Filter(
        gettext_lazy("Industry"), _where_in("company__industry"), is_good=is_text, is_free=True
    ),
}


def read_values(query: QueryDict, known: Mapping[str, Filter], problems: list[str]) -> Values:
    """Read the filters of an address; what makes no sense is left out and told."""
    values: Values = {}
    for name, one in known.items():
        given = _given(one, name, query)
        good = [value for value in given if one.takes(value)]
        problems += [_problem(one, value) for value in given if value not in good]
        if good:
            values[name] = good
    return values


def _given(one: Filter, name: str, query: QueryDict) -> Sequence[str]:
    given: Iterable[str] = query.getlist(name)
    if one.range_of is not None:
        ends = [query.get(f"{name}.{end}", "").strip() for end in ("from", "to")]
        given = [*given, one.range_of(*ends)] if any(ends) else given
    if one.is_free:
        return [text.strip() for text in given if text.strip()][-1:]
    parts = [part.strip() for item in given for part in item.split(",")]
    return [part for part in dict.fromkeys(parts) if part][:MOST_VALUES]


def _problem(one: Filter, value: str) -> str:
    return _("“%(value)s” is nothing to filter by at “%(filter)s”, so it was left out.") % {
        "value": shown(value),
        "filter": one.label,
    }


def shown(value: str) -> str:
    """Return as much of what somebody gave as can be repeated to them."""
    return "".join(letter for letter in value[:40] if letter.isprintable())
