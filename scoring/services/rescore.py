"""Scoring all leads again, chunk by chunk: after a publish, and because time passes."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from scoring.engine.fragments import Fragment
from scoring.engine.scores import compiled
from scoring.models import Cause, Rescore, RescoreChunk, ScoringModelVersion

# About a second of work. Smaller ones would let live events pass sooner, but read more pages in all.
CHUNK = 25_000
# How many workers may be busy with chunks at a time; the others serve live events.
AT_ONCE = 2
LOCK_SPACE = 7_320_552

CUT = """
INSERT INTO scoring_rescorechunk (rescore_id, first_lead_id, last_lead_id)
SELECT %s, min(id), max(id) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS chunk FROM leadapp_lead
) leads GROUP BY chunk
"""

# First everything is read, without a lock and by as many processes as there are.
READ = """
CREATE TEMP TABLE rescored AS
SELECT s.*, l.scored_at AS seen_scored_at,
    (l.score, l.fit, l.engagement, l.grade, l.temperature)
        IS DISTINCT FROM (s.score, s.fit, s.engagement, s.grade, s.temperature) AS is_changed
FROM ({scoring}) s JOIN leadapp_lead l ON l.id = s.lead_id
WHERE (l.score, l.fit, l.engagement, l.grade, l.temperature)
        IS DISTINCT FROM (s.score, s.fit, s.engagement, s.grade, s.temperature)
    OR l.score_version_id IS DISTINCT FROM %s
"""

# Written in id order, as live events are, so that two workers never wait for each other in a ring: with
# these joins off, PostgreSQL goes through `rescored` and looks up lead by lead.
IN_ORDER = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
IN_ANY_ORDER = "SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT"

# A lead that was scored or opted out since it was read is left as it is now: PostgreSQL looks at the
# conditions again on the row that another transaction left.
WRITE = """
WITH written AS (
    UPDATE leadapp_lead l SET
        fit = s.fit, engagement = s.engagement, score = s.score, grade = s.grade,
        temperature = s.temperature, scored_at = s.as_of, score_version_id = %s
    FROM (SELECT * FROM rescored ORDER BY lead_id OFFSET 0) s
    WHERE l.id = s.lead_id AND l.scored_at IS NOT DISTINCT FROM s.seen_scored_at AND NOT l.do_not_score
    RETURNING l.id, l.scored_at, old.score AS score_before, l.score, l.fit, l.engagement, l.grade,
        l.temperature, s.is_changed
), changes AS (
    INSERT INTO scoring_scorechange
        (lead_id, at, score_before, score, fit, engagement, grade, temperature, version_id, cause)
    SELECT id, scored_at, score_before, score, fit, engagement, grade, temperature, %s, %s
    FROM written WHERE is_changed
)
INSERT INTO scoring_scoredlead (lead_id, scored_at) SELECT id, scored_at FROM written WHERE is_changed
"""

# Whoever still has another version was busy meanwhile, and waits like after any other event.
REQUEST_REST = """
INSERT INTO scoring_scoringrequest (lead_id, cause, requested_at)
SELECT id, %s, %s FROM leadapp_lead
WHERE id BETWEEN %s AND %s AND NOT do_not_score AND score_version_id IS DISTINCT FROM %s
"""


def start_rescore(*, version: ScoringModelVersion, cause: Cause, now: datetime) -> Rescore:
    """Begin a run over all leads. One that goes on for the same cause is given up for it.

    Only the primary model writes the scores of leads; for another one there is nothing to do.
    """
    if not version.model.is_primary:
        return Rescore.objects.create(version=version, cause=cause, started_at=now, finished_at=now)
    with transaction.atomic(), connection.cursor() as cursor:
        for given_up in Rescore.objects.select_for_update().filter(cause=cause, finished_at=None):
            _finish(given_up, now=now)
        rescore = Rescore.objects.create(version=version, cause=cause, started_at=now)
        cursor.execute("SELECT count(*) FROM leadapp_lead")
        (leads,) = cursor.fetchone()
        cursor.execute(CUT, [rescore.pk, CHUNK])
        rescore.leads_total = leads
        rescore.finished_at = None if leads else now
        rescore.save(update_fields=["leads_total", "finished_at"])
    return rescore


def continue_rescores(*, now: datetime) -> bool:
    """Score the next chunk that nobody is working on; tell whether there was one.

    One transaction: after a kill the chunk is there again. `now` is the moment at which its leads are scored.
    """
    with transaction.atomic():
        if not _take_turn():
            return False
        chunk = (
            RescoreChunk.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(rescore__finished_at=None)
            .select_related("rescore__version")
            .order_by("rescore__started_at", "rescore_id", "first_lead_id")
            .first()
        )
        if chunk is None:
            return False
        rescore = chunk.rescore
        if rescore.version.is_live:
            _score(chunk, now=now)
            chunk.delete()
            _count(rescore, chunk, now=now)
        else:  # a newer version is live, and its own run does the work
            _finish(rescore, now=now)
    return True


def _take_turn() -> bool:
    """Take one of the few turns there are, until the transaction ends."""
    with connection.cursor() as cursor:
        for turn in range(AT_ONCE):
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, turn])
            if cursor.fetchone()[0]:
                return True
    return False


def _score(chunk: RescoreChunk, *, now: datetime) -> None:
    """Read, then write what differs."""
    rescore = chunk.rescore
    version_id, first, last = rescore.version_id, chunk.first_lead_id, chunk.last_lead_id
    scoring: Fragment = compiled(rescore.version).rescoring
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        read = READ.replace("{scoring}", scoring.sql)
        cursor.execute(read, [*scoring.bind(as_of=now, first_id=first, last_id=last), version_id])
        cursor.execute(IN_ORDER)
        cursor.execute(WRITE, [version_id, version_id, rescore.cause])
        cursor.execute(IN_ANY_ORDER)
        cursor.execute("DROP TABLE rescored")
        cursor.execute(REQUEST_REST, [rescore.cause, now, first, last, version_id])


def _count(rescore: Rescore, chunk: RescoreChunk, *, now: datetime) -> None:
    """Move the progress on, and end the run with its last chunk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM leadapp_lead WHERE id BETWEEN %s AND %s",
            [chunk.first_lead_id, chunk.last_lead_id],
        )
        (leads,) = cursor.fetchone()
    # Whoever comes second waits here for the first to commit, and then sees whether anything is left.
    Rescore.objects.filter(pk=rescore.pk).update(leads_done=F("leads_done") + leads)
    if not RescoreChunk.objects.filter(rescore=rescore).exists():
        Rescore.objects.filter(pk=rescore.pk).update(finished_at=now)


def _finish(rescore: Rescore, *, now: datetime) -> None:
    """Give up what is left of a run."""
    RescoreChunk.objects.filter(rescore=rescore).delete()
    Rescore.objects.filter(pk=rescore.pk).update(finished_at=max(now, rescore.started_at))
