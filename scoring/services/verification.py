"""Comparing stored scores with what they are when computed again at the moment they were stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from leadapp.models import Lead
from scoring.engine.scores import compiled, published_version
from scoring.services.versions import live_version

CHUNK = 2_000
EXAMPLES = 20

CHUNKS = """
SELECT min(id), max(id), count(*) FROM (
    SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS chunk FROM leadapp_lead
) leads GROUP BY chunk ORDER BY chunk
"""

# One statement, one snapshot: workers may go on scoring meanwhile.
COMPARE = """
SELECT count(*), array_agg(l.id ORDER BY l.id) FILTER (
    WHERE (l.fit, l.engagement, l.score, l.grade, l.temperature)
        IS DISTINCT FROM (s.fit, s.engagement, s.score, s.grade, s.temperature)
)
FROM ({scoring}) s JOIN leadapp_lead l ON l.id = s.lead_id
"""

WAITING = """
SELECT count(DISTINCT lead_id) FROM scoring_scoringrequest WHERE lead_id BETWEEN %s AND %s
"""

UNSCORED = """
SELECT count(*) FROM leadapp_lead l WHERE id BETWEEN %s AND %s AND score IS NULL AND NOT do_not_score
    AND NOT EXISTS (SELECT FROM scoring_scoringrequest q WHERE q.lead_id = l.id)
"""


@dataclass
class Verified:
    """What a comparison found, so far."""

    compared: int = 0
    differing: int = 0
    waiting: int = 0
    unscored: int = 0
    examples: list[int] = field(default_factory=list)


def verify_scores(found: Verified, *, chunk: int = CHUNK) -> Iterator[int]:
    """Compare all scores and add to what was found; yield the number of leads after each chunk."""
    with connection.cursor() as cursor:
        cursor.execute(CHUNKS, [chunk])
        chunks: Sequence[tuple[int, int, int]] = cursor.fetchall()
    for first, last, leads in chunks:
        _verify(first, last, found)
        yield leads


def _verify(first: int, last: int, found: Verified) -> None:
    in_chunk = Lead.objects.filter(pk__range=(first, last), score__isnull=False)
    versions = set(in_chunk.values_list("score_version", flat=True).distinct())
    if live := live_version():
        versions.add(live.pk)
    for version_id in sorted(versions):
        scoring = compiled(published_version(version_id)).stored
        with transaction.atomic(), connection.cursor() as cursor:
            params = scoring.bind(first_id=first, last_id=last, version_id=version_id)
            cursor.execute(COMPARE.replace("{scoring}", scoring.sql), params)
            compared, differing = cursor.fetchone()
        found.compared += compared
        found.differing += len(differing or [])
        found.examples += (differing or [])[: EXAMPLES - len(found.examples)]
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [first, last])
        found.waiting += cursor.fetchone()[0]
        cursor.execute(UNSCORED, [first, last])
        found.unscored += cursor.fetchone()[0]
