"""The response clock of leads, for lists and pages: one query for any number of leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qualification.models import Assignment

# From here on the clock is shown in amber.
SOON = timedelta(hours=4)


@dataclass(frozen=True)
class Clock:
    """How a lead that was handed over stands: when an answer is due, and whether it came."""

    assignment: Assignment
    due_at: datetime
    answered_at: datetime | None
    now: datetime

    @property
    def assigned_at(self) -> datetime:
        """Return when the clock started."""
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

    @property
    def is_queued(self) -> bool:
        """Tell whether it waits for an owner, because nobody was available."""
        return self.assignment.owner_id is None

    @property
    def left(self) -> timedelta:
        """Return the time that is left, negative once it is late."""
        return self.due_at - self.now

    @property
    def took(self) -> timedelta | None:
        """Return how long the answer took."""
        return self.answered_at - self.assignment.assigned_at if self.answered_at else None


def clocks_of(*, lead_ids: Iterable[int], now: datetime) -> dict[int, Clock]:
    """Return the clocks of those of these leads that were handed over and are still with sales."""
    running = Assignment.objects.running().filter(lead_id__in=list(lead_ids), due_at__isnull=False)
    return {
        item.lead_id: Clock(item, item.due_at, item.answered_at, now)
        for item in running
        if item.due_at is not None
    }
