"""Mistakes in the configuration, said in plain words before anything starts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured

TAG = "leadapp"


@register(TAG)
def check_configuration(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Find what is missing in the environment."""
    try:
        configured = bool(settings.SECRET_KEY)
    except ImproperlyConfigured:
        configured = False
    if configured:
        return []
    return [
        Error(
            "SECRET_KEY is not set.",
            hint="Start `make run` first (commands then find its settings), set DEBUG=1 for development, "
            "or in production set SECRET_KEY or SECRET_KEY_FILE to at least 50 random characters.",
            id="leadapp.E001",
        )
    ]


def refuse_to_start_when_misconfigured() -> None:
    """End the process with the reason; for the web server, which runs no system checks of its own."""
    if errors := run_checks(tags=[TAG]):
        raise SystemExit("\n".join(str(error) for error in errors))
