"""What a day holds: one query for each section, whatever the number of rows.

Leads that wait for an answer come first and nowhere else. Where a next step is planned, nobody is told again
that a lead is hot, stale or going cold.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.aggregates import Count
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Greatest, Left

from leadapp.models import Activity, Lead, Stage, Status, Temperature, User
from leadapp.services.lists.filter_kinds import points_of
from leadapp.services.work.meetings import BOOKED, STARTS_AT, write_start
from leadapp.views.my_day.day import Day
from qualification.models import Assignment, BantAnswer, Task
from scoring.models import ScoreChange

NEW_FOR = timedelta(days=7)
COOLING = timedelta(days=14)
# So much of the score has to be gone, and so many points at least.
FALL_SHARE, FALL_POINTS = 5, 5  # a fifth
MOST_STALE = MOST_FALLEN = 500
HELD, ATTEMPTED = "meeting_held", "call_attempted"

# The score of two weeks ago is looked up once for each lead, from an index that holds it.
FALLEN = """
SELECT lead.id, earlier.score - lead.score AS lost, earlier.temperature
FROM leadapp_lead lead CROSS JOIN LATERAL (
    SELECT change.score, change.temperature FROM scoring_scorechange change
    WHERE change.lead_id = lead.id AND change.at <= %(then)s
    ORDER BY change.at DESC, change.id DESC LIMIT 1
) earlier
WHERE lead.owner_id = %(owner)s AND lead.status = 'open' AND lead.stage <> 'customer'
    AND earlier.score - lead.score >= %(points)s
    AND (earlier.score <= (earlier.score - lead.score) * %(share)s
        OR (earlier.temperature, lead.temperature)
            IN (('hot', 'warm'), ('hot', 'cold'), ('warm', 'cold')))
ORDER BY lost DESC, lead.id DESC LIMIT %(most)s
"""


def total() -> Window:
    """Return how many rows there are before they are cut."""
    return Window(Count("*"))


def waiting_for_answer(day: Day, *, most: int) -> list[Assignment]:
    """Return the clocks that run for somebody, soonest due first, and those that stopped today.

    Two queries, each in the order of its index: both at once PostgreSQL would read in parallel, for nothing.
    """
    mine = Assignment.objects.filter(owner=day.person, due_at__isnull=False).select_related("lead__company")
    running = mine.filter(ended_at=None, answered_at=None, lead__status=Status.OPEN)
    answered = mine.filter(answered_at__gte=day.starts_at)
    return [
        *running.order_by("due_at", "pk")[:most],
        *answered.order_by("answered_at", "due_at", "pk")[:most],
    ]


def tasks(day: Day, viewer: User) -> QuerySet[Task]:
    """Return what is due until the end of the day, soonest first, and what was done today."""
    due = Q(done_at=None, due_at__lt=day.ends_at)
    mine = Task.objects.filter(owner=day.person).filter(due | Q(done_at__gte=day.starts_at))
    return (
        mine.filter(lead__in=Lead.objects.visible_to(viewer))
        .select_related("lead__company")
        .annotate(number=total())
        .order_by(F("done_at").asc(nulls_first=True), "due_at", "pk")
    )


def hot_arrivals(day: Day) -> QuerySet[Lead]:
    """Return hot leads that came, or became hot, within a week and that nobody has touched since."""
    week_ago = day.now - NEW_FOR
    running = Assignment.objects.filter(lead=OuterRef("pk"), ended_at=None, owner=day.person)
    cool = _changes().exclude(temperature=Temperature.HOT).values("lead").annotate(at_=Max("at"))
    hot = _changes().filter(temperature=Temperature.HOT).values("lead").annotate(at_=Min("at"))
    arrived = (
        _unplanned(day)
        .filter(points_of([Temperature.HOT]), temperature=Temperature.HOT)
        .annotate(
            given_at=Subquery(running.values("assigned_at")[:1]),
            cool_until=Coalesce(Subquery(cool.values("at_")), F("created_at")),
        )
        .annotate(hot_at=Subquery(hot.filter(at__gt=OuterRef("cool_until")).values("at_")))
        .annotate(arrived_at=Greatest(Coalesce("given_at", "created_at"), Coalesce("hot_at", "created_at")))
        .filter(arrived_at__gte=week_ago)
    )
    return (
        arrived.exclude(Exists(_touches(since=OuterRef("arrived_at"))))
        .annotate(number=total())
        .order_by("-arrived_at", "-pk")
    )


def meetings(day: Day, *, until: datetime) -> QuerySet[Activity]:
    """Return the meetings that are arranged with somebody's leads from today on, soonest first."""
    held = Activity.objects.filter(
        lead=OuterRef("lead"), type__slug=HELD, voided_at=None, occurred_at__gte=day.starts_at
    )
    begins = Left(KT(f"properties__{STARTS_AT}"), 20)
    return (
        Activity.objects.filter(properties__has_key=STARTS_AT)
        .annotate(begins=begins, was_held=Exists(held))
        .filter(begins__gte=write_start(day.starts_at), begins__lt=write_start(until))
        .filter(type__slug=BOOKED, voided_at=None, lead__owner=day.person, lead__status=Status.OPEN)
        .select_related("lead__company")
        .order_by("begins", "pk")
    )


