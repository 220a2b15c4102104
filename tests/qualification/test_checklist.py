"""What the checklist says, in plain words."""

from typing import Any

import pytest

from leadapp.errors import Invalid
from leadapp.models import Company, Lead
from qualification.models import Deal, Gate, GateCriterion, Step
from qualification.services.evidence.answers import answer_bant
from qualification.services.gates.checklists import STEP_FROM, check_gates, check_many, passing
from qualification.services.gates.criteria import criterion_fields, operators_of, validate_criterion
from tests.qualification.build import DAY, NOW, confirm, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db


def lines(lead: Lead, step: Step, *, days: int = 0) -> list[str]:
    """Return a gate's checklist as sentences."""
    return [str(item) for item in check_gates(lead=lead, now=NOW + days * DAY)[step].items]


def make_gate(*criteria: tuple[str, str, str, Any], match: str = "all", one_of: str = "") -> None:
    """Give the step to SQL other criteria."""
    gate = Gate.objects.get(step=Step.TO_SQL)
    gate.criteria.all().delete()
    Gate.objects.filter(pk=gate.pk).update(match=match)
    for position, (label, field, operator, value) in enumerate(criteria):
        GateCriterion.objects.create(
            gate=gate, label=label, field=field, operator=operator, value=value, position=position,
            one_of=one_of,
        )  # fmt: skip


def test_what_holds_shows_what_is_there() -> None:
    assert lines(make_good_lead(score=186), Step.TO_MQL) == [
        "Holds: A way to reach the lead",
        "Holds: First name (Annelie)",
        "Holds: Last name (Großmann)",
        "Holds: Business email address",
        "Holds: Target industry or country (Machinery)",
        "Holds: Fit at least B (A)",
        "Holds: Score at least 50 (186)",
    ]


def test_what_is_missing_shows_what_is_there_and_what_would_do() -> None:
    company = Company.objects.create(name="Harcourt", industry="Insurance", country="BR")
    lead = make_good_lead(score=38, grade="C2", company=company, country="", first_name="")
    assert lines(lead, Step.TO_MQL) == [
        "Holds: A way to reach the lead",
        "Missing: First name (Not given)",
        "Holds: Last name (Großmann)",
        "Holds: Business email address",
        "Missing: Target industry or country (Insurance; BR)",
        "Missing: Fit at least B (C now)",
        "Missing: Score at least 50 (38 now; 12 more would do)",
    ]


def test_a_lead_without_facts_or_score_says_so() -> None:
    lead = make_lead(email=None)
    assert lines(lead, Step.TO_MQL) == [
        "Missing: A way to reach the lead",
        "Missing: First name (Not given)",
        "Missing: Last name (Not given)",
        "Missing: Business email address",
        "Missing: Target industry or country (Not given)",
        "Missing: Fit at least B (No score yet)",
        "Missing: Score at least 50 (No score yet)",
    ]
    assert lines(lead, Step.HANDOVER) == ["Missing: Ready for sales (No score yet)"]


@pytest.mark.parametrize(
    ("confirmed", "said"),
    [
        ([], "0 now; three of budget, authority, need and timeline would do"),
        (["budget"], "1 now; two of authority, need and timeline would do"),
        (["budget", "authority"], "2 now; need or timeline would do"),
        (["budget", "authority", "need"], "3 of 4"),
    ],
)
def test_bant_says_which_answers_would_do(confirmed: list[str], said: str) -> None:
    lead = make_lead()
    confirm(lead, *confirmed) if confirmed else None
    assert lines(lead, Step.TO_SQL)[0].endswith(f"({said})")


def test_all_names_what_is_open() -> None:
    lead = make_lead()
    confirm(lead, "budget", "need")
    assert lines(lead, Step.TO_CUSTOMER) == [
        "Missing: All confirmed (2 now; authority and timeline still open)",
        "Missing: A quote, demo, meeting or call (None yet)",
        "Missing: Won value and date (None yet)",
    ]


def test_stale_and_ruled_out_are_said_apart() -> None:
    lead = make_lead()
    confirm(lead, "budget", "need", "timeline")
    answer_bant(lead=lead, dimension="authority", state="ruled_out", actor=None, now=NOW)
    check = check_gates(lead=lead, now=NOW + 91 * DAY)[Step.TO_SQL]
    assert [str(item) for item in check.items] == [
        "Stale: All but one confirmed (0 now; three of budget, authority, need and timeline would do)",
        "Ruled out: Nothing ruled out (Authority)",
    ]
    assert [item.hint for item in check.items] == [
        "Ask again about budget, need and timeline.",
        "Ask again, or move it to nurture.",
    ]
    assert len(check.missing) == 2
    assert check.holding == []


