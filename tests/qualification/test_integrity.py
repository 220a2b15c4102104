"""What the database refuses about gates and owners, and what the settings check says."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from leadapp.models import User
from qualification.models import (
    Assignment,
    BantAnswer,
    Deal,
    Escalation,
    Gate,
    GateCriterion,
    GateHold,
    StageChange,
    Step,
    Task,
)
from tests.qualification.build import NOW, make_lead

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CLOCK = {"clock_started_at": NOW, "due_at": NOW + HOUR}


def create(model: Any, **facts: Any) -> None:
    """Create a row, and ask the foreign keys too, which else wait for the commit."""
    with transaction.atomic():
        model.objects.create(**facts)
        connection.check_constraints()


def refused(model: Any, **facts: Any) -> None:
    """Check that the database refuses such a row."""
    with pytest.raises(IntegrityError):
        create(model, **facts)


def test_the_team_queue_always_has_a_clock(rep: User) -> None:
    lead = make_lead()
    refused(Assignment, lead=lead, owner=None, assigned_at=NOW, reason="Nobody", due_at=None)
    Assignment.objects.create(lead=lead, assigned_at=NOW, reason="Nobody", **CLOCK)
    refused(Assignment, lead=lead, owner=rep, assigned_at=NOW, reason="A second one that runs")


@pytest.mark.parametrize(
    "facts",
    [
        {"reason": ""},
        {"ended_at": NOW - HOUR},
        {"clock_started_at": NOW},
        {"due_at": NOW + HOUR},
        {"escalates_at": NOW},
        CLOCK | {"due_at": NOW},
        CLOCK | {"clock_started_at": NOW + HOUR / 2},
        # An answer belongs to a clock, comes after its start, and took some time.
        {"answered_at": NOW, "answer_took": HOUR},
        CLOCK | {"answered_at": NOW},
        CLOCK | {"answer_took": HOUR},
        CLOCK | {"answered_at": NOW - HOUR, "answer_took": HOUR},
        CLOCK | {"answered_at": NOW, "answer_took": -HOUR},
    ],
)
def test_an_assignment_must_make_sense(facts: dict[str, Any], rep: User) -> None:
    refused(Assignment, **{"lead": make_lead(), "owner": rep, "assigned_at": NOW, "reason": "Why", **facts})


def test_an_escalation_happens_once_and_is_never_changed(rep: User) -> None:
    assignment = Assignment.objects.create(
        lead=make_lead(), owner=rep, assigned_at=NOW, reason="Why", **CLOCK
    )
    refused(Escalation, assignment=assignment, level="panic")
    Escalation.objects.create(assignment=assignment, level="late", at=NOW)
    refused(Escalation, assignment=assignment, level="late", at=NOW + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.update(at=NOW + HOUR)


def test_nobody_becomes_a_customer_by_a_machine() -> None:
    gates = Gate.objects.filter(step=Step.TO_CUSTOMER)
    with pytest.raises(IntegrityError), transaction.atomic():
        gates.update(is_automatic=True)


def test_there_is_one_gate_for_each_known_step() -> None:
    refused(Gate, step=Step.TO_MQL)
    Gate.objects.all().delete()
    refused(Gate, step="to_fan")
    refused(Gate, step=Step.TO_MQL, match="most")


@pytest.mark.parametrize(
    "facts",
    [
        {"label": ""},
        {"field": ""},
        {"operator": "resembles"},
        {"leave_value": 50},
        {"leave_value": 51},
        {"leave_value": float("nan")},
        {"leave_value": float("-inf")},
        {"leave_value": 40, "value": None},
        {"leave_value": 40, "value": "50"},
        {"leave_value": 40, "operator": "equals"},
        {"leave_value": 40, "operator": "at_most"},
        {"leave_value": 60, "operator": "greater"},
        {"leave_value": 50, "operator": "less"},
        {"window_days": 30},
        {"min_occurrences": 2},
        {"field": "activity", "operator": "in", "value": ["page_view"], "min_occurrences": 0},
        {"field": "activity", "operator": "in", "value": ["page_view"], "min_occurrences": 10_001},
        {"field": "activity", "operator": "in", "value": ["page_view"], "window_days": 0},
        {"field": "activity", "operator": "in", "value": ["page_view"], "window_days": 3651},
    ],
    ids=str,
)
def test_a_criterion_must_make_sense(facts: dict[str, Any]) -> None:
    usual = {"label": "Score", "field": "lead.score", "operator": "at_least", "value": 50}
    refused(GateCriterion, gate=Gate.objects.get(step=Step.TO_MQL), **{**usual, **facts})


@pytest.mark.parametrize(
    "facts",
    [
        {"leave_value": 40},
        {"leave_value": 49.5, "operator": "greater"},
        {"leave_value": -1e15},
        {"leave_value": 60, "operator": "at_most"},
        {"leave_value": 60, "operator": "less"},
        {
            "field": "activity",
            "operator": "in",
            "value": ["page_view"],
            "min_occurrences": 3,
            "window_days": 7,
        },
    ],
    ids=str,
)
def test_a_criterion_that_makes_sense_is_stored(facts: dict[str, Any]) -> None:
    usual = {"label": "Score", "field": "lead.score", "operator": "at_least", "value": 50}
    GateCriterion.objects.create(gate=Gate.objects.get(step=Step.TO_MQL), **{**usual, **facts})


def test_nobody_stays_longer_than_a_year() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Gate.objects.update(minimum_stay_hours=365 * 24 + 1)


def test_a_lead_is_noted_once_per_gate() -> None:
    gate, lead = Gate.objects.get(step=Step.TO_MQL), make_lead()
    noted = {"gate": gate, "lead": lead, "edited_at": NOW, "stay_began_at": NOW}
    refused(GateHold, **noted, score_change_id=-1)
    GateHold.objects.create(**noted, score_change_id=0)
    refused(GateHold, **noted, score_change_id=1)


@pytest.mark.parametrize(
    "facts",
    [
        {"to_stage": "lead"},
        {"to_stage": "fan"},
        {"from_status": "asleep"},
        {"move": "sideways"},
        {"move": "override"},
        {"move": "backward"},
        {"move": "nurture"},
        {"move": "disqualify"},
        {"move": "reopen"},
    ],
)
def test_a_move_must_make_sense(facts: dict[str, Any]) -> None:
    usual = {
        "lead": make_lead(), "at": NOW, "move": "forward", "from_stage": "lead", "to_stage": "mql",
        "from_status": "open", "to_status": "open",
    }  # fmt: skip
    refused(StageChange, **{**usual, **facts})


@pytest.mark.parametrize(
    "facts", [{"dimension_id": "size"}, {"state": "stale"}, {"source": "rumour"}, {"expires_at": NOW}]
)
def test_an_answer_must_make_sense(facts: dict[str, Any]) -> None:
    usual = {"lead": make_lead(), "dimension_id": "need", "state": "confirmed", "answered_at": NOW}
    refused(BantAnswer, **{**usual, **facts})


@pytest.mark.parametrize("facts", [{"value": -1}, {"currency": "eur"}, {"currency": ""}])
def test_a_deal_must_make_sense(facts: dict[str, Any]) -> None:
    refused(Deal, **{"lead": make_lead(), "value": 1, "won_on": NOW.date(), **facts})


def test_a_task_says_what_is_to_be_done(rep: User) -> None:
    refused(Task, lead=make_lead(), owner=rep, text="", due_at=NOW)


@pytest.mark.parametrize(("hours", "expected"), [(24, []), (1, []), (0, ["qualification.E001"])])
def test_a_clock_without_time_is_a_mistake_of_the_settings(
    hours: int, expected: list[str], settings: Settings
) -> None:
    settings.SLA_HOURS = hours
    assert [error.id for error in run_checks(tags=["leadapp"])] == expected
