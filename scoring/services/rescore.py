"""Scoring all leads again, chunk by chunk: after a publish, and because time passes."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from leadapp.advisory import one_of
from scoring.engine.scores import compiled
from scoring.models import Cause, Rescore, RescoreChunk, ScoringModelVersion
from scoring.services.bands import BandChange, announce_bands, bands_are_heard
from scoring.services.versions import keep_live_version, live_version

# How many workers may be busy with chunks at a time; the others serve live events.
AT_ONCE = 2
# How many leads are read together: the activities of few leads lie on nearly as many pages as those of many.
# So as few chunks as workers that are busy with them, until the memory for a chunk asks for more.
SMALLEST_CHUNK, LARGEST_CHUNK = 10_000, 200_000
# How many are locked and written in one transaction, for a fraction of a second: a live event whose lead is
# among them waits so long.
BATCH = 1_000
# Spaces of advisory locks: of the turns, and of the chunks that somebody is working on.
TURNS, TAKEN = 7_320_552, 7_320_553

# Some leads have thousands of activities, often the oldest, and so the lowest ids: a worker with half of the
# leads would have most of the work. A sample tells where its shares end: of the activities every hundredth,
# and of the leads every twentieth, since a lead takes as long as five activities.
CUT = """
INSERT INTO scoring_rescorechunk (rescore_id, first_lead_id, last_lead_id)
SELECT %s, min(id), max(id) FROM (
    SELECT id, share, (row_number() OVER (PARTITION BY share ORDER BY id) - 1) / %s AS part
    FROM (
        SELECT id, width_bucket(id, (
            SELECT percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY lead_id) FROM (
                SELECT lead_id FROM leadapp_activity TABLESAMPLE SYSTEM (1) REPEATABLE (0)
                UNION ALL SELECT id FROM leadapp_lead TABLESAMPLE SYSTEM (5) REPEATABLE (0)
            ) sample
        )) AS share
        FROM leadapp_lead
    ) shares
) parts GROUP BY share, part
"""

# The activities of a chunk lie on most pages, so that going through them in order is cheaper than jumping.
# Many are joined with many: without statistics, just after a large load, PostgreSQL takes them for few
# and would go through all activities again for each lead. Several workers of ours read already: more
# processes for each would only be in each other's way. Compiling so long a query takes longer than it saves.
# Sorted by lead, and in pieces that are small beside the processor's cache, the activities of a lead and its
# sums are at hand together: a hash table of all leads, or a larger sort, waits for memory all the time.
FOR_MANY = (
    "SET LOCAL work_mem = '16MB'; SET LOCAL enable_hashagg = off; SET LOCAL random_page_cost = 4;"
    " SET LOCAL enable_nestloop = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off"
)

# First everything is read, without a lock. Leads whose numbers stay
# are not written at all: rewriting them would take longer than reading all activities. They keep the version
# and moment that gave the numbers (scoring.engine.stored knows that the run confirmed them).
READ = """
CREATE TEMP TABLE rescored AS
SELECT lead_id, as_of, fit, engagement, score, grade, temperature,
    stored_scored_at AS seen_scored_at, stored_score_version_id AS seen_version_id
