"""INSERT and UPDATE of any number of rows in one statement.

A thousand rows are sent as one array for each column, and what is the same in all of them once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
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


class _Column(NamedTuple):
    """What takes the value of a column from a row, and the type that its values are sent as."""

    name: str
    read: Callable[[models.Model], Any]
    type: str


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
    model = type(rows[0])
    columns = _columns(model)
    key = model._meta.pk.name
    names, selected, same, arrays, types, params = [], [], [], [], [], []
    for field, column in columns.items():
        if field == key and not with_ids:
            continue
        values = [column.read(row) for row in rows]
        first = values[0]
        if values.count(first) < len(values):
            names.append(column.name)
            selected.append(f"v.{column.name}")
            arrays.append(column.name)
            types.append(f"%s::{column.type}[]")
            params.append(values)
        # What no row has need not be sent: without a value a column is NULL.
        elif first is not None:
            names.append(column.name)
            selected.append(f"%s::{column.type}")
            same.append(first)
    rows_sent = f"unnest({', '.join(types)}) AS v ({', '.join(arrays)})"
    # Rows may be alike in everything: each of them is one.
    source = rows_sent if arrays else f"generate_series(1, {len(rows)})"
    # The names are those of our own models.
    statement = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)})"  # noqa: S608
        f" SELECT {', '.join(selected)} FROM {source}"
        f" ON CONFLICT DO NOTHING RETURNING {', '.join(columns[name].name for name in returning)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*same, *params])
        inserted: list[tuple[Any, ...]] = cursor.fetchall()
    return inserted


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these fields of rows that exist; bulk_update takes ten times as long for a thousand rows."""
    if not rows:
        return
    model = type(rows[0])
    columns = _columns(model)
    key = columns[model._meta.pk.name]
    sent = [key, *(columns[name] for name in fields)]
    sets = ", ".join(f"{column.name} = v.{column.name}" for column in sent[1:])
    # The names are those of our own models.
    statement = (
        f"UPDATE {model._meta.db_table} t SET {sets}"  # noqa: S608
        f" FROM unnest({', '.join(f'%s::{column.type}[]' for column in sent)})"
        f" AS v ({', '.join(column.name for column in sent)}) WHERE t.{key.name} = v.{key.name}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[column.read(row) for row in rows] for column in sent])


@lru_cache(maxsize=128)
def _columns(model: type[models.Model]) -> dict[str, _Column]:
    """Return the columns of a table by the names of their fields."""
    return {
        field.name: _Column(connection.ops.quote_name(str(field.column)), _reader(field), _type_sent(field))
        for field in model._meta.local_concrete_fields
        if not field.generated
    }


def _type_sent(field: Any) -> str:
    # A cast to varchar(100) would cut a text off; on its way into a column that is too short it fails.
    if isinstance(field, ArrayField):
        return f"{_type_sent(field.base_field)}[]"
    is_text = isinstance(field, models.CharField | models.TextField)
    return "text" if is_text else str(field.db_type(connection))


def _reader(field: Any) -> Callable[[models.Model], Any]:
    """Return what takes the value of a column from a row. Asking Django is dear where the driver knows."""
    known = field.target_field if isinstance(field, models.ForeignKey) else field
    if type(known) in PLAIN and not getattr(field, "auto_now", False):
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, True), connection)