def test_an_activity_says_which_and_when() -> None:
    lead = make_lead()
    log(lead, "call_connected", NOW - 3 * DAY)
    log(lead, "meeting_held", NOW - 2 * DAY)
    log(lead, "page_view", NOW)
    assert "Holds: A quote, demo, meeting or call (Meeting held, 17 Nov)" in lines(lead, Step.TO_CUSTOMER)


def test_the_deal_comes_with_the_move() -> None:
    lead = make_lead()
    confirm(lead)
    assert not check_gates(lead=lead, now=NOW)[Step.TO_CUSTOMER].passes_with_move
    log(lead, "demo_requested")
    check = check_gates(lead=lead, now=NOW)[Step.TO_CUSTOMER]
    assert (check.passes, check.passes_with_move) == (False, True)
    assert check.missing[0].comes_with_move
    assert check.missing[0].hint == "You give them with the move."
    Deal.objects.create(lead=lead, value=1, won_on=NOW.date())
    assert check_gates(lead=lead, now=NOW)[Step.TO_CUSTOMER].passes


CASES: list[tuple[tuple[str, str, Any], bool]] = [
    (("bant.confirmed_count", "equals", 2), True),
    (("bant.confirmed_count", "not_equals", 2), False),
    (("bant.confirmed_count", "greater", 1), True),
    (("bant.confirmed_count", "greater", 2), False),
    (("bant.confirmed_count", "less", 3), True),
    (("bant.confirmed_count", "between", [1, 2]), True),
    (("bant.confirmed_count", "between", [3, 4]), False),
    (("bant.unconfirmed_count", "at_most", 2), True),
    (("bant.unconfirmed_count", "at_most", 1), False),
    (("bant.unconfirmed_count", "less", 2), False),
    (("bant.unconfirmed_count", "between", [0, 1]), False),
    (("bant.ruled_out_count", "at_most", 0), False),
    (("bant.unsure_count", "at_most", 0), True),
    (("bant.contradicted_count", "at_most", 0), True),
    (("bant.competition", "equals", "unknown"), True),
    (("bant.budget", "equals", "confirmed"), True),
    (("bant.budget", "not_equals", "confirmed"), False),
    (("bant.budget", "in", ["confirmed", "unknown"]), True),
    (("bant.budget", "not_in", ["confirmed", "unknown"]), False),
    (("bant.authority", "equals", "ruled_out"), True),
    (("bant.timeline", "equals", "unknown"), True),
    (("activity", "in", ["demo_requested"]), True),
    (("activity", "in", ["quote_requested"]), False),
    (("activity", "not_in", ["quote_requested"]), True),
    (("activity", "not_in", ["quote_requested", "demo_requested"]), False),
    (("deal.count", "at_least", 1), False),
    (("lead.business_email", "equals", True), True),
    (("lead.business_email", "equals", False), False),
    (("lead.temperature", "in", ["hot", "warm"]), True),
    (("lead.engagement_grade", "in", ["1", "2"]), True),
    (("lead.seniority", "is_empty", None), True),
    (("company.employees", "at_least", 50), False),
    (("lead.attributes.plan", "equals", "gold"), True),
]


@pytest.mark.parametrize(("criterion", "holds"), CASES)
def test_each_field_and_operator(criterion: tuple[str, str, Any], holds: bool) -> None:
    lead = make_lead(score=60, attributes={"plan": "Gold"})
    confirm(lead, "budget", "need")
    answer_bant(lead=lead, dimension="authority", state="ruled_out", actor=None, now=NOW)
    log(lead, "demo_requested")
    field, operator, value = criterion
    assert validate_criterion(field=field, operator=operator, value=value) == value
    make_gate(("It", field, operator, value))
    check = check_gates(lead=lead, now=NOW)[Step.TO_SQL]
    assert check.passes is holds
    assert passing(step=Step.TO_SQL, lead_ids=[lead.pk], now=NOW) == ({lead.pk} if holds else set())
    assert str(check.items[0])


def test_alternatives_are_one_line_and_any_gate_needs_one_line() -> None:
    lead = make_lead(score=60, city="Ulm")
    two = [("Known", "lead.first_name", "is_set", None), ("City", "lead.city", "is_set", None)]
    make_gate(*two, one_of="known")
    assert lines(lead, Step.TO_SQL) == ["Holds: Known (Ulm)"]
    make_gate(*two)
    assert not check_gates(lead=lead, now=NOW)[Step.TO_SQL].passes
    make_gate(*two, match="any")
    assert check_gates(lead=lead, now=NOW)[Step.TO_SQL].passes
    assert passing(step=Step.TO_SQL, lead_ids=[lead.pk], now=NOW) == {lead.pk}


