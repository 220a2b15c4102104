"""Editing the calendar of a team: clocks that run go by the new one from then on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
from babel import Locale
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from qualification.models import Assignment, Holiday, Team
from qualification.services.clock.promises import Promise, Promises


def open_calendar(*, team_id: int, actor: Actor) -> Promise:
    """Lock a team for an edit in the caller's transaction; return its promise as it is before."""
    require(actor, "qualification.change_team", _("Only a manager may change when a team works."))
    Team.objects.select_for_update().get(pk=team_id)
    return Promises.read().of_team(team_id)


def move_clocks(*, before: Promise, now: datetime) -> int:
    """Let running clocks of a team keep the working time that is left, by its calendar as it is now.

    What was late stays late. A new number of hours to answer counts for clocks that start later. Return how
    many clocks were looked at; raise Invalid if the team has no hour of work within a year.
    """
    after = Promises.read().of_team(before.team_id)
    if next(after.calendar.spans_from(now), None) is None:
        raise Invalid(_("This team would have no hour of work within a year. Check its hours and holidays."))
    if after.calendar == before.calendar:
        return 0

    def moved(moment: datetime | None) -> datetime | None:
        if moment is None or moment <= now:
            return moment
        return after.due_at(now, before.calendar.worked_between(now, moment))

    with transaction.atomic():
        running = Assignment.objects.running().filter(team=before.team_id, answered_at__isnull=True)
        waiting = list(running.filter(due_at__gt=now).select_for_update(no_key=True).order_by("pk"))
        for item in waiting:
            item.due_at, item.escalates_at = moved(item.due_at), moved(item.escalates_at)
        Assignment.objects.bulk_update(waiting, ["due_at", "escalates_at"], batch_size=2_000)
    return len(waiting)


@dataclass(frozen=True)
class Day:
    """A day of a team: its spans of work by the team's own clock, and the holiday that it is."""

    day: date
    spans: list[tuple[datetime, datetime]]
    holiday: str | None

    @property
    def length(self) -> timedelta:
        """Return how long the team works."""
        return sum((closes - opens for opens, closes in self.spans), timedelta())

    @property
    def written(self) -> str:
        """Return the length in words, to the minute; nothing for a day without work."""
        hours, minutes = divmod(int(self.length.total_seconds()) // 60, 60)
        said = [_("%(hours)s h") % {"hours": hours}] if hours else []
        said += [_("%(minutes)s min") % {"minutes": minutes}] if minutes else []
        return " ".join(said)


def week_ahead(*, team: Team, now: datetime) -> list[Day]:
    """Return the next seven days as they are counted, today first."""
    calendar = Promises.read().of_team(team.pk).calendar
    today = now.astimezone(calendar.zone).date()
    names = dict(Holiday.objects.filter(team=team, day__gte=today).values_list("day", "name"))
    return [
        Day(
            day=day,
            spans=[
                (opens.astimezone(calendar.zone), closes.astimezone(calendar.zone))
                for opens, closes in calendar.spans_of(day)
            ],
            holiday=(names[day] or _("Holiday")) if day in names else None,
        )
        for day in (today + timedelta(days=number) for number in range(7))
    ]


def countries() -> list[tuple[str, str]]:
    """Return the countries whose public holidays are known: code and name, by name."""
    called = Locale.parse(get_language() or "en", sep="-").territories
    names = {str(row[1]): called.get(str(row[1])) or _spaced(str(row[0])) for row in COUNTRIES.values()}
    return sorted(names.items(), key=lambda pair: pair[1])


def add_public_holidays(
    *, team: Team, country: str, region: str, year: int, actor: Actor, now: datetime
) -> int:
    """Add the public holidays of a year that the team does not have yet; return how many.

    `region` is the code of a state or province, or empty: those of the whole country.
    """
    days = _public_holidays(country, region, year)
    with transaction.atomic():
        before = open_calendar(team_id=team.pk, actor=actor)
        there = set(Holiday.objects.filter(team=team).values_list("day", flat=True))
        added = Holiday.objects.bulk_create(
            Holiday(team=team, day=day, name=name[:100])
            for day, name in sorted(days.items())
            if day not in there
        )
        move_clocks(before=before, now=now)
    return len(added)


def _public_holidays(country: str, region: str, year: int) -> "holidays.HolidayBase":
    regions = holidays.list_supported_countries().get(country)
    if regions is None:
        raise Invalid.field("country", _("Choose one of the countries."))
    region = region.strip().upper()
    known = {code.upper(): code for code in regions}
    if region and region not in known:
        if not regions:
            raise Invalid.field("region", _("Give nothing: this country has none."))
        raise Invalid.field("region", _("Give one of %(regions)s.") % {"regions": ", ".join(regions)})
    if not 2000 <= year <= 2100:
        raise Invalid.field("year", _("Give a year from 2000 to 2100."))
    return holidays.country_holidays(country, subdiv=known.get(region), years=year, language="en_US")


def _spaced(name: str) -> str:
    """Write UnitedStates as people do."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
