"""The times of a clock: how it starts, and how it goes on with the next owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from qualification.models import Assignment
from qualification.services.clock.promises import Promise, Promises

# The owner is warned when so much of the promised time is left.
WARN_SHARE = 4


@dataclass(frozen=True)
class Times:
    """What an assignment with a clock stores. `escalates_at` is when somebody is told next."""

    team_id: int | None
    clock_started_at: datetime
    due_at: datetime
    escalates_at: datetime | None


def start_clock(promise: Promise, *, at: datetime) -> Times:
    """Return the times of a clock that starts at a moment: when the lead asked, or was handed over."""
    return _running_from(promise, at, started_at=at, work=promise.within)


def carry_on(running: Assignment, *, owner_id: int | None, promises: Promises, now: datetime) -> Times | None:
    """Return the times of a running clock with its next owner, or None where no answer is due any more.

    The next owner has what is left, counted by the calendar of their own team. If it ran out, somebody else
    gets a whole span. The lead's wait began when it began.
    """
    if running.due_at is None or running.clock_started_at is None or running.answered_at is not None:
        return None
    before = promises.of_team(running.team_id)
    promise = promises.of_person(owner_id) if owner_id is not None else before
    is_late = running.due_at <= now
    if running.owner_id == owner_id or (promise.team_id == before.team_id and not is_late):
        return Times(promise.team_id, running.clock_started_at, running.due_at, running.escalates_at)
    left = before.calendar.worked_between(now, running.due_at)
    return _running_from(promise, now, started_at=running.clock_started_at, work=left or promise.within)


def _running_from(promise: Promise, moment: datetime, *, started_at: datetime, work: timedelta) -> Times:
    before_warning = max(work - promise.within / WARN_SHARE, timedelta())
    return Times(
        team_id=promise.team_id,
        clock_started_at=started_at,
        due_at=promise.due_at(moment, work),
        escalates_at=promise.due_at(moment, before_warning),
    )
