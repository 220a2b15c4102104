"""What a day holds: one query for each section, whatever the number of rows.

Leads that wait for an answer come first and nowhere else. Where a next step is planned, nobody is told again
that a lead is hot, stale or going cold.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.aggregates import Count
from django.db.models.fields.json import KT
from django.db.models.functions import Left

from leadapp.models import Activity, Lead, Status, User
from leadapp.services.work.meetings import BOOKED, STARTS_AT, write_start
from leadapp.views.my_day.day import Day
from qualification.models import Assignment, Task

NEW_FOR = timedelta(days=7)
COOLING = timedelta(days=14)
# So much of the score has to be gone, and so many points at least.
FALL_SHARE, FALL_POINTS = 5, 5  # a fifth
MOST_STALE = MOST_FALLEN = 500
MOST_COLD = 200
GOOD_FOR, MOST_KEPT = timedelta(minutes=5), 200
HELD = "meeting_held"

# Leads for which nothing is planned and no clock runs.
UNPLANNED = """
    NOT EXISTS (SELECT FROM qualification_task task WHERE task.lead_id = lead.id AND task.done_at IS NULL)
    AND NOT EXISTS (
        SELECT FROM qualification_assignment clock WHERE clock.lead_id = lead.id
            AND clock.ended_at IS NULL AND clock.answered_at IS NULL AND clock.due_at IS NOT NULL
    )
"""
# What people did with a lead, whether they reached it or not.
TOUCHES = """
    SELECT FROM leadapp_activity touch JOIN leadapp_activitytype kind ON kind.id = touch.type_id
    WHERE touch.lead_id = lead.id AND touch.voided_at IS NULL
        AND (kind.is_touch OR kind.slug = 'call_attempted')
"""

# No version asks fewer points of a hot lead: the index of the list is read no further.
HOT = f"""
SELECT lead.id, arrived.at, count(*) OVER () FROM leadapp_lead lead
CROSS JOIN LATERAL (
    SELECT max(change.at) AS until FROM scoring_scorechange change
    WHERE change.lead_id = lead.id AND change.temperature <> 'hot'
) cool
CROSS JOIN LATERAL (
    SELECT min(change.at) AS since FROM scoring_scorechange change
    WHERE change.lead_id = lead.id AND change.temperature = 'hot'
        AND change.at > COALESCE(cool.until, lead.created_at)
) hot
CROSS JOIN LATERAL (
    SELECT GREATEST(lead.created_at, hot.since, (
        SELECT given.assigned_at FROM qualification_assignment given
        WHERE given.lead_id = lead.id AND given.ended_at IS NULL AND given.owner_id = %(owner)s
    )) AS at
) arrived
WHERE lead.owner_id = %(owner)s AND lead.status = 'open' AND lead.temperature = 'hot'
    AND lead.priority >= (
        SELECT min(version.hot_from) FROM scoring_scoringmodelversion version WHERE version.state <> 'draft'
    )
    AND arrived.at >= %(since)s AND {UNPLANNED} AND NOT EXISTS ({TOUCHES} AND touch.occurred_at >= arrived.at)
ORDER BY arrived.at DESC, lead.id DESC LIMIT %(most)s
"""  # noqa: S608 - our own

# Some answer ran out; not all need one.
MAYBE_STALE = f"""
SELECT lead.id FROM leadapp_lead lead
WHERE lead.owner_id = %(owner)s AND lead.status = 'open' AND lead.stage IN ('mql', 'sql')
    AND EXISTS (
        SELECT FROM qualification_bantanswer answer
        WHERE answer.lead_id = lead.id AND answer.expires_at <= %(now)s
    )
    AND {UNPLANNED}
ORDER BY lead.priority DESC, lead.last_activity_at DESC, lead.id DESC LIMIT %(most)s
"""  # noqa: S608 - our own

# The score of two weeks ago is looked up once for each lead, from an index that holds it, and so is what the
# lead is now: a rep with thousands of leads has them all over the table.
FALLEN = """
SELECT lead.id, earlier.score - lead.priority AS lost, earlier.temperature
FROM leadapp_lead lead CROSS JOIN LATERAL (
    SELECT change.score, change.temperature FROM scoring_scorechange change
    WHERE change.lead_id = lead.id AND change.at <= %(then)s
    ORDER BY change.at DESC, change.id DESC LIMIT 1
) earlier
WHERE lead.owner_id = %(owner)s AND lead.status = 'open' AND lead.stage <> 'customer'
    AND lead.priority >= 0 AND earlier.score - lead.priority >= %(points)s
    AND (earlier.score <= (earlier.score - lead.priority) * %(share)s
        OR (earlier.temperature, lead.temperature)
            IN (('hot', 'warm'), ('hot', 'cold'), ('warm', 'cold')))
