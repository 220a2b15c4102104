"""What was answered before answers were tied to dimensions is kept, as sure as its source."""

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.support.processes import ROOT, process_environment

pytestmark = pytest.mark.django_db

NAME = f"test_moved_answers_{os.getpid()}"
# As a replica no foreign key is asked: a lead of that time is not needed.
ANSWERS = """
SET session_replication_role = replica;
INSERT INTO qualification_bantanswer (lead_id, dimension, state, value, source, answered_at, expires_at)
VALUES (1, 'budget', 'confirmed', '€60,000', 'call', now() - interval '99 days', now() - interval '9 days'),
       (1, 'need', 'ruled_out', 'Has one', 'form', now(), NULL)
"""
KEPT = """
SELECT dimension_id, state, value, source, confidence, end_seen_at FROM qualification_bantanswer ORDER BY id
"""
CRITERIA = """
SELECT label, field, value::int FROM qualification_gatecriterion
WHERE field IN ('bant.confirmed_count', 'bant.unconfirmed_count') ORDER BY id
"""
MAPPED = """
SELECT slug FROM leadapp_form WHERE fields @> '[{"answer": "budget"}, {"answer": "timeline"}]' ORDER BY slug
"""


@pytest.fixture
def old() -> Iterator["Old"]:
    """Give a database that is as old as the answers."""
    environment = process_environment()
    address = urlsplit(environment["DATABASE_URL"])
    maintenance = psycopg2.connect(address._replace(path="/postgres").geturl())
    maintenance.autocommit = True
    with maintenance.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {NAME}")
    yield Old(environment | {"DATABASE_URL": address._replace(path=f"/{NAME}").geturl()})
    with maintenance.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    maintenance.close()


class Old:
    """A database of its own, and commands on it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    def migrate(self, *to: str) -> None:
        """Run the migrations up to one of them, or all."""
        command = [sys.executable, "manage.py", "migrate", "-v", "0", *to]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement and return its rows."""
        with psycopg2.connect(self.environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def test_answers_forms_and_gates_are_moved(old: Old) -> None:
    old.migrate("qualification", "0015")
    old.ask(ANSWERS)
    old.ask("UPDATE qualification_gatecriterion SET label = 'Ours' WHERE label = 'All four confirmed'")

    old.migrate("qualification", "0018")

    assert old.ask(KEPT) == [
        ("budget", "confirmed", "€60,000", "call", "medium", None),
        ("need", "ruled_out", "Has one", "form", "low", None),
    ]
    assert old.ask(CRITERIA) == [
        ("All but one confirmed", "bant.unconfirmed_count", 1),
        ("Ours", "bant.confirmed_count", 4),  # what marketers wrote stays as it is
    ]
    assert old.ask(MAPPED) == [("demo-request",), ("quote-request",)]
    assert old.ask("SELECT name FROM qualification_framework WHERE is_in_use") == [("BANT",)]
    with pytest.raises(psycopg2.errors.RestrictViolation):
        old.ask("UPDATE qualification_bantanswer SET confidence = 'high'")
