"""The web server that `make run` starts, and that is measured."""

import sys


def web_server(address: str, application: str = "leadapp.wsgi") -> list[str]:
    """Return the command that serves an application at HOST:PORT."""
    # Loaded once and forked: a web process that was killed is back at once.
    options = ["--preload", "--bind", address, "--workers=2", "--threads=8", "--log-level=warning"]
    # People read for a while between two clicks; a connection that waits holds no thread.
    options += ["--keep-alive=75"]
    # The list asks what is new for up to 200 rows that it names.
    options += ["--limit-request-line=8190"]
    return [sys.executable, "-m", "gunicorn", application, *options]
