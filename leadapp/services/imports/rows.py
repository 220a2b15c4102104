"""The rows of a file in the database: written by COPY, and what became of them by one statement a chunk."""

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext as _

from leadapp.models import ImportJob, ImportRow, OnKnown
from leadapp.services.imports.judging import Judged
from leadapp.services.imports.tables import storable

if TYPE_CHECKING:
    from leadapp.services.imports.writing import Written

COPY = """
COPY leadapp_importrow (job_id, number, cells, facts, problems, name, foreseen, outcome, undo, reason)
FROM STDIN
"""
# Rows of a person whom an earlier row makes: they come to that lead. The rows are so new that PostgreSQL has
# no statistics of them: joined by their names, all would be compared with all.
JOIN_REPEATED = """
WITH repeated AS (
    SELECT id, first FROM (
        SELECT id, number, min(number) OVER (PARTITION BY name) AS first FROM leadapp_importrow
        WHERE job_id = %(job)s AND foreseen = 'create' AND name <> ''
    ) named WHERE number > first
)
UPDATE leadapp_importrow r SET foreseen = %(becomes)s, problems = r.problems || jsonb_build_array(
    jsonb_build_object('column', '', 'text', replace(%(text)s, '@', repeated.first::text)))
FROM repeated WHERE r.id = repeated.id
"""
NOTE = """
UPDATE leadapp_importrow r SET outcome = w.outcome, done_at = %s, lead_id = w.lead_id,
    record_id = w.record_id, owner_before_id = w.owner, problems = r.problems || w.problems::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
    AS w (id, outcome, lead_id, record_id, owner, problems)
WHERE r.id = w.id
"""


def copy_rows(job: ImportJob, judged: Sequence[Judged], outcomes: Sequence[str]) -> None:
    """Write rows that were judged, with what each would do."""
    if not judged:
        return
    lines = []
    for row, outcome in zip(judged, outcomes, strict=True):
        name = ""
        if row.said is not None:
            keys = row.said.reference(job.match_by).keys
            name = f"{keys[0][0]} {keys[0][1]}" if keys else ""
        values = (
            str(job.pk),
            str(row.number),
            _array(row.cells),
            json.dumps(row.said.as_json() if row.said else {}),
            json.dumps(row.problems),
            name,
            str(outcome),
        )
        lines.append("\t".join(map(_escaped, values)) + "\t\t\t\n")
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY, io.StringIO(storable("".join(lines))))


def join_repeated(job: ImportJob) -> dict[str, int]:
    """Let only the first of the rows that name the same new person make a lead; return what the rest do."""
    becomes = ImportRow.Outcome.SKIP if job.on_known == OnKnown.SKIP else ImportRow.Outcome.CHANGE
    text = _("The same person as row %(number)s.") % {"number": "@"}
    with connection.cursor() as cursor:
        cursor.execute(JOIN_REPEATED, {"job": job.pk, "becomes": str(becomes), "text": text})
        return {str(becomes): cursor.rowcount}


def note_written(written: Sequence["Written"], *, now: datetime) -> None:
    """Note what became of rows."""
    columns: list[list[Any]] = [
        [one.row.pk for one in written],
        [str(one.outcome) for one in written],
        [one.lead_id for one in written],
        [one.record_id for one in written],
        [one.owner_before_id for one in written],
        [json.dumps(one.problems) for one in written],
    ]
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [now, *columns])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _array(cells: Sequence[str]) -> str:
    quoted = (cell.replace("\\", "\\\\").replace('"', '\\"') for cell in cells)
    return '{"' + '","'.join(quoted) + '"}' if cells else "{}"
