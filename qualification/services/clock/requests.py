"""Who asked for an answer, such as a demo or a quote, and has no clock for it yet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

# What reaches us later than that is no request any more, such as an import: it starts no clock.
LATEST = timedelta(days=3)
# Workers that stand still for so long delay clocks, and hide none.
LOOKED_BACK = timedelta(days=7)

# A request has its clock if one began then or later, or ran at that time. While a lead is set aside nobody
# owes it an answer: its wait begins when it is reopened.
FIND = """
SELECT DISTINCT ON (asked.lead_id) asked.lead_id, type.label, GREATEST(asked.occurred_at, (
    SELECT max(at) FROM qualification_stagechange
    WHERE lead_id = asked.lead_id AND move = 'reopen' AND at > asked.occurred_at
))
FROM leadapp_activity asked
JOIN leadapp_activitytype type ON type.id = asked.type_id AND type.starts_clock
JOIN leadapp_lead lead ON lead.id = asked.lead_id AND lead.status = 'open'
WHERE asked.lead_id = ANY(%s) AND asked.voided_at IS NULL AND asked.occurred_at > %s
    AND asked.received_at - asked.occurred_at <= make_interval(secs => %s)
    AND NOT EXISTS (
        SELECT FROM qualification_assignment clock
        WHERE clock.lead_id = asked.lead_id AND clock.clock_started_at IS NOT NULL AND (
            clock.clock_started_at >= asked.occurred_at
            OR COALESCE(clock.answered_at, clock.ended_at, 'infinity') > asked.occurred_at
        )
    )
ORDER BY asked.lead_id, asked.occurred_at, asked.id
"""


@dataclass(frozen=True)
class Request:
    """What an open lead asked for, and since when it has waited."""

    what: str
    waits_since: datetime


def open_requests(*, lead_ids: Collection[int], now: datetime) -> dict[int, Request]:
    """Return the oldest request of each of these leads that has no clock.

    A function of what is recorded: it does not matter how often or how late it is asked.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND, [list(lead_ids), now - LOOKED_BACK, LATEST.total_seconds()])
        return {lead_id: Request(what, min(since, now)) for lead_id, what, since in cursor.fetchall()}
