"""Whose day it is, and when it begins and ends: by the calendar of their team."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Self

from leadapp.models import User
from qualification.services.clock.business_time import WorkCalendar
from qualification.services.clock.promises import Promises

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """One person's day."""

    person: User
    now: datetime
    promises: Promises

    @classmethod
    def of(cls, person: User, *, now: datetime) -> Self:
        """Read the calendar of somebody's team, in one query."""
        return cls(person, now, Promises.read())

    @cached_property
    def calendar(self) -> WorkCalendar:
        """Return when their team works."""
        return self.promises.of_person(self.person.pk).calendar

    @cached_property
    def today(self) -> date:
        """Return which day it is there."""
        return self.now.astimezone(self.calendar.zone).date()

    @cached_property
    def starts_at(self) -> datetime:
        """Return the midnight before."""
        return self._midnight(self.today)

    @cached_property
    def ends_at(self) -> datetime:
        """Return the midnight after."""
        return self._midnight(self.today + ONE_DAY)

    def days_ahead(self, number: int) -> datetime:
        """Return the midnight after so many more days."""
        return self._midnight(self.today + ONE_DAY + number * ONE_DAY)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), tzinfo=self.calendar.zone)
