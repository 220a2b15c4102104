"""What the sections of a day hold, as far as it is shown, and the leads of all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from leadapp.models import Activity, Lead, User
from leadapp.services.work.meetings import read_start
from leadapp.views.my_day import finding
from leadapp.views.my_day.day import Day
from qualification.models import Assignment
from qualification.services.evidence.answers import run_out_of_many
from qualification.services.evidence.frameworks import Asked

SHOWN, MOST = 10, 200
COMING_DAYS = 7


@dataclass(frozen=True)
class Meeting:
    """A meeting that is arranged."""

    lead_id: int
    starts_at: datetime
    activity: Activity
    is_held: bool


@dataclass(frozen=True)
class Stale:
    """A lead, what ran out of what the framework in use counts, and when: the rest bothers nobody."""

    lead_id: int
    ran_out: Sequence[tuple[Asked, datetime]]


@dataclass(frozen=True)
class Part:
    """What is to be done and what is done, by lead; `left` and `finished` count what is not shown, too."""

    to_do: Sequence[Any]
    done: Sequence[Any]
    left: int
    finished: int

    @classmethod
    def of(cls, to_do: Sequence[Any], done: Sequence[Any] = (), *, left: int | None = None) -> Self:
        """Take all that there is; `left` counts what was not read, too."""
        return cls(to_do, done, len(to_do) if left is None else left, len(done))

    def first(self, most: int) -> Self:
        """Return it with no more than so many to do, and so many that are done."""
        return replace(self, to_do=self.to_do[:most], done=self.done[:most])

    @property
    def items(self) -> list[Any]:
        """Return what is shown, in order."""
        return [*self.to_do, *self.done]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All parts of a day by the names of their sections, and what today's figures count."""

    by_name: Mapping[str, Part]
    coming: Sequence[Meeting]
    leads: Mapping[int, Lead]
    answered: Sequence[Assignment]
    logged: Sequence[Activity]


def read_parts(day: Day, viewer: User, *, whole: str) -> Parts:
    """Read the first of each section, of the one that is named by `whole` all; the leads at once."""
    most = {whole: MOST}
    running = finding.running_clocks(day, most=most.get("answer", SHOWN))
    answered = finding.answered_today(day, most=MOST)
    tasks = list(finding.tasks(day, viewer)[:MOST])
    due = [task for task in tasks if task.done_at is None]
    ticked = [task for task in tasks if task.done_at is not None]
    arrivals = finding.hot_arrivals(day, most=most.get("hot", SHOWN))
    meetings = _meetings(day)
    held = [item for item in meetings if item.is_held and item.starts_at < day.ends_at]
    stale = _stale(day)
    logged = list(finding.logged_today(day))
    finished: list[Any] = [*answered, *ticked, *held]
    done = {item.lead_id for item in finished}
    parts = {
        "answer": Part.of(running, answered, left=_number(running)),
        "tasks": Part.of(due, ticked, left=_number(tasks) - len(ticked)),
        "hot": Part.of(arrivals, left=_number(arrivals)),
        "meetings": Part.of(
            [item for item in meetings if not item.is_held and item.starts_at < day.ends_at], held
        ),
        "stale": Part.of(stale),
        "cold": Part.of(finding.going_cold(day, without={item.lead_id for item in stale})),
        "done": Part.of([], [item for item in logged if item.lead_id not in done]),
    }
    shown = {name: part.first(most.get(name, SHOWN)) for name, part in parts.items()}
    coming = [item for item in meetings if item.starts_at >= day.ends_at]
    leads = Lead.objects.select_related("company").in_bulk(
        {item.lead_id for items in (*(part.items for part in shown.values()), coming) for item in items}
    )
    return Parts(by_name=shown, coming=coming, leads=leads, answered=answered, logged=logged)


def _number(items: Sequence[Any]) -> int:
    return int(items[0].number) if items else 0


def _meetings(day: Day) -> list[Meeting]:
    return [
        Meeting(item.lead_id, starts_at, item, bool(getattr(item, "was_held", False)))
        for item in finding.meetings(day, until=day.days_ahead(COMING_DAYS))[:MOST]
        if (starts_at := read_start(item.properties["starts_at"])) is not None
    ]


def _stale(day: Day) -> list[Stale]:
    found = run_out_of_many(lead_ids=finding.maybe_stale(day), now=day.now)
    return [Stale(lead_id, ran_out) for lead_id, ran_out in found.items()]
