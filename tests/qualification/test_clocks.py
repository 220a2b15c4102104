"""The response clock as lists and pages show it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.models import Assignment, Holiday, OpeningHours, Team, TeamMember
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.clock.answers import answer_clocks
from qualification.services.clock.clocks import Clock, clocks_of
from qualification.services.moves import nurture_lead
from tests.qualification.build import DAY, NOW, log, make_lead

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def answer(lead_id: int, hours: float) -> None:
    """Call the lead so many hours after NOW."""
    log(Lead.objects.get(pk=lead_id), "call_connected", NOW + hours * HOUR)
    answer_clocks(lead_ids=[lead_id])


def handed_over(rep: User) -> int:
    """Hand a lead over at NOW and return its id."""
    lead = make_lead(stage="mql", score=163)
    hand_over(lead_ids=[lead.pk], now=NOW)
    return lead.pk


def clock(lead_id: int, hours: float) -> Clock:
    """Return its clock so many hours after NOW."""
    return clocks_of(lead_ids=[lead_id], now=NOW + hours * HOUR)[lead_id]


def test_the_clock_runs_down(rep: User) -> None:
    lead_id = handed_over(rep)
    seen = [(c.left, c.is_soon, c.is_late) for c in (clock(lead_id, h) for h in (0, 20, 24, 25))]
    assert seen == [
        (24 * HOUR, False, False),
        (4 * HOUR, True, False),
        (0 * HOUR, True, False),
        (-1 * HOUR, False, True),
    ]
    assert clock(lead_id, 1).assigned_at == NOW
    assert clock(lead_id, 1).took is None


def test_an_answer_in_time_stays_in_time(rep: User) -> None:
    lead_id = handed_over(rep)
    answer(lead_id, 2)
    answered = clock(lead_id, 100)
    assert (answered.is_answered, answered.is_late, answered.is_soon, answered.took) == (
        True, False, False, 2 * HOUR,
    )  # fmt: skip


def test_an_answer_after_the_end_was_late(rep: User) -> None:
    lead_id = handed_over(rep)
    answer(lead_id, 30)
    assert clock(lead_id, 31).is_late


def test_a_lead_without_a_rep_is_marked(manager: User, rep: User) -> None:
    assert clock(handed_over(rep), 0).assignment.owner == rep
    User.objects.update(is_available=False)
    assert clock(handed_over(rep), 0).assignment.owner is None


def test_leads_that_were_not_handed_over_or_set_aside_have_no_clock(rep: User) -> None:
    taken, aside = make_lead(), make_lead(stage="mql")
    take_lead(lead=taken, actor=rep, now=NOW)
    hand_over(lead_ids=[aside.pk], now=NOW)
    nurture_lead(lead=aside, seen_stage="mql", actor=None, reason="Spring", now=NOW)
    assert clocks_of(lead_ids=[taken.pk, aside.pk], now=NOW) == {}


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [handed_over(rep) for _ in range(number)]
    with django_assert_num_queries(2):  # clocks, promises
        clocks = clocks_of(lead_ids=ids, now=NOW)
        assert len([c for c in clocks.values() if c.assignment.owner_id]) == number


@pytest.fixture
def office() -> Team:
    """Give a team that works nine to five in Berlin, and answers within eight hours."""
    team = Team.objects.create(name="DACH", time_zone="Europe/Berlin", response_hours=8)
    OpeningHours.objects.bulk_create(
        OpeningHours(team=team, weekday=day, opens_at=time(9), closes_at=time(17)) for day in range(5)
    )
    return team


def test_working_time_is_counted_as_the_team_works(rep: User, office: Team) -> None:
    TeamMember.objects.create(team=office, user=rep)
    # Thursday 11:00 in Berlin: six hours today, two on Friday.
    lead_id = handed_over(rep)
    assert Assignment.objects.get().due_at == NOW + DAY
    # At noon; at night; on Friday at ten; and on Saturday, six hours of Friday too late.
    lefts = [clock(lead_id, hours).left for hours in (1, 12, 23, 48)]
    assert lefts == [7 * HOUR, 2 * HOUR, 1 * HOUR, -6 * HOUR]
    assert clock(lead_id, 1).due == "Fri 20 Nov, 11:00 CET"


def test_an_answer_took_as_much_work_as_lies_before_it(rep: User, office: Team) -> None:
    TeamMember.objects.create(team=office, user=rep)
    lead_id = handed_over(rep)
    answer(lead_id, 23)
    assert clock(lead_id, 100).took == 7 * HOUR


def test_a_page_learns_the_hours_ahead(rep: User, office: Team) -> None:
    TeamMember.objects.create(team=office, user=rep)
    spans = [span.split("-") for span in clock(handed_over(rep), 0).open_hours.split()]
    friday = datetime(2026, 11, 20, 8, tzinfo=UTC)
    expected = [(NOW, NOW + 6 * HOUR), (friday, friday + 8 * HOUR)]
    assert spans == [[str(int(at.timestamp())) for at in span] for span in expected]


def test_who_is_in_no_team_goes_by_the_first_team(rep: User, office: Team) -> None:
    Team.objects.create(name="Around the clock", response_hours=1)
    handed_over(rep)
    assert Assignment.objects.get().team == office


def test_the_queue_goes_by_the_first_team(rep: User, office: Team) -> None:
    User.objects.update(is_available=False)
    handed_over(rep)
    assert Assignment.objects.get().team == office


def test_the_next_owner_has_what_is_left_by_their_own_calendar(
    rep: User, other_rep: User, manager: User, office: Team
) -> None:
    around = Team.objects.create(name="Around the clock", response_hours=4)
    TeamMember.objects.create(team=office, user=rep)
    TeamMember.objects.create(team=around, user=other_rep)
    lead = make_lead(stage="mql", score=163, owner=rep)
    hand_over(lead_ids=[lead.pk], now=NOW)
    # Thursday at night two hours of work are left, which begin on Friday at nine.
    given = assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Now", now=NOW + 12 * HOUR)
    assert (given.team, given.due_at) == (around, NOW + 14 * HOUR)
    assert given.clock_started_at == NOW
    # Back in the office the last hour of these is due on Friday at ten.
    lead.refresh_from_db()
    back = assign_lead(lead=lead, owner=rep, actor=manager, reason="Back", now=NOW + 13 * HOUR)
    assert (back.team, back.due_at) == (office, NOW + 23 * HOUR)


def test_a_clock_that_ran_out_is_a_whole_span_for_the_next_owner(
    rep: User, other_rep: User, manager: User, office: Team
) -> None:
    TeamMember.objects.create(team=office, user=other_rep)
    Team.objects.filter(pk=office.pk).update(response_hours=2)
    lead = make_lead(stage="mql", score=163, owner=rep)
    hand_over(lead_ids=[lead.pk], now=NOW)
    given = assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Late", now=NOW + 5 * HOUR)
    # Thursday 16:00: an hour today, one on Friday. The lead has waited all the time.
    assert (given.due_at, given.clock_started_at) == (NOW + 23 * HOUR, NOW)


def test_a_calendar_without_an_hour_of_work_hides_no_lead(rep: User, office: Team) -> None:
    Holiday.objects.bulk_create(Holiday(team=office, day=NOW.date() + number * DAY) for number in range(400))
    handed_over(rep)
    assert Assignment.objects.get().due_at == NOW + 8 * HOUR
