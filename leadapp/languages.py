"""In which language, and by which clock, somebody is spoken to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext

if TYPE_CHECKING:
    from leadapp.models import User

# Areas of the time zone database whose names people know; the rest are aliases.
AREAS = (
    "Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/",
    "Australia/", "Europe/", "Indian/", "Pacific/",
)  # fmt: skip


@contextmanager
def speaking_to(user: "User") -> Iterator[None]:
    """Write in a person's language and by their clock, whoever made the request; for mails and notices."""
    language, zone = user.language or settings.LANGUAGE_CODE, user.time_zone or settings.TIME_ZONE
    with translation.override(language), timezone.override(zone):
        yield


def in_all_languages(write: Callable[[], str]) -> dict[str, str]:
    """Write a text in every language, by the language's code."""
    written = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            written[code] = write()
    return written


@lru_cache(maxsize=1)
def time_zones() -> list[str]:
    """Return the names of the time zones that people can choose."""
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(AREAS))]


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless the name is one of the IANA time zone database."""
    if name not in available_timezones():
        raise ValidationError(gettext("Give a time zone such as Europe/Berlin."))
