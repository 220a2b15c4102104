"""An INSERT of any number of rows that lets a concurrent request win instead of failing."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def insert_unless_present(
    rows: Sequence[models.Model], *, returning: Sequence[str], with_ids: bool = False
) -> list[tuple[Any, ...]]:
    """Insert the rows in one statement and return the named columns of those that were not there yet.

    ON CONFLICT DO NOTHING waits for a concurrent transaction that holds the same key, so afterwards a
    new SELECT sees its row. Rows must come in the order of their unique key: two requests that bring the
    same keys then wait for each other and never lock up. bulk_create cannot do this: it returns nothing
    when it ignores conflicts.
    """
    if not rows:
        return []
    meta = rows[0]._meta
    fields = [
        field
        for field in meta.local_concrete_fields
        if not field.generated and (with_ids or not field.primary_key)
    ]
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields
    ]
    columns = {field.name: connection.ops.quote_name(str(field.column)) for field in fields}
    columns["id"] = "id"
    one_row = f"({', '.join(['%s'] * len(fields))})"
    # The names are those of our own models.
    statement = (
        f"INSERT INTO {meta.db_table} ({', '.join(columns[field.name] for field in fields)})"  # noqa: S608
        f" VALUES {', '.join([one_row] * len(rows))} ON CONFLICT DO NOTHING"
        f" RETURNING {', '.join(columns[name] for name in returning)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        inserted: list[tuple[Any, ...]] = cursor.fetchall()
    return inserted
