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
    errors: list[CheckMessage] = []
    try:
        configured = bool(settings.SECRET_KEY)
    except ImproperlyConfigured:
        configured = False
    if not configured:
        errors.append(
            Error(
                "SECRET_KEY is not set.",
                hint="Start `make run` first (commands then find its settings), set DEBUG=1 for development, "
                "or in production set SECRET_KEY or SECRET_KEY_FILE to at least 50 random characters.",
                id="leadapp.E001",
            )
        )
    if settings.DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
        errors.append(
            Error(
                "DATABASE_URL is not the address of a PostgreSQL database.",
                hint="Write it as postgresql://user:password@host:5432/name.",
                id="leadapp.E002",
            )
        )
    return errors


def refuse_to_start_when_misconfigured() -> None:
    """End the process with the reason; for the web server, which runs no system checks of its own."""
    if errors := run_checks(tags=[TAG]):
        raise SystemExit("\n".join(str(error) for error in errors))
