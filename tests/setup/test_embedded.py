"""The embedded PostgreSQL and Redis: they start on whatever an earlier run left, and say what is wrong."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis

from leadapp.embedded import server
from leadapp.embedded.folder import DataFolder, EmbeddedError
from leadapp.embedded.postgres import Postgres
from leadapp.embedded.services import Services
from tests.support.processes import ROOT

EXEC = [sys.executable, "-m", "leadapp.embedded", "--throwaway", "--"]


@pytest.fixture(autouse=True)
def _no_services_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that only its owner may enter, as /root is, with whatever a name may hold."""
    folder = tmp_path / "closed" / "the \"data\" of 'ours' # 1"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    return folder


@pytest.fixture
def services(data: Path) -> Iterator[Services]:
    services = Services(DataFolder(data), throwaway=True)
    yield services
    services.stop()


def query(url: str, text: str) -> Any:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def servers_of(data: Path) -> list[psutil.Process]:
    """Find every process that works in a data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(data)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_both_servers_answer_and_nothing_stays_behind(services: Services, data: Path) -> None:
    urls = services.start()

    assert query(urls["DATABASE_URL"], "SHOW server_encoding") == ("UTF8",)
    assert query(urls["DATABASE_URL"], "SHOW server_version_num")[0].startswith("18")
    with redis.Redis.from_url(urls["REDIS_URL"], decode_responses=True) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert servers_of(data)

    services.stop()
    assert not servers_of(data)
    assert not (data / "services.json").exists()


def test_nobody_gets_in_without_the_password(services: Services, data: Path) -> None:
    urls = services.start()
    secret = (data / "services.secret").read_text()

    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(urls["DATABASE_URL"].replace(secret, "guessed"))
    with (
        redis.Redis.from_url(urls["REDIS_URL"].replace(secret, "guessed")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    private = [data / "services.json", data / "services.secret", data / "redis" / "redis.conf"]
    assert {file.stat().st_mode & 0o077 for file in private} == {0}


def test_data_survive_a_restart(services: Services) -> None:
    urls = services.start()
    query(urls["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(urls["REDIS_URL"]) as client:
        client.set("kept", "yes")
    services.stop()

    urls = services.start()
    assert query(urls["DATABASE_URL"], "SELECT answer FROM kept") == (42,)
    with redis.Redis.from_url(urls["REDIS_URL"], decode_responses=True) as client:
        assert client.get("kept") == "yes"


def test_servers_that_are_killed_are_started_again_on_their_ports(services: Services, data: Path) -> None:
    urls = services.start()
    for running in services.servers.values():
        assert running.process is not None
        running.process.kill()
        running.process.wait()

    assert services.restart_dead() == ["postgres", "redis"]
    assert query(urls["DATABASE_URL"], "SELECT 1") == (1,)
    with redis.Redis.from_url(urls["REDIS_URL"]) as client:
        assert client.ping()
    assert services.restart_dead() == []


def test_a_stale_pid_file_is_no_obstacle(services: Services, data: Path) -> None:
    services.start()
    services.stop()
    # The number of a living process that has nothing to do with PostgreSQL.
    stale = f"{os.getpid()}\n{data / 'postgres'}\n1700000000\n5432\n\n127.0.0.1\n 1 1\nready\n"
    (data / "postgres" / "postmaster.pid").write_text(stale)

    assert query(services.start()["DATABASE_URL"], "SELECT 1") == (1,)


def test_servers_left_behind_are_stopped_and_replaced(services: Services, data: Path) -> None:
    services.start()
    left_behind = {process.pid for process in servers_of(data)}
    services.folder.unlock()  # as the kernel does for a run that was killed

    successor = Services(DataFolder(data), throwaway=True)
    try:
        assert query(successor.start()["DATABASE_URL"], "SELECT 1") == (1,)
        assert not left_behind & {process.pid for process in servers_of(data)}
    finally:
        successor.stop()


def test_a_second_user_joins_and_leaves_the_servers_running(services: Services, data: Path) -> None:
    urls = services.start()
    guest = Services(DataFolder(data))

    assert guest.start() == urls
    guest.stop()
    assert query(urls["DATABASE_URL"], "SELECT 1") == (1,)


def test_what_an_interrupted_start_left_is_cleared_away(services: Services, data: Path) -> None:
    half = data / "postgres.new-1"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    services.start()
    assert not half.exists()


@pytest.mark.parametrize("present", [[], ["PG_VERSION"]])
def test_a_half_written_folder_is_refused_with_advice(
    services: Services, data: Path, present: list[str]
) -> None:
    (data / "postgres").mkdir()
    for name in present:
        (data / "postgres" / name).write_text("18\n")

    with pytest.raises(EmbeddedError, match=r"not a complete PostgreSQL data folder.*mv .*broken"):
        services.start()
    assert not servers_of(data)


@pytest.mark.parametrize(
    ("file", "lost"),
    [("postgres/global/pg_control", "a new, empty database"), ("redis/appendonly.aof", "nothing is lost")],
)
def test_damaged_files_are_refused_with_advice(services: Services, data: Path, file: str, lost: str) -> None:
    services.start()
    services.stop()
    (data / file).write_text("damaged")

    folder = data / file.partition("/")[0]
    with pytest.raises(EmbeddedError, match="did not start") as refusal:
        services.start()
    assert f"mv {folder} {folder}.broken" in str(refusal.value)
    assert lost in str(refusal.value)
    assert not servers_of(data)


def test_secrets_that_a_power_cut_emptied_are_made_anew(data: Path) -> None:
    folder = DataFolder(data)
    folder.make()
    (data / "django.secret").touch()

    made = folder.secret("django")
    assert len(made) > 20
    assert folder.secret("django") == made


def test_an_address_in_a_file_replaces_the_embedded_server(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert list(Services(DataFolder(data)).servers) == ["REDIS_URL"]


def test_the_folder_of_another_version_is_refused_with_advice(services: Services, data: Path) -> None:
    (data / "postgres" / "global").mkdir(parents=True)
    (data / "postgres" / "global" / "pg_control").touch()
    (data / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17, this is 18"):
        services.start()


def test_a_lost_password_is_explained(services: Services, data: Path) -> None:
    services.start()
    services.stop()
    (data / "services.secret").unlink()

    with pytest.raises(EmbeddedError, match=r"services\.secret is not the password"):
        services.start()
    assert not servers_of(data)


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot be written .* set LEADAPP_DATA"):
        Services(DataFolder(tmp_path / "file" / "data")).start()


def test_a_port_that_is_taken_at_the_last_moment_is_left_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch, wait_for: Callable[..., Any]
) -> None:
    start = subprocess.Popen

    def start_and_be_slow(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Go on only when the server has said something, as on a busy machine."""
        process = start(command, **options)
        if options.get("start_new_session"):
            wait_for(lambda: os.fstat(options["stdout"].fileno()).st_size)
        return process

    monkeypatch.setattr(subprocess, "Popen", start_and_be_slow)
    with socket.create_server((server.HOST, 0)) as busy:
        taken = busy.getsockname()[1]
        free = iter(list(server.free_ports()))
        monkeypatch.setattr(server, "free_ports", lambda: iter([taken, next(free)]))
        services.start()
    assert all(running.port != taken for running in services.servers.values())


