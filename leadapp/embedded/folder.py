"""The data folder: where it is, who has it, and the small private files in it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class EmbeddedError(Exception):
    """Say in plain words why a service cannot start, and what to do."""


class DataFolder:
    """Know the paths below one data folder and read and write its private files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.services_file = path / "services.json"
        self._locks: list[IO[str]] = []

    @classmethod
    def from_environment(cls) -> DataFolder:
        """Return the folder that LEADAPP_DATA names; a relative one is below the project."""
        return cls((PROJECT_ROOT / os.environ.get("LEADAPP_DATA", "var")).resolve())

    def make(self) -> None:
        """Create the folder, or say why it cannot be used."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "log").mkdir(exist_ok=True)
            (self.path / ".writable").touch()
        except OSError as error:
            raise EmbeddedError(
                f"The data folder {self.path} cannot be written ({error.strerror}). "
                "Make it writable for this user, or set LEADAPP_DATA to a folder that is."
            ) from error

    def try_lock(self, name: str) -> bool:
        """Take the named lock for the life of this process; false if another process has it.

        The kernel frees it when the process ends, however it ends, so no lock can go stale.
        """
        handle = (self.path / f"{name}.lock").open("a")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        self._locks.append(handle)
        return True

    def unlock(self) -> None:
        """Give back every lock taken here."""
        while self._locks:
            self._locks.pop().close()

    def secret(self, name: str, size: int = 24) -> str:
        """Return the named secret, making one up the first time; what a power cut emptied is none."""
        file = self.path / f"{name}.secret"
        if not file.exists() or not file.read_text().strip():
            self.write_private(file, secrets.token_urlsafe(size))
        return file.read_text().strip()

    def recorded_environment(self) -> dict[str, str]:
        """Return the variables that the running services' owner wrote down; empty when none run."""
        try:
            return dict(json.loads(self.services_file.read_text())["environment"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def record_environment(self, environment: dict[str, str]) -> None:
        """Write down the variables with which other commands reach the running services."""
        content = {"pid": os.getpid(), "environment": environment}
        self.write_private(self.services_file, json.dumps(content))

    def write_private(self, file: Path, text: str) -> None:
        """Write a file that only this user may read; readers never see half of it."""
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
        draft.rename(file)
