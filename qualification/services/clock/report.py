"""Response times: how quickly leads were answered, by person, by team and by source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext as _

from leadapp.access import may
from leadapp.errors import NotAllowed
from leadapp.models import User
from qualification.models import Assignment, Team, TeamMember
from qualification.models.querysets import AssignmentQuerySet

# What a number stands for: the outcomes of the clocks behind it.
BEHIND: Mapping[str, tuple[str, ...]] = {
    "all": ("in_time", "late", "missed", "overdue", "waiting"),
    "answered": ("in_time", "late"),
    "in_time": ("in_time",),
    "late": ("late", "missed", "overdue"),
    "waiting": ("waiting", "overdue"),
    "overdue": ("overdue",),
}
# Answers in time by working time: up to so many hours, and the rest.
BUCKETS = (1, 4, 8)

# One pass over the clocks of the period gives the numbers of all groups. GROUPING is a bit per column: those
# that are not of the group are set.
MEASURE = """
WITH clock AS ({clocks})
SELECT
    GROUPING(owner_id, team_id, source), owner_id, team_id, source,
    count(*),
    count(*) FILTER (WHERE outcome IN ('in_time', 'late')),
    count(*) FILTER (WHERE outcome = 'in_time'),
    count(*) FILTER (WHERE outcome IN ('late', 'missed', 'overdue')),
    count(*) FILTER (WHERE outcome IN ('waiting', 'overdue')),
    count(*) FILTER (WHERE outcome = 'overdue'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY answer_took),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY answered_at - clock_started_at),
    ARRAY[
        count(*) FILTER (WHERE outcome = 'in_time' AND answer_took < make_interval(hours => {short})),
        count(*) FILTER (WHERE outcome = 'in_time' AND answer_took < make_interval(hours => {medium})),
        count(*) FILTER (WHERE outcome = 'in_time' AND answer_took < make_interval(hours => {long}))
    ]
FROM clock GROUP BY GROUPING SETS ((), (owner_id), (team_id), (source))
"""
TOTAL, BY_PERSON, BY_TEAM, BY_SOURCE = 0b111, 0b011, 0b101, 0b110


@dataclass(frozen=True)
class Asked:
    """Which clocks: those that started in a period, of those that somebody may see, perhaps of one team."""

    since: datetime
    until: datetime
    seen_by: User
    own_team_id: int | None
    team_id: int | None = None

    @property
    def sees_everybody(self) -> bool:
        """Tell whether it is about all people; a rep sees the own team and, of people, the own row."""
        return may(self.seen_by, "qualification.see_response_times")

    def before(self) -> "Asked":
        """Return the same for the period before."""
        since = self.since - (self.until - self.since)
        return Asked(since, self.since, self.seen_by, self.own_team_id, self.team_id)


@dataclass(frozen=True)
class Numbers:
    """The response times of a group. Medians are of those that were answered."""

    clocks: int = 0
    answered: int = 0
    in_time: int = 0
    late: int = 0
    waiting: int = 0
    overdue: int = 0
    median_work: timedelta | None = None
    median_clock: timedelta | None = None
    up_to: Sequence[int] = (0, 0, 0)

    @property
    def share_in_time(self) -> float | None:
        """Return how many of a hundred answers came in time, of those that came or should have come."""
        decided = self.in_time + self.late
        return 100 * self.in_time / decided if decided else None

    @property
    def distribution(self) -> tuple[int, ...]:
        """Return how many answers came within each span of work, in time beyond the last, and late."""
        first, second, third = self.up_to
        return first, second - first, third - second, self.in_time - third, self.late


@dataclass(frozen=True)
class Group:
    """A person, a team or a source: its key in addresses, its name, its numbers."""

    key: str
    name: str
    numbers: Numbers


@dataclass(frozen=True)
class Report:
    """The response times of a period."""

    total: Numbers
    before: Numbers
    people: list[Group]
    teams: list[Group]
    sources: list[Group]


def ask(*, user: User, since: datetime, until: datetime, team_id: int | None = None) -> Asked:
    """Return what this person may see of a period; raise NotAllowed for who has nothing to do with it."""
    if not may(user, "qualification.see_response_times"):
        if not may(user, "leadapp.work_own_lead"):
            raise NotAllowed(_("Response times are for sales and those who lead it."))
        team_id = None
    own_team = TeamMember.objects.filter(user=user).values_list("team", flat=True).first()
    return Asked(since, until, user, own_team, team_id)


def clocks(asked: Asked, *, now: datetime, what: str = "all") -> AssignmentQuerySet:
    """Return the clocks behind a number, with their outcomes; those that were passed on do not count."""
    found: AssignmentQuerySet = Assignment.objects.with_outcome(now=now).filter(
        clock_started_at__gte=asked.since, clock_started_at__lt=asked.until
    )
    if not asked.sees_everybody:
        own = Q(owner=asked.seen_by)
        found = found.filter(own | Q(team=asked.own_team_id) if asked.own_team_id else own)
    if asked.team_id is not None:
        found = found.filter(team=asked.team_id)
    return found.filter(Q(outcome__in=BEHIND[what]))


def measure(asked: Asked, *, now: datetime) -> Report:
    """Measure the response times of a period, beside those of the period before."""
    rows = _rows(asked, now)
    people = {row.key: row.numbers for row in rows if row.kind == BY_PERSON}
    teams = {row.key: row.numbers for row in rows if row.kind == BY_TEAM}
    if not asked.sees_everybody:
        people = {key: numbers for key, numbers in people.items() if key == str(asked.seen_by.pk)}
    names = {str(user.pk): str(user) for user in User.objects.filter(pk__in=[key for key in people if key])}
    team_names = {str(pk): name for pk, name in Team.objects.values_list("pk", "name")}
    return Report(
        total=_total(rows),
        before=_total(_rows(asked.before(), now)),
        people=_named(people, names, _("Team queue")),
        teams=_named(teams, team_names, _("No team")),
        sources=_named({row.key: row.numbers for row in rows if row.kind == BY_SOURCE}, {}, _("Not known")),
    )


@dataclass(frozen=True)
class _Row:
    kind: int
    key: str
    numbers: Numbers


def _rows(asked: Asked, now: datetime) -> list[_Row]:
    columns = clocks(asked, now=now).order_by().annotate(source=F("lead__source"))
    sql, params = columns.values(
        "owner_id", "team_id", "source", "outcome", "answer_took", "answered_at", "clock_started_at"
    ).query.sql_with_params()
    short, medium, long = BUCKETS
    with connection.cursor() as cursor:
        cursor.execute(MEASURE.format(clocks=sql, short=short, medium=medium, long=long), params)
        return [_row(*row) for row in cursor.fetchall()]


def _row(kind: int, owner_id: int | None, team_id: int | None, source: str | None, *numbers: Any) -> _Row:
    key = {BY_PERSON: owner_id, BY_TEAM: team_id, BY_SOURCE: source}.get(kind)
    return _Row(kind, str(key or ""), Numbers(*numbers))


def _total(rows: list[_Row]) -> Numbers:
    return next((row.numbers for row in rows if row.kind == TOTAL), Numbers())


def _named(groups: Mapping[str, Numbers], names: Mapping[str, str], nobody: str) -> list[Group]:
    """Give the groups their names, the largest first."""
    found = [Group(key, names.get(key, key) or nobody, numbers) for key, numbers in groups.items()]
    return sorted(found, key=lambda group: (-group.numbers.clocks, group.name.casefold()))
