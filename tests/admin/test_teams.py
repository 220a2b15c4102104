"""Teams in the admin: who may edit when they work, what that does to clocks that run, public holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.errors import Invalid, NotAllowed
from leadapp.models import User
from qualification.models import Assignment, Holiday, OpeningHours, Team, TeamMember
from qualification.services.assignment import hand_over
from qualification.services.clock.calendars import (
    add_public_holidays,
    countries,
    move_clocks,
    open_calendar,
    week_ahead,
)
from tests.admin.build import errors_of, goes_to, said, shown
from tests.admin.conftest import As
from tests.qualification.build import NOW, everything, make_lead

pytestmark = pytest.mark.django_db

LIST = reverse("admin:qualification_team_changelist")
HOUR = timedelta(hours=1)


@pytest.fixture
def team(rep: User) -> Team:
    """Give a team that works nine to five in Berlin, and answers within eight hours."""
    team = Team.objects.create(name="DACH", time_zone="Europe/Berlin", response_hours=8)
    TeamMember.objects.create(team=team, user=rep)
    OpeningHours.objects.bulk_create(
        OpeningHours(team=team, weekday=day, opens_at=time(9), closes_at=time(17)) for day in range(5)
    )
    return team


def page_of(team: Team) -> str:
    return reverse("admin:qualification_team_change", args=[team.pk])


def waiting(now: datetime = NOW) -> Assignment:
    """Hand a lead over; its answer is due within the hours of the team."""
    hand_over(lead_ids=[make_lead(stage="mql", score=163).pk], now=now)
    return Assignment.objects.order_by("-pk")[0]


def test_a_manager_adds_a_team_with_its_hours(as_: As, manager: User) -> None:
    client = as_(manager)
    url = reverse("admin:qualification_team_add")
    hours = {
        f"opening_hours-0-{name}": value
        for name, value in (("weekday", "0"), ("opens_at", "09:00"), ("closes_at", "00:00"))
    }
    data = shown(client.get(url), name="Benelux", time_zone="Europe/Amsterdam", response_hours="4", **hours)
    assert goes_to(client.post(url, data)) == LIST
    team = Team.objects.get()
    assert (team.name, team.time_zone, team.response_hours) == ("Benelux", "Europe/Amsterdam", 4)
    assert [str(span) for span in team.opening_hours.all()] == ["Monday, 09:00 to 00:00"]


def test_a_time_zone_that_is_none_is_refused(as_: As, manager: User, team: Team) -> None:
    client = as_(manager)
    data = shown(client.get(page_of(team)), time_zone="Berlin")
    assert errors_of(client.post(page_of(team), data)) == {
        "time_zone": ["Give a time zone such as Europe/Berlin."]
    }


@pytest.mark.parametrize("role", ["rep", "marketer"])
def test_others_only_look(role: str, as_: As, request: pytest.FixtureRequest, team: Team) -> None:
    user: User = request.getfixturevalue(role)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = as_(User.objects.get(pk=user.pk))
    assert client.get(page_of(team)).status_code == 200
    assert client.post(page_of(team), {"name": "Mine"}).status_code == 403
    assert client.get(f"{LIST}{team.pk}/holidays/").status_code == 404
    with pytest.raises(NotAllowed):
        open_calendar(team_id=team.pk, actor=user)


def test_the_page_shows_the_week_as_it_is_counted(as_: As, manager: User, team: Team) -> None:
    text = as_(manager).get(page_of(team)).content.decode()
    assert "09:00 to 17:00" in text
    assert "Closed" in text


def test_the_week_ahead_is_that_of_the_team(team: Team) -> None:
    Holiday.objects.create(team=team, day=date(2026, 11, 20), name="Founders’ day")
    # Thursday 23:30 by UTC is Friday in Berlin.
    days = week_ahead(team=team, now=datetime(2026, 11, 19, 23, 30, tzinfo=UTC))
    assert [day.day for day in days] == [date(2026, 11, 20) + timedelta(days=n) for n in range(7)]
    assert [day.length for day in days] == [0 * HOUR] * 3 + [8 * HOUR] * 4
    assert (days[0].holiday, days[1].holiday) == ("Founders’ day", None)
    assert [moment.hour for moment in days[3].spans[0]] == [9, 17]


def test_clocks_that_run_go_by_a_calendar_that_was_edited(as_: As, manager: User, team: Team) -> None:
    now = timezone.now()
    assignment = waiting(now)
    before = assignment.due_at
    client = as_(manager)
    # Every day of the next week is a holiday.
    rows = {f"holidays-{n}-day": str((now + timedelta(days=n)).date()) for n in range(7)}
    data = shown(client.get(page_of(team)), **rows, **{"holidays-TOTAL_FORMS": "7"})
    response = client.post(page_of(team), data, follow=True)
    assert "1 clock that runs goes by the new calendar." in said(response)
    assignment.refresh_from_db()
    assert before is not None
    assert assignment.due_at is not None
    assert before.date() < (now + timedelta(days=7)).date() <= assignment.due_at.date()


def test_the_working_time_that_is_left_is_kept(manager: User, team: Team) -> None:
    assignment = waiting()  # Thursday 11:00 in Berlin: two hours of it are left for Friday
    before = open_calendar(team_id=team.pk, actor=manager)
    Holiday.objects.create(team=team, day=date(2026, 11, 20))
    assert move_clocks(before=before, now=NOW + HOUR) == 1
    assignment.refresh_from_db()
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    # Monday 11:00; the owner is told two hours of work before, at the end of Thursday as it was.
    assert assignment.due_at == monday + 10 * HOUR
    assert assignment.escalates_at == datetime(2026, 11, 19, 16, tzinfo=UTC)


def test_another_number_of_hours_counts_for_clocks_that_start_later(manager: User, team: Team) -> None:
    first = waiting()
    before = open_calendar(team_id=team.pk, actor=manager)
    Team.objects.update(response_hours=1)
    state = everything()
    assert move_clocks(before=before, now=NOW) == 0
    assert everything() == state
    assert waiting().due_at == NOW + HOUR
    first.refresh_from_db()
    assert first.due_at == NOW + timedelta(days=1)


def test_clocks_of_other_teams_and_those_that_ran_out_stay(manager: User, team: Team) -> None:
    late = waiting()
    before = open_calendar(team_id=team.pk, actor=manager)
    other = Team.objects.create(name="Benelux")
    TeamMember.objects.update(team=other)
    waiting()
    OpeningHours.objects.filter(team=team, weekday=4).delete()
    state = everything()
    assert move_clocks(before=before, now=late.due_at or NOW) == 0
    assert everything() == state


def test_a_calendar_without_any_hour_is_refused(as_: As, manager: User, team: Team) -> None:
    client = as_(manager)
    mondays = [timezone.localdate() + timedelta(days=n) for n in range(400)]
    Holiday.objects.bulk_create(Holiday(team=team, day=day) for day in mondays if day.weekday() == 0)
    page = shown(client.get(page_of(team)), name="Closed")
    closed = {f"opening_hours-{n}-DELETE": "on" for n in range(1, 5)}  # only Mondays are left
    response = client.post(page_of(team), page | closed, follow=True)
    assert "no hour of work within a year" in said(response)
    team.refresh_from_db()
    assert (team.name, team.opening_hours.count()) == ("DACH", 5)


def test_past_years_are_kept_and_not_shown(as_: As, manager: User, team: Team) -> None:
    Holiday.objects.create(team=team, day=date(2020, 12, 25))
    client = as_(manager)
    page = shown(client.get(page_of(team)))
    assert "2020-12-25" not in str(page)
    assert goes_to(client.post(page_of(team), page)) == LIST
    assert Holiday.objects.filter(day=date(2020, 12, 25)).exists()


def test_public_holidays_are_filled_in(as_: As, manager: User, team: Team) -> None:
    Holiday.objects.create(team=team, day=date(2026, 12, 25), name="Our own name")
    client = as_(manager)
    url = reverse("admin:qualification_team_holidays", args=[team.pk])
    assert "Germany" in client.get(url).content.decode()
    response = client.post(url, {"country": "DE", "region": "by", "year": "2026"}, follow=True)
    # All of Bavaria has twelve public holidays; one was there.
    assert "11 holidays were added." in said(response)
    named = dict(team.holidays.values_list("day", "name"))
    assert named[date(2026, 1, 6)] == "Epiphany"
    assert named[date(2026, 12, 25)] == "Our own name"
    response = client.post(url, {"country": "DE", "region": "by", "year": "2026"}, follow=True)
    assert "0 holidays were added." in said(response)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"region": "Bayern"}, "region"),
        ({"year": 1999}, "year"),
        ({"country": "MC", "region": "X"}, "region"),
    ],
)
def test_holidays_that_nobody_knows_are_refused(
    asked: dict[str, object], field: str, manager: User, team: Team
) -> None:
    usual: dict[str, object] = {"country": "DE", "region": "", "year": 2026}
    with pytest.raises(Invalid) as refusal:
        add_public_holidays(team=team, actor=manager, now=NOW, **(usual | asked))  # type: ignore[arg-type]
    assert list(refusal.value.errors) == [field]
    assert not Holiday.objects.exists()


def test_the_page_says_what_is_wrong(as_: As, manager: User, team: Team) -> None:
    url = reverse("admin:qualification_team_holidays", args=[team.pk])
    response = as_(manager).post(url, {"country": "DE", "region": "Bayern", "year": "2026"})
    assert "Give one of BB, BE, BW" in response.content.decode()


def test_countries_have_names() -> None:
    assert ("US", "United States") in countries()
    assert ("NL", "Netherlands") in countries()