FROM ({scoring}) s
WHERE stored_scored_at > as_of
    OR (stored_score, stored_fit, stored_engagement, stored_grade, stored_temperature)
        IS DISTINCT FROM (score, fit, engagement, grade, temperature)
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
    FROM (SELECT * FROM rescored WHERE lead_id BETWEEN %s AND %s ORDER BY lead_id OFFSET 0) s
    WHERE l.id = s.lead_id AND l.scored_at IS NOT DISTINCT FROM s.seen_scored_at AND NOT l.do_not_score
    RETURNING l.id, l.scored_at, old.score AS score_before, l.score, l.fit, l.engagement, l.grade,
        l.temperature, old.grade AS old_grade, old.temperature AS old_temperature
), changes AS (
    INSERT INTO scoring_scorechange
        (lead_id, at, score_before, score, fit, engagement, grade, temperature, version_id, cause)
    SELECT id, scored_at, score_before, score, fit, engagement, grade, temperature, %s, %s
    FROM written
), inbox AS (
    INSERT INTO scoring_scoredlead (lead_id, scored_at) SELECT id, scored_at FROM written
)
SELECT id, %s, score_before, old_grade, old_temperature FROM written
WHERE %s AND (grade, temperature) IS DISTINCT FROM (old_grade, old_temperature) ORDER BY id
"""

# Where each batch ends; the last one ends with the chunk. Between two changed leads may lie many others.
BATCHES = """
WITH ends AS (
    SELECT max(lead_id) AS last FROM (
        SELECT lead_id, (row_number() OVER (ORDER BY lead_id) - 1) / %s AS batch FROM rescored
    ) changed GROUP BY batch
), batches AS (
    SELECT lag(last, 1, %s - 1) OVER (ORDER BY last) + 1 AS first,
        CASE WHEN lead(last) OVER (ORDER BY last) IS NULL THEN %s ELSE last END AS last
    FROM (SELECT last FROM ends UNION SELECT %s WHERE NOT EXISTS (SELECT FROM ends)) e
)
SELECT b.first, b.last, (SELECT count(*) FROM leadapp_lead l WHERE l.id BETWEEN b.first AND b.last)
FROM batches b ORDER BY b.first
"""

# Leads that were scored since the run began are done. What a clock that ran ahead stamped so late was scored
# by another version, and waits like after any other event.
LEAVE_LATER = """
WITH later AS (DELETE FROM rescored WHERE seen_scored_at > as_of RETURNING lead_id, seen_version_id)
INSERT INTO scoring_scoringrequest (lead_id, cause, requested_at)
SELECT lead_id, %s, %s FROM later WHERE seen_version_id <> %s
"""

# The gates ask whether the threshold is reached, which is no number of a lead. With a new one, leads
# between the old and the new wait for their gates although their own numbers stayed.
REACHED_OTHERWISE = """
INSERT INTO scoring_scoredlead (lead_id, scored_at)
SELECT l.id, l.scored_at
FROM leadapp_lead l JOIN scoring_scoringmodelversion v ON v.id = l.score_version_id
WHERE v.id <> %s AND v.threshold <> %s AND (l.score >= v.threshold) <> (l.score >= %s)
"""


def start_rescore(*, version: ScoringModelVersion, cause: Cause, now: datetime) -> Rescore:
    """Begin a run over all leads. One that goes on for the same cause is given up for it.

    Only the primary model writes the scores of leads; for another one there is nothing to do. After a
    publish every other run is given up: it is older, or of a version that is not live any more.
    """
    if not version.model.is_primary:
        return Rescore.objects.create(version=version, cause=cause, started_at=now, finished_at=now)
    with transaction.atomic(), connection.cursor() as cursor:
        going_on = Rescore.objects.select_for_update().filter(finished_at=None)
        for given_up in going_on if cause == Cause.PUBLISH else going_on.filter(cause=cause):
            _finish(given_up, now=now)
        rescore = Rescore.objects.create(version=version, cause=cause, started_at=now)
        cursor.execute("SELECT count(*) FROM leadapp_lead")
        (leads,) = cursor.fetchone()
        ends = [share / AT_ONCE for share in range(1, AT_ONCE)] if leads > SMALLEST_CHUNK else []
        cursor.execute(CUT, [rescore.pk, LARGEST_CHUNK, ends])
        rescore.leads_total = leads
        rescore.finished_at = None if leads else now
        rescore.save(update_fields=["leads_total", "finished_at"])
    return rescore


def continue_rescores(*, now: datetime) -> bool:
    """Score the next chunk that nobody is working on; tell whether there was one.

    It is read as a whole and written in batches, each a transaction that moves the beginning of the chunk:
    after a kill another worker goes on from there. All leads are scored as of the beginning of the run.
    """
    with one_of(TURNS, range(AT_ONCE)) as turn:
        if turn is None:
            return False
        waiting = RescoreChunk.objects.filter(rescore__finished_at=None)
        waiting = waiting.order_by("rescore__started_at", "rescore_id", "first_lead_id")
        with one_of(TAKEN, waiting.values_list("pk", flat=True)[: AT_ONCE + 1]) as taken:
            if taken is None:
                return False
            _do(taken, now=now)
    return True


def _do(chunk_id: int, *, now: datetime) -> None:
    """Score a chunk, unless it was done or given up in the meantime."""
    chunk = RescoreChunk.objects.filter(pk=chunk_id).select_related("rescore__version").first()
    if chunk is None:
        return
    if chunk.rescore.version != live_version():  # another one is live, and its own run does the work
        with transaction.atomic():
            _finish(chunk.rescore, now=now)
        return
    scoring = compiled(chunk.rescore.version).rescoring
    as_of, first, last = chunk.rescore.started_at, chunk.first_lead_id, chunk.last_lead_id
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS rescored")
        with transaction.atomic():
            cursor.execute(FOR_MANY)
            params = scoring.bind(as_of=as_of, first_id=first, last_id=last)
            cursor.execute(READ.replace("{scoring}", scoring.sql), params)
            cursor.execute(LEAVE_LATER, [chunk.rescore.cause, now, chunk.rescore.version_id])
        cursor.execute("CREATE INDEX ON rescored (lead_id); ANALYZE rescored")
        cursor.execute(BATCHES, [BATCH, first, last, last])
        for batch_first, batch_last, leads in cursor.fetchall():
            with transaction.atomic():
                if not _write(chunk, batch_first, batch_last, leads, now=now):
                    break
        cursor.execute("DROP TABLE rescored")


def _write(chunk: RescoreChunk, first: int, last: int, leads: int, *, now: datetime) -> bool:
    """Write a batch of what was read and move on behind it; tell whether it was still wanted."""
    rescore = chunk.rescore
    mine = RescoreChunk.objects.filter(pk=chunk.pk)
    if keep_live_version() != rescore.version or not mine.select_for_update(of=("self",)):
        return False
    version_id = rescore.version_id
    with connection.cursor() as cursor:
        cursor.execute(IN_ORDER)
        cause, is_heard = rescore.cause, bands_are_heard()
        cursor.execute(WRITE, [version_id, first, last, version_id, cause, cause, is_heard])
        changes = [BandChange(*row) for row in cursor.fetchall()]
        cursor.execute(IN_ANY_ORDER)
    announce_bands(changes, now=now)
    if last < chunk.last_lead_id:
        mine.update(first_lead_id=last + 1)
    else:
        mine.delete()
    # Whoever comes second waits here for the first to commit, and then sees whether anything is left.
    Rescore.objects.filter(pk=rescore.pk).update(leads_done=F("leads_done") + leads)
    if not RescoreChunk.objects.filter(rescore=rescore).exists():
        Rescore.objects.filter(pk=rescore.pk).update(finished_at=now)
        if rescore.cause == Cause.PUBLISH:
            with connection.cursor() as cursor:
                threshold = rescore.version.threshold
                cursor.execute(REACHED_OTHERWISE, [version_id, threshold, threshold])
    return True


def _finish(rescore: Rescore, *, now: datetime) -> None:
    """Give up what is left of a run."""
    RescoreChunk.objects.filter(rescore=rescore).delete()
    Rescore.objects.filter(pk=rescore.pk).update(finished_at=max(now, rescore.started_at))
