"""The container set-up and the pins are complete and agree with the code."""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support.processes import ROOT


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_every_part_is_there_and_watched(compose: Any) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    assert services["postgres"]["image"] == "postgres:18"
    for name in set(services) - {"migrate"}:
        assert "healthcheck" in services[name], name


def test_processes_wait_for_the_migration(compose: Any) -> None:
    for name in ("web", "worker", "beat"):
        waits_for = compose["services"][name]["depends_on"]
        assert waits_for["migrate"] == {"condition": "service_completed_successfully"}
        assert waits_for["postgres"] == waits_for["redis"] == {"condition": "service_healthy"}


def test_no_secret_is_in_an_environment(compose: Any) -> None:
    for service in compose["services"].values():
        for name in service.get("environment", {}):
            if re.search("PASSWORD|SECRET|DATABASE_URL", name):
                assert name.endswith("_FILE"), name
        for secret in service.get("secrets", []):
            assert secret in compose["secrets"]


def test_redis_keeps_what_it_is_told(compose: Any) -> None:
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_the_image_holds_every_folder_that_the_code_needs() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    allowed = (ROOT / ".dockerignore").read_text().split()
    for name in ("leadapp", "scoring", "qualification", "templates", "static", "locale", "manage.py"):
        assert f"COPY {name} " in dockerfile
        assert f"!{name}" in allowed
    assert re.search(r"^USER (?!root)", dockerfile, re.MULTILINE)


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    pins = [re.split("[;#]", line)[0].strip() for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^=\s]+", pin) for pin in pins if pin)
    pinned = {pin.split("==")[0].lower() for pin in pins}
    wanted = re.findall(r"^([A-Za-z0-9._-]+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    assert {want.lower() for want in wanted if not want.startswith("-")} <= pinned


@pytest.mark.parametrize("python", ["3.11.2", "3.11.14", "3.12.1", "3.13.1", "3.14.1"])
def test_nothing_that_is_needed_is_missing_from_the_pins(python: str) -> None:
    """Pins are installed without resolving: what a package wants on this Python must be among them."""
    pinned = set()
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        pinned |= {_plain(line.split("==")[0]) for line in lines if "==" in line}
    surroundings = {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "extra": "",
    }
    needed = set()
    for distribution in distributions():
        if _plain(distribution.name) in pinned:
            for line in distribution.requires or []:
                requirement = Requirement(line)
                if requirement.marker is None or requirement.marker.evaluate(surroundings):
                    needed.add(_plain(requirement.name))
    assert needed <= pinned


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("has_pip", [True, False])
def test_a_half_made_environment_is_made_anew(tmp_path: Path, has_pip: bool) -> None:
    """Debian's Python without python3-venv leaves one behind, and so does Ctrl-C."""
    for name in ("Makefile", "requirements.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ["python", "pip"] if has_pip else ["python"]:
        (programs / name).touch()

    commands = subprocess.run(
        ["make", "--dry-run", ".venv/installed"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert ("-m venv --clear .venv" in commands) is not has_pip
    assert "-r requirements.txt" in commands


def test_the_ci_script_can_be_run() -> None:
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o111
