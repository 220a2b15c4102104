"""Real worker, beat and web processes that work on the test's database and broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.support.ports import free_port
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
CELERY = [sys.executable, "-m", "celery", "-A", "leadapp"]


def process_environment() -> dict[str, str]:
    """Return the environment that points a process at the test's database and broker."""
    database = connection.settings_dict
    user, password = quote(database["USER"]), quote(database["PASSWORD"])
    address = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    return os.environ | {
        "DATABASE_URL": f"postgresql://{user}:{password}@{address}",
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "1",
        "PYTHONUNBUFFERED": "1",
    }


class Process:
    """One program in a process group of its own, with its output in a file."""

    def __init__(
        self, command: list[str], log: Path, *, ready: str, environment: dict[str, str] | None = None
    ) -> None:
        self.command = command
        self.log = log
        self.ready = ready
        self.environment = environment or {}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the number of the running process."""
        assert self.process is not None, "not started"
        return self.process.pid

    def start(self) -> None:
        """Start it and wait until its log says that it is ready."""
        assert self.process is None, "already running"
        size = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=output,
                env=process_environment() | self.environment,
                cwd=ROOT,
                start_new_session=True,
            )
        wait_for(lambda: self._is_ready(size), 120, f"{self.command} is ready; it says:\n{self.output()}")

    def _is_ready(self, size: int) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"{self.command} ended with {self.process.returncode}:\n{self.output()}")
        return self.ready in self.log.read_bytes()[size:].decode(errors="replace")

    def output(self) -> str:
        """Return everything it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """Kill it and its children at once, as a power cut would."""
        self._end(signal.SIGKILL, whole_group=True)

    def stop(self) -> None:
        """Ask it to end and wait for that; a process that was killed or never ran is left alone."""
        if self.process is not None:
            self._end(signal.SIGTERM, whole_group=False)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def _end(self, number: signal.Signals, *, whole_group: bool) -> None:
        assert self.process is not None, "not started"
        if self.process.poll() is None:
            (os.killpg if whole_group else os.kill)(self.process.pid, number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def celery_worker(log: Path, *, concurrency: int = 2) -> Process:
    """Return a worker that is not started yet."""
    options = ["worker", "--loglevel=INFO", f"--concurrency={concurrency}", f"--hostname={log.stem}@test"]
    return Process([*CELERY, *options, "--without-gossip", "--without-mingle"], log, ready=" ready.")


def celery_beat(log: Path) -> Process:
    """Return a beat that is not started yet."""
    schedule = f"--schedule={log.with_suffix('.schedule')}"
    pidfile = "--pidfile="
    return Process([*CELERY, "beat", "--loglevel=INFO", schedule, pidfile], log, ready="beat: Starting")


class WebServer(Process):
    """A gunicorn on a free port."""

    def __init__(self, log: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        address = self.url.removeprefix("http://")
        options = ["--bind", address, "--workers", "1", "--threads", "4", "--limit-request-line", "8190"]
        super().__init__(
            [sys.executable, "-m", "gunicorn", "leadapp.wsgi", *options], log, ready="Booting worker"
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        wait_for(self._answers, 120, f"{self.url} answers; it says:\n{self.output()}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz/live", timeout=5) as response:  # noqa: S310
                return bool(response.status == 200)
        except (OSError, urllib.error.URLError):
            return False
