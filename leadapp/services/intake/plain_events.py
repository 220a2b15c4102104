"""The short way of a plain event: one that brings nothing but itself, of somebody known by their address.

Most events are. One statement does then what recording does in several; whatever it does not find, or another
request has just changed, goes the long way.
"""

import json
from contextlib import nullcontext
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction

from leadapp.access import Actor, user_of
from leadapp.services.identity.resolving import Reference
from leadapp.services.intake.events import Event
from leadapp.services.leads.facts import Facts
from leadapp.services.work.meetings import BOOKED
from scoring.models import Cause

UNSUBSCRIBED = "unsubscribed"
# Events of these types say something about the lead, or are written in a form of their own.
NOT_PLAIN = frozenset({UNSUBSCRIBED, BOOKED})

RECORD = """
WITH stored AS MATERIALIZED (
    SELECT id, lead_id FROM leadapp_activity WHERE source = %(source)s AND external_id = %(external_id)s
), recorded AS (
    INSERT INTO leadapp_activity
        (lead_id, type_id, occurred_at, received_at, source, external_id, properties, actor_id, void_reason)
    SELECT l.id, %(type)s, %(occurred_at)s, %(now)s, %(source)s, %(external_id)s, %(properties)s,
        %(actor)s, ''
    FROM leadapp_lead l WHERE l.email = %(email)s AND NOT EXISTS (SELECT FROM stored)
    ON CONFLICT DO NOTHING
    RETURNING id, lead_id
), waiting AS (
    INSERT INTO scoring_scoringrequest (lead_id, cause, requested_at)
    SELECT lead_id, %(cause)s, %(now)s FROM recorded
)
SELECT id, lead_id, FALSE FROM recorded UNION ALL SELECT id, lead_id, TRUE FROM stored
"""


def record_plain(event: Event, *, source: str, actor: Actor, now: datetime) -> tuple[int, int, bool] | None:
    """Store a plain event and let its lead wait for its score; None is for the long way.

    Return the ids of the activity and of its lead, and whether it was stored before.
    """
    email = event.reference.email
    if email is None or not _is_plain(event, email):
        return None
    params = {
        "source": event.source or source,
        "external_id": event.external_id,
        "type": event.type.pk,
        "occurred_at": event.occurred_at,
        "now": now,
        "properties": json.dumps(event.properties, cls=DjangoJSONEncoder),
        "actor": user.pk if (user := user_of(actor)) else None,
        "email": email,
        "cause": str(Cause.ACTIVITY),
    }
    try:
        # Alone it is a transaction of its own; within one, a failure must leave that whole.
        whole = transaction.atomic() if connection.in_atomic_block else nullcontext()
        with whole, connection.cursor() as cursor:
            cursor.execute(RECORD, params)
            row: tuple[int, int, bool] | None = cursor.fetchone()
    except IntegrityError:  # the lead was merged or erased meanwhile
        return None
    return row


def _is_plain(event: Event, email: str) -> bool:
    return (
        event.reference == Reference(email=email)
        and event.facts == Facts(lead={"email": email})
        and event.type.slug not in NOT_PLAIN
        and not event.answers
        and not event.consents
    )
