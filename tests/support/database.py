"""Give every test the data that the migrations made: groups, event types, gates, the default model.

To migrate takes seconds, so it is done once in a database aside, which each process of a run and each
later run copies; other migrations make another one.

A transactional test ends with a flush in Django, which would delete the migrated rows and takes long with
many tables. Here they are copied aside once, and a function in the database empties only the tables that
were touched and puts the copies back: some 10 ms instead of some 200.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections

from leadapp.embedded.folder import PROJECT_ROOT, DataFolder

MIGRATED = "test_migrated_"

SNAPSHOT = """
CREATE SCHEMA migrated;
DO $$
DECLARE name text; filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE migrated.%1$I AS TABLE public.%1$I', name); END IF;
    END LOOP;
END $$;

-- As replica neither triggers nor foreign keys fire, so order does not matter and history may go.
CREATE FUNCTION migrated.restore() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica SET lock_timeout = '30s' AS $$
DECLARE name text; filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF NOT filled THEN
            NULL;
        ELSIF pg_relation_size(format('public.%I', name)) > 1000000 THEN
            EXECUTE format('TRUNCATE public.%I CASCADE', name);
        ELSE
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'migrated' LOOP
        EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM migrated.%1$I', name);
    END LOOP;
END $$;
"""


@contextmanager
def migrated_copy() -> Iterator[None]:
    """Make the test database of this process, and drop it in the end."""
    before, name = connection.settings_dict["NAME"], _test_name()
    with (DataFolder.from_environment().path / "migrated.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrated = _migrated_database()
        _run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _run(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    _switch_to(name)
    yield
    _switch_to(before)
    _run(f"DROP DATABASE {name} WITH (FORCE)")


def restore_migrated_data() -> None:
    """Forget everything the test committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT migrated.restore()")


def somebody_waits() -> bool:
    """Say whether another connection waits for what this one has locked."""
    with connection.cursor() as cursor:
        # Not from pg_stat_activity, which stands still within a transaction.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def _test_name() -> str:
    """Return the name that Django gives the test database; pytest-django sets one for each process."""
    name = connection.settings_dict["NAME"]
    return connection.settings_dict["TEST"]["NAME"] or f"test_{name}"


def _migrated_database() -> str:
    """Return the database in which these migrations have run; make it unless an earlier run did."""
    name, draft = f"{MIGRATED}{_fingerprint()}", f"{MIGRATED}draft"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [MIGRATED])
        found = {name for (name,) in cursor.fetchall()}
    if name in found:
        return name
    for outdated in found:
        _run(f"DROP DATABASE {outdated} WITH (FORCE)")
    before = connection.settings_dict["NAME"]
    _run(f"CREATE DATABASE {draft}")
    _switch_to(draft)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
    _switch_to(before)
    # One that was interrupted keeps the name of a draft.
    _run(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name


def _fingerprint() -> str:
    """Return a name for the state of all migrations, those of packages among them."""
    found = sha256()
    for folder in sorted(Path(app.path) / "migrations" for app in apps.get_app_configs()):
        for file in sorted(folder.glob("*.py")):
            found.update(f"{file.relative_to(folder.parents[1])}\n".encode() + file.read_bytes())
    found.update((PROJECT_ROOT / "requirements.txt").read_bytes())
    return found.hexdigest()[:16]


def _switch_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


def _run(sql: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql)
