"""What the two embedded servers share: a process, a port, a log, a clean end."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from leadapp.embedded.folder import DataFolder, EmbeddedError

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections, so that a server that
# is restarted finds its port free.
PORTS = range(20000, 32000)
LOG_LIMIT = 5_000_000


class Server:
    """Start, watch and stop one server process; subclasses say which."""

    name: str
    stop_signal: signal.Signals
    start_timeout = 60.0

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.log_file = folder.path / "log" / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    def command(self, port: int) -> list[str]:
        """Return the command that runs the server in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make the data ready before the first start."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Say whether the server takes queries."""
        raise NotImplementedError

    def is_leftover(self, process: psutil.Process) -> bool:
        """Say whether a process is a server of this folder that an earlier run left behind."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Return the address clients use."""
        raise NotImplementedError

    @property
    def last_resort(self) -> str:
        """Say what helps when the files of the server are damaged."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and return once it answers; keep its port on a restart."""
        for port in [self.port] if self.port else free_ports():
            self.stop_leftovers()
            self.prepare()
            log_start = self._spawn(port)
            if self._wait_until_it_answers():
                return
            self.stop()
            said = self.log_since(log_start)
            if "in use" not in said:
                raise EmbeddedError(
                    f"{self.name} did not start. Its log {self.log_file} says:\n{said}\n\n{self.last_resort}"
                )
        raise EmbeddedError(f"{self.name} found no free port on {HOST}.")

    def _spawn(self, port: int) -> int:
        """Start the process on a port; return where its part of the log begins."""
        self.port = port
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT:
            self.log_file.rename(self.log_file.with_suffix(".log.1"))
        with self.log_file.open("ab") as log:
            # Asked first: the process shares the position in the file and moves it as it writes.
            log_start = log.tell()
            # A session of its own keeps the terminal's Ctrl-C away from it: the supervisor stops the
            # servers last, when nothing uses them any more.
            self.process = subprocess.Popen(
                self.command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder.path,
                start_new_session=True,
            )
        return log_start

    def _wait_until_it_answers(self) -> bool:
        deadline = time.monotonic() + self.start_timeout
        while self.alive() and time.monotonic() < deadline:
            if self.answers():
                return True
            time.sleep(0.02)
        return False

    def alive(self) -> bool:
        """Say whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop the server, killing it when it does not end by itself."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def stop_leftovers(self) -> None:
        """Stop servers of this folder that a killed run left behind."""
        found = [process for process in psutil.process_iter() if self._is_leftover(process)]
        for process in found:
            _signal(process, self.stop_signal)
        for process in psutil.wait_procs(found, timeout=15)[1]:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(found, timeout=5)

    def _is_leftover(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and self.is_leftover(process)
        except psutil.Error:
            return False

    def log_since(self, start: int) -> str:
        """Return the end of the log, from a position on."""
        with self.log_file.open("rb") as log:
            log.seek(start)
            return log.read()[-2000:].decode(errors="replace").strip()


def free_ports() -> Iterator[int]:
    """Yield a few ports that are free now, in random order so that parallel starts differ."""
    found = 0
    for port in random.SystemRandom().sample(PORTS, 200):
        if found < 10 and not port_fault(port):
            found += 1
            yield port


def port_fault(port: int) -> str:
    """Say why no server could listen on a port now, or nothing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            return "is reserved for root"
        except OSError:
            return "is taken by another program"
    return ""


def ends_with_us(stop_signal: signal.Signals, *options: str) -> list[str]:
    """Return a command prefix that has the kernel stop the server when this process dies.

    Without `setpriv` (not Linux) a killed run leaves its servers to the next run's `stop_leftovers`.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    return [setpriv, f"--pdeathsig={stop_signal.name.removeprefix('SIG')}", *options, "--"]


def executable(package: str, *below: str) -> str:
    """Return the path of a program that a wheel brings."""
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The package {package} is not installed: pip install -r requirements.txt")
    return str(Path(spec.origin).parent.joinpath(*below))


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
