"""Somebody is away: their work goes over when it begins and comes back when it ends. The clock is moved."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Company, Lead, User
from qualification.models import Absence, Assignment, Notice, Task, Team, TeamMember
from qualification.services.absences import cancel_absence, change_absence, enter_absence, look_after_absences
from qualification.services.assignment import assign_lead, hand_out_queue, hand_over, take_lead
from qualification.services.evidence.answers import answer_bant
from qualification.services.moves import move_lead
from qualification.services.work import add_task, complete_task
from tests.qualification.build import everything, log, make_lead, make_user

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Monday to Wednesday; the weekend before is the 28th and 29th of November 2026.
FRIDAY, MONDAY, WEDNESDAY, THURSDAY = (
    date(2026, 11, 27),
    date(2026, 11, 30),
    date(2026, 12, 2),
    date(2026, 12, 3),
)


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment by the clock on the wall in Berlin."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def team(rep: User, other_rep: User) -> Team:
    """Give a team in Berlin: Jonas and Priya."""
    team = Team.objects.create(name="DACH", time_zone="Europe/Berlin", response_hours=48)
    for user in (rep, other_rep):
        TeamMember.objects.create(team=team, user=user)
    return team


@pytest.fixture
def absence(team: Team, rep: User, other_rep: User) -> Absence:
    """Let Jonas be away from Monday to Wednesday; Priya stands in."""
    return enter_absence(
        user=rep, first_day=MONDAY, last_day=WEDNESDAY, stand_in=other_rep, actor=rep, now=at(FRIDAY, 9)
    )


def handed_to(rep: User, now: datetime) -> Lead:
    """Hand a lead over to somebody who has it already."""
    lead = make_lead(stage="mql", score=163, owner=rep, stage_changed_at=now - DAY)
    hand_over(lead_ids=[lead.pk], now=now)
    return lead


def owner_of(lead: Lead) -> User | None:
    """Return whose it is now."""
    return Lead.objects.get(pk=lead.pk).owner


def running(lead: Lead) -> Assignment:
    """Return the assignment that has not ended."""
    return Assignment.objects.running().get(lead=lead)


def test_away_from_monday_to_wednesday(absence: Absence, rep: User, other_rep: User) -> None:
    """Work goes over on Monday and comes back on Thursday, by the clock in Berlin."""
    answered, unanswered = handed_to(rep, at(FRIDAY, 16)), handed_to(rep, at(FRIDAY, 16))
    in_talks = make_lead(stage="sql", owner=rep)
    customer, early = make_lead(stage="customer", owner=rep), make_lead(owner=rep)
    aside = make_lead(stage="mql", owner=rep, status="nurture")
    working = [answered, unanswered, in_talks]

    # The weekend before nothing happens, up to the last minute.
    for now in (at(FRIDAY, 18), at(FRIDAY, 12) + DAY, at(MONDAY) - timedelta(minutes=1)):
        before = everything()
        assert look_after_absences(now=now) == 0
        assert everything() == before

    assert look_after_absences(now=at(MONDAY)) == 1
    assert {owner_of(lead) for lead in working} == {other_rep}
    assert {owner_of(lead) for lead in (customer, early, aside)} == {rep}
    over = running(answered)
    assert over.reason == "Jonas Wiegand is away until 2 December; Priya Nair stands in"
    assert (over.absence, over.assigned_by) == (absence, None)
    # 48 hours from Friday at four end on Sunday at four; who takes over has a whole span.
    assert over.due_at == at(WEDNESDAY)

    # Priya answers one; a new one comes in and goes to her, and stays hers.
    log(answered, "call_connected", at(MONDAY, 10), actor=other_rep)
    new = make_lead(stage="mql", score=170)
    hand_over(lead_ids=[new.pk], now=at(MONDAY, 11))
    before = everything()
    for now in (at(MONDAY, 0, 1), at(WEDNESDAY, 23, 59)):
        assert look_after_absences(now=now) == 0
    assert everything() == before

    assert look_after_absences(now=at(THURSDAY)) == 1
    assert [owner_of(lead) for lead in (answered, unanswered, in_talks, new)] == [
        other_rep, rep, rep, other_rep,
    ]  # fmt: skip
    assert running(unanswered).reason == "Jonas Wiegand is back; Priya Nair had not worked on it"
    assert running(unanswered).due_at == at(date(2026, 12, 5))  # it had run out on Wednesday
    absence.refresh_from_db()
    assert (absence.handed_over_at, absence.handed_back_at) == (at(MONDAY), at(THURSDAY))

    before = everything()
    assert look_after_absences(now=at(THURSDAY) + HOUR) == 0
    assert everything() == before


def test_both_are_told_what_went_where(absence: Absence, rep: User, other_rep: User) -> None:
    one, two = make_lead(stage="sql", owner=rep), make_lead(stage="sql", owner=rep)
    add_task(lead=one, owner=rep, text="Send offer", due_at=at(WEDNESDAY, 9), actor=rep, now=at(FRIDAY, 9))
    look_after_absences(now=at(MONDAY))
    log(two, "email_sent", at(MONDAY, 9), actor=other_rep)
    look_after_absences(now=at(THURSDAY))

    def told(user: User) -> list[str]:
        notices = Notice.objects.filter(kind="absence", user=user).order_by("pk")
        return list(notices.values_list("text", flat=True))

    assert told(other_rep) == [
        "Jonas Wiegand is away until 2 December: 2 leads and 1 task came to you.",
        "Jonas Wiegand is back: 1 lead and 1 task went back.",
    ]
    assert told(rep) == [
        "While you are away until 2 December others take over: 2 leads and 1 task to Priya Nair.",
        "Came back to you: 1 lead and 1 task from Priya Nair. "
        "Worked on meanwhile, so staying: 1 lead with Priya Nair.",
    ]


def test_the_day_begins_where_the_team_is(other_rep: User, rep: User) -> None:
    """In Auckland it is Monday eleven hours before it is in London."""
    team = Team.objects.create(name="Pacific", time_zone="Pacific/Auckland")
    TeamMember.objects.create(team=team, user=rep)
    for user in (rep, other_rep):
        Absence.objects.create(user=user, first_day=MONDAY, last_day=MONDAY)
    auckland = ZoneInfo("Pacific/Auckland")
    midnight = datetime(2026, 11, 30, tzinfo=auckland)
    handed_over = Absence.objects.filter(handed_over_at__isnull=False, handed_back_at__isnull=True)

    def away(now: datetime) -> list[User]:
        look_after_absences(now=now)
        return [item.user for item in handed_over.order_by("pk")]

    assert away(midnight - HOUR) == []
    assert away(midnight) == [rep]
    assert away(datetime(2026, 11, 30, tzinfo=ZoneInfo("UTC"))) == [rep, other_rep]
    assert away(midnight + DAY) == [other_rep]


@pytest.mark.parametrize("did", ["call", "moved", "evidence", "facts"])
def test_what_the_stand_in_worked_on_stays_theirs(
    did: str, absence: Absence, rep: User, other_rep: User, manager: User
) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    deeds: dict[str, Callable[[], object]] = {
        "call": lambda: log(lead, "call_connected", at(MONDAY, 9), actor=other_rep),
        "moved": lambda: move_lead(
            lead=lead, to_stage="mql", seen_stage="sql", reason="Not yet", actor=other_rep, now=at(MONDAY, 9)
        ),
        "evidence": lambda: answer_bant(
            lead=lead, dimension="need", state="confirmed", value="Yes", actor=other_rep, now=at(MONDAY, 9)
        ),
        "facts": lambda: log(lead, "lead.updated", at(MONDAY, 9), actor=other_rep),
    }
    deeds[did]()
    look_after_absences(now=at(THURSDAY))
    assert owner_of(lead) == other_rep
    # A manager may give it back.
    assign_lead(
        lead=Lead.objects.get(pk=lead.pk), owner=rep, actor=manager, reason="His", now=at(THURSDAY, 9)
    )
    assert owner_of(lead) == rep


def test_what_others_did_with_it_is_not_the_stand_ins_work(absence: Absence, rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    log(lead, "page_view", at(MONDAY, 9))
    log(lead, "call_connected", at(FRIDAY, 9), actor=rep)
    look_after_absences(now=at(THURSDAY))
    assert owner_of(lead) == rep


def test_a_lead_that_went_on_or_was_set_aside_stays_where_it_is(
    absence: Absence, rep: User, other_rep: User, manager: User
) -> None:
    third = make_user("kim", "rep")
    given_on, aside = make_lead(stage="sql", owner=rep), make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    given_on.refresh_from_db()
    assign_lead(lead=given_on, owner=third, actor=manager, reason="Knows them", now=at(MONDAY, 9))
    Lead.objects.filter(pk=aside.pk).update(status="nurture", status_reason="Spring")
    look_after_absences(now=at(THURSDAY))
    assert (owner_of(given_on), owner_of(aside)) == (third, other_rep)


def test_without_a_stand_in_routing_finds_somebody(team: Team, rep: User, other_rep: User) -> None:
    third = make_user("kim", "rep")
    company = Company.objects.create(name="Vögele")
    leads = [handed_to(rep, at(FRIDAY, 9)) for _ in range(4)]
    Lead.objects.filter(pk=leads[0].pk).update(company=company)
    make_lead(company=company, owner=third)
    enter_absence(user=rep, first_day=MONDAY, last_day=WEDNESDAY, actor=rep, now=at(FRIDAY, 9))
    look_after_absences(now=at(MONDAY))
    owners = [owner_of(lead) for lead in leads]
    assert owners.count(third) == owners.count(other_rep) == 2
    assert running(leads[1]).reason.startswith("Jonas Wiegand is away until 2 December; ")


def test_while_nobody_is_there_answers_wait_in_the_queue_and_the_rest_for_its_owner(
    team: Team, rep: User, other_rep: User, manager: User
) -> None:
    User.objects.filter(pk=other_rep.pk).update(is_available=False)
    waiting, other_waiting = handed_to(rep, at(FRIDAY, 9)), handed_to(rep, at(FRIDAY, 9))
    in_talks = make_lead(stage="sql", owner=rep)
    enter_absence(user=rep, first_day=MONDAY, last_day=WEDNESDAY, actor=rep, now=at(FRIDAY, 9))
    look_after_absences(now=at(MONDAY))
    assert [owner_of(lead) for lead in (waiting, other_waiting, in_talks)] == [None, None, rep]
    hand_out_queue(now=at(MONDAY, 1))
    assert Notice.objects.filter(user=manager, kind="nobody_available").count() == 1

    take_lead(lead=waiting, actor=other_rep, now=at(MONDAY, 9))
    look_after_absences(now=at(THURSDAY))
    assert (owner_of(waiting), owner_of(other_waiting)) == (other_rep, rep)
    assert running(other_waiting).reason == "Jonas Wiegand is back; nobody had taken it"


def test_a_lead_on_loan_from_the_queue_comes_back_too(team: Team, rep: User, other_rep: User) -> None:
    User.objects.filter(pk=other_rep.pk).update(is_available=False)
    lead = handed_to(rep, at(FRIDAY, 9))
    enter_absence(user=rep, first_day=MONDAY, last_day=WEDNESDAY, actor=rep, now=at(FRIDAY, 9))
    look_after_absences(now=at(MONDAY))
    User.objects.filter(pk=other_rep.pk).update(is_available=True)
    hand_out_queue(now=at(MONDAY, 8))
    assert owner_of(lead) == other_rep
    look_after_absences(now=at(THURSDAY))
    assert owner_of(lead) == rep


def test_stand_ins_of_stand_ins_and_no_circles(team: Team, rep: User, other_rep: User) -> None:
    third = make_user("kim", "rep")
    lead = make_lead(stage="sql", owner=rep)
    own = make_lead(stage="sql", owner=other_rep)
    enter_absence(
        user=other_rep, first_day=MONDAY, last_day=THURSDAY, stand_in=third, actor=other_rep, now=at(FRIDAY)
    )
    enter_absence(
        user=rep, first_day=MONDAY, last_day=WEDNESDAY, stand_in=other_rep, actor=rep, now=at(FRIDAY)
    )
    look_after_absences(now=at(MONDAY))
    assert (owner_of(lead), owner_of(own)) == (third, third)
    look_after_absences(now=at(THURSDAY))
    assert (owner_of(lead), owner_of(own)) == (rep, third)
    look_after_absences(now=at(date(2026, 12, 4)))
    assert owner_of(own) == other_rep

    # Each for the other, both away: routing finds a third.
    for user, stand_in in ((rep, other_rep), (other_rep, rep)):
        enter_absence(
            user=user,
            first_day=date(2026, 12, 7),
            last_day=date(2026, 12, 7),
            stand_in=stand_in,
            actor=user,
            now=at(date(2026, 12, 4)),
        )
    look_after_absences(now=at(date(2026, 12, 7)))
    assert (owner_of(lead), owner_of(own)) == (third, third)


def test_a_stand_in_who_falls_ill_passes_on_what_is_on_loan(
    absence: Absence, rep: User, other_rep: User
) -> None:
    third = make_user("kim", "rep")
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    enter_absence(
        user=other_rep,
        first_day=MONDAY + DAY,
        last_day=THURSDAY,
        stand_in=third,
        actor=other_rep,
        now=at(MONDAY + DAY, 9),
    )
    assert owner_of(lead) == third
    assert running(lead).absence == absence  # still on loan from Jonas
    look_after_absences(now=at(THURSDAY))
    assert owner_of(lead) == rep


def test_an_absence_entered_for_today_begins_at_once(team: Team, rep: User, other_rep: User) -> None:
    lead = handed_to(rep, at(MONDAY, 8))
    enter_absence(
        user=rep, first_day=MONDAY, last_day=MONDAY, stand_in=other_rep, actor=rep, now=at(MONDAY, 9)
    )
    assert owner_of(lead) == other_rep
    assert running(lead).due_at == at(WEDNESDAY, 8)  # the clock goes on


def test_whoever_is_back_earlier_has_the_work_back_at_once(
    absence: Absence, rep: User, other_rep: User
) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    change_absence(
        absence=absence,
        first_day=MONDAY,
        last_day=MONDAY,
        stand_in=other_rep,
        actor=rep,
        now=at(MONDAY + DAY, 9),
    )
    assert owner_of(lead) == rep
    look_after_absences(now=at(THURSDAY))
    assert Assignment.objects.filter(lead=lead).count() == 2


def test_an_absence_that_is_cancelled_ends_at_once(absence: Absence, rep: User, other_rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    cancel_absence(absence=absence, actor=rep, now=at(MONDAY, 9))
    assert owner_of(lead) == rep
    # From now on Jonas gets leads again, and may be away anew.
    new = make_lead(stage="mql")
    hand_over(lead_ids=[new.pk], now=at(MONDAY, 10))
    assert owner_of(new) in (rep, other_rep)
    enter_absence(user=rep, first_day=MONDAY, last_day=MONDAY, actor=rep, now=at(MONDAY, 11))


def test_two_absences_in_a_row_are_one_for_the_work(absence: Absence, rep: User, other_rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    following = enter_absence(
        user=rep, first_day=THURSDAY, last_day=THURSDAY, stand_in=other_rep, actor=rep, now=at(MONDAY, 9)
    )
    look_after_absences(now=at(THURSDAY))
    assert owner_of(lead) == other_rep
    assert running(lead).absence == following
    assert Assignment.objects.filter(lead=lead).count() == 1
    look_after_absences(now=at(THURSDAY + DAY))
    assert owner_of(lead) == rep


def test_whoever_left_gets_nothing_back(absence: Absence, rep: User, other_rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    look_after_absences(now=at(MONDAY))
    User.objects.filter(pk=rep.pk).update(is_active=False)
    assert look_after_absences(now=at(THURSDAY)) == 1
    assert owner_of(lead) == other_rep
    assert look_after_absences(now=at(THURSDAY)) == 0


def test_a_lead_that_comes_to_somebody_who_is_away_goes_on(
    absence: Absence, rep: User, other_rep: User
) -> None:
    look_after_absences(now=at(MONDAY))
    lead = handed_to(other_rep, at(MONDAY, 9))
    # As when a lead wakes up, or was given by a worker a moment before.
    Lead.objects.filter(pk=lead.pk).update(owner=rep)
    Assignment.objects.filter(lead=lead).update(owner=rep)
    assert look_after_absences(now=at(MONDAY, 10)) == 1
    assert owner_of(lead) == other_rep
    # What Jonas takes himself is his.
    own = make_lead()
    take_lead(lead=own, actor=rep, now=at(MONDAY, 11))
    assert look_after_absences(now=at(MONDAY, 12)) == 0
    assert owner_of(own) == rep


def test_tasks_of_these_days_go_along(absence: Absence, rep: User, other_rep: User) -> None:
    lead, early = make_lead(stage="sql", owner=rep), make_lead(owner=rep)

    def task(on: Lead, due: datetime) -> Task:
        return add_task(lead=on, owner=rep, text="Call", due_at=due, actor=rep, now=at(FRIDAY))

    over, done = task(lead, at(FRIDAY, 9)), task(early, at(WEDNESDAY, 23, 59))
    later = task(lead, at(THURSDAY))
    look_after_absences(now=at(MONDAY))

    def owners() -> list[User]:
        return [Task.objects.get(pk=item.pk).owner for item in (over, done, later)]

    assert owners() == [other_rep, other_rep, rep]
    complete_task(task=Task.objects.get(pk=done.pk), actor=other_rep, now=at(MONDAY, 9))
    look_after_absences(now=at(THURSDAY))
    assert owners() == [rep, other_rep, rep]


def test_a_worker_that_was_down_all_the_time_moves_nothing(
    absence: Absence, rep: User, other_rep: User
) -> None:
    lead = make_lead(stage="sql", owner=rep)
    assert look_after_absences(now=at(THURSDAY, 9)) == 1
    assert owner_of(lead) == rep
    assert not Assignment.objects.exists()
    assert look_after_absences(now=at(THURSDAY, 9)) == 0


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int,
    absence: Absence,
    rep: User,
    other_rep: User,
    manager: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(number):
        lead = handed_to(rep, at(FRIDAY, 9))
        add_task(lead=lead, owner=rep, text="Call", due_at=at(MONDAY), actor=rep, now=at(FRIDAY))
    with django_assert_num_queries(24):
        look_after_absences(now=at(MONDAY))
    worked_on = make_lead(stage="sql")
    Assignment.objects.create(
        lead=worked_on, owner=other_rep, reason="Loan", absence=absence, assigned_at=at(MONDAY)
    )
    log(worked_on, "call_connected", at(MONDAY, 9), actor=other_rep)
    with django_assert_num_queries(19):
        look_after_absences(now=at(THURSDAY))
    assert Lead.objects.filter(owner=rep).count() == number
