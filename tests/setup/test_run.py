"""`make run` from start to end, with what goes wrong in between."""

from __future__ import annotations

import signal
import stat
from collections.abc import Callable, Iterator
from errno import EACCES
from pathlib import Path
from typing import Any

import psutil
import pytest

from leadapp.embedded.folder import DataFolder
from leadapp.run import main
from tests.support.running import Run, has_ended

pytestmark = pytest.mark.worker


@pytest.fixture
def run(tmp_path: Path, wait_for: Callable[..., Any]) -> Iterator[Run]:
    (tmp_path / "home").mkdir()
    run = Run(tmp_path / "data", wait_for, {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": ""})
    yield run
    if run.process is not None and run.process.poll() is None:
        run.end(signal.SIGTERM)


def all_gone(family: list[psutil.Process]) -> bool:
    return all(has_ended(process) for process in family)


def test_everything_comes_back_when_killed_and_nothing_stays_after_the_end(
    run: Run, wait_for: Callable[..., Any]
) -> None:
    run.start()
    assert run.readiness()["ready"] is True
    assert stat.S_IMODE((run.folder / "demo.secret").stat().st_mode) == 0o600
    assert (run.folder / "demo.secret").read_text() in run.output()

    for word in ("gunicorn", "worker", "beat", "postgres", "redis-server"):
        victim = wait_for(lambda word=word: run.child(word))
        victim.kill()
        wait_for(lambda word=word, pid=victim.pid: (new := run.child(word)) and new.pid != pid, 60, word)
    wait_for(lambda: run.readiness().get("ready"), 120, "all answer again")

    refused = run.again()
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert f"http://127.0.0.1:{run.port}" in refused.stderr

    refused = run.again(LEADAPP_DATA=str(run.folder.with_name("other")))
    assert refused.returncode == 1
    assert f"Port {run.port} is taken" in refused.stderr
    assert f"PORT={run.port + 1} make run" in refused.stderr

    family = run.family()
    assert run.end(signal.SIGINT) == 0
    wait_for(lambda: all_gone(family))
    assert not (run.folder / "services.json").exists()


def test_what_cannot_be_a_port_is_refused_in_plain_words(run: Run) -> None:
    for port in ("http", "0", "65536", "-1"):
        refused = run.again(PORT=port)
        assert refused.returncode == 1
        assert f"PORT is a number from 1 to 65535, not '{port}'" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_files_of_another_user_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(folder: DataFolder, name: str) -> bool:
        raise PermissionError(EACCES, "Permission denied", str(folder.path / f"{name}.lock"))

    monkeypatch.setenv("LEADAPP_DATA", str(tmp_path))
    monkeypatch.setattr(DataFolder, "try_lock", closed)
    assert main() == 1
    said = capsys.readouterr().err
    assert f"may not use {tmp_path}/run.lock (Permission denied)" in said
    assert "chown -R" in said


def test_a_killed_run_leaves_nothing_that_hinders_the_next(
    run: Run, tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    run.start()
    family = run.family()
    run.end(signal.SIGKILL)
    wait_for(lambda: all_gone(family), 60, "the kernel told all of them to end")

    run.start()
    assert run.readiness()["ready"] is True
    family = run.family()
    assert run.end(signal.SIGTERM) == 0
    wait_for(lambda: all_gone(family))
    assert not list((tmp_path / "home").iterdir()), "everything is in the data folder"
