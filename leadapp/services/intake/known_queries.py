"""Queries that every pushed event makes: written once, where building them anew costs more than asking."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def rows_where(model: type[Row], condition: str, params: Sequence[Any]) -> list[Row]:
    """Return the rows for which an SQL condition, a constant of the code, holds."""
    names, statement = _statement(model, condition)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [model.from_db(connection.alias, names, row) for row in cursor.fetchall()]


@cache
def _statement(model: type[models.Model], condition: str) -> tuple[list[str], str]:
    fields = model._meta.concrete_fields
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    statement = f"SELECT {columns} FROM {model._meta.db_table} WHERE {condition}"  # noqa: S608 - our own
    return [field.attname for field in fields], statement