@pytest.mark.parametrize("match", ["all", "any"])
def test_a_gate_without_criteria_holds_nobody_back(match: str) -> None:
    lead = make_lead()
    make_gate(match=match)
    check = check_gates(lead=lead, now=NOW)[Step.TO_SQL]
    assert (check.passes, check.passes_with_move, check.items) == (True, True, ())
    assert passing(step=Step.TO_SQL, lead_ids=[lead.pk], now=NOW) == {lead.pk}
    Gate.objects.all().delete()
    assert check_gates(lead=lead, now=NOW)[Step.TO_SQL].passes


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("lead.nonsense", "equals", "x"),
        ("property.path", "equals", "x"),
        ("lead.score", "at_least", "many"),
        ("bant.nonsense", "equals", "confirmed"),
        ("bant.confirmed_count", "at_least", "many"),
        ("bant.confirmed_count", "at_least", None),
        ("bant.confirmed_count", "contains", 1),
        ("bant.confirmed_count", "between", 1),
        ("activity", "in", None),
        ("lead.business_email", "equals", 7),
    ],
)
def test_a_criterion_that_makes_no_sense_holds_for_nobody_and_stops_nothing_else(
    field: str, operator: str, value: Any
) -> None:
    make_gate(("It", field, operator, value))
    lead = make_good_lead()
    assert lines(lead, Step.TO_SQL) == ["Missing: It (This criterion makes no sense; mend it in the admin)"]
    assert passing(step=Step.TO_SQL, lead_ids=[lead.pk], now=NOW) == set()
    assert check_gates(lead=lead, now=NOW)[Step.TO_MQL].passes


def test_every_stage_but_the_last_has_a_step() -> None:
    assert STEP_FROM == {"lead": Step.TO_MQL, "mql": Step.TO_SQL, "sql": Step.TO_CUSTOMER}


def test_no_leads_no_checks() -> None:
    assert check_many(lead_ids=[], steps=list(Step), now=NOW) == {}
    assert passing(step=Step.TO_MQL, lead_ids=[], now=NOW) == set()


@pytest.mark.parametrize(
    ("field", "operator", "value", "fault"),
    [
        ("bant.confirmed_count", "contains", 3, "operator"),
        ("bant.confirmed_count", "nonsense", 3, "operator"),
        ("bant.confirmed_count", "at_least", "three", "value"),
        ("bant.confirmed_count", "at_least", True, "value"),
        ("bant.confirmed_count", "between", [3], "value"),
        ("bant.confirmed_count", "between", [3, 1], "value"),
        ("bant.budget", "equals", "maybe", "value"),
        ("bant.nonsense", "equals", "confirmed", "field"),
        ("bant.budget", "in", [], "value"),
        ("activity", "in", ["page_view", "nonsense"], "value"),
        ("activity", "in", None, "value"),
        ("activity", "equals", "page_view", "operator"),
        ("lead.business_email", "equals", "perhaps", "value"),
        ("lead.nonsense", "equals", "x", "field"),
        ("property.path", "equals", "x", "field"),
        ("lead.score", "at_least", "many", "value"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(field: str, operator: str, value: Any, fault: str) -> None:
    with pytest.raises(Invalid) as caught:
        validate_criterion(field=field, operator=operator, value=value)
    assert set(caught.value.errors) == {fault}


@pytest.mark.parametrize(
    ("field", "operator", "typed", "stored"),
    [
        ("bant.confirmed_count", "at_least", "3", 3),
        ("bant.confirmed_count", "between", ["1", "3"], [1, 3]),
        ("bant.budget", "in", ["confirmed", "stale"], ["confirmed", "stale"]),
        ("bant.confirmed_count", "between", "1, 3", [1, 3]),
        ("bant.budget", "in", "confirmed, Stale", ["confirmed", "stale"]),
        ("bant.budget", "equals", "Ruled out", "ruled_out"),
        ("activity", "in", ["demo_requested"], ["demo_requested"]),
        ("activity", "in", "demo_requested, Meeting held", ["demo_requested", "meeting_held"]),
        ("lead.business_email", "equals", "yes", True),
        ("lead.score", "at_least", "50", 50),
        ("lead.country", "in", "DE, AT", ["DE", "AT"]),
    ],
)
def test_what_a_form_sends_is_understood(field: str, operator: str, typed: Any, stored: Any) -> None:
    assert validate_criterion(field=field, operator=operator, value=typed) == stored


def test_a_picker_gets_every_field_with_its_operators() -> None:
    fields = dict(criterion_fields())
    assert fields["bant.confirmed_count"] == "BANT: confirmed"
    assert fields["bant.decision_process"] == "BANT: Decision process"
    assert "lead.score" in fields
    assert "property.path" not in fields
    for key in fields:
        assert operators_of(key)
    assert operators_of("nonsense") == []


def test_every_shipped_criterion_is_one_that_could_be_saved() -> None:
    for criterion in GateCriterion.objects.all():
        asked: dict[str, Any] = {
            "field": criterion.field,
            "operator": criterion.operator,
            "value": criterion.value,
        }
        assert validate_criterion(**asked) == criterion.value
