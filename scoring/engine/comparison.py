"""Several definitions at once over the same leads. What they have in common is computed once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from scoring.engine.definition import Definition
from scoring.engine.fragments import Fragment
from scoring.engine.scores import Score
from scoring.engine.statement import ONE_MOMENT, SEVERAL_MOMENTS, in_list, in_range, of_many

# How many leads an answer is about decides how PostgreSQL should go about it: many are joined with many, and
# compiling a statement of hundreds of expressions takes longer than running it. Hash tables that parallel
# workers share lie in shared memory, of which a container may have very little.
FOR_MANY = (
    "SET LOCAL work_mem = '256MB'; SET LOCAL random_page_cost = 4; SET LOCAL enable_nestloop = off;"
    " SET LOCAL enable_parallel_hash = off; SET LOCAL jit = off"
)


def comparing(definitions: Sequence[Definition]) -> Fragment:
    """Return a SELECT of the numbers of leads from `first_id` to `last_id` at `as_of` by each definition."""
    return of_many(definitions, leads=in_range, moments=ONE_MOMENT)


def comparing_moments(definitions: Sequence[Definition]) -> Fragment:
    """Return a SELECT of the numbers of `lead_ids`, each at every one of `as_ofs`, by each definition."""
    return of_many(definitions, leads=in_list, moments=SEVERAL_MOMENTS)


def compare_moments(
    *, definitions: Sequence[Definition], lead_ids: Sequence[int], as_ofs: Sequence[datetime]
) -> dict[tuple[int, datetime], tuple[Score, ...]]:
    """Score leads at moments by each definition; the keys are (lead id, moment)."""
    statement = comparing_moments(definitions)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.bind(lead_ids=list(lead_ids), as_ofs=list(as_ofs)))
        return {(lead_id, at): _scores(numbers) for lead_id, at, *numbers in cursor.fetchall()}


def _scores(numbers: Sequence[object]) -> tuple[Score, ...]:
    each = len(Score.__dataclass_fields__)
    return tuple(Score(*numbers[at : at + each]) for at in range(0, len(numbers), each))  # type: ignore[arg-type]