ORDER BY lost DESC, lead.id DESC LIMIT %(most)s
"""

# Only of those that lost most it is asked what people did, in that order and no further than is shown.
LEFT_ALONE = f"""
SELECT lead.id FROM unnest(%(fallen)s::bigint[]) WITH ORDINALITY fallen (id, place)
JOIN leadapp_lead lead ON lead.id = fallen.id
WHERE lead.owner_id = %(owner)s AND lead.status = 'open' AND lead.stage <> 'customer' AND {UNPLANNED}
    AND NOT EXISTS ({TOUCHES} AND touch.occurred_at >= %(then)s)
ORDER BY fallen.place LIMIT %(most)s
"""  # noqa: S608 - our own


def total() -> Window:
    """Return how many rows there are before they are cut."""
    return Window(Count("*"))


def running_clocks(day: Day, *, most: int) -> list[Any]:
    """Return the clocks that run for somebody, soonest due first, each with the number of all."""
    mine = Assignment.objects.filter(owner=day.person, due_at__isnull=False)
    running = mine.filter(ended_at=None, answered_at=None, lead__status=Status.OPEN)
    return list(running.annotate(number=total()).order_by("due_at", "pk")[:most])


def answered_today(day: Day, *, most: int) -> list[Assignment]:
    """Return the clocks that somebody stopped today, in that order."""
    mine = Assignment.objects.filter(owner=day.person, due_at__isnull=False)
    return list(mine.filter(answered_at__gte=day.starts_at).order_by("answered_at", "due_at", "pk")[:most])


def tasks(day: Day, viewer: User) -> QuerySet[Task]:
    """Return what is due until the end of the day, soonest first, and what was done today."""
    due = Q(done_at=None, due_at__lt=day.ends_at)
    mine = Task.objects.filter(owner=day.person).filter(due | Q(done_at__gte=day.starts_at))
    return (
        mine.filter(lead__in=Lead.objects.visible_to(viewer))
        .annotate(number=total())
        .order_by(F("done_at").asc(nulls_first=True), "due_at", "pk")
    )


@dataclass(frozen=True)
class Arrival:
    """A lead that came, or became hot, and how many of them there are."""

    lead_id: int
    at: datetime
    number: int


def hot_arrivals(day: Day, *, most: int) -> list[Arrival]:
    """Return hot leads that came, or became hot, within a week and that nobody has touched since."""
    asked = {"owner": day.person.pk, "since": day.now - NEW_FOR, "most": most}
    return [Arrival(*row) for row in _rows(HOT, asked)]


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
        .order_by("begins", "pk")
    )


def maybe_stale(day: Day) -> list[int]:
    """Return leads before the proposal or the deal of which some answer ran out, in the order of the list."""
    asked = {"owner": day.person.pk, "now": day.now, "most": MOST_STALE}
    return [lead_id for (lead_id,) in _rows(MAYBE_STALE, asked)]


@dataclass(frozen=True)
class Fall:
    """How many points a lead lost in two weeks, and how warm it was before."""

    lead_id: int
    lost: int
    warmth_then: str


def going_cold(day: Day, *, without: Collection[int]) -> list[Fall]:
    """Return who lost a band or a fifth of their score in two weeks in which nobody touched them.

    Of those that lost most so many are looked at.
    """
    falls = {fall.lead_id: fall for fall in _fallen(day) if fall.lead_id not in without}
    asked = {
        "owner": day.person.pk,
        "then": day.now - COOLING,
        "fallen": list(falls),
        "most": MOST_COLD,
    }
    return [falls[lead_id] for (lead_id,) in _rows(LEFT_ALONE, asked)]


# Whoever has more leads that lose points than are looked at misses nothing if they are some minutes old.
_kept: dict[int, tuple[datetime, list[Fall]]] = {}


def _fallen(day: Day) -> list[Fall]:
    """Return who lost most; of somebody with thousands of leads this is looked up every few minutes."""
    owner = day.person.pk
    found_at, known = _kept.get(owner, (None, []))
    if found_at is not None and timedelta() <= day.now - found_at < GOOD_FOR:
        return known
    asked = {
        "owner": owner,
        "then": day.now - COOLING,
        "points": FALL_POINTS,
        "share": FALL_SHARE,
        "most": MOST_FALLEN,
    }
    found = [Fall(*row) for row in _rows(FALLEN, asked)]
    if len(found) == MOST_FALLEN:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[owner] = day.now, found
    return found


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
        .select_related("type")
        .order_by("-occurred_at", "-pk")[:200]
    )


def _rows(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
