"""How many leads a week cross a line, and where the lines would have to be for sales to keep up.

A lead crosses a line in a week if its score was below it at the beginning and is not at the end. The scores
at both ends are computed by the engine, so that a version that was never live can be asked as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from leadapp.numbers import write_number
from scoring.engine.comparison import FOR_MANY, compare_moments
from scoring.engine.definition import Definition, read_definition
from scoring.models import ScoringModelVersion

WEEK = timedelta(days=7)
WEEKS = 8
# Of the leads that did something in these weeks: this many with the highest scores, who cross the lines that
# sales cares for, and as many of the others.
SAMPLE = 1_500
# Lines are proposed in steps of this many points.
STEP = 5
# Hot is what reps look at before a lead is handed over: at most so many times what they can call.
HOT_PER_CALL = 2
NOWHERE = -1

RECENT = "FROM leadapp_lead WHERE last_activity_at > %s AND created_at <= %s AND NOT do_not_score"
STRONGEST = f"SELECT id, created_at {RECENT} ORDER BY priority DESC, id DESC LIMIT %s"
OTHERS = f"SELECT id, created_at {RECENT} AND id <> ALL(%s) ORDER BY hashint8(id), id LIMIT %s"
COUNT = f"SELECT count(*) {RECENT}"


@dataclass(frozen=True)
class Rise:
    """A score that rose within a week, and how many leads it stands for."""

    before: int
    after: int
    weight: float


@dataclass(frozen=True)
class Inflow:
    """What rose in each of some weeks, oldest first; computed for `sampled` of `active` leads."""

    begins: tuple[datetime, ...]
    rises: tuple[tuple[Rise, ...], ...]
    sampled: int
    active: int

    def crossing(self, line: int) -> list[float]:
        """Return how many leads crossed a line in each week."""
        return [sum(r.weight for r in week if r.before < line <= r.after) for week in self.rises]

    def per_week(self, line: int) -> float:
        """Return how many leads crossed a line in a week, on average."""
        return sum(self.crossing(line)) / len(self.rises)

    @property
    def is_sample(self) -> bool:
        """Tell whether some leads stand for others."""
        return self.sampled < self.active

    @property
    def highest(self) -> int:
        """Return the highest score that any lead rose to."""
        return max((rise.after for week in self.rises for rise in week), default=0)


@dataclass(frozen=True)
class Proposal:
    """The lines of a version beside those that fit what sales can call."""

    version: ScoringModelVersion
    weekly_capacity: int | None
    inflow: Inflow
    hot_from: int
    threshold: int
    warnings: tuple[str, ...]

    @property
    def now_per_week(self) -> float:
        """Return how many leads a week reach the present threshold."""
        return self.inflow.per_week(self.version.threshold)

    @property
    def now_per_week_whole(self) -> int:
        """Return the same as it is written, without a fraction."""
        return round(self.now_per_week)

    @property
    def then_per_week(self) -> float:
        """Return how many leads a week would reach the proposed one."""
        return self.inflow.per_week(self.threshold)

    @property
    def changes_something(self) -> bool:
        """Tell whether the proposal is not what the version says already."""
        return (self.hot_from, self.threshold) != (self.version.hot_from, self.version.threshold)


def propose_thresholds(
    *, version: ScoringModelVersion, weekly_capacity: int | None, now: datetime, weeks: int = WEEKS
) -> Proposal:
    """Propose from where on leads are hot and handed over, so that sales can call those of a week.

    The lowest lines at which no more leads a week cross than can be called; hot comes first and may be twice
    as many. Without a capacity the lines stay as they are. Nothing is written.
    """
    (inflow,) = weekly_inflow(definitions=[read_definition(version)], now=now, weeks=weeks)
    hot_from, threshold = version.hot_from, version.threshold
    if weekly_capacity is not None:
        lowest = _rounded_up(version.warm_from + 1)
        threshold = _lowest_line(inflow, weekly_capacity, from_line=lowest)
        hot_from = min(_lowest_line(inflow, HOT_PER_CALL * weekly_capacity, from_line=lowest), threshold)
    return Proposal(
        version=version,
        weekly_capacity=weekly_capacity,
        inflow=inflow,
        hot_from=hot_from,
        threshold=threshold,
        warnings=tuple(_warnings(inflow, version.threshold, weekly_capacity)),
    )


def weekly_inflow(
    *, definitions: Sequence[Definition], now: datetime, weeks: int = WEEKS, sample: int = SAMPLE
) -> list[Inflow]:
    """Compute per definition which scores rose in each of the last weeks, up to `now`.

    Only leads that did something in these weeks are looked at: without it points only fade. Above twice
    `sample` of them some stand for others.
    """
    ends = [now - WEEK * (weeks - number) for number in range(weeks + 1)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FOR_MANY)
        created, weights, active = _sample(cursor, ends[0], now, sample)
        scores = compare_moments(definitions=definitions, lead_ids=list(created), as_ofs=ends)
    inflows = []
    for number in range(len(definitions)):
        rises: list[list[Rise]] = [[] for _ in range(weeks)]
        for lead_id, since in created.items():
            line = [scores[lead_id, at][number].score if since <= at else NOWHERE for at in ends]
            for week, (before, after) in enumerate(pairwise(line)):
                if after > before:
                    rises[week].append(Rise(before, after, weights[lead_id]))
        inflows.append(Inflow(tuple(ends[:-1]), tuple(map(tuple, rises)), len(created), active))
    return inflows


def _sample(
    cursor: CursorWrapper, since: datetime, now: datetime, size: int
) -> tuple[dict[int, datetime], dict[int, float], int]:
    """Return when sampled leads were created, how many leads each stands for, and of how many they are."""
    cursor.execute(COUNT, [since, now])
    (active,) = cursor.fetchone()
    cursor.execute(STRONGEST, [since, now, size])
    strongest = dict(cursor.fetchall())
    cursor.execute(OTHERS, [since, now, list(strongest), size])
    others = dict(cursor.fetchall())
    weight = (active - len(strongest)) / len(others) if others else 1.0
    return strongest | others, dict.fromkeys(strongest, 1.0) | dict.fromkeys(others, weight), active


def _lowest_line(inflow: Inflow, most: int, *, from_line: int) -> int:
    """Return the lowest line that no more than so many leads a week cross."""
    last = max(from_line, _rounded_up(inflow.highest + 1))
    return next(line for line in range(from_line, last + STEP, STEP) if inflow.per_week(line) <= most)


def _rounded_up(points: int) -> int:
    return ceil(points / STEP) * STEP


def _warnings(inflow: Inflow, line: int, capacity: int | None) -> list[str]:
    """Say in plain sentences where more comes in than can be called, or soon will."""
    if capacity is None:
        return []
    weeks = inflow.crossing(line)
    average, half = sum(weeks) / len(weeks), max(1, len(weeks) // 2)
    earlier, lately = sum(weeks[:half]) / half, sum(weeks[-half:]) / half
    if average > capacity:
        return [
            _(
                "About %(average)s leads a week reach %(line)s points, and sales can call %(capacity)s:"
                " every week %(average_2)s more would wait."
            )
            % {
                "average": write_number(average),
                "line": line,
                "capacity": write_number(capacity),
                "average_2": write_number(average - capacity),
            }
        ]
    if lately > capacity:
        return [
            _(
                "In the last %(half)s weeks about %(lately)s leads a week reached %(line)s points, more than"
                " the %(capacity)s that sales can call; before that it was %(earlier)s."
            )
            % {
                "half": half,
                "lately": write_number(lately),
                "line": line,
                "capacity": write_number(capacity),
                "earlier": write_number(earlier),
            }
        ]
    growth = (lately - earlier) / half
    if growth > 0 and lately + growth * 4 > capacity:
        ahead = max(1, ceil((capacity - lately) / growth))
        when = _("%(ahead)s weeks") % {"ahead": ahead} if ahead > 1 else _("a week")
        return [
            _(
                "Inflow grows by about %(growth)s leads a week. In %(when)s it is more than the %(capacity)s"
                " that sales can call."
            )
            % {"growth": write_number(growth, 1), "when": when, "capacity": write_number(capacity)}
        ]
    return []
