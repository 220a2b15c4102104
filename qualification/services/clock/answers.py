"""What stops a clock: the first real touch, whoever recorded it and wherever."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from leadapp.models import Lead
from qualification.models import Assignment
from qualification.services.clock.promises import Promises

# A touch by a clock that is so slow still answers a lead whose clock has just started.
CLOCKS_DIFFER = timedelta(minutes=5)

FIRST_TOUCHES = """
SELECT a.lead_id, min(touch.occurred_at)
FROM qualification_assignment a
JOIN leadapp_activity touch ON touch.lead_id = a.lead_id AND touch.voided_at IS NULL
    AND touch.occurred_at >= a.clock_started_at - make_interval(secs => %s)
    AND (touch.occurred_at >= a.clock_started_at OR touch.received_at >= a.clock_started_at)
    AND touch.type_id IN (SELECT id FROM leadapp_activitytype WHERE is_touch)
WHERE a.lead_id = ANY(%s) AND a.ended_at IS NULL AND a.due_at IS NOT NULL AND a.answered_at IS NULL
GROUP BY a.lead_id
"""
STOP_CLOCKS = """
UPDATE qualification_assignment a SET answered_at = answer.at, answer_took = answer.took
FROM unnest(%s::bigint[], %s::timestamptz[], %s::interval[]) AS answer (id, at, took)
WHERE a.id = answer.id
"""


def answer_clocks(*, lead_ids: Collection[int]) -> int:
    """Stop the clocks of those of these leads that somebody reached out to since; return how many.

    The first touch counts, at the moment it happened. What was before the clock started is no answer, but
    for what clocks may differ by. Looks at what is recorded, so that it may come late, or twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_TOUCHES, [CLOCKS_DIFFER.total_seconds(), list(lead_ids)])
        touches = dict(cursor.fetchall())
    return _stop(touches) if touches else 0


def reopen_clocks(*, lead: Lead, touched_at: datetime) -> None:
    """Let the clock run again that a touch stopped which was voided, unless there is another touch."""
    Assignment.objects.running().filter(
        lead=lead, answered_at=Greatest(F("clock_started_at"), Value(touched_at))
    ).update(answered_at=None, answer_took=None)
    answer_clocks(lead_ids=[lead.pk])


def _stop(touches: Mapping[int, datetime]) -> int:
    """Stop the clocks of these leads, each at its moment; return how many were running.

    How much working time the answer took is kept as the calendar counts it now.
    """
    with transaction.atomic():
        waiting = (
            Assignment.objects.running()
            .filter(lead_id__in=touches.keys(), due_at__isnull=False, answered_at__isnull=True)
            .select_for_update(no_key=True)
            .order_by("pk")
        )
        answers = {
            item: max(item.clock_started_at, touches[item.lead_id])
            for item in waiting
            if item.clock_started_at and item.clock_started_at <= touches[item.lead_id] + CLOCKS_DIFFER
        }
        if not answers:
            return 0
        promises = Promises.read()
        took = [
            promises.of_team(item.team_id).calendar.worked_between(item.clock_started_at, at)
            for item, at in answers.items()
            if item.clock_started_at
        ]
        with connection.cursor() as cursor:
            cursor.execute(STOP_CLOCKS, [[item.pk for item in answers], list(answers.values()), took])
            return int(cursor.rowcount)
