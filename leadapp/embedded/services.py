"""Both servers together: start them or join those that run, say where they are, stop them."""

from __future__ import annotations

import os
import time
from types import TracebackType

from leadapp.embedded.folder import DataFolder, EmbeddedError
from leadapp.embedded.postgres import Postgres
from leadapp.embedded.redis import Redis
from leadapp.embedded.server import Server

JOIN_TIMEOUT = 90.0


class Services:
    """Own the servers of one data folder, or use those that another process owns.

    As a context manager it gives the variables with which commands reach them: DATABASE_URL, REDIS_URL
    and those handed in. An address that the environment already has is left alone, and its server is
    not started.
    """

    def __init__(
        self, folder: DataFolder, *, throwaway: bool = False, environment: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.environment = environment or {}
        self.owned = False
        self.servers: dict[str, Server] = {}
        if not {"DATABASE_URL", "DATABASE_URL_FILE"} & os.environ.keys():
            self.servers["DATABASE_URL"] = Postgres(folder, throwaway=throwaway)
        if not {"REDIS_URL", "REDIS_URL_FILE"} & os.environ.keys():
            self.servers["REDIS_URL"] = Redis(folder)

    def __enter__(self) -> dict[str, str]:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> dict[str, str]:
        """Start the servers unless they run already; return the variables to reach them with."""
        if not self.servers:
            return self.environment
        self.folder.make()
        if not self.folder.try_lock("services"):
            return self._join()
        self.owned = True
        self.folder.services_file.unlink(missing_ok=True)
        try:
            for server in self.servers.values():
                server.start()
        except BaseException:
            self.stop()
            raise
        urls = {name: server.url for name, server in self.servers.items()}
        self.folder.record_environment(urls | self.environment)
        return urls | self.environment

    def _join(self) -> dict[str, str]:
        """Wait until the process that owns the folder has started what this one needs."""
        deadline = time.monotonic() + JOIN_TIMEOUT
        while time.monotonic() < deadline:
            recorded = self.folder.recorded_environment()
            if recorded.keys() >= self.servers.keys():
                return recorded
            if self.folder.try_lock("services"):  # its owner has given up meanwhile
                self.folder.unlock()
                return self.start()
            time.sleep(0.1)
        raise EmbeddedError(
            f"Another process uses {self.folder.path} but its services did not start. "
            "Stop it, or set LEADAPP_DATA to another folder."
        )

    def restart_dead(self) -> list[str]:
        """Start those servers again that ended unexpectedly, on the same ports; return their names."""
        dead = [server for server in self.servers.values() if self.owned and not server.alive()]
        for server in dead:
            server.start()
        return [server.name for server in dead]

    def stop(self) -> None:
        """Stop what this process started."""
        if not self.owned:
            return
        self.owned = False
        self.folder.services_file.unlink(missing_ok=True)
        for server in self.servers.values():
            server.stop()
        self.folder.unlock()
