"""Working time: how much of it lies between two moments, and when so much of it has passed.

Pure arithmetic. Moments go in and come out with a time zone; spans of work are what the clock on the
team's wall shows, and as long as they really take: a night shift over a change of the clock has 7 or 9 hours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils.translation import gettext as _

from leadapp.errors import Refused

ONE_DAY = timedelta(days=1)
# Nobody waits longer for an office to open; a calendar that makes them wait is a mistake.
LONGEST_CLOSED = 366  # days

Span = tuple[time, time]  # from, until; until 00:00 is the end of the day
AROUND_THE_CLOCK: Mapping[int, Sequence[Span]] = {weekday: [(time(0), time(0))] for weekday in range(7)}


class NeverOpen(Refused):
    """The calendar has no hour of work within a year."""


@dataclass(frozen=True)
class WorkCalendar:
    """When a team works. Without opening hours it works around the clock, but not on its holidays.

    A time that the clock skips is as much later; a time that it shows twice means the first of both.
    """

    zone: tzinfo = UTC
    opening_hours: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    @property
    def is_around_the_clock(self) -> bool:
        """Tell whether every hour counts."""
        return not self.opening_hours and not self.holidays

    def due_after(self, start: datetime, work: timedelta) -> datetime:
        """Return the first moment by which so much work has passed since the start.

        Raise NeverOpen when the office stays closed for a year.
        """
        start = start.astimezone(UTC)
        if self.is_around_the_clock or work <= timedelta():
            return start + max(work, timedelta())
        for opens, closes in self.spans_from(start):
            if closes - opens >= work:
                return opens + work
            work -= closes - opens
        raise NeverOpen(_("This calendar has no hour of work within a year."))

    def worked_between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much work lies between two moments; nothing if the end is not after the start."""
        # Python subtracts moments of the same zone by the clock on the wall.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if self.is_around_the_clock:
            return max(end - start, timedelta())
        worked = timedelta()
        for opens, closes in self.spans_from(start):
            if opens >= end:
                break
            worked += min(closes, end) - opens
        return worked

    def spans_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans of work after a moment, in UTC; the first one begins there if it runs already.

        They end once the office would stay closed for a year.
        """
        start = start.astimezone(UTC)
        day = start.astimezone(self.zone).date()
        days_closed = 0
        while days_closed <= LONGEST_CLOSED:
            spans = [span for span in self.spans_of(day) if span[1] > start]
            for opens, closes in spans:
                yield max(opens, start), closes
            days_closed = 0 if spans else days_closed + 1
            day += ONE_DAY

    def spans_of(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the spans of work of one day, in UTC and in order; those that overlap are one."""
        if day in self.holidays:
            return []
        hours = (self.opening_hours or AROUND_THE_CLOCK).get(day.weekday(), ())
        spans: list[tuple[datetime, datetime]] = []
        for opens_at, closes_at in sorted(hours):
            opens, closes = self._moment(day, opens_at), self._closing(day, closes_at)
            if spans and opens <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], closes))
            elif closes > opens:
                spans.append((opens, closes))
        return spans

    def _closing(self, day: date, closes_at: time) -> datetime:
        return self._starts(day + ONE_DAY) if closes_at == time(0) else self._moment(day, closes_at)

    def _starts(self, day: date) -> datetime:
        return self._moment(day, time(0))

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)
