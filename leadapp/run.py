"""`make run`: everything Leadapp needs on this machine, from an empty folder to a page in the browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote

from leadapp.embedded.folder import PROJECT_ROOT, DataFolder, EmbeddedError
from leadapp.embedded.server import HOST, port_fault
from leadapp.embedded.services import Services
from leadapp.supervisor import Output, Supervisor
from leadapp.web_server import web_server

DEMO_PEOPLE = "rep, rep2, marketer, manager, admin"
MANAGE = [sys.executable, str(PROJECT_ROOT / "manage.py")]
# A machine with nothing but root is a supported one; the advice to use another user would be noise.
AS_ROOT = "ignore:You're running the worker with superuser privileges"
CELERY = [sys.executable, "-W", AS_ROOT, "-m", "celery", "--quiet", "--app=leadapp"]
# How long it may take before the wait is explained.
PATIENCE = 30.0


class Interrupted(Exception):
    """Somebody stopped the start."""


def main() -> int:
    """Run Leadapp until it is stopped; return the exit status."""
    os.chdir(PROJECT_ROOT)
    folder = DataFolder.from_environment()
    try:
        port = _port(os.environ.get("PORT") or "8000")
        folder.make()
        _claim(folder, port)
        new_password = _keep_demo_password(folder)
        services = Services(folder, environment=_settings(folder, port))
        _start(folder, services, port, new_password=new_password)
    except EmbeddedError as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\n{_somebody_elses(error, folder)}\n", file=sys.stderr)
        return 1
    except Interrupted:
        pass
    return 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise EmbeddedError(f"PORT is a number from 1 to 65535, not {text!r}: PORT=8001 make run")
    return int(text)


def _somebody_elses(error: PermissionError, folder: DataFolder) -> str:
    """Say what to do about files that another user left, root for instance."""
    return (
        f"This user may not use {error.filename} ({error.strerror}). Give this user the folder "
        f"(chown -R {os.getuid()} {folder.path}), or set LEADAPP_DATA to another one."
    )


def _claim(folder: DataFolder, port: int) -> None:
    """Refuse to start twice in one folder, or on a port that is taken."""
    if not folder.try_lock("run"):
        address = folder.recorded_environment().get("LEADAPP_ADDRESS", "starting")
        raise EmbeddedError(
            f"Leadapp already runs from {folder.path} ({address}). Stop that one with Ctrl-C, or run "
            "another beside it: LEADAPP_DATA=var2 PORT=8001 make run"
        )
    if fault := port_fault(port):
        other = 8000 if port < 1024 else port + 1
        raise EmbeddedError(f"Port {port} {fault}. Choose another one: PORT={other} make run")


def _keep_demo_password(folder: DataFolder) -> bool:
    """Keep a password that was given, for runs without it; say whether it is another than before."""
    given = os.environ.get("LEADAPP_DEMO_PASSWORD")
    if not given or given == folder.secret("demo", 9):
        return False
    folder.write_private(folder.path / "demo.secret", given)
    return True


def _settings(folder: DataFolder, port: int) -> dict[str, str]:
    """Return the settings of this run; those that the environment has come first."""
    defaults = {
        "SECRET_KEY": folder.secret("django", 64),
        "DEBUG": "0",
        "HTTPS": "0",
        "COLLECTED_STATIC": "0",
        "LEADAPP_DEMO_PASSWORD": folder.secret("demo", 9),
        # As files, which a newcomer can open; the third slash begins the path.
        "EMAIL_URL": "filemail:///" + quote(str(folder.path.resolve() / "mail")),
    }
    unset = {
        name: value for name, value in defaults.items() if not {name, f"{name}_FILE"} & os.environ.keys()
    }
    return unset | {"LEADAPP_ADDRESS": f"http://{HOST}:{port}"}


def _start(folder: DataFolder, services: Services, port: int, *, new_password: bool) -> None:
    """Start everything in order, watch it until told to stop, and stop it in the opposite order."""
    output = Output()
    began = time.monotonic()
    output.line("leadapp", f"starting PostgreSQL and Redis in {folder.path}")
    supervisor = Supervisor(output, os.environ)
    supervisor.stop_on_signals()
    with services as environment:
        if services.servers and not services.owned:
            raise EmbeddedError(f"Another command uses the services in {folder.path}. Wait for it to end.")
        supervisor.environment = os.environ | environment
        output.line("leadapp", "preparing the database")
        without_demo = ["--no-demo"] if os.environ.get("LEADAPP_DEMO") == "0" else []
        _manage(supervisor, "prepare", *without_demo, *(["--new-password"] if new_password else []))
        for name, command in _processes(folder, port).items():
            supervisor.add(name, command)
        watch = Watch(supervisor, services, port, began)
        supervisor.run(watch.turn)
        output.line("leadapp", "stopping PostgreSQL and Redis")


def _processes(folder: DataFolder, port: int) -> dict[str, list[str]]:
    """Return the commands of the long-running processes."""
    worker = ["--loglevel=WARNING", "--concurrency=3", "--without-gossip", "--without-mingle"]
    beat = ["--loglevel=WARNING", f"--schedule={folder.path / 'beat-schedule'}", "--pidfile="]
    return {
        "web": web_server(f"{HOST}:{port}"),
        "worker": [*CELERY, "worker", *worker],
        "beat": [*CELERY, "beat", *beat],
    }


def _manage(supervisor: Supervisor, *arguments: str) -> None:
    """Run a management command to its end, unless told to stop meanwhile."""
    if supervisor.stopping.is_set():
        raise Interrupted
    process = subprocess.Popen([*MANAGE, *arguments], env=dict(supervisor.environment))
    while process.poll() is None:
        if supervisor.stopping.wait(0.02):
            process.terminate()
            process.wait()
            raise Interrupted
    if process.returncode != 0:
        raise EmbeddedError(f"`manage.py {' '.join(arguments)}` failed; the reason is above.")


class Watch:
    """What is done while everything runs: revive the services, announce that all answer."""

    def __init__(self, supervisor: Supervisor, services: Services, port: int, began: float) -> None:
        self.supervisor = supervisor
        self.services = services
        self.address = f"http://{HOST}:{port}"
        self.began = began
        self.started = time.monotonic()
        self.next_question = 0.0
        self.ready = False
        self.explained = False
        self.parent = os.getppid()

    def turn(self) -> None:
        """Look once."""
        # make was killed: nobody is left who could press Ctrl-C.
        if "MAKELEVEL" in os.environ and os.getppid() != self.parent:
            self.supervisor.stopping.set()
        try:
            for name in self.services.restart_dead():
                self._say(f"{name} had ended and was started again")
        except EmbeddedError as error:
            self._say(str(error))
        if not self.ready and time.monotonic() >= self.next_question:
            self._ask()

    def _ask(self) -> None:
        self.next_question = time.monotonic() + 0.2
        self.ready, answer = _readiness(self.address)
        if self.ready:
            self._announce()
        elif not self.explained and time.monotonic() - self.started > PATIENCE:
            self.explained = True
            self._say(f"not everything answers yet: {answer}")

    def _announce(self) -> None:
        password = self.supervisor.environment.get("LEADAPP_DEMO_PASSWORD", "")
        for text in (
            "",
            f"Leadapp is at {self.address}/ (after {time.monotonic() - self.began:.1f} s)",
            f"Sign in as one of {DEMO_PEOPLE}",
            f"with the password {password}",
            "Ctrl-C stops everything; the next `make run` finds the data again.",
            "",
        ):
            self._say(text)

    def _say(self, text: str) -> None:
        self.supervisor.output.line("leadapp", text)


def _readiness(address: str) -> tuple[bool, str]:
    """Ask the web process whether all parts answer."""
    try:
        with urllib.request.urlopen(f"{address}/healthz/ready", timeout=2) as response:  # noqa: S310
            return True, response.read().decode()
    except urllib.error.HTTPError as error:
        return False, json.dumps(json.loads(error.read() or b"{}"))
    except (OSError, ValueError) as error:
        return False, str(error)


if __name__ == "__main__":
    sys.exit(main())
