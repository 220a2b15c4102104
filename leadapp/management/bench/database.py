"""A database for one bench run: made, migrated, and dropped at the end whatever happens."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections


@contextmanager
def own_database() -> Iterator[str]:
    """Let all connections of this process use a new database; give its name."""
    before = connection.settings_dict["NAME"]
    name = f"leadapp_bench_{os.getpid()}"
    quoted = connection.ops.quote_name(name)
    _run(f"CREATE DATABASE {quoted}")
    before_term = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        _switch_to(name)
        call_command("migrate", verbosity=0)
        yield name
    finally:
        signal.signal(signal.SIGTERM, before_term)
        _switch_to(before)
        _run(f"DROP DATABASE {quoted} WITH (FORCE)")


def _switch_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


def _run(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)
