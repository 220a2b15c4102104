"""`make run` from start to end, with what goes wrong in between."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from leadapp.embedded.server import free_ports
from tests.support.processes import ROOT

pytestmark = pytest.mark.worker

RUN = [sys.executable, "-m", "leadapp.run"]


class Run:
    """A `make run` without the demo, in a folder of its own."""

    def __init__(self, folder: Path, wait_for: Callable[..., Any]) -> None:
        self.folder = folder
        self.wait_for = wait_for
        self.port = next(free_ports())
        self.log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {"DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "LEADAPP_DEMO_PASSWORD", "MAKELEVEL"}
        kept = {name: value for name, value in os.environ.items() if name not in inherited}
        return kept | {
            "LEADAPP_DATA": str(self.folder),
            "PORT": str(self.port),
            "LEADAPP_DEMO": "0",
            **more,
        }

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                RUN, cwd=ROOT, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        self.wait_for(lambda: "Leadapp is at" in self.output(), 90, "the address is printed")

    def output(self) -> str:
        return self.log.read_text()

    def again(self, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(RUN, cwd=ROOT, env=self.environment(**more), capture_output=True, text=True)

    def readiness(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz/ready", timeout=5) as response:
                return dict(json.load(response))
        except OSError:
            return {}

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process | None:
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
                if any(word in part for part in process.cmdline()):
                    return process
        return None

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def run(tmp_path: Path, wait_for: Callable[..., Any]) -> Iterator[Run]:
    run = Run(tmp_path / "data", wait_for)
    yield run
    if run.process is not None and run.process.poll() is None:
        run.end(signal.SIGTERM)


def all_gone(family: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != "zombie" for process in family)


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
        wait_for(lambda word=word, pid=victim.pid: (new := run.child(word)) and new.pid != pid, 30, word)
    wait_for(lambda: run.readiness().get("ready"), 60, "all answer again")

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
    assert all_gone(family)
    assert not (run.folder / "services.json").exists()


def test_a_killed_run_leaves_nothing_that_hinders_the_next(run: Run, wait_for: Callable[..., Any]) -> None:
    run.start()
    family = run.family()
    run.end(signal.SIGKILL)
    wait_for(lambda: all_gone(family), 30, "the kernel told all of them to end")

    run.start()
    assert run.readiness()["ready"] is True
    family = run.family()
    assert run.end(signal.SIGTERM) == 0
    assert all_gone(family)
