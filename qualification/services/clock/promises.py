"""What each team has promised: within how much of its working time a lead gets an answer."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.formats import date_format

from qualification.models import Holiday, OpeningHours, Team, TeamMember
from qualification.services.clock.business_time import NeverOpen, Span, WorkCalendar


@dataclass(frozen=True)
class Promise:
    """Within how much work a team answers, and when it works. Without a team: around the clock."""

    team_id: int | None
    calendar: WorkCalendar
    within: timedelta

    def due_at(self, start: datetime, work: timedelta | None = None) -> datetime:
        """Return by when an answer is due that may take so much work, or as much as was promised.

        A calendar without an hour of work within a year is a mistake, which must hide no lead: then every
        hour counts.
        """
        work = self.within if work is None else work
        try:
            return self.calendar.due_after(start, work)
        except NeverOpen:
            return start + work

    def write(self, moment: datetime) -> str:
        """Write a moment as the clock on the team's wall shows it."""
        return write_in_zone(moment, self.calendar.zone)


class Promises:
    """The promises of all teams, and who belongs to which. The first team stands in where there is none."""

    def __init__(self, promises: dict[int, Promise], team_of: dict[int, int]) -> None:
        self._promises = promises
        self._team_of = team_of
        self._first = next(iter(promises.values()), _promise_of_nobody())

    @classmethod
    def read(cls) -> Self:
        """Read them all, in one query."""
        own = {"team": OuterRef("pk")}
        teams = Team.objects.order_by("pk").annotate(
            its_hours=ArraySubquery(
                OpeningHours.objects.filter(**own)
                .order_by("pk")
                .values(json=JSONObject(weekday="weekday", opens="opens_at", closes="closes_at"))
            ),
            its_holidays=ArraySubquery(Holiday.objects.filter(**own).order_by("day").values("day")),
            its_people=ArraySubquery(TeamMember.objects.filter(**own).order_by("pk").values("user")),
        )
        promises: dict[int, Promise] = {}
        team_of: dict[int, int] = {}
        for team in teams:
            promises[team.pk] = _promise(team, team.its_hours, team.its_holidays)
            team_of |= dict.fromkeys(team.its_people, team.pk)
        return cls(promises, team_of)

    def of_team(self, team_id: int | None) -> Promise:
        """Return what this team has promised; the team queue goes by the first team."""
        return self._promises.get(team_id, self._first) if team_id is not None else self._first

    def of_person(self, user_id: int | None) -> Promise:
        """Return what somebody's team has promised; who is in none goes by the first team."""
        return self.of_team(self._team_of.get(user_id) if user_id is not None else None)


def _promise_of_nobody() -> Promise:
    return Promise(team_id=None, calendar=WorkCalendar(), within=timedelta(hours=settings.SLA_HOURS))


def _promise(team: Team, hours: list[dict[str, Any]], holidays: list[date]) -> Promise:
    opening_hours: dict[int, list[Span]] = {}
    for row in hours:
        span = (time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]))
        opening_hours.setdefault(row["weekday"], []).append(span)
    return Promise(
        team_id=team.pk,
        calendar=WorkCalendar(zone_of(team), opening_hours, frozenset(holidays)),
        within=timedelta(hours=team.response_hours or settings.SLA_HOURS),
    )


def zone_of(team: Team | None) -> ZoneInfo:
    """Return the team's time zone; nobody's, or one that this machine does not know, is UTC."""
    try:
        return ZoneInfo(team.time_zone if team else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def write_in_zone(moment: datetime, zone: tzinfo) -> str:
    """Write a moment as people of a team see it: Mon 23 Nov, 10:15 CET."""
    local = moment.astimezone(zone)
    name = local.tzname() or ""
    # Zones without a name of their own have numbers.
    return f"{date_format(local, 'WEEKDAY_TIME_FORMAT')} {'UTC' + name if name[:1] in '+-' else name}"
