"""Periods of whole days, as reports and filters ask for them."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.utils import timezone

WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)
DAY = timedelta(days=1)
# The days that a database and a time zone can count with.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


def read_day(text: str) -> date | None:
    """Read a written day, 2026-11-19; None if it is not one, or out of all reason."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


@dataclass(frozen=True)
class Period:
    """The days from a first one to a last one, both within."""

    first: date
    last: date

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a period as addresses have it, 2026-10-01..2026-11-19; None if it is not one."""
        found = WRITTEN.fullmatch(text)
        return cls.between(*found.groups()) if found else None

    @classmethod
    def between(cls, first: str, last: str) -> Self | None:
        """Return the period between two written days, or None where they are none or the wrong way round."""
        begin, end = read_day(first), read_day(last)
        return cls(begin, end) if begin and end and begin <= end else None

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"

    @property
    def since(self) -> datetime:
        """Return the first moment within."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """Return the first moment after."""
        return _midnight(self.last + DAY)

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """Return as many days before it."""
        return Period(self.first - DAY * self.days, self.first - DAY)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
