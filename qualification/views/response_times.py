"""Response times: how quickly leads get their first answer, and the leads behind each number."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from leadapp.models import Lead, User
from leadapp.numbers import whole_number, write_number
from leadapp.paging import Order, read_place, turn_to
from leadapp.periods import Period
from leadapp.services.lists.report_filters import in_words
from leadapp.views.answering import signed_in
from qualification.models import Team
from qualification.models.querysets import AssignmentQuerySet
from qualification.services.clock.clocks import clocks_for
from qualification.services.clock.report import BEHIND, Asked, Group, Numbers, ask, clocks, measure

PERIODS = {
    7: gettext_lazy("7 days"),
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    365: gettext_lazy("Year"),
}
USUAL_PERIOD = 30
NEWEST_FIRST = Order(
    columns=("clock_started_at", "id"), moments=frozenset({"clock_started_at"}), is_descending=True
)
# What a page about a number is called.
TITLES = {
    "all": gettext_lazy("Leads that waited for an answer"),
    "answered": gettext_lazy("Leads that were answered"),
    "in_time": gettext_lazy("Leads that were answered in time"),
    "late": gettext_lazy("Leads whose answer was late"),
    "waiting": gettext_lazy("Leads that wait for an answer"),
    "overdue": gettext_lazy("Leads whose answer is late now"),
}
COLUMN_NAMES = (
    *(
        gettext_lazy("Group"),
        gettext_lazy("Name"),
        gettext_lazy("Leads"),
        gettext_lazy("Answered"),
        gettext_lazy("Median, working minutes"),
        gettext_lazy("Median, minutes by the clock"),
    ),
    *(
        gettext_lazy("In time"),
        gettext_lazy("Late"),
        gettext_lazy("In time, percent"),
        gettext_lazy("Waiting"),
        gettext_lazy("Late now"),
    ),
)


@dataclass(frozen=True)
class Filter:
    """What the address asks for."""

    days: int
    team_id: int | None
    # The days that another page asks for in place of the last ones.
    period: Period | None = None

    @classmethod
    def read(cls, query: QueryDict) -> "Filter":
        """Read an address; what makes no sense is left out."""
        days = query.get("days", "")
        return cls(
            days=int(days) if days in {str(known) for known in PERIODS} else USUAL_PERIOD,
            team_id=whole_number(query.get("team", "")),
            period=Period.read(query.get("period", "")),
        )

    def query(self, **more: object) -> str:
        """Write the query string, with more in it."""
        own = {"days": None if self.period else self.days, "period": self.period, "team": self.team_id}
        return urlencode({name: value for name, value in (own | more).items() if value is not None})


@dataclass(frozen=True)
class Column:
    """A column of the chart: its place in percent, its height in pixels, its words."""

    x: int
    middle: int
    y: float
    height: float
    count: int
    label: str
    is_late: bool


CHART_LABELS = (
    gettext_lazy("under 1 h"),
    gettext_lazy("1–4 h"),
    gettext_lazy("4–8 h"),
    gettext_lazy("over 8 h"),
    gettext_lazy("late"),
)
BASE, TALLEST = 118, 94


@require_safe
def response_times(request: HttpRequest) -> HttpResponse:
    """Show the response times of a period."""
    user, now = signed_in(request), timezone.now()
    asked_for = Filter.read(request.GET)
    asked = _ask(asked_for, user, now)
    found = measure(asked, now=now)
    context = {
        "asked": asked,
        "filter": asked_for,
        "periods": [(days, label, asked_for.query(days=days)) for days, label in PERIODS.items()],
        "teams": Team.objects.order_by("name") if asked.sees_everybody else [],
        "report": found,
        "faster": _faster(found.total, found.before),
        "points": _points(found.total, found.before),
        "columns": columns_of_answers(found.total),
        "groups": [
            (_("Person"), "person", found.people),
            (_("Team"), "in_team", found.teams),
            (_("Source"), "source", found.sources),
        ],
        "query": asked_for.query(),
    }
    return render(request, "qualification/response_times.html", context)


@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """Show the leads behind a number, newest first."""
    user, now = signed_in(request), timezone.now()
    asked_for, query = Filter.read(request.GET), request.GET
    what = query.get("what", "all")
    if what not in BEHIND:
        raise Http404(_("There is no such number."))
    asked = _ask(asked_for, user, now)
    group = {name: str(query[name]) for name in ("person", "in_team", "source") if name in query}
    found = _of_group(clocks(asked, now=now, what=what), group)
    found = found.filter(lead__in=Lead.objects.visible_to(user))
    place = read_place(NEWEST_FIRST, query.get("after", ""), query.get("before", ""))
    rows = found.select_related("lead__company", "owner", "team")
    page = turn_to(rows, NEWEST_FIRST, place, size=user.list_size)
    times = clocks_for(page.rows, now=now)
    address = reverse("response-answers")

    def turned(**cursor: str) -> str:
        return f"{address}?{asked_for.query(what=what, **group, **cursor)}"

    context = {
        "title": TITLES[what],
        "whose": _whose(group),
        "period": in_words(str(asked_for.period)) if asked_for.period else PERIODS[asked_for.days],
        "rows": [(row, times[row.pk]) for row in page.rows],
        "text": _("%(first)s to %(last)s")
        % {"first": write_number(page.number), "last": write_number(page.number + len(page.rows) - 1)}
        if page.rows
        else "",
        "previous_url": turned(before=page.before) if page.before else "",
        "next_url": turned(after=page.after) if page.after else "",
        "back": f"{reverse('response-times')}?{asked_for.query()}",
    }
    return render(request, "qualification/response_answers.html", context)


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Write the numbers of a period as a table for a spreadsheet."""
    user, now = signed_in(request), timezone.now()
    asked_for = Filter.read(request.GET)
    found = measure(_ask(asked_for, user, now), now=now)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"response-times-{asked_for.days}-days-{timezone.localdate(now)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(COLUMN_NAMES)
    writer.writerow(_cells(_("All"), Group("", _("All"), found.total)))
    for title, groups in (
        (_("Person"), found.people),
        (_("Team"), found.teams),
        (_("Source"), found.sources),
    ):
        writer.writerows(_cells(title, group) for group in groups)
    return response


