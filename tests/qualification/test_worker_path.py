"""The whole way on real parts: a request to score becomes a score, an MQL, an owner and a clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from leadapp.models import Company, Lead, User
from qualification.models import Assignment, Gate, StageChange
from qualification.services.moves import move_lead
from scoring.models import Cause, ScoredLead
from scoring.services.queue import request_scoring
from scoring.tasks import nudge
from tests.qualification.build import confirm, log, make_lead, make_user
from tests.support.processes import Process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.worker]

Wait = Callable[..., Any]


def make_hot_lead() -> Lead:
    """Make a lead that the shipped model scores above the threshold, not scored yet."""
    company, _ = Company.objects.get_or_create(
        name="Vögele", defaults={"industry": "Machinery", "country": "DE", "employees": 480}
    )
    lead = make_lead(
        first_name="Annelie", last_name="Großmann", phone="+49713155501", company=company, country="DE",
        seniority="c_level", job_title="CEO",
    )  # fmt: skip
    now = timezone.now()
    for slug in ("demo_requested", "quote_requested", "meeting_booked", "webinar_attended", "email_replied"):
        log(lead, slug, now - timedelta(hours=1))
    return lead


def push(lead: Lead) -> None:
    """Ask for a score, as everything that records an event does."""
    with transaction.atomic():
        request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=timezone.now())
        nudge()


def test_a_hot_lead_is_scored_becomes_an_mql_and_is_handed_over(worker: Process, wait_for: Wait) -> None:
    rep = make_user("jonas", "rep")
    lead = make_hot_lead()
    push(lead)

    assignment = wait_for(lambda: Assignment.objects.filter(lead=lead).first())

    lead.refresh_from_db()
    assert lead.score is not None
    assert lead.score >= 150
    assert (lead.stage, lead.owner) == ("mql", rep)
    change = StageChange.objects.get(lead=lead)
    assert (change.is_automatic, change.score) == (True, lead.score)
    assert assignment.reason.startswith("Demo requested; ")
    asked_at = lead.activities.get(type__slug="demo_requested").occurred_at
    assert (assignment.clock_started_at, assignment.due_at) == (asked_at, asked_at + timedelta(hours=24))
    wait_for(lambda: not ScoredLead.objects.exists())


def test_a_move_by_hand_lets_the_next_gate_be_looked_at(worker: Process, wait_for: Wait) -> None:
    manager, rep = make_user("olivia", "manager"), make_user("jonas", "rep")
    lead = make_lead(score=163, email=None)
    move_lead(
        lead=lead,
        to_stage="mql",
        seen_stage="lead",
        actor=manager,
        now=timezone.now(),
        reason="Met at the fair",
    )
    wait_for(lambda: Assignment.objects.filter(lead=lead, owner=rep).exists())


def test_without_any_nudge_the_sweep_finds_what_waits(worker: Process, beat: Process, wait_for: Wait) -> None:
    User.objects.update(is_available=False)
    lead = make_hot_lead()
    make_user("away", "rep", is_available=False)
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=timezone.now())  # no nudge

    wait_for(lambda: Assignment.objects.queued().filter(lead=lead).exists(), timeout=60)
    User.objects.filter(username="away").update(is_available=True)
    wait_for(lambda: Lead.objects.get(pk=lead.pk).owner is not None, timeout=60)


def test_a_killed_worker_loses_no_lead_and_hands_none_over_twice(
    worker: Process, broker: redis.Redis, wait_for: Wait
) -> None:
    make_user("jonas", "rep")
    leads = [make_hot_lead() for _ in range(60)]
    for lead in leads[:30]:
        push(lead)
    worker.kill()
    for lead in leads[30:]:
        push(lead)
    worker.start()
    push(leads[0])  # wakes it; the nudges of before may be lost

    wait_for(lambda: Assignment.objects.count() >= 60, timeout=60)
    wait_for(lambda: not ScoredLead.objects.exists())
    assert Assignment.objects.count() == 60
    assert StageChange.objects.count() == 60
    wait_for(lambda: not broker.llen("celery"))  # a worker that is still getting nudges stops slowly


def test_evidence_moves_a_lead_where_the_gate_to_sql_is_automatic(worker: Process, wait_for: Wait) -> None:
    Gate.objects.filter(step="to_sql").update(is_automatic=True)
    lead = make_lead(stage="mql")
    confirm(lead, "budget", "need", "timeline", now=timezone.now())
    wait_for(lambda: Lead.objects.get(pk=lead.pk).stage == "sql")
