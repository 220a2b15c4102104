"""Weight, capacity and absences decide who is next, as they are stored."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.models import Absence, Team, TeamMember
from qualification.services.assignment import hand_out_queue, hand_over
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="DACH", time_zone="Europe/Berlin")


def handed_over(number: int, now: datetime = NOW) -> Counter[User | None]:
    """Hand over so many leads and return who got how many."""
    leads = [make_lead(score=163, stage="mql") for _ in range(number)]
    return Counter(item.owner for item in hand_over(lead_ids=[lead.pk for lead in leads], now=now))


def test_shares_follow_the_weights(team: Team, rep: User, other_rep: User) -> None:
    third = make_user("kim", "rep")  # in no team: 100
    TeamMember.objects.create(team=team, user=rep, weight=200)
    TeamMember.objects.create(team=team, user=other_rep, weight=50)
    assert handed_over(14) == {rep: 8, third: 4, other_rep: 2}


def test_the_reason_says_that_it_is_about_shares(team: Team, rep: User, other_rep: User) -> None:
    TeamMember.objects.create(team=team, user=rep, weight=300)
    for _ in range(4):
        make_lead(stage="sql", owner=rep)
    lead = make_lead(stage="mql")
    [assignment] = hand_over(lead_ids=[lead.pk], now=NOW)
    assert assignment.reason == "Handed over; Priya Nair had the fewest open leads for their share (0)"


def test_nobody_gets_more_than_fits(team: Team, rep: User, other_rep: User) -> None:
    TeamMember.objects.create(team=team, user=rep, capacity=2)
    TeamMember.objects.create(team=team, user=other_rep, capacity=3)
    make_lead(stage="sql", owner=rep)  # counts, too
    make_lead(stage="sql", owner=rep, status="nurture")  # does not
    assert handed_over(6) == {rep: 1, other_rep: 3, None: 2}

    Lead.objects.filter(owner=other_rep).update(stage="customer")
    assert Counter(item.owner for item in hand_out_queue(now=NOW)) == {other_rep: 2}


def test_who_is_away_gets_nothing(rep: User, other_rep: User) -> None:
    Absence.objects.create(user=rep, first_day=TODAY, last_day=TODAY)
    assert handed_over(3) == {other_rep: 3}
    assert handed_over(2, now=NOW + timedelta(days=1)) == {rep: 2}


def test_days_are_those_of_the_team(team: Team, rep: User) -> None:
    """In Berlin Thursday is over an hour before it is in UTC."""
    TeamMember.objects.create(team=team, user=rep)
    Absence.objects.create(user=rep, first_day=date(2026, 11, 19), last_day=date(2026, 11, 19))
    berlin = ZoneInfo("Europe/Berlin")
    for at, owner in [
        (datetime(2026, 11, 18, 23, 59, tzinfo=berlin), rep),
        (datetime(2026, 11, 19, 0, 0, tzinfo=berlin), None),
        (datetime(2026, 11, 19, 23, 59, tzinfo=berlin), None),
        (datetime(2026, 11, 20, 0, 0, tzinfo=berlin), rep),
    ]:
        assert handed_over(1, now=at) == {owner: 1}


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, rep: User, other_rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = [make_lead(score=163, stage="mql") for _ in range(number)]
    with django_assert_num_queries(16):
        hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
