"""The response clock of leads, for lists and pages: the same few queries for any number of leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from qualification.models import Assignment
from qualification.services.clock.promises import Promise, Promises

# From here on the clock is shown in amber.
SOON = timedelta(hours=4)
# For so long a page that stays open counts on by itself.
COUNTED_AHEAD = timedelta(days=2)


@dataclass(frozen=True)
class Clock:
    """How a lead that waits for an answer stands: when it is due, and whether it came, in working time."""

    assignment: Assignment
    due_at: datetime
    started_at: datetime
    promise: Promise
    now: datetime

    @property
    def answered_at(self) -> datetime | None:
        """Return when somebody reached out."""
        return self.assignment.answered_at

    @property
    def assigned_at(self) -> datetime:
        """Return since when the owner has the lead."""
        return self.assignment.assigned_at

    @property
    def is_answered(self) -> bool:
        """Tell whether somebody reached out."""
        return self.answered_at is not None

    @property
    def is_late(self) -> bool:
        """Tell whether the answer came, or will come, after it was due."""
        return (self.answered_at or self.now) > self.due_at

    @property
    def is_soon(self) -> bool:
        """Tell whether the clock runs and little time is left."""
        return not self.is_answered and not self.is_late and self.left <= SOON

    @cached_property
    def left(self) -> timedelta:
        """Return the working time that is left, negative once it is late."""
        calendar = self.promise.calendar
        if self.is_late:
            return -calendar.worked_between(self.due_at, self.now)
        return calendar.worked_between(self.now, self.due_at)

    @property
    def took(self) -> timedelta | None:
        """Return how much working time the answer took."""
        return self.assignment.answer_took

    @property
    def due(self) -> str:
        """Return by when, as the team's clock shows it: Mon 23 Nov, 10:15 CET."""
        return self.promise.write(self.due_at)

    @property
    def started(self) -> str:
        """Return since when the lead waits, as the team's clock shows it."""
        return self.promise.write(self.started_at)

    @property
    def open_hours(self) -> str:
        """Return the hours of work ahead, in seconds since 1970, for a page that counts on by itself."""
        until = self.now + COUNTED_AHEAD
        spans = []
        for opens, closes in self.promise.calendar.spans_from(self.now):
            if opens >= until:
                break
            spans.append(f"{int(opens.timestamp())}-{int(closes.timestamp())}")
        return " ".join(spans)


def clocks_of(*, lead_ids: Iterable[int], now: datetime) -> dict[int, Clock]:
    """Return the clocks of those of these leads that wait for an answer, or got one from whoever has them."""
    running = Assignment.objects.running().filter(lead_id__in=list(lead_ids), due_at__isnull=False)
    return {clock.assignment.lead_id: clock for clock in clocks_for(running, now=now).values()}


def clocks_for(
    assignments: Iterable[Assignment], *, now: datetime, promises: Promises | None = None
) -> dict[int, Clock]:
    """Return the clocks of those of these assignments that have one, by the id of the assignment.

    What the teams promise is read, unless it is given.
    """
    timed = [item for item in assignments if item.due_at is not None]
    promises = promises or (Promises.read() if timed else None)
    return {
        item.pk: Clock(item, item.due_at, item.clock_started_at, promises.of_team(item.team_id), now)
        for item in timed
        if promises and item.due_at and item.clock_started_at
    }
