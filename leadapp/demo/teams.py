"""The demo's two teams: when they work, and who is in them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from leadapp.models import User
from qualification.models import Holiday, OpeningHours, Team, TeamMember

OFFICE_DAYS = range(5)
# name, zone, opens, closes, hours to answer, people
TEAMS = (
    ("DACH", "Europe/Berlin", time(9), time(17, 30), 8, ("rep", "manager")),
    ("Benelux", "Europe/Amsterdam", time(8, 30), time(17), 8, ("rep2",)),
)
# Of every year, in both teams; with Easter the rest is a click in the admin.
HOLIDAYS = ((1, 1, "New Year"), (12, 25, "Christmas Day"), (12, 26, "Boxing Day"))


def create_teams(people: Mapping[str, User], *, now: datetime) -> None:
    """Create the teams that are missing, with opening hours, holidays of three years, and people."""
    for name, zone, opens_at, closes_at, hours, members in TEAMS:
        team, is_new = Team.objects.get_or_create(
            name=name, defaults={"time_zone": zone, "response_hours": hours}
        )
        if not is_new:
            continue
        OpeningHours.objects.bulk_create(
            OpeningHours(team=team, weekday=weekday, opens_at=opens_at, closes_at=closes_at)
            for weekday in OFFICE_DAYS
        )
        Holiday.objects.bulk_create(
            Holiday(team=team, day=date((now + timedelta(days=days)).year, month, day), name=title)
            for days in (-365, 0, 365)
            for month, day, title in HOLIDAYS
        )
        for username in members:
            TeamMember.objects.get_or_create(user=people[username], defaults={"team": team})
