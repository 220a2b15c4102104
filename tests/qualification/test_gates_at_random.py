"""Any gate, any leads: the SQL says what a naive reading in loops says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadapp.models import Activity, Company, Lead
from qualification.models import BantAnswer, Gate, GateCriterion, Step
from qualification.services.gates.checklists import GateLines, check_many, passing_gate, select_leads
from qualification.services.gates.trial import edited_gate, try_gate
from tests.qualification.build import DAY, NOW, log, make_lead
from tests.scoring.oracle import condition_holds
from tests.scoring.strategies import LEAD_CONDITIONS

pytestmark = pytest.mark.django_db

KINDS = ["page_view", "email_opened", "demo_requested"]
DIMENSIONS = ["budget", "authority", "need", "timeline"]
SIGNS = {
    "at_least": lambda found, wanted: found >= wanted,
    "greater": lambda found, wanted: found > wanted,
    "at_most": lambda found, wanted: found <= wanted,
    "less": lambda found, wanted: found < wanted,
    "equals": lambda found, wanted: found == wanted,
    "not_equals": lambda found, wanted: found != wanted,
}


@st.composite
def sided(draw: st.DrawFn, field: str, most: int) -> dict[str, Any]:
    """A number with a far side, or without one."""
    operator = draw(st.sampled_from(list(SIGNS)))
    value = draw(st.integers(1, most))
    gap = draw(st.none() | st.integers(1, 30))
    leave = None
    if gap is not None and operator in ("at_least", "greater"):
        leave = max(0, value - gap)
    if gap is not None and operator in ("at_most", "less"):
        leave = value + gap
    return {"field": field, "operator": operator, "value": value, "leave_value": leave}


HAPPENED = st.fixed_dictionaries(
    {
        "field": st.just("activity"),
        "operator": st.sampled_from(["in", "not_in"]),
        "value": st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True),
        "min_occurrences": st.integers(1, 3),
        "window_days": st.none() | st.sampled_from([1, 7, 30]),
    }
)
STATES = st.fixed_dictionaries(
    {
        "field": st.sampled_from([f"bant.{name}" for name in DIMENSIONS]),
        "operator": st.sampled_from(["in", "not_in"]),
        "value": st.lists(
            st.sampled_from(["confirmed", "unknown", "ruled_out", "stale"]), min_size=1, max_size=2
        ),
    }
)
FACTS = LEAD_CONDITIONS.map(lambda each: dict(zip(("field", "operator", "value"), each, strict=True)))
GRADES = st.fixed_dictionaries(
    {
        "field": st.just("lead.fit_grade"),
        "operator": st.sampled_from(["in", "not_in"]),
        "value": st.lists(st.sampled_from("ABCD"), min_size=1, max_size=3),
    }
)
CRITERIA = st.tuples(
    st.one_of(
        sided("lead.score", 90),
        sided("bant.confirmed_count", 4),
        sided("bant.ruled_out_count", 4),
        GRADES,
        HAPPENED,
        STATES,
        FACTS,
    ),
    st.sampled_from(["", "", "a", "b"]),
)
GATES = st.tuples(st.sampled_from(["all", "any"]), st.lists(CRITERIA, max_size=5))
AGES = st.sampled_from([0.0, 0.5, 1.0, 1.5, 7.0, 7.1, 29.0, 31.0])
LEADS = st.fixed_dictionaries(
    {
        "score": st.none() | st.integers(0, 100),
        "grade": st.sampled_from(["A1", "B4", "D2"]),
        "country": st.sampled_from(["DE", "US", ""]),
        "job_title": st.sampled_from(["CEO", "head of sales", ""]),
        "birth_year": st.sampled_from([None, 1980]),
        "attributes": st.sampled_from([{}, {"plan": "Gold"}, {"plan": 60}, {"plan": "2026-11-18"}]),
        "industry": st.sampled_from([None, "Machinery", "Software/IT"]),
        "did": st.lists(st.tuples(st.sampled_from(KINDS), AGES, st.booleans()), max_size=4),
        "answers": st.lists(
            st.tuples(
                st.sampled_from(DIMENSIONS),
                st.sampled_from(["confirmed", "unknown", "ruled_out"]),
                AGES,
                st.sampled_from([None, 0.25, 400.0]),
            ),
            max_size=4,
        ),
    }
)


@dataclass
class Known:
    """A lead with all that is known about it."""

    lead: Lead
    did: Sequence[Activity]
    answers: Sequence[BantAnswer]


def build(number: int, drawn: dict[str, Any]) -> Known:
    facts = {name: drawn[name] for name in ("score", "country", "job_title", "birth_year", "attributes")}
    if drawn["industry"] is not None:
        facts["company"] = Company.objects.create(
            name="C", domain=f"r{number}.example", industry=drawn["industry"]
        )
    lead = make_lead(grade=drawn["grade"], created_at=NOW - DAY, **facts)
    did = []
    for slug, days, is_voided in drawn["did"]:
        void: dict[str, Any] = {"voided_at": NOW, "void_reason": "Wrong"} if is_voided else {}
        did.append(log(lead, slug, NOW - timedelta(days=days), **void))
    answers = []
    for dimension, state, days, good_for in drawn["answers"]:
        at = NOW - timedelta(days=days)
        until = None if good_for is None else at + timedelta(days=good_for)
        answers.append(
            BantAnswer.objects.create(
                lead=lead, dimension_id=dimension, state=state, answered_at=at, expires_at=until
            )
        )
    return Known(lead, did, answers)


def states_of(known: Known) -> dict[str, str]:
    """Return the state of each dimension: the newest answer, unless it has run out."""
    states = dict.fromkeys(DIMENSIONS, "unknown")
    for answer in sorted(known.answers, key=lambda each: (each.answered_at, each.pk)):
        has_run_out = answer.expires_at is not None and answer.expires_at <= NOW
        state = "stale" if has_run_out and answer.state != "unknown" else answer.state
        states[str(answer.dimension_id)] = state
    return states


def meets(criterion: GateCriterion, known: Known, *, staying: bool) -> bool:
    """Judge one criterion for one lead."""
    field, operator = criterion.field, criterion.operator
    value: Any = criterion.value
    if staying and criterion.leave_value is not None:
        value = criterion.leave_value
    states = states_of(known)
    if field == "activity":
        return (operator == "in") == _happened(criterion, known.did, NOW)
    if field in ("bant.confirmed_count", "bant.ruled_out_count"):
        state = field.removeprefix("bant.").removesuffix("_count")
        return bool(SIGNS[operator](list(states.values()).count(state), value))
    if field.startswith("bant."):
        return (operator == "in") == (states[field.removeprefix("bant.")] in value)
    if field == "lead.score":
        score = known.lead.score
        return operator == "not_equals" if score is None else bool(SIGNS[operator](score, value))
    if field == "lead.fit_grade":
        return (operator == "in") == (known.lead.score is not None and known.lead.grade[0] in value)
    return condition_holds(criterion, known.lead, None, NOW)  # type: ignore[arg-type]


def _happened(criterion: GateCriterion, did: Sequence[Activity], now: datetime) -> bool:
    kinds: Any = criterion.value
    counted = [
        activity
        for activity in did
        if activity.voided_at is None
        and activity.type.slug in kinds
        and (criterion.window_days is None or activity.occurred_at >= now - criterion.window_days * DAY)
    ]
    return len(counted) >= criterion.min_occurrences


def passes(gate: Gate, criteria: Sequence[GateCriterion], known: Known, *, staying: bool = False) -> bool:
    """Judge a whole gate for one lead."""
    lines: dict[str, list[bool]] = {}
    for number, criterion in enumerate(criteria):
        lines.setdefault(criterion.one_of or f"#{number}", []).append(
            meets(criterion, known, staying=staying)
        )
    held = [any(line) for line in lines.values()]
    return any(held) if gate.match == "any" and held else all(held)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(GATES, st.lists(LEADS, min_size=1, max_size=4))
def test_the_query_says_what_loops_say(
    drawn: tuple[str, list[tuple[dict[str, Any], str]]], leads: list[dict[str, Any]]
) -> None:
    sid = transaction.savepoint()
    try:
        known = [build(number, each) for number, each in enumerate(leads)]
        gate = Gate.objects.get(step=Step.TO_MQL)
        gate.match = drawn[0]
        criteria = [
            GateCriterion(gate=gate, label=f"C{number}", one_of=one_of, position=number, **each)
            for number, (each, one_of) in enumerate(drawn[1])
        ]
        compare(gate, criteria, known)
    finally:
        transaction.savepoint_rollback(sid)


def compare(gate: Gate, criteria: list[GateCriterion], known: list[Known]) -> None:
    edited = edited_gate(gate, criteria)
    ids = [each.lead.pk for each in known]
    expected = {each.lead.pk for each in known if passes(gate, criteria, each)}
    staying = {each.lead.pk for each in known if passes(gate, criteria, each, staying=True)}
    assert expected <= staying  # who may come in may stay
    assert passing_gate(edited, lead_ids=ids, now=NOW) == expected
    assert who_stays(edited, ids) == staying
    assert try_gate(edited, now=NOW).passing == len(expected)
    # Stored, it says the same, and so does the checklist.
    gate.save()
    gate.criteria.all().delete()
    GateCriterion.objects.bulk_create(criteria)
    checks = check_many(lead_ids=ids, steps=[Step.TO_MQL], now=NOW)
    assert {pk for pk, check in checks.items() if check[Step.TO_MQL].passes} == expected


def who_stays(edited: GateLines, ids: list[int]) -> set[int]:
    rows = select_leads([edited.staying], lead_ids=ids, now=NOW)
    return {pk for pk, stays in rows if stays}