def maybe_stale(day: Day) -> QuerySet[Lead]:
    """Return leads before the proposal or the deal of which some answer ran out; not all need an answer."""
    ran_out = BantAnswer.objects.filter(lead=OuterRef("pk"), expires_at__lte=day.now)
    return (
        _unplanned(day)
        .filter(Exists(ran_out), stage__in=[Stage.MQL, Stage.SQL])
        .order_by("-priority", "-last_activity_at", "-pk")[:MOST_STALE]
    )


@dataclass(frozen=True)
class Fall:
    """How many points a lead lost in two weeks, and how warm it was before."""

    lead_id: int
    lost: int
    warmth_then: str


def going_cold(day: Day, *, without: set[int]) -> list[Fall]:
    """Return who lost a band or a fifth of their score in two weeks in which nobody touched them.

    Of those that lost most so many are looked at; two queries.
    """
    asked: dict[str, int | datetime] = {
        "owner": day.person.pk,
        "then": day.now - COOLING,
        "points": FALL_POINTS,
        "share": FALL_SHARE,
        "most": MOST_FALLEN,
    }
    with connection.cursor() as cursor:
        cursor.execute(FALLEN, asked)
        fallen = [Fall(*row) for row in cursor.fetchall() if row[0] not in without]
    untouched = _unplanned(day).exclude(Exists(_touches(since=Value(day.now - COOLING))))
    left = set(untouched.filter(pk__in=[fall.lead_id for fall in fallen]).values_list("pk", flat=True))
    return [fall for fall in fallen if fall.lead_id in left]


def logged_today(day: Day) -> QuerySet[Activity]:
    """Return what somebody logged today for leads of their own, newest first."""
    return (
        Activity.objects.filter(
            lead__owner=day.person,
            actor=day.person,
            occurred_at__gte=day.starts_at,
            voided_at=None,
            type__is_internal=False,
        )
        .select_related("lead__company", "type")
        .order_by("-occurred_at", "-pk")[:200]
    )


def _changes() -> QuerySet[ScoreChange]:
    return ScoreChange.objects.filter(lead=OuterRef("pk")).order_by()


def _touches(*, since: Any) -> QuerySet[Activity]:
    """Return what people did with a lead since a moment, whether they reached it or not."""
    reached_out = Q(type__is_touch=True) | Q(type__slug=ATTEMPTED)
    return Activity.objects.filter(reached_out, lead=OuterRef("pk"), voided_at=None, occurred_at__gte=since)


def _unplanned(day: Day) -> QuerySet[Lead]:
    """Return somebody's open leads for which nothing is planned and no clock runs."""
    planned = Task.objects.filter(lead=OuterRef("pk"), done_at=None)
    clock = Assignment.objects.filter(
        lead=OuterRef("pk"), ended_at=None, answered_at=None, due_at__isnull=False
    )
    mine = Lead.objects.filter(owner=day.person, status=Status.OPEN).select_related("company")
    return mine.exclude(Exists(planned)).exclude(Exists(clock))