def _ask(asked_for: Filter, user: User, now: datetime) -> Asked:
    since, until = now - timedelta(days=asked_for.days), now
    if asked_for.period:
        since, until = asked_for.period.since, asked_for.period.until
    return ask(user=user, since=since, until=until, team_id=asked_for.team_id)


def _of_group(found: AssignmentQuerySet, group: Mapping[str, str]) -> AssignmentQuerySet:
    """Keep the clocks of the person, team or source that the address names; an empty one is nobody's."""
    for name, column in (("person", "owner"), ("in_team", "team")):
        key = group.get(name)
        number = whole_number(key or "")
        if key and number is None:
            raise Http404(_("There is nobody by this number."))
        if key is not None:
            found = found.filter(**({column: number} if key else {f"{column}__isnull": True}))
    return found.filter(lead__source=group["source"]) if "source" in group else found


def _whose(group: Mapping[str, str]) -> str:
    """Return whose answers the page is about, in words."""
    if person := group.get("person"):
        return str(User.objects.filter(pk=person).first() or "")
    if team := group.get("in_team"):
        return str(Team.objects.filter(pk=team).first() or "")
    words = {
        "person": _("Team queue"),
        "in_team": _("No team"),
        "source": group.get("source") or _("Source not known"),
    }
    return next((said for name, said in words.items() if name in group), "")


def _faster(total: Numbers, before: Numbers) -> timedelta | None:
    """Return by how much the median is shorter than in the period before; negative: longer."""
    if total.median_work is None or before.median_work is None:
        return None
    return before.median_work - total.median_work


def _points(total: Numbers, before: Numbers) -> float | None:
    """Return by how many points the share in time is higher than in the period before."""
    if total.share_in_time is None or before.share_in_time is None:
        return None
    return total.share_in_time - before.share_in_time


def columns_of_answers(total: Numbers) -> list[Column]:
    """Draw the distribution of answers; places in percent across and in pixels down."""
    counts = total.distribution
    most = max(*counts, 1)
    return [
        Column(
            x=2 + 20 * number,
            middle=9 + 20 * number,
            y=round(BASE - TALLEST * count / most, 1),
            height=round(TALLEST * count / most, 1),
            count=count,
            label=str(label),
            is_late=number == len(counts) - 1,
        )
        for number, (count, label) in enumerate(zip(counts, CHART_LABELS, strict=True))
    ]


def _cells(title: str, group: Group) -> list[object]:
    numbers = group.numbers
    share = numbers.share_in_time
    return [
        title,
        _as_text(group.name),
        numbers.clocks,
        numbers.answered,
        _minutes(numbers.median_work),
        _minutes(numbers.median_clock),
        numbers.in_time,
        numbers.late,
        "" if share is None else round(share, 1),
        numbers.waiting,
        numbers.overdue,
    ]


def _minutes(span: timedelta | None) -> object:
    return "" if span is None else round(span.total_seconds() / 60)


def _as_text(name: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" and name else name
