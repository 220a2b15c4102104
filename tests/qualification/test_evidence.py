"""Evidence may contradict itself, be unsure, or run out; gates and pages tell the same of it."""

import random
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead
from qualification.models import BantAnswer, BantState, Confidence, Gate, GateCriterion, Step
from qualification.services.evidence.answers import answer_bant, bant_of, see_ends
from qualification.services.gates.checklists import check_gates
from scoring.models import ScoredLead
from tests.qualification.build import BANT, DAY, NOW, confirm, make_lead

pytestmark = pytest.mark.django_db


def say(lead: Lead, state: str, source: str, day: int = 0, **facts: Any) -> BantAnswer:
    """Let a source say something about the budget."""
    asked = {"dimension": "budget", "value": "Said", "actor": None, **facts}
    return answer_bant(lead=lead, state=state, source=source, now=NOW + day * DAY, **asked)


def counts(lead: Lead, *, day: float = 0) -> dict[str, int]:
    """Return what gates count, by asking each number of a gate."""
    gate = Gate.objects.get(step=Step.TO_SQL)
    gate.criteria.all().delete()
    names = ("confirmed", "unconfirmed", "ruled_out", "unsure", "contradicted")
    for name in names:
        for number in range(5):
            GateCriterion.objects.create(
                gate=gate, label=f"{name} {number}", field=f"bant.{name}_count", operator="equals",
                value=number, position=len(names),
            )  # fmt: skip
    check = check_gates(lead=lead, now=NOW + day * DAY)[Step.TO_SQL]
    held = [item.label.split() for item in check.holding]
    return {name: int(number) for name, number in held}


def test_an_answer_is_as_sure_as_its_source_unless_somebody_says_so() -> None:
    lead = make_lead()
    assert say(lead, "confirmed", "form").confidence == Confidence.LOW
    assert say(lead, "confirmed", "call").confidence == Confidence.MEDIUM
    assert say(lead, "confirmed", "call", confidence="high").confidence == Confidence.HIGH


def test_the_form_says_yes_and_the_call_says_no() -> None:
    lead = make_lead()
    in_form = say(lead, "confirmed", "form", value="€50k")
    say(lead, "ruled_out", "call", 1, value="None this year")
    view = bant_of(lead=lead, now=NOW + DAY)["budget"]
    assert view.is_ruled_out
    assert view.contradicting == (in_form,)
    assert not view.is_less_sure
    assert counts(lead, day=1) == {
        "confirmed": 0, "unconfirmed": 4, "ruled_out": 1, "unsure": 0, "contradicted": 1,
    }  # fmt: skip


def test_a_newer_answer_that_is_less_sure_counts_and_says_so() -> None:
    lead = make_lead()
    say(lead, "confirmed", "call", confidence="high")
    say(lead, "ruled_out", "form", 1)
    view = bant_of(lead=lead, now=NOW + DAY)["budget"]
    assert (view.is_ruled_out, view.is_less_sure, view.is_unsure) == (True, True, True)
    assert counts(lead, day=1)["unsure"] == 1


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ([("confirmed", "call"), ("ruled_out", "call")], 3),  # the same source knows better now
        ([("confirmed", "form"), ("confirmed", "call")], 3),  # they agree
        ([("ruled_out", "form"), ("unknown", "call")], 3),  # nobody says anything
        ([("unknown", "form"), ("confirmed", "call")], 3),
        ([("confirmed", "form"), ("ruled_out", "form"), ("ruled_out", "call")], 3),
        ([("confirmed", "form"), ("ruled_out", "call")], 91),  # the form has run out
    ],
)
def test_this_is_no_contradiction(told: list[tuple[str, str]], day: int) -> None:
    lead = make_lead()
    for number, (state, source) in enumerate(told):
        say(lead, state, source, number)
    assert bant_of(lead=lead, now=NOW + day * DAY)["budget"].contradicting == ()
    assert counts(lead, day=day)["contradicted"] == 0


def test_what_is_asked_beside_the_framework_does_not_count() -> None:
    lead = make_lead()
    say(lead, "confirmed", "call", dimension="competition")
    say(lead, "ruled_out", "call", dimension="urgency", confidence="low")
    assert counts(lead) == {"confirmed": 0, "unconfirmed": 4, "ruled_out": 0, "unsure": 0, "contradicted": 0}


def test_gates_and_pages_agree_about_any_history() -> None:
    rng = random.Random(4)
    for _ in range(40):
        lead = make_lead()
        for _ in range(rng.randrange(12)):
            answered = NOW + timedelta(days=rng.randrange(-20, 1))
            ends = rng.choice([None, answered + timedelta(days=rng.randrange(1, 20))])
            BantAnswer.objects.create(
                lead=lead, dimension_id=rng.choice([*BANT, "urgency"]), answered_at=answered, expires_at=ends,
                state=rng.choice(BantState.values), confidence=rng.choice(Confidence.values),
                source=rng.choice(BantAnswer.Source.values),
            )  # fmt: skip
        views = [view for view in bant_of(lead=lead, now=NOW).values() if view.dimension.counts]
        confirmed = sum(view.is_confirmed for view in views)
        assert counts(lead) == {
            "confirmed": confirmed,
            "unconfirmed": 4 - confirmed,
            "ruled_out": sum(view.is_ruled_out for view in views),
            "unsure": sum(view.is_unsure for view in views),
            "contradicted": sum(bool(view.contradicting) for view in views),
        }


def test_a_lead_is_looked_at_again_when_an_answer_runs_out() -> None:
    lead, other = make_lead(), make_lead()
    confirm(lead)
    say(other, "ruled_out", "call")
    ScoredLead.objects.all().delete()
    assert see_ends(now=NOW + 90 * DAY - timedelta(seconds=1)) == 0
    assert see_ends(now=NOW + 90 * DAY) == 3  # authority has no end
    assert list(ScoredLead.objects.values_list("lead", flat=True)) == [lead.pk]
    assert see_ends(now=NOW + 91 * DAY) == 0
    assert ScoredLead.objects.count() == 1
    confirm(lead, "budget", now=NOW + 91 * DAY)
    assert see_ends(now=NOW + 181 * DAY) == 1


@pytest.mark.parametrize("number", [1, 20])
def test_ends_are_seen_in_a_fixed_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        confirm(make_lead())
    with django_assert_num_queries(5):  # savepoint, claim, mark, inbox, release
        assert see_ends(now=NOW + 90 * DAY) == 3 * number
    assert see_ends(now=NOW + 90 * DAY, limit=1) == 0


def test_many_ends_are_seen_in_several_looks() -> None:
    for _ in range(3):
        confirm(make_lead(), "budget")
    assert [see_ends(now=NOW + 90 * DAY, limit=2) for _ in range(3)] == [2, 1, 0]
