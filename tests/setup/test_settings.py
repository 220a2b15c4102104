"""Settings come from the environment or from files, and mistakes are named before anything starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing but what a fresh container has."""
    return {"PATH": os.environ["PATH"], "LEADAPP_DATA": str(tmp_path)}


def python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def show(expression: str, environment: dict[str, str]) -> str:
    result = python(f"from leadapp import settings; print({expression})", environment)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_production_without_a_key_refuses_to_start(environment: dict[str, str]) -> None:
    result = python("import leadapp.wsgi", environment)
    assert result.returncode == 1
    assert "SECRET_KEY is not set" in result.stderr
    assert "SECRET_KEY_FILE" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("url", ["sqlite:///leads.db", "leads"])
def test_another_database_than_postgresql_is_refused_in_plain_words(
    environment: dict[str, str], url: str
) -> None:
    given = {"SECRET_KEY": KEY, "COLLECTED_STATIC": "0", "DATABASE_URL": url}
    result = python("import leadapp.wsgi", environment | given)
    assert result.returncode == 1
    assert "DATABASE_URL is not the address of a PostgreSQL database" in result.stderr
    assert "postgresql://user:password@host:5432/name" in result.stderr
    assert "Traceback" not in result.stderr


def test_production_with_a_key_starts(environment: dict[str, str]) -> None:
    result = python("import leadapp.wsgi", environment | {"SECRET_KEY": KEY, "COLLECTED_STATIC": "0"})
    assert result.returncode == 0, result.stderr


def test_secrets_are_read_from_files(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "url").write_text("postgresql://ann:p%40ss@db.example:5433/leads\n")
    files = {"SECRET_KEY_FILE": str(tmp_path / "key"), "DATABASE_URL_FILE": str(tmp_path / "url")}
    assert show("settings.SECRET_KEY", environment | files) == KEY
    expression = (
        "[settings.DATABASES['default'][name] for name in ('USER', 'PASSWORD', 'HOST', 'PORT', 'NAME')]"
    )
    assert show(expression, environment | files) == "['ann', 'p@ss', 'db.example', 5433, 'leads']"


def test_without_settings_it_is_production(environment: dict[str, str]) -> None:
    expression = "settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT"
    assert show(expression, environment) == "False True True"


def test_the_environment_beats_what_running_services_wrote(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "services.json").write_text('{"environment": {"REDIS_URL": "redis://written:1/0"}}')
    assert show("settings.REDIS_URL", environment) == "redis://written:1/0"
    given = environment | {"REDIS_URL": "redis://given:1/0"}
    assert show("settings.REDIS_URL", given) == "redis://given:1/0"


def test_every_variable_is_documented() -> None:
    """docs/settings.md names what settings.py reads, and nothing else but what `make run` reads."""
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "leadapp" / "settings.py").read_text()))
    documented = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert documented - read == {"LEADAPP_DATA", "PORT", "LEADAPP_DEMO", "LEADAPP_DEMO_PASSWORD"}
    assert read <= documented
