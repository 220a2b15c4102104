"""Who would pass a gate today by an edit that is not saved, worked out by hand."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.models import Gate, GateCriterion, Step
from qualification.services.assignment import hand_over
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.gates.trial import Trial, edited_gate, try_gate
from qualification.services.gates.words import describe_gate
from qualification.services.moves import move_lead
from tests.qualification.build import DAY, NOW, everything, log, make_good_lead, make_lead, wait_for_gates

pytestmark = pytest.mark.django_db

SCORE = ("Score", "lead.score", "at_least", 50)
NAME = ("Name", "lead.first_name", "is_set", None)
CITY = ("Bonn", "lead.city", "equals", "Bonn")


def criterion(label: str, field: str, operator: str, value: Any, **more: Any) -> GateCriterion:
    return GateCriterion(label=label, field=field, operator=operator, value=value, **more)


def attempt(*criteria: tuple[str, str, str, Any], step: Step = Step.TO_MQL, **facts: Any) -> Trial:
    """Try an edit of a gate."""
    gate = Gate.objects.get(step=step)
    for name, value in facts.items():
        setattr(gate, name, value)
    return try_gate(edited_gate(gate, [criterion(*each) for each in criteria]), now=NOW)


@pytest.fixture(autouse=True)
def stored() -> None:
    """Let the stored gate to MQL ask for 50 points."""
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.all().delete()
    gate.criteria.create(label="Score", field="lead.score", operator="at_least", value=50)


def test_who_passes_only_by_the_edit_is_named_the_best_first() -> None:
    low, high = make_lead(score=40), make_lead(score=45)
    make_lead(score=20)
    make_lead(score=60)  # passes already, nobody has looked yet
    make_lead(score=45, stage="mql")
    make_lead(score=45, status="nurture")
    trial = attempt(("Score", "lead.score", "at_least", 40))
    assert (trial.leads, trial.passing_now, trial.passing) == (4, 1, 3)
    assert (trial.gained, list(trial.gained_leads), trial.lost) == (2, [high, low], 0)
    assert trial.moving == 3


def test_who_would_no_longer_pass_is_named_and_moves_nowhere() -> None:
    kept, lost = make_lead(score=90), make_lead(score=55)
    trial = attempt(("Score", "lead.score", "at_least", 80))
    assert (trial.passing_now, trial.passing, trial.lost) == (2, 1, 1)
    assert (list(trial.lost_leads), trial.moving) == ([lost], 1)
    assert kept not in trial.lost_leads


def test_the_line_that_most_lack_is_named_and_for_whom_it_is_all() -> None:
    make_lead(score=10, first_name="A", city="Bonn")
    make_lead(score=10, first_name="B")
    make_lead(score=60, first_name="")
    trial = attempt(SCORE, NAME, CITY)
    assert trial.lacking is not None
    # Score: two lack it, one of them only that. Bonn: two lack it. The first of equals.
    assert (trial.lacking.label, trial.lacking.leads, trial.lacking.alone) == ("Score", 2, 1)
    assert trial.failing == 3


def test_alternatives_are_one_line_and_any_needs_one() -> None:
    make_lead(score=10, city="Bonn")
    gate = Gate.objects.get(step=Step.TO_MQL)
    either = [criterion(*SCORE, one_of="x"), criterion(*CITY, one_of="x"), criterion(*NAME)]
    assert try_gate(edited_gate(gate, either), now=NOW).passing == 0
    gate.match = "any"
    trial = try_gate(edited_gate(gate, either), now=NOW)
    assert (trial.passing, trial.lacking) == (1, None)


def test_what_somebody_moved_back_passes_and_does_not_move(manager: User) -> None:
    lead = make_lead(score=45, stage="mql")
    move_lead(lead=lead, to_stage="lead", seen_stage="mql", actor=manager, now=NOW - DAY, reason="Early")
    trial = attempt(("Score", "lead.score", "at_least", 40))
    assert (trial.passing, trial.moving) == (1, 0)


def test_a_gate_by_hand_moves_nobody_and_one_without_criteria_neither() -> None:
    make_lead(score=60)
    assert attempt(SCORE, is_automatic=False).moving == 0
    trial = attempt()
    assert (trial.passing, trial.moving, trial.has_criteria) == (1, 0, False)


def test_who_was_handed_over_is_not_in_front_of_the_handover(rep: User) -> None:
    waiting, done = make_lead(stage="mql", score=100), make_lead(stage="mql", score=200)
    hand_over(lead_ids=[done.pk], now=NOW)
    trial = attempt(("Score", "lead.score", "at_least", 90), step=Step.HANDOVER)
    assert (trial.leads, trial.passing, trial.moving) == (1, 1, 1)
    assert list(trial.gained_leads) == [waiting]


def test_who_is_below_the_edited_line_stays_and_is_counted() -> None:
    make_lead(score=35, stage="mql")
    make_lead(score=45, stage="mql")
    make_lead(score=35, stage="sql")
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.takes_back = True
    trial = try_gate(edited_gate(gate, [criterion(*SCORE, leave_value=40)]), now=NOW)
    assert trial.below == 1


def test_activities_are_counted_within_their_days() -> None:
    often, seldom = make_lead(), make_lead()
    for days in (1, 2, 20):
        log(often, "page_view", NOW - days * DAY)
    log(seldom, "page_view", NOW - DAY)
    gate = Gate.objects.get(step=Step.TO_MQL)
    visits = criterion("Visits", "activity", "in", ["page_view"], min_occurrences=2, window_days=7)
    assert try_gate(edited_gate(gate, [visits]), now=NOW).gained_leads == [often]
    visits.operator = "not_in"
    assert try_gate(edited_gate(gate, [visits]), now=NOW).gained_leads == [seldom]


def test_what_it_promises_is_what_happens() -> None:
    leads = [make_good_lead(score=points) for points in (30, 45, 49, 50, 70)]
    trial = attempt(("Score", "lead.score", "at_least", 45), NAME)
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.update(value=45)
    gate.criteria.create(label="Name", field="lead.first_name", operator="is_set")
    wait_for_gates(*leads)
    evaluate_waiting(now=NOW)
    assert Lead.objects.filter(stage="mql").count() == trial.moving == 4


def test_trying_writes_nothing() -> None:
    make_lead(score=45)
    before = everything(), list(GateCriterion.objects.values_list()), list(Gate.objects.values_list())
    attempt(("Score", "lead.score", "at_least", 40), takes_back=True)
    after = everything(), list(GateCriterion.objects.values_list()), list(Gate.objects.values_list())
    assert after == before


@pytest.mark.parametrize("number", [1, 30])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        make_lead(score=45)
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.takes_back = True
    edited = edited_gate(gate, [criterion("Score", "lead.score", "at_least", 40, leave_value=30)])
    with django_assert_num_queries(5):
        trial = try_gate(edited, now=NOW)
    assert (trial.gained, len(trial.gained_leads)) == (number, min(number, 20))


def test_a_gate_is_said_in_words() -> None:
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.takes_back, gate.minimum_stay_hours = True, 7 * 24
    text = describe_gate(
        edited_gate(
            gate,
            [
                criterion("Score", "lead.score", "at_least", 1050.5, leave_value=40),
                criterion("Market", "company.industry", "in", ["Machinery", "Tools"], one_of="m"),
                criterion("Country", "lead.country", "equals", "DE", one_of="m"),
                criterion("Visits", "activity", "in", ["page_view", "email_opened"], min_occurrences=3,
                          window_days=14),
                criterion("Silence", "activity", "not_in", ["unsubscribed"]),
                criterion("Phone", "lead.phone", "is_set", None),
                criterion("Calls", "lead.do_not_call", "equals", False),
                criterion("Size", "company.employees", "between", [50, 2000]),
                criterion("New", "lead.created_at", "within_days", 30),
            ],
        )
    )  # fmt: skip
    assert text.heading == "A lead becomes MQL by itself when all of these hold:"
    assert [line.alternatives for line in text.lines] == [
        ("Score is at least 1,050.5; goes back below 40",),
        ("Industry is one of Machinery, Tools", "Country is DE"),
        ("Page view or Email opened at least 3 times within the last 14 days",),
        ("Not Unsubscribed",),
        ("Phone is set",),
        ("Opted out of calls is no",),
        ("Employees is between 50 and 2,000",),
        ("Created is within the last 30 days",),
    ]
    assert text.stay.startswith(
        "Who came by itself goes back by itself once that holds no longer, after 7 days at the earliest"
    )
