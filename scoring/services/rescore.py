"""Scoring all leads again, chunk by chunk: after a publish, and because time passes."""

from datetime import datetime

from django.db import connection, transaction

from leadapp.models import Lead
from scoring.engine.scores import compiled
from scoring.models import Cause, Rescore, ScoringModelVersion

CHUNK = 5000

LOCK_CHUNK = """
SELECT count(*), max(id) FROM (
    SELECT id FROM leadapp_lead WHERE id >= %s ORDER BY id LIMIT %s FOR NO KEY UPDATE
) locked
"""

# Only what changes is written: the numbers, or the version that gives them. A lead that was scored after
# `now` by a live event has the new version already.
WRITE_CHUNK = """
WITH scored AS (
    {scoring}
), written AS (
    UPDATE leadapp_lead l SET
        fit = s.fit, engagement = s.engagement, score = s.score, grade = s.grade,
        temperature = s.temperature, scored_at = s.as_of, score_version_id = %s
    FROM scored s
    WHERE l.id = s.lead_id AND (
        (l.score, l.fit, l.engagement, l.grade, l.temperature)
            IS DISTINCT FROM (s.score, s.fit, s.engagement, s.grade, s.temperature)
        OR l.score_version_id IS DISTINCT FROM %s
    )
    RETURNING l.id, l.scored_at, old.score AS score_before, l.score, l.fit, l.engagement, l.grade,
        l.temperature,
        (old.score, old.fit, old.engagement, old.grade, old.temperature)
            IS DISTINCT FROM (l.score, l.fit, l.engagement, l.grade, l.temperature) AS is_changed
), changes AS (
    INSERT INTO scoring_scorechange
        (lead_id, at, score_before, score, fit, engagement, grade, temperature, version_id, cause)
    SELECT id, scored_at, score_before, score, fit, engagement, grade, temperature, %s, %s
    FROM written WHERE is_changed
), inbox AS (
    INSERT INTO scoring_scoredlead (lead_id, scored_at) SELECT id, scored_at FROM written WHERE is_changed
)
SELECT count(*) FROM written
"""


def start_rescore(*, version: ScoringModelVersion, cause: Cause, now: datetime) -> Rescore:
    """Begin a run over all leads. One that goes on for the same cause is given up for it."""
    with transaction.atomic():
        Rescore.objects.select_for_update().filter(cause=cause, finished_at=None).update(finished_at=now)
        return Rescore.objects.create(
            version=version, cause=cause, started_at=now, leads_total=Lead.objects.count()
        )


def continue_rescores(*, now: datetime, chunk: int = CHUNK) -> bool:
    """Do one chunk of the oldest run that nobody is working on; tell whether to come again.

    Without a chunk to do, because another worker is at it, the answer is no: that worker goes on.
    """
    with transaction.atomic():
        rescore = (
            Rescore.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(finished_at=None)
            .select_related("version")
            .order_by("started_at", "id")
            .first()
        )
        if rescore is None:
            return False
        if rescore.version.is_live:
            _chunk(rescore, now=now, chunk=chunk)
        else:  # a newer version is live, and its own run does the work
            rescore.finished_at = now
        rescore.save()
        return rescore.finished_at is None or Rescore.objects.filter(finished_at=None).exists()


def _chunk(rescore: Rescore, *, now: datetime, chunk: int) -> None:
    """Score the next leads and move on behind them, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CHUNK, [rescore.next_lead_id, chunk])
        count, last = cursor.fetchone()
        if count:
            statement = compiled(rescore.version).rescoring
            params = statement.bind(as_of=now, first_id=rescore.next_lead_id, last_id=last)
            version_id = rescore.version_id
            cursor.execute(
                WRITE_CHUNK.replace("{scoring}", statement.sql),
                [*params, version_id, version_id, version_id, rescore.cause],
            )
            rescore.next_lead_id = last + 1
            rescore.leads_done += count
    rescore.leads_total = max(rescore.leads_total, rescore.leads_done)
    if count < chunk:
        rescore.finished_at = now
