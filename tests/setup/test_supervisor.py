"""The supervisor keeps its processes running and ends them together."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from leadapp import supervisor as module
from leadapp.supervisor import Child, Output, Supervisor
from tests.support.running import has_ended

SLEEP = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(1000)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(1000)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, time; print(subprocess.Popen(['sleep', '1000']).pid, flush=True); time.sleep(1000)",
]
FAIL = [sys.executable, "-c", "raise SystemExit(3)"]


class Lines(Output):
    """Remember what would be printed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def line(self, name: str, text: str) -> None:
        self.lines.append((name, text))


@pytest.fixture
def output() -> Lines:
    return Lines()


@pytest.fixture
def supervisor(output: Lines, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(module, "FIRST_DELAY", 0.05)
    monkeypatch.setattr(module, "STOP_TIMEOUT", 1.0)
    supervisor = Supervisor(output, os.environ)
    runner = threading.Thread(target=supervisor.run, args=(lambda: None,))
    runner.start()
    yield supervisor
    supervisor.stopping.set()
    runner.join(60)
    assert not runner.is_alive()


def add(supervisor: Supervisor, name: str, command: list[str]) -> Child:
    # In the runner's place: children are started by the thread that watches them.
    supervisor.add(name, command)
    child = supervisor.children[-1]
    child.delay = module.FIRST_DELAY
    return child


def pid_of(child: Child) -> int:
    return child.process.pid if child.process else 0


def test_a_killed_process_comes_back_and_the_others_stay(
    supervisor: Supervisor, output: Lines, wait_for: Callable[..., Any]
) -> None:
    victim, other = add(supervisor, "victim", SLEEP), add(supervisor, "other", SLEEP)
    wait_for(lambda: output.lines.count(("victim", "ready")) == 1)
    first, bystander = pid_of(victim), pid_of(other)

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: output.lines.count(("victim", "ready")) == 2)
    assert pid_of(victim) != first
    assert pid_of(other) == bystander
    assert any(name == "victim" and "killed by SIGKILL" in text for name, text in output.lines)


def test_a_process_that_fails_at_once_is_tried_ever_more_slowly(
    supervisor: Supervisor, output: Lines, wait_for: Callable[..., Any]
) -> None:
    child = add(supervisor, "broken", FAIL)
    wait_for(lambda: child.delay >= module.FIRST_DELAY * 8)
    assert sum("ended with status 3" in text for _, text in output.lines) >= 3


def test_stopping_ends_every_process_even_a_deaf_one(
    supervisor: Supervisor, output: Lines, wait_for: Callable[..., Any]
) -> None:
    children = [add(supervisor, "meek", SLEEP), add(supervisor, "deaf", DEAF)]
    wait_for(lambda: {name for name, text in output.lines if text == "ready"} == {"meek", "deaf"})
    pids = [pid_of(child) for child in children]

    supervisor.stopping.set()

    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_the_children_of_a_killed_process_go_with_it(
    supervisor: Supervisor, output: Lines, wait_for: Callable[..., Any]
) -> None:
    child = add(supervisor, "parent", PARENT)
    number = int(wait_for(lambda: [text for name, text in output.lines if text.isdigit()])[0])
    grandchild = psutil.Process(number)

    os.kill(pid_of(child), signal.SIGKILL)

    wait_for(lambda: has_ended(grandchild))
