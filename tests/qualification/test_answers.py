"""What stops a clock: the first real touch since it started, and nothing else."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from leadapp.services.work.activities import log_activity, void_activity
from qualification.models import Assignment
from qualification.services.assignment import hand_over, take_lead
from qualification.services.clock.answers import answer_clocks
from qualification.services.gates.evaluation import evaluate_leads
from tests.qualification.build import NOW, log, make_lead

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def handed_over(number: int = 1) -> list[Lead]:
    """Hand leads over at NOW."""
    leads = [make_lead(score=163, stage="mql") for _ in range(number)]
    hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
    return leads


def answered_at(lead: Lead) -> object:
    """Look at what is recorded and return when the lead was answered."""
    answer_clocks(lead_ids=[lead.pk])
    return Assignment.objects.get(lead=lead, ended_at=None).answered_at


def test_the_first_touch_stops_the_clock(rep: User) -> None:
    lead, other = handed_over(2)
    log(lead, "call_connected", NOW + 3 * HOUR)
    log(lead, "email_sent", NOW + 2 * HOUR)
    assert answer_clocks(lead_ids=[lead.pk, other.pk]) == 1
    assert answer_clocks(lead_ids=[lead.pk, other.pk]) == 0
    assignment = Assignment.objects.get(lead=lead)
    assert (assignment.answered_at, assignment.answer_took) == (NOW + 2 * HOUR, 2 * HOUR)
    assert Assignment.objects.get(lead=other).answered_at is None


def test_an_earlier_touch_that_comes_later_changes_nothing(rep: User) -> None:
    [lead] = handed_over()
    log(lead, "call_connected", NOW + 3 * HOUR)
    assert answered_at(lead) == NOW + 3 * HOUR
    log(lead, "email_sent", NOW + 2 * HOUR)
    assert answered_at(lead) == NOW + 3 * HOUR


@pytest.mark.parametrize("slug", ["call_attempted", "email_opened", "email_replied", "meeting_booked"])
def test_what_is_no_touch_answers_nobody(slug: str, rep: User) -> None:
    [lead] = handed_over()
    log(lead, slug, NOW + HOUR)
    assert answered_at(lead) is None


def test_what_was_before_the_clock_started_is_no_answer(rep: User) -> None:
    [lead] = handed_over()
    log(lead, "call_connected", NOW - HOUR)
    # A call that led to the handover a minute later.
    log(lead, "call_connected", NOW - MINUTE)
    assert answered_at(lead) is None


def test_a_touch_by_a_clock_that_is_slow_counts_from_the_start(rep: User) -> None:
    [lead] = handed_over()
    call = log(lead, "call_connected", NOW - MINUTE, received=NOW + MINUTE)
    assert call.occurred_at < NOW
    assert answered_at(lead) == NOW


def test_what_was_voided_is_no_answer(rep: User) -> None:
    [lead] = handed_over()
    log(lead, "call_connected", NOW + HOUR, voided_at=NOW + 2 * HOUR, void_reason="Another lead")
    assert answered_at(lead) is None


def test_without_a_clock_a_touch_changes_nothing(rep: User) -> None:
    lead = make_lead(stage="mql")
    take_lead(lead=lead, actor=rep, now=NOW)
    log(lead, "call_connected", NOW + HOUR)
    assert answered_at(lead) is None


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_answers_takes_as_many_queries(
    number: int, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = handed_over(number)
    for minutes, lead in enumerate(leads):
        log(lead, "email_sent", NOW + minutes * MINUTE)
    # Touches, clocks (locked, within a savepoint), promises, answers.
    with django_assert_num_queries(6):
        assert answer_clocks(lead_ids=[lead.pk for lead in leads]) == number
    with django_assert_num_queries(1):
        assert answer_clocks(lead_ids=[lead.pk for lead in leads]) == 0


def test_a_touch_of_another_system_stops_the_clock(rep: User) -> None:
    lead, other = handed_over(2)
    log(lead, "call_connected", NOW + HOUR)  # as a telephone system pushes it
    evaluate_leads(lead_ids=[lead.pk, other.pk], now=NOW + 2 * HOUR)
    assert Assignment.objects.get(lead=lead, ended_at=None).answered_at == NOW + HOUR
    assert Assignment.objects.get(lead=other, ended_at=None).answered_at is None


def test_a_clock_runs_again_when_its_answer_is_voided(rep: User) -> None:
    [lead] = handed_over()
    lead.refresh_from_db()
    wrong = log_activity(lead=lead, type_slug="call_connected", properties={}, actor=rep, now=NOW + HOUR)
    assert answered_at(lead) == NOW + HOUR
    void_activity(activity=wrong, reason="Another lead", actor=rep, now=NOW + 2 * HOUR)
    assert answered_at(lead) is None
    assert Assignment.objects.get(lead=lead, ended_at=None).answer_took is None


def test_when_the_answer_is_voided_the_next_touch_counts(rep: User) -> None:
    [lead] = handed_over()
    wrong = log(lead, "call_connected", NOW + HOUR)
    log(lead, "email_sent", NOW + 3 * HOUR)
    assert answered_at(lead) == NOW + HOUR
    void_activity(activity=wrong, reason="Another lead", actor=None, now=NOW + 4 * HOUR)
    assert answered_at(lead) == NOW + 3 * HOUR


def test_voiding_another_touch_changes_nothing(rep: User) -> None:
    [lead] = handed_over()
    log(lead, "email_sent", NOW + HOUR)
    later = log(lead, "call_connected", NOW + 2 * HOUR)
    assert answered_at(lead) == NOW + HOUR
    void_activity(activity=later, reason="Another lead", actor=None, now=NOW + 3 * HOUR)
    assert answered_at(lead) == NOW + HOUR


def test_a_call_that_is_logged_later_counts_from_when_it_was(rep: User) -> None:
    [lead] = handed_over()
    lead.refresh_from_db()
    log_activity(
        lead=lead,
        type_slug="call_connected",
        properties={},
        actor=rep,
        now=NOW + 30 * HOUR,
        occurred_at=(NOW + HOUR).isoformat(),
    )
    assert answered_at(lead) == NOW + HOUR
