"""Turns among workers: locks of PostgreSQL that are free again when a worker is gone."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def one_of(space: int, numbers: Iterable[int]) -> Iterator[int | None]:
    """Hold the first number that no other worker holds. It is free again when the worker is gone."""
    with connection.cursor() as cursor:
        for number in numbers:
            key = number % 2**31
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, key])
            if cursor.fetchone()[0]:
                try:
                    yield number
                finally:
                    if not connection.needs_rollback and connection.is_usable():
                        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, key])
                return
    yield None
