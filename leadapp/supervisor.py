"""Keep a few processes running side by side, and stop them together.

A plain module because no library fits: honcho prefixes logs but cannot restart, supervisor restarts
but writes logs to files and wants a configuration of its own, circus brings ZeroMQ and tornado.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType

from leadapp.embedded.server import ends_with_us

STOP_TIMEOUT = 30.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
# A process that ran this long was healthy: its next end is not blamed on the one before.
HEALTHY_AFTER = 30.0


class Output:
    """Print lines of many processes, each behind the name of its process."""

    def __init__(self, width: int = 8) -> None:
        self.width = width
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Print one line; a closed terminal must not stop the processes."""
        with self._lock:
            try:
                print(f"{name:<{self.width}} | {text}", flush=True)
            except OSError:
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  (for the rest of this process)


@dataclass
class Child:
    """One process to keep running, and when to start it next."""

    name: str
    command: list[str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    delay: float = FIRST_DELAY


class Supervisor:
    """Start the children, restart those that end, stop all when asked to."""

    def __init__(self, output: Output, environment: Mapping[str, str]) -> None:
        self.output = output
        self.environment = environment
        self.children: list[Child] = []
        self.stopping = threading.Event()

    def stop_on_signals(self) -> None:
        """Stop cleanly on Ctrl-C, SIGTERM and a closed terminal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def add(self, name: str, command: list[str]) -> None:
        """Start a child now and keep it running."""
        child = Child(name, command)
        self.children.append(child)
        self._start(child)

    def run(self, each_turn: Callable[[], None]) -> None:
        """Watch the children until asked to stop, then stop them; `each_turn` is called all the while."""
        try:
            while not self.stopping.wait(0.2):
                each_turn()
                self.restart_ended()
        finally:
            self.stop()

    def restart_ended(self) -> None:
        """Start again what has ended, more slowly each time it ends soon."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.start_at:
                    self._start(child)
            elif child.process.poll() is not None:
                self._note_end(child, now)

    def _note_end(self, child: Child, now: float) -> None:
        assert child.process is not None
        _signal_group(child.process, signal.SIGKILL)  # what it left behind could hold its port
        if now - child.started_at > HEALTHY_AFTER:
            child.delay = FIRST_DELAY
        how = _how_it_ended(child.process.returncode)
        self.output.line(child.name, f"{how}; starting again in {child.delay:g} s")
        child.process = None
        child.start_at = now + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        # A session of its own: the terminal's Ctrl-C reaches only this process, which stops the others.
        child.process = subprocess.Popen(
            [*ends_with_us(signal.SIGTERM), *child.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self.environment),
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._print_output, args=(child.name, child.process), daemon=True).start()

    def _print_output(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.output.line(name, line.rstrip())

    def stop(self) -> None:
        """Ask all children to end, wait, and kill those that do not."""
        self.stopping.set()
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.output.line("leadapp", f"process {process.pid} does not end, killing it")
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self.children.clear()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Signal a process and its children; all of them may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _how_it_ended(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
