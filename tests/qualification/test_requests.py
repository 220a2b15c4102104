"""Asking for a demo or a quote starts a clock: once, since the lead asked, whatever its stage."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Activity, ActivityType, Lead, User
from leadapp.services.work.activities import void_activity
from qualification.models import Assignment
from qualification.services.assignment import take_lead
from qualification.services.gates.evaluation import evaluate_leads
from qualification.services.moves import disqualify_lead, reopen_lead
from tests.qualification.build import DAY, NOW, everything, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def ask(lead: Lead, at: datetime = NOW, **facts: Any) -> Activity:
    """Let the lead ask for a demo."""
    return log(lead, "demo_requested", at, **facts)


def look(*leads: Lead, at: datetime = NOW + MINUTE) -> None:
    """Let the workers come to these leads."""
    evaluate_leads(lead_ids=[lead.pk for lead in leads], now=at)


def clock_of(lead: Lead) -> Assignment:
    """Return the running assignment, which has a clock."""
    return Assignment.objects.get(lead=lead, ended_at=None, due_at__isnull=False)


@pytest.mark.parametrize("stage", ["lead", "mql", "sql", "customer"])
@pytest.mark.parametrize(("slug", "what"), [("demo_requested", "Demo"), ("quote_requested", "Quote")])
def test_a_request_starts_a_clock_since_the_lead_asked(stage: str, slug: str, what: str, rep: User) -> None:
    lead = make_lead(stage=stage)
    log(lead, slug, NOW)
    look(lead, at=NOW + 5 * MINUTE)
    clock = clock_of(lead)
    assert (clock.clock_started_at, clock.assigned_at, clock.due_at) == (NOW, NOW + 5 * MINUTE, NOW + DAY)
    assert clock.owner == rep
    assert clock.reason == f"{what} requested; Jonas Wiegand had the fewest open leads (0)"
    lead.refresh_from_db()
    assert (lead.owner, lead.stage) == (rep, stage)


def test_who_has_the_lead_keeps_it(rep: User, other_rep: User) -> None:
    lead = make_lead(stage="lead")
    take_lead(lead=lead, actor=other_rep, now=NOW - DAY)
    ask(lead)
    look(lead)
    assert clock_of(lead).owner == other_rep
    assert clock_of(lead).reason == "Demo requested; Priya Nair has this lead"


def test_while_nobody_is_available_it_waits_in_the_team_queue(rep: User) -> None:
    User.objects.update(is_available=False)
    lead = make_lead()
    ask(lead)
    look(lead)
    assert clock_of(lead).owner is None
    assert list(Assignment.objects.queued()) == [clock_of(lead)]


def test_other_activities_start_none(rep: User) -> None:
    lead = make_lead()
    for slug in ("page_view", "webinar_attended", "email_replied", "call_connected", "trial_started"):
        log(lead, slug)
    look(lead)
    assert not Assignment.objects.exists()


def test_marketers_decide_which_types_ask_for_an_answer(rep: User) -> None:
    ActivityType.objects.filter(slug="demo_requested").update(starts_clock=False)
    ActivityType.objects.filter(slug="trial_started").update(starts_clock=True)
    quiet, asking = make_lead(), make_lead()
    ask(quiet)
    log(asking, "trial_started")
    look(quiet, asking)
    assert list(Assignment.objects.values_list("lead", flat=True)) == [asking.pk]


def test_looking_again_changes_nothing(rep: User) -> None:
    lead = make_lead()
    ask(lead)
    look(lead)
    before = everything()
    look(lead)
    look(lead, at=NOW + 6 * DAY)
    assert everything() == before


def test_a_second_request_while_the_clock_runs_changes_nothing(rep: User) -> None:
    lead = make_lead()
    ask(lead)
    look(lead)
    ask(lead, NOW + HOUR)
    before = everything()
    look(lead, at=NOW + 2 * HOUR)
    assert everything() == before


def test_after_the_answer_a_new_request_starts_a_new_clock(rep: User) -> None:
    lead = make_lead()
    ask(lead)
    look(lead)
    log(lead, "call_connected", NOW + HOUR)
    ask(lead, NOW + 2 * HOUR)
    look(lead, at=NOW + 3 * HOUR)
    first, second = Assignment.objects.order_by("pk")
    assert (first.answered_at, first.ended_at) == (NOW + HOUR, NOW + 3 * HOUR)
    assert (second.clock_started_at, second.answered_at, second.owner) == (NOW + 2 * HOUR, None, rep)


def test_a_request_that_was_answered_before_the_workers_came_is_answered(rep: User) -> None:
    lead = make_lead(owner=rep)
    ask(lead)
    log(lead, "call_connected", NOW + 10 * MINUTE)
    ask(lead, NOW + HOUR)
    look(lead, at=NOW + 2 * HOUR)
    first, second = Assignment.objects.order_by("pk")
    assert (first.answered_at, first.answer_took) == (NOW + 10 * MINUTE, 10 * MINUTE)
    assert (second.clock_started_at, second.answered_at) == (NOW + HOUR, None)


def test_workers_that_stood_still_hide_no_breach(rep: User) -> None:
    lead = make_lead()
    ask(lead)
    look(lead, at=NOW + 2 * DAY)
    assert clock_of(lead).due_at == NOW + DAY  # and that is over


@pytest.mark.parametrize(("late", "clocks"), [(3 * DAY, 1), (3 * DAY + MINUTE, 0), (300 * DAY, 0)])
def test_what_reaches_us_late_is_no_request(late: timedelta, clocks: int, rep: User) -> None:
    lead = make_lead()
    ask(lead, NOW - late, received=NOW)
    look(lead)
    assert Assignment.objects.count() == clocks


def test_what_happened_long_ago_starts_none(rep: User) -> None:
    lead = make_lead()
    ask(lead, NOW - 8 * DAY)
    look(lead)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("status", ["nurture", "disqualified"])
def test_a_lead_that_is_set_aside_waits_since_it_is_reopened(status: str, rep: User, manager: User) -> None:
    lead = make_lead(status=status, owner=rep)
    ask(lead)
    look(lead)
    assert not Assignment.objects.exists()
    reopen_lead(lead=lead, actor=manager, reason="Asked for a demo", now=NOW + 2 * HOUR)
    look(lead, at=NOW + 3 * HOUR)
    assert clock_of(lead).clock_started_at == NOW + 2 * HOUR


def test_setting_a_lead_aside_ends_its_request_for_good(rep: User, manager: User) -> None:
    lead = make_lead()
    ask(lead)
    look(lead)
    lead.refresh_from_db()
    disqualify_lead(lead=lead, seen_stage="lead", actor=manager, reason="Student", now=NOW + HOUR)
    lead.refresh_from_db()
    reopen_lead(lead=lead, actor=manager, reason="Not a student", now=NOW + 2 * HOUR)
    look(lead, at=NOW + 3 * HOUR)
    assert not Assignment.objects.filter(ended_at=None, due_at__isnull=False).exists()


def test_a_request_that_hands_the_lead_over_is_one_clock(rep: User) -> None:
    lead = make_good_lead(score=163)
    ask(lead)
    look(lead, at=NOW + MINUTE)
    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == ("mql", rep)
    assert Assignment.objects.get().clock_started_at == NOW


def test_a_handover_of_a_lead_that_waits_already_keeps_its_clock(rep: User) -> None:
    lead = make_good_lead(score=40)
    ask(lead)
    look(lead)
    Lead.objects.filter(pk=lead.pk).update(fit=163, score=163)
    look(lead, at=NOW + 30 * HOUR)
    first, second = Assignment.objects.order_by("pk")
    assert second.reason == "Handed over at 163 points; Jonas Wiegand has this lead"
    assert (second.clock_started_at, second.due_at) == (first.clock_started_at, first.due_at)  # it is late


def test_a_voided_request_starts_no_clock_and_ends_its_own(rep: User, manager: User) -> None:
    never, lead = make_lead(), make_lead()
    ask(never, voided_at=NOW, void_reason="Test")
    request = ask(lead)
    look(never, lead)
    assert Assignment.objects.get().lead == lead

    void_activity(activity=request, reason="Our own test", actor=manager, now=NOW + HOUR)

    first, second = Assignment.objects.order_by("pk")
    assert first.ended_at == NOW + HOUR
    assert (second.owner, second.due_at) == (rep, None)
    assert second.reason == "What the lead asked for was voided"
    before = everything()
    look(lead, at=NOW + 2 * HOUR)
    assert everything() == before


def test_a_voided_request_takes_the_lead_from_the_queue(rep: User, manager: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_available=False)
    lead = make_lead()
    request = ask(lead)
    look(lead)
    void_activity(activity=request, reason="Our own test", actor=manager, now=NOW + HOUR)
    assert not Assignment.objects.queued().exists()


def test_a_request_that_was_answered_stays_answered_when_it_is_voided(rep: User, manager: User) -> None:
    lead = make_lead()
    request = ask(lead)
    look(lead)
    log(lead, "call_connected", NOW + HOUR)
    look(lead)
    before = Assignment.objects.values().get()
    void_activity(activity=request, reason="Only asked for a price", actor=manager, now=NOW + 2 * HOUR)
    assert Assignment.objects.values().get() == before


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_requests_takes_as_many_queries(
    number: int, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = [make_lead() for _ in range(number)]
    for lead in leads:
        ask(lead)
    with django_assert_num_queries(23):
        look(*leads)
    assert Assignment.objects.count() == number
