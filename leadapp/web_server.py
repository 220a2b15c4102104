"""How Leadapp is served: the settings of gunicorn, for `make run`, for deployments and for the bench."""

import sys
from typing import Any

from leadapp.garbage import look_seldom

# Loaded once and forked: a web process that was killed is back at once.
preload_app = True
workers, threads = 2, 8
# People read for a while between two clicks; a connection that waits holds no thread.
keepalive = 75
# Nobody steers it from a shell. Its socket would lie in the home of the user: a container has none, and two
# servers of one user would take it from each other.
control_socket_disable = True
# The list asks what is new for up to 200 rows that it names.
limit_request_line = 8190


def when_ready(server: Any) -> None:
    """Go on where everything is loaded and no process is forked yet."""
    look_seldom()


def web_server(address: str, application: str = "leadapp.wsgi") -> list[str]:
    """Return the command that serves an application at HOST:PORT."""
    settings = ["--config", "python:leadapp.web_server", "--log-level=warning"]
    return [sys.executable, "-m", "gunicorn", application, *settings, "--bind", address]
