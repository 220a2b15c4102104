"""Queries that every pushed event makes: written once and planned once for each connection.

Building them anew costs more than asking, and planning them more than carrying them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError, connection, models
from django.db.backends.utils import CursorWrapper

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Prepared:
    """A statement that a connection plans when it first runs it. `sql` calls its values $1, $2 and so on."""

    name: str
    sql: str

    def run(self, cursor: CursorWrapper, values: Sequence[Any]) -> None:
        """Carry it out; the rows are read from the cursor."""
        names = _prepared.setdefault(cursor.connection, set())
        if self.name not in names:
            self._prepare(cursor)
            names.add(self.name)
        cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(values))})", values)

    def _prepare(self, cursor: CursorWrapper) -> None:
        """Let the session of the database plan it, which a rollback does not undo."""
        with cursor.db.wrap_database_errors, cursor.connection.cursor() as plain:
            plain.execute(f"PREPARE {self.name} AS {self.sql}")


# What each session has planned.
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def rows_where(model: type[Row], condition: str, values: Sequence[Any]) -> list[Row]:
    """Return the rows for which an SQL condition, a constant of the code, holds.

    Django asks a kept connection whether it lives before the first query of a request. This query asks by
    itself, and again on a new connection when the old one was lost.
    """
    is_checked = connection.health_check_done or connection.in_atomic_block  # type: ignore[attr-defined]
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _rows_where(model, condition, values)
    except (InterfaceError, OperationalError):
        if is_checked or connection.is_usable():
            raise
        connection.close()
        return _rows_where(model, condition, values)


def _rows_where(model: type[Row], condition: str, values: Sequence[Any]) -> list[Row]:
    names, statement = _statement(model, condition)
    with connection.cursor() as cursor:
        statement.run(cursor, values)
        return [model.from_db(connection.alias, names, row) for row in cursor.fetchall()]


@cache
def _statement(model: type[models.Model], condition: str) -> tuple[list[str], Prepared]:
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    sql = f"SELECT {columns} FROM {model._meta.db_table} WHERE {condition}"  # noqa: S608 - our own
    return [field.attname for field in fields], Prepared(f"{model._meta.model_name}_known", sql)
