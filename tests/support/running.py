"""`make run` without the demo, in a folder of its own, for tests that need the whole of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.support.ports import free_port
from tests.support.processes import ROOT

RUN = [sys.executable, "-m", "leadapp.run"]


def has_ended(process: psutil.Process) -> bool:
    """Say whether a process is over; it may still wait to be buried, and be buried while we look."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Run:
    """A `make run` without the demo, in a folder of its own, on services that are given or its own."""

    def __init__(
        self, folder: Path, wait_for: Callable[..., Any], services: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.services = dict(services or {})
        self.wait_for = wait_for
        self.port = free_port()
        self.log = folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {"DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "LEADAPP_DEMO_PASSWORD", "MAKELEVEL"}
        kept = {name: value for name, value in os.environ.items() if name not in inherited}
        return kept | {
            "LEADAPP_DATA": str(self.folder),
            "PORT": str(self.port),
            "LEADAPP_DEMO": "0",
            **self.services,
            **more,
        }

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                RUN, cwd=ROOT, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        self.wait_for(lambda: "Leadapp is at" in self.output(), 300, "the address is printed")

    def output(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def again(self, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(RUN, cwd=ROOT, env=self.environment(**more), capture_output=True, text=True)

    def readiness(self) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz/ready", timeout=5) as response:  # noqa: S310
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
                # A word of its own: gunicorn has --workers.
                if any(re.search(rf"(^|/){word}( |$)", part) for part in process.cmdline()):
                    return process
        return None

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)
