"""Mistakes in the settings of qualification, said before anything starts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register("leadapp")
def check_clock(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Find a response clock that would be late at once."""
    if settings.SLA_HOURS >= 1:
        return []
    return [
        Error(
            f"SLA_HOURS is {settings.SLA_HOURS}.",
            hint="Set it to the hours within which a rep answers a lead: 1 or more.",
            id="qualification.E001",
        )
    ]
