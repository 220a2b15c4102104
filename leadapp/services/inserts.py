"""An INSERT of any number of rows that lets a concurrent request win instead of failing."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models

PLAIN = {
    models.BigAutoField,
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.EmailField,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
    models.URLField,
}


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
    # What no row has need not be sent: without a value a column is NULL.
    fields = [field for field in fields if any(getattr(row, field.attname) is not None for row in rows)]
    readers = [_reader(field) for field in fields]
    values = [read(row) for row in rows for read in readers]
    columns = {
        field.name: connection.ops.quote_name(str(field.column)) for field in meta.local_concrete_fields
    }
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


def _reader(field: Any) -> Callable[[models.Model], Any]:
    """Return what takes the value of a column from a row. Asking Django is dear where the driver knows."""
    if type(field) in PLAIN and not getattr(field, "auto_now", False):
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), connection)
