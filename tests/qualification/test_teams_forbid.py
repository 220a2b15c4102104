"""The database refuses teams, absences and notices that make no sense."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from leadapp.models import User
from qualification.models import Absence, Holiday, Notice, NoticeKind, OpeningHours, Team, TeamMember
from qualification.services.notices import Telling, tell
from tests.qualification.build import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="DACH", time_zone="Europe/Berlin")


def refused(write: Callable[[], Any]) -> None:
    """Check that a write is refused by the database as a matter of integrity."""
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


@pytest.mark.parametrize(
    "facts", [{"name": ""}, {"time_zone": ""}, {"response_hours": 0}, {"response_hours": 1001}], ids=str
)
def test_a_team_must_make_sense(facts: dict[str, Any]) -> None:
    refused(lambda: Team.objects.create(**({"name": "Benelux"} | facts)))


def test_a_time_zone_is_one_of_the_database() -> None:
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        Team(name="Moon", time_zone="Moon/Copernicus").full_clean()


@pytest.mark.parametrize(
    "facts",
    [
        {"weekday": 7},
        {"opens_at": time(17), "closes_at": time(9)},
        {"opens_at": time(9), "closes_at": time(9)},
    ],
    ids=str,
)
def test_opening_hours_must_make_sense(team: Team, facts: dict[str, Any]) -> None:
    usual = {"team": team, "weekday": 0, "opens_at": time(9), "closes_at": time(17)}
    refused(lambda: OpeningHours.objects.create(**(usual | facts)))


def test_a_team_may_work_until_midnight(team: Team) -> None:
    OpeningHours.objects.create(team=team, weekday=0, opens_at=time(13), closes_at=time(0))


def test_a_day_is_a_holiday_once(team: Team) -> None:
    Holiday.objects.create(team=team, day=date(2026, 12, 25))
    refused(lambda: Holiday.objects.create(team=team, day=date(2026, 12, 25), name="Christmas"))


def test_a_person_is_in_one_team_and_has_a_share(team: Team, rep: User, other_rep: User) -> None:
    TeamMember.objects.create(team=team, user=rep)
    other = Team.objects.create(name="Benelux")
    refused(lambda: TeamMember.objects.create(team=other, user=rep))
    refused(lambda: TeamMember.objects.create(team=team, user=other_rep, weight=0))


def test_an_absence_ends_after_it_began_and_meets_no_other(rep: User, other_rep: User) -> None:
    refused(lambda: Absence.objects.create(user=rep, first_day=date(2026, 12, 3), last_day=date(2026, 12, 2)))
    Absence.objects.create(user=rep, first_day=date(2026, 12, 1), last_day=date(2026, 12, 3))
    refused(lambda: Absence.objects.create(user=rep, first_day=date(2026, 12, 3), last_day=date(2026, 12, 9)))
    Absence.objects.create(user=rep, first_day=date(2026, 12, 4), last_day=date(2026, 12, 4))
    Absence.objects.create(user=other_rep, first_day=date(2026, 12, 1), last_day=date(2026, 12, 3))


def test_nobody_stands_in_for_themselves(rep: User) -> None:
    day = date(2026, 12, 1)
    refused(lambda: Absence.objects.create(user=rep, first_day=day, last_day=day, stand_in=rep))


def test_nobody_is_told_twice_of_the_same_event(rep: User, other_rep: User) -> None:
    telling = Telling(rep.pk, NoticeKind.BREACH, "The answer to Ann is late.", "assignment:1")
    other = Telling(other_rep.pk, NoticeKind.BREACH, "The answer to Ann is late.", "assignment:1")
    tell([telling, other], now=NOW)
    tell([telling], now=NOW)
    assert Notice.objects.count() == 2
