"""Events of the past are forgotten, so that the tables do not grow for ever."""

from datetime import datetime

from django.db import connection, transaction

BATCH = 5_000
OLD = """
SELECT o.id FROM leadapp_outgoingevent o
WHERE o.occurred_at < %s AND NOT EXISTS (
    SELECT FROM leadapp_webhookdelivery d JOIN leadapp_webhookendpoint e ON e.id = d.endpoint_id
    WHERE d.event_id = o.id AND d.state = 'waiting' AND e.is_active
)
ORDER BY o.occurred_at LIMIT %s
"""
FORGET = [
    "DELETE FROM leadapp_webhookattempt a USING leadapp_webhookdelivery d"
    " WHERE a.delivery_id = d.id AND d.event_id = ANY (%s)",
    "DELETE FROM leadapp_webhookdelivery WHERE event_id = ANY (%s)",
    "DELETE FROM leadapp_outgoingevent WHERE id = ANY (%s)",
]


def forget_old(*, before: datetime) -> int:
    """Delete events from before a moment, but for those that are still on their way; return how many."""
    count = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OLD, [before, BATCH])
            ids = [number for (number,) in cursor.fetchall()]
            for statement in FORGET:
                cursor.execute(statement, [ids])
        count += len(ids)
        if len(ids) < BATCH:
            return count
