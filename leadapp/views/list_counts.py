"""How many leads several lists have, in one statement for all of them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from leadapp.models.querysets import LeadQuerySet


def count_all(lists: Mapping[str, LeadQuerySet], *, most: int) -> dict[str, int]:
    """Count the leads of each list, no further than one more than `most`."""
    parts: list[str] = []
    parameters: list[Any] = []
    names: list[str] = []
    for name, leads in lists.items():
        try:
            sql, values = leads.order_by().values("pk")[: most + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS list)")  # noqa: S608 - written by the ORM
        parameters += values
        names.append(name)
    found: tuple[int, ...] = ()
    if parts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(parts), parameters)
            found = cursor.fetchone()
    return dict.fromkeys(lists, 0) | dict(zip(names, found, strict=True))
