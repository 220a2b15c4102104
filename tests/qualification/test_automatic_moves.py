"""Leads go through automatic gates by themselves: in one transaction, set by set, once."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.models import Assignment, Gate, GateCriterion, Move, StageChange, Step
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.gates.steps import REST_AFTER_STEP_BACK
from qualification.services.moves import move_lead, nurture_lead, reopen_lead
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, confirm, everything, make_good_lead, make_lead, wait_for_gates

pytestmark = pytest.mark.django_db


def evaluate(*leads: Lead, days: int = 0) -> None:
    """Let the gates of these leads be looked at, as a worker does."""
    wait_for_gates(*leads)
    while evaluate_waiting(now=NOW + days * DAY):
        pass
    for lead in leads:
        lead.refresh_from_db()


def test_a_lead_that_passes_becomes_an_mql_with_its_history() -> None:
    lead = make_good_lead(score=60)
    evaluate(lead)
    assert (lead.stage, lead.stage_changed_at) == ("mql", NOW)
    change = StageChange.objects.get(lead=lead)
    assert (change.move, change.is_automatic, change.actor, change.score) == (Move.FORWARD, True, None, 60)
    assert (change.from_stage, change.to_stage, change.reason) == ("lead", "mql", "All 7 criteria held")


def test_a_lead_that_does_not_pass_stays() -> None:
    lead = make_good_lead(score=49)
    before = StageChange.objects.count()
    evaluate(lead)
    assert lead.stage == "lead"
    assert StageChange.objects.count() == before


def test_one_run_takes_a_lead_to_mql_and_hands_it_over(rep: User) -> None:
    lead = make_good_lead(score=163)
    evaluate(lead)
    assert (lead.stage, lead.owner) == ("mql", rep)
    assignment = Assignment.objects.get(lead=lead)
    assert assignment.due_at == NOW + DAY
    assert assignment.reason == "Handed over at 163 points; Jonas Wiegand had the fewest open leads (0)"


@pytest.mark.parametrize("status", ["nurture", "disqualified"])
def test_leads_that_are_not_open_do_not_move(status: str) -> None:
    lead = make_good_lead(score=163, status=status)
    evaluate(lead)
    assert lead.stage == "lead"


def test_a_gate_by_hand_moves_nobody() -> None:
    lead = make_lead(stage="mql")
    confirm(lead)
    evaluate(lead)
    assert lead.stage == "mql"


def test_a_gate_made_automatic_moves_those_who_pass() -> None:
    Gate.objects.filter(step=Step.TO_SQL).update(is_automatic=True)
    lead = make_lead(stage="mql")
    confirm(lead, "budget", "need", "timeline")
    evaluate(lead)
    assert lead.stage == "sql"
    assert StageChange.objects.get(lead=lead).reason == "All 2 criteria held"


def test_a_gate_without_criteria_moves_nobody_by_itself() -> None:
    GateCriterion.objects.filter(gate__step=Step.TO_MQL).delete()
    lead = make_good_lead()
    evaluate(lead)
    assert lead.stage == "lead"


def test_a_gate_that_was_deleted_moves_nobody_by_itself() -> None:
    Gate.objects.all().delete()
    lead = make_good_lead()
    evaluate(lead)
    assert lead.stage == "lead"


def test_one_criterion_is_enough_where_the_gate_says_any() -> None:
    Gate.objects.filter(step=Step.TO_MQL).update(match="any")
    lead = make_lead(score=50, grade="D4")
    evaluate(lead)
    assert lead.stage == "mql"
    assert StageChange.objects.get(lead=lead).reason == "One of 7 criteria held"


def test_doing_it_again_changes_nothing(rep: User) -> None:
    lead = make_good_lead(score=163)
    evaluate(lead)
    before = everything()
    evaluate(lead, lead, days=1)
    assert everything() == before


def test_what_somebody_moved_back_is_left_to_people_for_a_while(manager: User) -> None:
    lead = make_good_lead()
    evaluate(lead)
    move_lead(lead=lead, to_stage="lead", seen_stage="mql", actor=manager, now=NOW, reason="A student")
    evaluate(lead, days=1)
    assert lead.stage == "lead"
    evaluate(lead, days=REST_AFTER_STEP_BACK.days)
    assert lead.stage == "mql"


def test_a_person_may_move_it_forward_again_at_once(manager: User) -> None:
    lead = make_good_lead(stage="mql")
    move_lead(lead=lead, to_stage="lead", seen_stage="mql", actor=manager, now=NOW, reason="A student")
    move_lead(lead=lead, to_stage="mql", seen_stage="lead", actor=manager, now=NOW)
    assert Lead.objects.get(pk=lead.pk).stage == "mql"


def test_falling_below_the_gate_moves_nobody_back() -> None:
    lead = make_good_lead()
    evaluate(lead)
    Lead.objects.filter(pk=lead.pk).update(score=3, fit=3, grade="D4")
    evaluate(lead, days=1)
    assert lead.stage == "mql"


def test_a_lead_is_handed_over_once_per_stay_in_mql(rep: User, manager: User) -> None:
    lead = make_good_lead(score=163)
    evaluate(lead)
    evaluate(lead, days=1)
    assert Assignment.objects.filter(lead=lead).count() == 1

    nurture_lead(lead=lead, seen_stage="mql", actor=manager, reason="Spring", now=NOW + 2 * DAY)
    evaluate(lead, days=2)
    assert Assignment.objects.filter(lead=lead).count() == 1

    reopen_lead(lead=lead, actor=manager, reason="It is spring", now=NOW + 3 * DAY)
    evaluate(lead, days=3)
    handed_over = Assignment.objects.filter(lead=lead, due_at__isnull=False)
    assert handed_over.count() == 2
    assert handed_over.latest("pk").owner == rep


def test_only_as_many_rows_are_claimed_as_asked() -> None:
    leads = [make_good_lead() for _ in range(5)]
    wait_for_gates(*leads)
    assert [evaluate_waiting(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert Lead.objects.filter(stage="mql").count() == 5


def test_what_has_just_come_does_not_wait_behind_a_rescore() -> None:
    old, new = make_good_lead(), make_good_lead()
    wait_for_gates(old, new)
    evaluate_waiting(now=NOW, limit=1)
    assert set(Lead.objects.filter(stage="mql")) == {new}


def test_rows_of_the_same_lead_are_one_piece_of_work() -> None:
    lead = make_good_lead()
    wait_for_gates(lead, lead, lead)
    assert evaluate_waiting(now=NOW) == 3
    assert StageChange.objects.filter(lead=lead).count() == 1


def test_a_failure_halfway_leaves_everything_as_it_was(rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = make_good_lead(score=163)
    wait_for_gates(lead)
    before = everything()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(Assignment.objects, "bulk_create", fail)
        patch.setattr("qualification.services.assignment.handover.replace_running", fail)
        with pytest.raises(RuntimeError):
            evaluate_waiting(now=NOW)
    assert everything() == before
    assert evaluate_waiting(now=NOW) == 1
    assert ScoredLead.objects.count() == 0


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, rep: User, other_rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    wait_for_gates(*(make_good_lead(score=163) for _ in range(number)))
    with django_assert_num_queries(34):
        evaluate_waiting(now=NOW)
    assert Assignment.objects.filter(due_at__isnull=False).count() == number
