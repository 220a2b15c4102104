"""Visitors whom nobody knows yet: what they do waits, and joins the lead once we know who they are.

The row of the visitor id is what requests meet at: whoever lets something wait holds a share of its lock,
whoever says who it is holds all of it. So nothing that was sent before is left behind, and nothing that
is sent later waits for ever.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection

from leadapp.models import LeadIdentifier, WaitingActivity
from leadapp.services.identity.resolving import VISITOR, Overtaken, Person, reserve_ids
from leadapp.services.inserts import insert_unless_present
from leadapp.services.leads.changes import Applied, Change, Origin, Overwrite, apply_facts
from leadapp.services.leads.facts import Facts

# Of visitor ids that belong together the oldest, the root, has what waits; the others point to it.
ROOTS = """
SELECT value, COALESCE(same_as_id, id) FROM leadapp_leadidentifier
WHERE kind = 'visitor' AND lead_id IS NULL AND value = ANY(%s)
"""
LOCK = """
SELECT id FROM leadapp_leadidentifier
WHERE id = ANY(%s) AND lead_id IS NULL AND same_as_id IS NULL ORDER BY id FOR {strength}
"""
# What visitors of a website agreed to before they were known becomes a consent of the lead.
CLAIM = """
WITH claimed AS (
    UPDATE leadapp_leadidentifier i SET lead_id = m.lead_id, same_as_id = NULL
    FROM unnest(%s::bigint[], %s::bigint[]) AS m (root, lead_id) WHERE i.id = m.root OR i.same_as_id = m.root
    RETURNING i.id, i.lead_id
)
INSERT INTO leadapp_consentrecord (lead_id, purpose, granted, text, text_version, source, how, recorded_at)
SELECT v.lead_id, t.purpose, TRUE, t.text, t.version, s.name, '', c.given_at
FROM claimed v
JOIN leadapp_visitorconsent c ON c.visitor_id = v.id AND c.withdrawn_at IS NULL
JOIN leadapp_consenttext t ON t.id = c.text_id
JOIN leadapp_trackedsite s ON s.id = c.site_id
"""
# An event that came again with a name of the lead was stored by then, and is dropped here. What waits is
# looked up by an array, never joined: mostly nothing waits, and PostgreSQL would join row by row.
JOIN = """
WITH gone AS (
    DELETE FROM leadapp_waitingactivity WHERE visitor_id = ANY(%s) RETURNING *
), known AS (
    SELECT g.*, m.lead_id FROM gone g
    JOIN unnest(%s::bigint[], %s::bigint[]) AS m (root, lead_id) ON m.root = g.visitor_id
), joined AS (
    INSERT INTO leadapp_activity
        (id, lead_id, type_id, occurred_at, received_at, source, external_id, properties, void_reason)
    SELECT id, lead_id, type_id, occurred_at, GREATEST(received_at, %s), source, external_id, properties, ''
    FROM known ORDER BY id
    ON CONFLICT DO NOTHING
)
SELECT lead_id, facts FROM known WHERE facts <> '{}' ORDER BY occurred_at, id
"""
LINK = """
UPDATE leadapp_leadidentifier SET same_as_id = %s WHERE (id = ANY(%s) OR same_as_id = ANY(%s)) AND id <> %s
"""
FOLLOW = "UPDATE leadapp_waitingactivity SET visitor_id = %s WHERE visitor_id = ANY(%s)"

FORGET_ACTIVITIES = """
DELETE FROM leadapp_waitingactivity WHERE id = ANY(ARRAY(
    SELECT id FROM leadapp_waitingactivity WHERE received_at < %s ORDER BY received_at LIMIT %s
))
"""
# A consent that was taken back is remembered as long as events may come late.
FORGET_VISITORS = """
WITH old AS (
    SELECT i.id FROM leadapp_leadidentifier i
    WHERE i.lead_id IS NULL AND i.created_at < %s
        AND NOT EXISTS (SELECT FROM leadapp_waitingactivity w WHERE w.visitor_id = i.id)
        AND NOT EXISTS (SELECT FROM leadapp_leadidentifier a WHERE a.same_as_id = i.id)
        AND NOT EXISTS (
            SELECT FROM leadapp_visitorconsent c WHERE c.visitor_id = i.id AND c.withdrawn_at >= %s
        )
    ORDER BY i.created_at LIMIT %s FOR UPDATE SKIP LOCKED
), consents AS (
    DELETE FROM leadapp_visitorconsent WHERE visitor_id = ANY(ARRAY(SELECT id FROM old))
)
DELETE FROM leadapp_leadidentifier WHERE id = ANY(ARRAY(SELECT id FROM old))
"""
FORGET_VIEWS = """
DELETE FROM leadapp_anonymousview WHERE id = ANY(ARRAY(
    SELECT id FROM leadapp_anonymousview WHERE seen_at < %s ORDER BY seen_at LIMIT %s
))
"""


def see(visitor_ids: Iterable[str], *, now: datetime) -> dict[str, int]:
    """Return the rows under which these visitors' events wait; they cannot be identified meanwhile.

    Raise Overtaken where somebody has just said who one of them is.
    """
    roots = _strangers(visitor_ids, now)
    _lock(roots.values(), "KEY SHARE")
    return roots


def wait(rows: Sequence[WaitingActivity], visitor_ids: Sequence[str], *, now: datetime) -> None:
    """Insert what these visitors did and set its pk; one that waits already, or lost a race, gets none."""
    if not rows:
        return
    roots = see(visitor_ids, now=now)
    numbers = reserve_ids(len(rows), "leadapp_activity")
    for row, visitor_id, number in zip(rows, visitor_ids, numbers, strict=True):
        row.id, row.visitor_id = number, roots[visitor_id]
    in_order = sorted(rows, key=lambda row: (row.source, row.external_id or ""))
    stored = {pk for (pk,) in insert_unless_present(in_order, returning=["id"], with_ids=True)}
    for row in rows:
        if row.id not in stored:
            row.pk = None


def join_waiting(visitors: Mapping[str, Person], *, origin: Origin) -> Applied:
    """Let these visitors be these people, and what they did so far become activities of theirs.

    What came along about them fills gaps, the oldest first.
    """
    roots = _roots(visitors)
    if not roots:
        return Applied()
    _lock(roots.values(), "UPDATE")
    leads: dict[int, int] = {}
    for value, root in roots.items():
        leads.setdefault(root, visitors[value].lead.pk)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [list(leads), list(leads.values())])
        cursor.execute(JOIN, [list(leads), list(leads), list(leads.values()), origin.now])
        told = cursor.fetchall()
    changes = [Change(lead_id, _facts(facts), Overwrite.NEVER) for lead_id, facts in told]
    return apply_facts(changes=changes, origin=origin)


def link(visitor_ids: Sequence[str], *, now: datetime) -> None:
    """Let these visitor ids be one visitor, whom nobody knows yet."""
    roots = _strangers(visitor_ids, now)
    _lock(roots.values(), "UPDATE")
    oldest, *others = sorted(set(roots.values()))
    if others:
        with connection.cursor() as cursor:
            cursor.execute(LINK, [oldest, others, others, oldest])
            cursor.execute(FOLLOW, [oldest, others])


def forget_waiting(*, before: datetime, limit: int = 10_000) -> int:
    """Forget what waited since before then, visitors of whom nothing waits, and views of nobody.

    Return how many rows.
    """
    statements: tuple[tuple[str, list[datetime | int]], ...] = (
        (FORGET_ACTIVITIES, [before, limit]),
        (FORGET_VISITORS, [before, before, limit]),
        (FORGET_VIEWS, [before, limit]),
    )
    forgotten = 0
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
            forgotten += cursor.rowcount
    return forgotten


def forget_what_waits(visitor_id: str) -> None:
    """Delete what a visitor did whom nobody knows yet; what is a lead's already stays.

    Raise Overtaken where somebody has just said who it is.
    """
    roots = _roots([visitor_id])
    _lock(roots.values(), "UPDATE")
    WaitingActivity.objects.filter(visitor__in=roots.values()).delete()


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """Return what is known about a visitor in the form in which it waits; {} where nothing is."""
    return {name: value for name, value in asdict(facts).items() if value and name != "not_understood"}


def _facts(kept: Any) -> Facts:
    return Facts(**json.loads(kept))  # a cursor gives JSON as text


def _strangers(visitor_ids: Iterable[str], now: datetime) -> dict[str, int]:
    """Write these visitor ids down and return their roots; raise Overtaken where one is somebody's by now."""
    values = sorted(set(visitor_ids))
    insert_unless_present(
        [LeadIdentifier(kind=VISITOR, value=value, created_at=now) for value in values], returning=["id"]
    )
    roots = _roots(values)
    if len(roots) < len(values):
        raise Overtaken
    return roots


def _roots(values: Iterable[str]) -> dict[str, int]:
    wanted = list(values)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(ROOTS, [wanted])
        return dict(cursor.fetchall())


def _lock(roots: Iterable[int], strength: str) -> None:
    """Lock the roots in the order of their ids; raise Overtaken where one is a root no longer."""
    wanted = sorted(set(roots))
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(strength=strength), [wanted])
        if len(cursor.fetchall()) < len(wanted):
            raise Overtaken
