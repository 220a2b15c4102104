"""What is told about an import: problems by their kind, rows page by page, and the refused ones as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from leadapp.models import ImportJob, ImportRow

MOST_KINDS = 50
KINDS = """
SELECT p->>'column' AS column, p->>'text' AS text, count(*), min(r.number)
FROM leadapp_importrow r CROSS JOIN LATERAL jsonb_array_elements(r.problems) p
WHERE r.job_id = %s AND r.problems <> '[]'
GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT %s
"""
PROBLEMS = "problems"


@dataclass(frozen=True)
class Kind:
    """Something that is wrong with some rows."""

    column: str
    text: str
    count: int
    first: int


def kinds_of(job: ImportJob) -> list[Kind]:
    """Return what is wrong, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(KINDS, [job.pk, MOST_KINDS])
        return [Kind(*row) for row in cursor.fetchall()]


def rows_of(job: ImportJob, show: str) -> QuerySet[ImportRow]:
    """Return the rows that did something (create, change, keep, skip, refuse), or those with problems."""
    rows = job.rows.order_by("number")
    if show == PROBLEMS:
        return rows.exclude(problems=[])
    if show not in ImportRow.Outcome.values:
        return rows
    return rows.filter(outcome=show) if job.started_at else rows.filter(foreseen=show)


def refused(job: ImportJob) -> QuerySet[ImportRow]:
    """Return the rows that were refused, or would be."""
    return rows_of(job, ImportRow.Outcome.REFUSE)


def to_mend(job: ImportJob) -> Iterator[Sequence[str]]:
    """Return the refused rows as they came, each with what is wrong with it."""
    width = len(job.columns)
    rows = refused(job).values_list("cells", "problems")
    for cells, problems in rows.iterator(chunk_size=1_000):
        why = " ".join(
            f"{one['column']}: {one['text']}" if one["column"] else one["text"] for one in problems
        )
        yield [*(cells + [""] * width)[:width], why]
