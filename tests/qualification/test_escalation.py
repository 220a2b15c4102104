"""Telling people that an answer is due: the owner before, owner and managers after, each level once."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Conflict, NotAllowed
from leadapp.models import Lead, User
from leadapp.services.work.activities import void_activity
from qualification.models import Assignment, Escalation, Notice, OpeningHours, Team, TeamMember
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.clock.answers import answer_clocks
from qualification.services.clock.escalation import escalate_due
from qualification.services.moves import nurture_lead
from qualification.tasks import escalate
from tests.qualification.build import DAY, NOW, everything, log, make_lead, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def handed_over(last_name: str = "Großmann") -> Lead:
    """Hand a lead over at NOW: due in 24 hours, told 6 before, free 4 after."""
    lead = make_lead(score=163, stage="mql", first_name="Annelie", last_name=last_name)
    hand_over(lead_ids=[lead.pk], now=NOW)
    lead.refresh_from_db()
    return lead


def told() -> list[tuple[str, str, str]]:
    """Return who was told what about the clock."""
    notices = Notice.objects.filter(kind__in=["due_soon", "breach"]).order_by("pk")
    return list(notices.values_list("user__username", "kind", "text"))


def levels() -> list[str]:
    """Return the levels that were reached."""
    return list(Escalation.objects.order_by("pk").values_list("level", flat=True))


def test_nobody_is_told_before_the_last_quarter(rep: User, manager: User) -> None:
    handed_over()
    before = everything()
    assert escalate_due(now=NOW + 18 * HOUR - MINUTE) == 0
    assert everything() == before
    assert told() == []


def test_the_owner_is_told_in_the_last_quarter(rep: User, manager: User) -> None:
    handed_over()
    assert escalate_due(now=NOW + 18 * HOUR) == 1
    assert told() == [
        ("jonas", "due_soon", "Annelie Großmann waits for an answer until Fri 20 Nov, 10:00 UTC.")
    ]


def test_the_whole_way_is_told_once_each(rep: User, manager: User) -> None:
    handed_over()
    for hours in (18, 19, 24, 24.5, 28, 29, 100):
        escalate_due(now=NOW + hours * HOUR)
        escalate_due(now=NOW + hours * HOUR)
    assert levels() == ["due_soon", "late", "free"]
    late = "The answer to Annelie Großmann, {} lead, was due Fri 20 Nov, 10:00 UTC."
    assert told()[1:] == [
        ("jonas", "breach", late.format("your")),
        ("olivia", "breach", late.format("Jonas Wiegand’s")),
        ("jonas", "breach", late.format("your") + " Other reps may take it now."),
        ("olivia", "breach", late.format("Jonas Wiegand’s") + " Other reps may take it now."),
    ]
    assert Assignment.objects.get().escalates_at is None


def test_what_was_missed_is_not_made_up_for(rep: User, manager: User) -> None:
    handed_over()
    escalate_due(now=NOW + 25 * HOUR)
    assert levels() == ["late"]
    assert escalate_due(now=NOW + 26 * HOUR) == 0
    escalate_due(now=NOW + 30 * DAY)
    assert levels() == ["late", "free"]


def test_who_was_answered_or_set_aside_is_not_escalated(rep: User, manager: User) -> None:
    answered, aside = handed_over("Answered"), handed_over("Aside")
    log(answered, "call_connected", NOW + HOUR)
    answer_clocks(lead_ids=[answered.pk])
    nurture_lead(lead=aside, seen_stage="mql", actor=manager, reason="Spring", now=NOW + HOUR)
    assert escalate_due(now=NOW + 30 * HOUR) == 0


def test_an_answer_that_is_voided_later_is_late_again(rep: User, manager: User) -> None:
    lead = handed_over()
    escalate_due(now=NOW + 18 * HOUR)
    call = log(lead, "call_connected", NOW + 19 * HOUR)
    answer_clocks(lead_ids=[lead.pk])
    assert escalate_due(now=NOW + 25 * HOUR) == 0
    void_activity(activity=call, reason="Another lead", actor=manager, now=NOW + 26 * HOUR)
    escalate_due(now=NOW + 26 * HOUR)
    assert levels() == ["due_soon", "late"]


def test_in_the_team_queue_managers_are_told_from_the_start(rep: User, manager: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_available=False)
    handed_over()
    escalate_due(now=NOW + 18 * HOUR)
    escalate_due(now=NOW + 24 * HOUR)
    assert [row[:2] for row in told()] == [("olivia", "due_soon"), ("olivia", "breach")]
    assert told()[0][2].endswith("Nobody has this lead.")


def test_a_team_with_managers_of_its_own_tells_those(rep: User, other_rep: User, manager: User) -> None:
    own = make_user("henrik", "manager")
    make_user("gone", "manager", is_active=False)
    team = Team.objects.create(name="DACH")
    TeamMember.objects.bulk_create([TeamMember(team=team, user=user) for user in (rep, own)])
    other = Team.objects.create(name="Benelux")
    TeamMember.objects.create(team=other, user=other_rep)
    handed_over("One"), handed_over("Two")  # one each
    escalate_due(now=NOW + 24 * HOUR)
    by_lead: dict[str, set[str]] = {}
    for name, _, text in told():
        by_lead.setdefault("mine" if "One" in text else "theirs", set()).add(name)
    assert by_lead == {"mine": {"jonas", "henrik"}, "theirs": {"priya", "olivia", "henrik"}}


def test_levels_go_by_the_working_time_of_the_team(rep: User, manager: User) -> None:
    team = Team.objects.create(name="DACH", time_zone="Europe/Berlin", response_hours=8)
    TeamMember.objects.create(team=team, user=rep)
    OpeningHours.objects.bulk_create(
        OpeningHours(team=team, weekday=day, opens_at=time(9), closes_at=time(17)) for day in range(5)
    )
    # Thursday 11:00 in Berlin: due on Friday 11:00, told two hours of work before, free at 15:00.
    handed_over()
    [assignment] = Assignment.objects.all()
    friday = datetime(2026, 11, 20, tzinfo=UTC)
    assert (assignment.team, assignment.due_at) == (team, friday + 10 * HOUR)
    assert assignment.escalates_at == friday - 8 * HOUR
    escalate_due(now=friday - 8 * HOUR)
    escalate_due(now=friday + 10 * HOUR)
    assignment.refresh_from_db()
    assert assignment.escalates_at == friday + 14 * HOUR
    assert told()[0][2].endswith("until Fri 20 Nov, 11:00 CET.")


def test_a_new_owner_is_told_as_well(rep: User, other_rep: User, manager: User) -> None:
    lead = handed_over()
    escalate_due(now=NOW + 24 * HOUR)
    assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Late", now=NOW + 25 * HOUR)
    escalate_due(now=NOW + 43 * HOUR)
    assert told()[-1][:2] == ("priya", "due_soon")


def test_others_may_take_a_lead_that_is_very_late(rep: User, other_rep: User, manager: User) -> None:
    lead = handed_over()
    escalate_due(now=NOW + 24 * HOUR)
    before = everything()
    with pytest.raises(Conflict):
        take_lead(lead=lead, actor=other_rep, now=NOW + 25 * HOUR)
    assert everything() == before

    escalate_due(now=NOW + 28 * HOUR)
    before = everything()
    with pytest.raises(Conflict):
        take_lead(lead=lead, actor=rep, now=NOW + 29 * HOUR)
    with pytest.raises(NotAllowed):
        take_lead(lead=lead, actor=manager, now=NOW + 29 * HOUR)
    assert everything() == before

    taken = take_lead(lead=lead, actor=other_rep, now=NOW + 29 * HOUR)
    assert (taken.owner, taken.due_at) == (other_rep, NOW + 53 * HOUR)
    assert taken.reason == "Took it, since Jonas Wiegand had not answered"
    assert Lead.objects.get(pk=lead.pk).owner == other_rep
    with pytest.raises(Conflict):
        take_lead(lead=lead, actor=rep, now=NOW + 30 * HOUR)


def test_the_task_escalates(rep: User, manager: User) -> None:
    lead = make_lead(score=163, stage="mql")
    hand_over(lead_ids=[lead.pk], now=datetime.now(UTC) - 30 * HOUR)
    escalate()
    assert levels() == ["free"]


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_clocks_takes_as_many_queries(
    number: int, rep: User, manager: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        handed_over()
    with django_assert_num_queries(10):
        assert escalate_due(now=NOW + 24 * HOUR) == number
    with django_assert_num_queries(3):
        assert escalate_due(now=NOW + 24 * HOUR) == 0
