"""The short way of plain events: those that bring nothing but themselves, of people known by their address.

Most events are. One statement does then, for one event or a thousand, what recording does in several;
whatever it does not find, or another request has just stored, goes the long way.
"""

from collections.abc import Sequence
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from leadapp.access import Actor, user_of
from leadapp.services.identity.resolving import EMAIL
from leadapp.services.intake.events import Event
from leadapp.services.intake.known_queries import Prepared
from leadapp.services.work.meetings import BOOKED
from scoring.models import Cause

UNSUBSCRIBED = "unsubscribed"
# Events of these types say something about the lead, or are written in a form of their own.
NOT_PLAIN = frozenset({UNSUBSCRIBED, BOOKED})

Stored = tuple[int, int, bool]  # the ids of an activity and of its lead, and whether it was stored before

# Rows are inserted in the order of their names, as everywhere: requests that bring the same ones wait for
# each other and never lock up.
RECORD = Prepared(
    "record_plain",
    """
WITH sent AS (
    SELECT e ->> 0 AS email, (e ->> 1)::smallint AS type_id, (e ->> 2)::timestamptz AS occurred_at,
        e ->> 3 AS source, e ->> 4 AS external_id, e -> 5 AS properties, place
    FROM jsonb_array_elements($1) WITH ORDINALITY AS sent (e, place)
), found AS MATERIALIZED (
    SELECT s.*, l.id AS lead_id, a.id AS stored_id, a.lead_id AS stored_lead_id,
        CASE WHEN a.id IS NULL AND l.id IS NOT NULL
            THEN nextval('leadapp_activity_id_seq') END AS id
    FROM sent s
    LEFT JOIN leadapp_activity a ON a.source = s.source AND a.external_id = s.external_id
    LEFT JOIN leadapp_lead l ON l.email = s.email
), recorded AS (
    INSERT INTO leadapp_activity
        (id, lead_id, type_id, occurred_at, received_at, source, external_id, properties, actor_id,
            void_reason)
    SELECT id, lead_id, type_id, occurred_at, $2::timestamptz, source, external_id, properties, $3::bigint, ''
    FROM found WHERE id IS NOT NULL ORDER BY source, external_id, place
    ON CONFLICT DO NOTHING
    RETURNING id, lead_id
), waiting AS (
    INSERT INTO scoring_scoringrequest (lead_id, cause, requested_at)
    SELECT DISTINCT lead_id, $4, $2::timestamptz FROM recorded
)
SELECT f.place - 1, COALESCE(r.id, f.stored_id), COALESCE(r.lead_id, f.stored_lead_id), r.id IS NULL
FROM found f LEFT JOIN recorded r ON r.id = f.id WHERE r.id IS NOT NULL OR f.stored_id IS NOT NULL
""",
)
as_json = DjangoJSONEncoder().encode


def record_plain(events: Sequence[Event], *, source: str, actor: Actor, now: datetime) -> dict[int, Stored]:
    """Store those of the events that are plain, and let their leads wait for their score.

    Return what is stored now, by the number of the event; the others are for the long way. An event with
    the name of an earlier one is among them: it is a repeat once that one is stored.
    """
    numbers, rows = [], []
    seen: set[tuple[str, str]] = set()
    for number, event in enumerate(events):
        origin = event.source or source
        if event.external_id is not None:
            name = (origin, event.external_id)
            if name in seen:
                continue
            seen.add(name)
        if _is_plain(event):
            numbers.append(number)
            at = event.occurred_at.isoformat()
            row = (event.reference.email, event.type.pk, at, origin, event.external_id, event.properties)
            rows.append(row)
    if not rows:
        return {}
    user = user_of(actor)
    with connection.cursor() as cursor:
        RECORD.run(cursor, [as_json(rows), now, user.pk if user else None, str(Cause.ACTIVITY)])
        return {numbers[place]: stored for place, *stored in cursor.fetchall()}


def _is_plain(event: Event) -> bool:
    reference, facts = event.reference, event.facts
    return (
        reference.id is None
        and reference.keys == [(EMAIL, reference.email)]
        and facts.lead.keys() == {"email"}
        and not (facts.company_given or facts.attributes or facts.not_understood)
        and event.type.slug not in NOT_PLAIN
        and not (event.answers or event.consents)
    )
