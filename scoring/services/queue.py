"""The queue of leads that wait to be scored, and the one transaction that serves it (DESIGN section 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from scoring.engine.scores import compiled
from scoring.models import Cause, ScoringModelVersion
from scoring.services.bands import BandChange, announce_bands, bands_are_heard
from scoring.services.quarantine import find_bursts
from scoring.services.versions import keep_live_version

# A thousand at once cost a tenth of what as many objects would.
REQUEST = """
INSERT INTO scoring_scoringrequest (lead_id, cause, requested_at) SELECT unnest(%s::bigint[]), %s, %s
"""

# How many requests are looked at for each lead that may be claimed: a burst is served at once.
REQUESTS_PER_LEAD = 4

# All requests of a lead that nobody else is serving are taken with the first. Looked up by arrays, never
# joined: when PostgreSQL took its statistics the queue was mostly empty, and it would join row by row.
CLAIM = """
WITH head AS MATERIALIZED (
    SELECT id, lead_id FROM scoring_scoringrequest ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), chosen AS MATERIALIZED (
    SELECT lead_id FROM head GROUP BY lead_id ORDER BY min(id) LIMIT %s
), taken AS MATERIALIZED (
    SELECT r.id FROM scoring_scoringrequest r
    WHERE r.lead_id = ANY(ARRAY(SELECT lead_id FROM chosen)) FOR UPDATE SKIP LOCKED
)
DELETE FROM scoring_scoringrequest r WHERE r.id = ANY(ARRAY(SELECT id FROM taken))
RETURNING r.lead_id, r.cause, r.requested_at
"""

# In id order, so that two workers never wait for each other in a ring; NO KEY, so that inserting an
# activity, which takes a key share of its lead, does not wait.
LOCK = "SELECT id, scored_at FROM leadapp_lead WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"

# Whatever a lead waits for, the history names the most telling cause.
CAUSES = (Cause.ACTIVITY, Cause.FACTS, Cause.REQUEST, Cause.PUBLISH, Cause.DECAY)

WRITE_SCORES = """
WITH m AS (
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS m (lead_id, as_of, cause)
), scored AS (
    {scoring}
), written AS (
    UPDATE leadapp_lead l SET
        fit = s.fit, engagement = s.engagement, score = s.score,
        grade = COALESCE(s.grade, ''), temperature = COALESCE(s.temperature, ''),
        scored_at = m.as_of, score_version_id = CASE WHEN s.lead_id IS NOT NULL THEN %s END,
        last_activity_at = COALESCE((
            SELECT a.occurred_at FROM leadapp_activity a
            WHERE a.lead_id = l.id AND a.voided_at IS NULL
                AND a.type_id NOT IN (SELECT id FROM leadapp_activitytype WHERE is_internal)
            ORDER BY a.occurred_at DESC, a.id DESC LIMIT 1
        ), l.created_at)
    FROM m LEFT JOIN scored s ON s.lead_id = m.lead_id
    WHERE l.id = m.lead_id
    RETURNING l.id, m.as_of, m.cause, l.score, l.fit, l.engagement, l.grade,
        l.temperature, l.score_version_id,
        (old.score, old.fit, old.engagement, old.grade, old.temperature)
            IS DISTINCT FROM (l.score, l.fit, l.engagement, l.grade, l.temperature)
            -- Whoever opted out has lost the numbers already, but not yet the version.
            OR (s.lead_id IS NULL AND old.score_version_id IS NOT NULL) AS is_changed,
        COALESCE(old.score, (
            SELECT h.score FROM scoring_scorechange h WHERE h.lead_id = l.id
            ORDER BY h.at DESC, h.id DESC LIMIT 1
        )) AS score_before,
        old.score AS old_score, old.grade AS old_grade, old.temperature AS old_temperature
), changes AS (
    INSERT INTO scoring_scorechange
        (lead_id, at, score_before, score, fit, engagement, grade, temperature, version_id, cause)
    SELECT id, as_of, score_before, score, fit, engagement, grade, temperature, score_version_id, cause
    FROM written WHERE is_changed
), inbox AS (
    INSERT INTO scoring_scoredlead (lead_id, scored_at) SELECT id, as_of FROM written
)
SELECT id, cause, old_score, old_grade, old_temperature FROM written
WHERE %s AND (grade, temperature) IS DISTINCT FROM (old_grade, old_temperature) ORDER BY id
"""


class NoLiveVersion(Exception):
    """No model is live, so leads cannot be scored; they go on waiting."""


@dataclass(frozen=True)
class Waiting:
    """A lead that was claimed: why it waits, the newest request, and the oldest."""

    cause: str
    requested_at: datetime
    since: datetime


def request_scoring(*, lead_ids: Iterable[int], cause: Cause, now: datetime) -> None:
    """Let leads wait to be scored; part of the caller's transaction. Nudge a worker afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(REQUEST, [list(lead_ids), str(cause), now])


def score_waiting(*, now: datetime, limit: int = 500) -> int:
    """Score the leads that have waited longest; return how many.

    One transaction: after a kill everything is as it was. The leads are locked before the statement that
    reads their activities, because a snapshot taken before another worker's commit would write an older
    score over a newer one. The version stays live until all is committed: a publish waits for it, so
    that the run over all leads that follows sees these scores.
    """
    try:
        with transaction.atomic():
            waiting = _claim(limit)
            if not waiting:
                return 0
            moments = _lock(waiting, now=now)
            find_bursts(leads={lead_id: waiting[lead_id].since for lead_id in moments}, now=now)
            return _write(_version(), moments, waiting, now=now)
    except NoLiveVersion:
        return 0


def _version() -> ScoringModelVersion:
    version = keep_live_version()
    if version is None:
        raise NoLiveVersion
    return version


def _claim(limit: int) -> dict[int, Waiting]:
    """Take requests off the queue; return what each lead waits for."""
    waiting: dict[int, Waiting] = {}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [limit * REQUESTS_PER_LEAD, limit])
        for lead_id, cause, requested_at in cursor.fetchall():
            other = waiting.get(lead_id, Waiting(cause, requested_at, requested_at))
            waiting[lead_id] = Waiting(
                min(cause, other.cause, key=CAUSES.index),
                max(requested_at, other.requested_at),
                min(requested_at, other.since),
            )
    return waiting


def _lock(waiting: dict[int, Waiting], *, now: datetime) -> dict[int, datetime]:
    """Lock the leads; return the moment at which each is scored.

    Never before the request, whose activity a clock that runs ahead may have stamped, and never before the
    last scoring: time does not go back.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(waiting)])
        return {
            lead_id: max(now, waiting[lead_id].requested_at, scored_at or now)
            for lead_id, scored_at in cursor.fetchall()
        }


def _write(
    version: ScoringModelVersion, moments: dict[int, datetime], waiting: dict[int, Waiting], *, now: datetime
) -> int:
    """Run the scoring statement and store what it gives."""
    statement = compiled(version).scoring
    sql = WRITE_SCORES.replace("{scoring}", statement.sql)
    causes = [str(waiting[lead_id].cause) for lead_id in moments]
    lead_ids, as_ofs = list(moments), list(moments.values())
    params = statement.bind(lead_ids=lead_ids, as_ofs=as_ofs)
    with connection.cursor() as cursor:
        cursor.execute(sql, [lead_ids, as_ofs, causes, *params, version.pk, bands_are_heard()])
        announce_bands((BandChange(*row) for row in cursor.fetchall()), now=now)
    return len(lead_ids)
