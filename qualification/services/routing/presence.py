"""Who is away now, by the calendar of their own team, and who stands in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.models import User
from qualification.models import Absence, TeamMember
from qualification.services.clock.promises import zone_of

ONE_DAY = timedelta(days=1)


def zone_of_person(user: User) -> ZoneInfo:
    """Return the time zone by whose days somebody works: that of their team, without a team UTC."""
    membership: TeamMember | None = getattr(user, "membership", None)
    return zone_of(membership.team if membership else None)


def today_of(user: User, now: datetime) -> date:
    """Return which day it is for somebody."""
    return now.astimezone(zone_of_person(user)).date()


def end_of_day(user: User, day: date) -> datetime:
    """Return the moment at which a day is over for somebody."""
    return datetime.combine(day + ONE_DAY, time(0), tzinfo=zone_of_person(user))


def words_of_day(day: date) -> str:
    """Return a day as sentences say it: 3 December."""
    return date_format(day, "LONG_MONTH_DAY_FORMAT")


@dataclass(frozen=True)
class Presence:
    """The absences that run at one moment, by who is away."""

    away: dict[int, Absence]

    @classmethod
    def read(cls, *, now: datetime) -> Self:
        """Read who is away, in one query."""
        # Wherever a team is, its day is one of these three.
        today = now.astimezone(UTC).date()
        near = Absence.objects.filter(
            handed_back_at__isnull=True, first_day__lte=today + ONE_DAY, last_day__gte=today - ONE_DAY
        )
        running = near.select_related("user__membership__team", "stand_in").order_by("pk")
        return cls(
            {
                absence.user_id: absence
                for absence in running
                if absence.first_day <= today_of(absence.user, now) <= absence.last_day
            }
        )

    def is_here(self, user_id: int) -> bool:
        """Tell whether somebody is not away."""
        return user_id not in self.away

    def stand_in_for(self, user_id: int) -> User | None:
        """Return who stands in for somebody who is away; whoever is away too is stood in for in turn.

        None: nobody was named, or all of them are away or left.
        """
        asked: set[int] = set()
        absence = self.away.get(user_id)
        while absence is not None and absence.stand_in is not None and absence.user_id not in asked:
            asked.add(absence.user_id)
            if absence.stand_in_id not in self.away:
                return absence.stand_in if absence.stand_in.is_active else None
            absence = self.away.get(absence.stand_in.pk)
        return None

    def until(self, user_id: int) -> str:
        """Return until when somebody is away, as sentences say it."""
        return _("away until %(last_day)s") % {"last_day": words_of_day(self.away[user_id].last_day)}
