"""Run a command with the embedded services up: ``python -m leadapp.embedded [--throwaway] -- COMMAND``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from leadapp.embedded.folder import DataFolder, EmbeddedError
from leadapp.embedded.services import Services


def main() -> int:
    """Start or join the services, run the command with their addresses, stop what was started."""
    parser = argparse.ArgumentParser(prog="python -m leadapp.embedded", description=__doc__)
    parser.add_argument("--throwaway", action="store_true", help="trade safety of the data for speed (tests)")
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    arguments = parser.parse_args()
    # SIGTERM must pass through `finally`, or it would leave the servers behind.
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        with Services(
            DataFolder.from_environment(),
            throwaway=arguments.throwaway,
            environment={"DEBUG": os.environ.get("DEBUG", "1")},
        ) as environment:
            return _run(arguments.command, environment)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end, passing on what asks us to stop."""
    process = subprocess.Popen(command, env=os.environ | environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the command too
    try:
        status = process.wait()
    except SystemExit:
        process.terminate()
        status = process.wait()
    return status if status >= 0 else 128 - status


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
