"""Leads that came by themselves go back by themselves, and never because a line was moved over them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Invalid
from leadapp.models import Lead, User
from qualification.models import Gate, GateCriterion, GateHold, Move, StageChange, Step, Task
from qualification.services.clock.answers import answer_clocks
from qualification.services.evidence.answers import answer_bant
from qualification.services.gates.editing import fault_of_criterion, faults_of_gate, record_edit
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.gates.waking import wake_gates
from qualification.services.moves import move_lead, nurture_lead, reopen_lead
from scoring.models import Cause, Rescore, ScoreChange, ScoredLead
from tests.qualification.build import (
    DAY,
    NOW,
    confirm,
    everything,
    live_version,
    log,
    make_good_lead,
    make_lead,
    wait_for_gates,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def edit(step: Step = Step.TO_MQL, *, at: datetime = NOW, leave: float | None = 40, **facts: Any) -> Gate:
    """Edit a gate as the admin does; leads go back below `leave` points."""
    facts = {"is_automatic": True, "takes_back": True} | facts
    Gate.objects.filter(step=step).update(**facts)
    GateCriterion.objects.filter(gate__step=step, field="lead.score").update(leave_value=leave)
    gate = Gate.objects.get(step=step)
    record_edit(gate=gate, now=at)
    ScoredLead.objects.all().delete()
    gate.refresh_from_db()
    return gate


def score(lead: Lead, points: int, *, at: datetime, cause: Cause = Cause.DECAY) -> None:
    """Write a score as scoring does, and let the gates be looked at."""
    before = Lead.objects.get(pk=lead.pk).score
    Lead.objects.filter(pk=lead.pk).update(score=points, fit=points, scored_at=at)
    ScoreChange.objects.create(
        lead=lead, at=at, score_before=before, score=points, version=live_version(), cause=cause
    )
    look_at(lead, at=at)


def look_at(*leads: Lead, at: datetime) -> None:
    wait_for_gates(*leads)
    while evaluate_waiting(now=at):
        pass
    for lead in leads:
        lead.refresh_from_db()


def make_mql(*, points: int = 60, at: datetime = NOW, **facts: Any) -> Lead:
    """Make a lead that became MQL by itself."""
    lead = make_good_lead(score=points, **facts)
    look_at(lead, at=at)
    assert lead.stage == "mql"
    return lead


def moves(lead: Lead) -> list[tuple[str, str]]:
    """Return the history of a lead."""
    return list(StageChange.objects.filter(lead=lead).order_by("pk").values_list("move", "reason"))


def test_a_lead_that_falls_below_the_far_side_goes_back_and_the_history_says_why() -> None:
    edit()
    lead = make_mql()
    score(lead, 40, at=NOW + DAY)
    assert lead.stage == "mql"
    score(lead, 38, at=NOW + 2 * DAY)
    assert (lead.stage, lead.stage_changed_at) == ("lead", NOW + 2 * DAY)
    change = StageChange.objects.get(lead=lead, move=Move.BACKWARD)
    assert (change.from_stage, change.to_stage, change.reason) == (
        "mql",
        "lead",
        "Score fell to 38, below 40",
    )
    assert (change.is_automatic, change.actor, change.score, change.at) == (True, None, 38, NOW + 2 * DAY)


def test_without_being_told_to_nobody_goes_back() -> None:
    edit(takes_back=False)
    lead = make_mql()
    score(lead, 3, at=NOW + DAY)
    assert lead.stage == "mql"


def test_a_fact_that_is_gone_takes_the_lead_back() -> None:
    edit()
    lead = make_mql()
    Lead.objects.filter(pk=lead.pk).update(first_name="", score=30, fit=30)
    look_at(lead, at=NOW + DAY)
    assert moves(lead)[-1] == ("backward", "No longer: First name; Score fell to 30, below 40")


def test_where_one_criterion_is_enough_all_must_be_gone() -> None:
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.exclude(field__in=["lead.score", "lead.city"]).delete()
    gate.criteria.create(label="From Bonn", field="lead.city", operator="equals", value="Bonn", position=9)
    edit(match="any")
    lead = make_mql(city="Bonn")
    score(lead, 10, at=NOW + DAY)
    assert lead.stage == "mql"
    Lead.objects.filter(pk=lead.pk).update(city="Köln")
    look_at(lead, at=NOW + 2 * DAY)
    assert moves(lead)[-1] == ("backward", "Score fell to 10, below 40; No longer: From Bonn")


def test_who_went_back_comes_in_again_at_the_line_and_not_before() -> None:
    edit()
    lead = make_mql()
    score(lead, 38, at=NOW + DAY)
    score(lead, 49, at=NOW + 2 * DAY)
    assert lead.stage == "lead"
    score(lead, 90, at=NOW + 3 * DAY, cause=Cause.ACTIVITY)
    assert lead.stage == "mql"


def test_nobody_goes_back_before_the_minimum_stay_is_over() -> None:
    edit(minimum_stay_hours=7 * 24)
    lead = make_mql()
    score(lead, 38, at=NOW + DAY)
    assert lead.stage == "mql"
    assert wake_gates(now=NOW + 7 * DAY - HOUR) == 0
    assert wake_gates(now=NOW + 7 * DAY) == 1
    look_at(lead, at=NOW + 7 * DAY)
    assert lead.stage == "lead"
    assert wake_gates(now=NOW + 8 * DAY) == 0


def test_who_recovers_within_the_minimum_stay_was_never_gone() -> None:
    edit(minimum_stay_hours=7 * 24)
    lead = make_mql()
    score(lead, 38, at=NOW + DAY)
    score(lead, 41, at=NOW + 6 * DAY)
    assert wake_gates(now=NOW + 8 * DAY) == 0
    look_at(lead, at=NOW + 8 * DAY)
    assert lead.stage == "mql"


# Changing a gate.


def test_a_line_that_is_moved_over_a_lead_takes_nobody_back() -> None:
    edit(leave=30)
    lead = make_mql()
    score(lead, 35, at=NOW + DAY)
    edit(at=NOW + 2 * DAY, leave=45)
    look_at(lead, at=NOW + 3 * DAY)
    score(lead, 31, at=NOW + 4 * DAY)  # falls on, below a line that it never was above
    assert lead.stage == "mql"
    score(lead, 46, at=NOW + 5 * DAY)
    score(lead, 44, at=NOW + 6 * DAY)
    assert moves(lead)[-1] == ("backward", "Score fell to 44, below 45")


def test_who_holds_when_the_gate_is_edited_can_fall_afterwards() -> None:
    lead = make_mql()
    edit(at=NOW + DAY)  # turned on now
    score(lead, 39, at=NOW + 2 * DAY)
    assert lead.stage == "lead"


def test_an_edit_that_is_saved_again_takes_nobody_back_either() -> None:
    edit()
    lead = make_mql()
    Lead.objects.filter(pk=lead.pk).update(score=38, fit=38)  # nobody has looked yet
    edit(at=NOW + DAY)
    look_at(lead, at=NOW + DAY)
    assert lead.stage == "mql"


def test_another_criterion_takes_nobody_back_until_it_held() -> None:
    edit()
    lead = make_mql()
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.create(label="From Bonn", field="lead.city", operator="equals", value="Bonn")
    edit(at=NOW + DAY)
    score(lead, 20, at=NOW + 2 * DAY)
    assert lead.stage == "mql"


def test_other_scoring_rules_take_nobody_back() -> None:
    edit()
    lead = make_mql()
    run = Rescore.objects.create(version=live_version(), cause=Cause.PUBLISH, started_at=NOW + DAY)
    score(lead, 20, at=NOW + DAY, cause=Cause.PUBLISH)
    score(lead, 15, at=NOW + DAY + HOUR, cause=Cause.ACTIVITY)  # the run goes on
    Rescore.objects.filter(pk=run.pk).update(finished_at=NOW + DAY + 2 * HOUR)
    score(lead, 12, at=NOW + 2 * DAY)
    assert lead.stage == "mql"
    score(lead, 41, at=NOW + 3 * DAY)
    score(lead, 39, at=NOW + 4 * DAY)
    assert lead.stage == "lead"


def test_who_a_publish_left_on_the_right_side_can_fall_by_itself() -> None:
    edit()
    lead = make_mql()
    Rescore.objects.create(
        version=live_version(), cause=Cause.PUBLISH, started_at=NOW + DAY, finished_at=NOW + DAY + HOUR
    )
    score(lead, 10, at=NOW + 2 * DAY, cause=Cause.ACTIVITY)
    assert lead.stage == "lead"


# What people decided, and what they are at.


def test_whom_a_person_moved_here_stays(manager: User) -> None:
    edit()
    lead = make_good_lead(score=60)
    move_lead(lead=lead, to_stage="mql", seen_stage="lead", actor=manager, now=NOW)
    look_at(lead, at=NOW + HOUR)
    score(lead, 3, at=NOW + DAY)
    assert lead.stage == "mql"


def test_whom_a_person_reopened_here_stays(manager: User) -> None:
    edit()
    lead = make_mql()
    nurture_lead(lead=lead, seen_stage="mql", actor=manager, reason="Spring", now=NOW + HOUR)
    reopen_lead(lead=lead, actor=manager, reason="It is spring", now=NOW + DAY)
    look_at(lead, at=NOW + DAY)
    score(lead, 3, at=NOW + 2 * DAY)
    assert lead.stage == "mql"


def test_a_lead_that_is_set_aside_stays_where_it_is(manager: User) -> None:
    edit()
    lead = make_mql()
    nurture_lead(lead=lead, seen_stage="mql", actor=manager, reason="Spring", now=NOW + HOUR)
    score(lead, 3, at=NOW + DAY)
    assert (lead.stage, lead.status) == ("mql", "nurture")


def test_while_an_answer_is_due_nobody_takes_the_lead_away(rep: User) -> None:
    edit()
    lead = make_mql(points=163)
    assert lead.owner == rep
    score(lead, 30, at=NOW + DAY)
    assert lead.stage == "mql"
    log(lead, "call_connected", NOW + 2 * DAY)
    answer_clocks(lead_ids=[lead.pk])
    look_at(lead, at=NOW + 2 * DAY)
    assert (lead.stage, lead.owner) == ("lead", rep)


def test_a_task_keeps_the_lead(rep: User) -> None:
    edit()
    lead = make_mql()
    task = Task.objects.create(lead=lead, owner=rep, text="Call", due_at=NOW + DAY)
    score(lead, 30, at=NOW + DAY)
    assert lead.stage == "mql"
    Task.objects.filter(pk=task.pk).update(done_at=NOW + DAY)
    assert wake_gates(now=NOW + DAY) == 1
    look_at(lead, at=NOW + DAY)
    assert lead.stage == "lead"


def test_what_somebody_confirmed_keeps_the_lead_until_it_runs_out() -> None:
    edit()
    lead = make_mql()
    confirm(lead, "need", now=NOW + HOUR)
    score(lead, 30, at=NOW + DAY)
    assert lead.stage == "mql"
    look_at(lead, at=NOW + HOUR + 90 * DAY)
    assert lead.stage == "lead"


def test_a_gate_that_asks_for_evidence_judges_it() -> None:
    GateCriterion.objects.filter(field="bant.unconfirmed_count", gate__step=Step.TO_SQL).update(leave_value=2)
    edit(Step.TO_SQL)
    lead = make_lead(stage="mql")
    for dimension, days in (("budget", 10), ("need", 20), ("timeline", 30)):
        answer_bant(
            lead=lead, dimension=dimension, state="confirmed", actor=None, now=NOW,
            expires_at=NOW + days * DAY,
        )  # fmt: skip
    look_at(lead, at=NOW)
    assert lead.stage == "sql"
    assert wake_gates(now=NOW + 10 * DAY) == 0  # two are enough to stay
    assert wake_gates(now=NOW + 20 * DAY) == 1
    look_at(lead, at=NOW + 20 * DAY)
    assert moves(lead)[-1] == ("backward", "BANT: not confirmed rose to 3, above 2")
    assert lead.stage == "mql"


def test_what_a_person_moved_back_rests_and_what_fell_by_itself_does_not(manager: User) -> None:
    edit()
    by_hand, by_itself = make_mql(), make_mql()
    move_lead(
        lead=by_hand, to_stage="lead", seen_stage="mql", actor=manager, now=NOW + DAY, reason="A student"
    )
    score(by_itself, 38, at=NOW + DAY)
    for lead in (by_hand, by_itself):
        score(lead, 60, at=NOW + 2 * DAY)
    assert (by_hand.stage, by_itself.stage) == ("lead", "mql")


# Time alone.


def test_an_activity_that_is_too_long_ago_takes_the_lead_back() -> None:
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.all().delete()
    gate.criteria.create(
        label="Came by lately", field="activity", operator="in", value=["page_view"], window_days=14,
        min_occurrences=2,
    )  # fmt: skip
    edit()
    lead = make_lead()
    log(lead, "page_view", NOW - DAY)
    log(lead, "page_view", NOW)
    look_at(lead, at=NOW)
    assert lead.stage == "mql"
    assert wake_gates(now=NOW + 13 * DAY) == 0
    assert wake_gates(now=NOW + 13 * DAY + HOUR) == 1
    look_at(lead, at=NOW + 13 * DAY + HOUR)
    assert moves(lead)[-1] == ("backward", "No longer: Came by lately")


def test_what_time_brings_about_moves_a_lead_forward_once() -> None:
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.all().delete()
    gate.criteria.create(
        label="No complaint for a week", field="activity", operator="not_in", value=["unsubscribed"],
        window_days=7,
    )  # fmt: skip
    lead = make_lead()
    log(lead, "unsubscribed", NOW)
    assert wake_gates(now=NOW + 7 * DAY) == 0
    assert wake_gates(now=NOW + 7 * DAY + HOUR) == 1
    look_at(lead, at=NOW + 7 * DAY + HOUR)
    assert lead.stage == "mql"
    assert wake_gates(now=NOW + 8 * DAY) == 0


# One run.


def test_doing_it_again_changes_nothing() -> None:
    edit()
    lead, staying = make_mql(), make_mql()
    score(lead, 38, at=NOW + DAY)
    before = everything(), list(GateHold.objects.order_by("pk").values_list())
    look_at(lead, staying, lead, at=NOW + 2 * DAY)
    assert (everything(), list(GateHold.objects.order_by("pk").values_list())) == before


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    edit()
    leads = [make_mql() for _ in range(number)]
    Lead.objects.update(score=38, fit=38)
    wait_for_gates(*leads)
    with django_assert_num_queries(19):
        evaluate_waiting(now=NOW + DAY)
    assert StageChange.objects.filter(move=Move.BACKWARD).count() == number


def test_editing_a_gate_takes_as_many_queries_for_any_number_of_leads() -> None:
    counts = []
    for _ in range(2):
        make_mql()
        with CaptureQueriesContext(connection) as captured:
            record_edit(gate=Gate.objects.get(step=Step.TO_MQL), now=NOW)
        counts.append(len(captured))
        ScoredLead.objects.all().delete()
    assert counts[0] == counts[1]


# What makes no sense is refused.


def test_a_gate_at_whose_line_leads_would_go_in_and_out_is_refused() -> None:
    before = list(Gate.objects.order_by("pk").values_list())
    with pytest.raises(Invalid) as refusal, transaction.atomic():
        edit(leave=None)
    assert list(refusal.value.errors) == ["leave_value"]
    assert "Score fades" in refusal.value.message
    assert list(Gate.objects.order_by("pk").values_list()) == before


@pytest.mark.parametrize("field", ["lead.temperature", "lead.engagement_grade", "lead.ready_for_sales"])
def test_what_fades_and_has_no_far_side_does_not_suit_a_gate_that_takes_back(field: str) -> None:
    gate = Gate(step=Step.TO_MQL, is_automatic=True, takes_back=True)
    criterion = GateCriterion(label="X", field=field, operator="equals", value="hot")
    assert "Ask for the score instead" in fault_of_criterion(gate, criterion)
    assert not fault_of_criterion(Gate(step=Step.TO_MQL, is_automatic=True), criterion)


@pytest.mark.parametrize(
    ("step", "is_automatic"),
    [(Step.TO_CUSTOMER, False), (Step.TO_SQL, False), (Step.HANDOVER, True)],
)
def test_only_who_comes_by_itself_goes_back_by_itself(step: Step, is_automatic: bool) -> None:
    gate = Gate(step=step, is_automatic=is_automatic, takes_back=True)
    assert list(faults_of_gate(gate)) == ["takes_back"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Gate.objects.filter(step=step).update(is_automatic=is_automatic, takes_back=True)