def test_real_data_are_never_traded_for_speed(data: Path) -> None:
    assert "fsync" not in Postgres(DataFolder(data)).settings
    assert Postgres(DataFolder(data), throwaway=True).settings["fsync"] == "off"


def test_exec_passes_on_the_addresses_and_the_exit_status(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADAPP_DATA", str(data))
    script = 'test -n "$DATABASE_URL" && test -n "$REDIS_URL" && exit 7'
    assert subprocess.run([*EXEC, "sh", "-c", script], cwd=ROOT).returncode == 7
    assert not servers_of(data)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_exec_leaves_no_server_behind(
    data: Path, how: signal.Signals, monkeypatch: pytest.MonkeyPatch, wait_for: Callable[..., Any]
) -> None:
    monkeypatch.setenv("LEADAPP_DATA", str(data))
    process = subprocess.Popen([*EXEC, "sleep", "1000"], cwd=ROOT, start_new_session=True)
    try:
        wait_for(lambda: (data / "services.json").exists(), 60)
        process.send_signal(how)
        process.wait(30)
        wait_for(lambda: not servers_of(data))
    finally:
        os.killpg(process.pid, signal.SIGKILL) if how == signal.SIGKILL else None


def test_a_command_without_settings_finds_the_running_services(services: Services, data: Path) -> None:
    services.environment = {"SECRET_KEY": "s" * 50}
    services.start()
    result = manage(data, "check", "--database", "default")
    assert result.returncode == 0, result.stderr


def test_a_command_without_services_says_what_to_do(data: Path) -> None:
    result = manage(data, "showmigrations", DEBUG="1")
    assert result.returncode != 0
    assert "Start `make run`" in result.stderr
    assert "Traceback" not in result.stderr


def manage(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    left_out = {"DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "LEADAPP_DATA"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | {"LEADAPP_DATA": str(data)} | settings,
        capture_output=True,
        text=True,
    )
