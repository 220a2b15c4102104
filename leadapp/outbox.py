"""Announce to other systems what happened, in the transaction in which it happens (docs/webhooks.md).

An event becomes a row, and one more for each endpoint that listens; they exist if and only if the
transaction commits, and only then are they sent. Where nobody listens nothing is written.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from leadapp.models import EventType, WebhookEndpoint
from leadapp.nudging import wake

DELIVER = "leadapp.tasks.deliver_webhooks"

# A lead as other systems see it: small, stable, and the same in every event.
LEAD = """jsonb_build_object(
    'id', l.id, 'email', l.email, 'first_name', l.first_name, 'last_name', l.last_name,
    'company', c.name, 'source', l.source, 'stage', l.stage, 'status', l.status,
    'score', l.score, 'grade', NULLIF(l.grade, ''), 'temperature', NULLIF(l.temperature, ''),
    'owner', CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('id', u.id, 'username', u.username) END,
    'do_not_email', l.do_not_email, 'do_not_call', l.do_not_call, 'do_not_score', l.do_not_score,
    'created_at', to_char(l.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'url', %(address)s || '/leads/' || l.id || '/',
    'api_url', %(address)s || '/api/v1/leads/' || l.id
)"""

# Both INSERTs in the order of the leads, so that ids grow in the order in which things happened. Whoever
# announces holds the lock of the lead, so the next event of a lead always has a greater id.
ANNOUNCE = f"""
WITH events AS (
    INSERT INTO leadapp_outgoingevent (type, lead_id, occurred_at, data)
    SELECT %(type)s, l.id, %(now)s, jsonb_build_object('lead', {LEAD}) || said.detail::jsonb
    FROM unnest(%(lead_ids)s::bigint[], %(details)s::text[]) AS said (lead_id, detail)
    JOIN leadapp_lead l ON l.id = said.lead_id
    LEFT JOIN leadapp_company c ON c.id = l.company_id
    LEFT JOIN leadapp_user u ON u.id = l.owner_id
    WHERE EXISTS (SELECT FROM leadapp_webhookendpoint e WHERE e.is_active AND %(type)s = ANY (e.events))
    ORDER BY l.id
    RETURNING id, lead_id
)
INSERT INTO leadapp_webhookdelivery
    (event_id, endpoint_id, lead_id, state, attempts, created_at, due_at, last_error)
SELECT o.id, e.id, o.lead_id, 'waiting', 0, %(now)s, %(now)s, ''
FROM events o JOIN leadapp_webhookendpoint e ON e.is_active AND %(type)s = ANY (e.events)
ORDER BY o.id
"""  # noqa: S608 - put together from the constant above


def announce(*, type: EventType, details: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    """Announce an event of each of these leads, in the caller's transaction and in one statement.

    `details` is what receivers get beside the lead, per lead id. The leads are locked or new, and have
    been written: they are told as they are now.
    """
    if not details:
        return
    params = {
        "type": str(type),
        "lead_ids": list(details),
        "details": [json.dumps(detail) for detail in details.values()],
        "now": now,
        "address": settings.LEADAPP_ADDRESS,
    }
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, params)
        if cursor.rowcount:
            nudge_delivery()


def is_heard(type: EventType) -> bool:
    """Tell whether anybody listens to these events, for those who would have to look for them first."""
    return WebhookEndpoint.objects.filter(is_active=True, events__contains=[type]).exists()


def nudge_delivery() -> None:
    """Wake a worker that delivers once the transaction is committed; what gets lost, a sweep finds."""
    wake(DELIVER)
