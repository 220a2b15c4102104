"""Every field, compared in every way, with every kind of value: it is refused by name, or it can be asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leadapp.errors import Invalid
from leadapp.models import Company, CustomField, Lead, Operator
from qualification.models import GateCriterion
from qualification.services.gates import criteria as asking
from qualification.services.gates.checklists import select_leads
from qualification.services.gates.criteria import (
    NEVER,
    criterion_fields,
    operators_of,
    staying_sql,
    validate_counting,
    validate_criterion,
    validate_leave_value,
    value_sql,
)
from tests.qualification.build import NOW, confirm, log, make_lead

pytestmark = pytest.mark.django_db

VALUES: list[Any] = [
    None, "", "50", "-3", "2.5", "nan", "1e400", "9" * 400, "x\0y", "ü" * 500, "yes", "hot", "A", "3",
    "confirmed", "page_view, demo_requested", "10, 20", "20, 10", True, 2.5, float("inf"), 10**400, [],
    [1, 2], [None], {"a": 1}, ["x"] * 600,
]  # fmt: skip
LEAVES: list[Any] = [None, 0.5, 49.0, 50.0, -1e300, float("nan"), float("-inf")]
PARTS = {"field", "operator", "value"}


@pytest.fixture
def leads() -> list[Lead]:
    """Give a lead of which nothing is known, and one of which everything is."""
    for kind in CustomField.Kind.values:
        CustomField.objects.create(key=f"own_{kind}", label=kind.title(), kind=kind)
    company = Company.objects.create(
        name="Vögele",
        domain="v.example",
        industry="Machinery",
        employees=50,
        annual_revenue=10**9,
        country="DE",
    )
    attributes = {"own_text": "Gold", "own_number": 50, "own_boolean": True, "own_date": "2026-11-18"}
    known = make_lead(score=50, company=company, country="DE", birth_year=1980, attributes=attributes)
    confirm(known, "budget")
    log(known, "page_view")
    odd = {"own_text": 5, "own_number": "many", "own_boolean": "x", "own_date": [1]}
    return [make_lead(email=None), known, make_lead(attributes=odd)]


def attempt(check: Callable[..., Any], **asked: Any) -> tuple[Any, set[str]]:
    """Return what a check keeps, and the parts that it refuses."""
    try:
        return check(**asked), set()
    except Invalid as refusal:
        return None, set(refusal.errors) or {"nothing is named"}


def accepted() -> Iterator[GateCriterion]:
    """Return every criterion that could be saved; all others are refused at one of their parts."""
    for field, _ in criterion_fields():
        allowed = operators_of(field)
        for operator in [*Operator.values, "resembles", ""]:
            for value in VALUES:
                kept, faults = attempt(validate_criterion, field=field, operator=operator, value=value)
                assert faults <= PARTS, (field, operator, value)
                if not faults:
                    assert operator in allowed, (field, operator)
                    yield from with_far_sides(field, operator, kept)


def with_far_sides(field: str, operator: str, value: Any) -> Iterator[GateCriterion]:
    for far in LEAVES:
        asked = {"field": field, "operator": operator, "value": value}
        kept, faults = attempt(validate_leave_value, **asked, leave_value=far)
        assert faults <= {"leave_value"}
        if not faults:
            yield GateCriterion(**asked, label="X", leave_value=kept)


def test_what_is_accepted_can_be_asked_of_any_lead_and_be_stored(leads: list[Lead]) -> None:
    criteria = list(accepted())
    assert {each.field for each in criteria} == {key for key, _ in criterion_fields()}
    assert any(each.leave_value is not None for each in criteria)
    columns = []
    for each in criteria:
        test = asking.test_sql(each)
        assert test != NEVER, (each.field, each.operator, each.value)
        columns += [test, staying_sql(each), value_sql(each)]
    ids = [lead.pk for lead in leads]
    for start in range(0, len(columns), 300):
        rows = select_leads(columns[start : start + 300], lead_ids=ids, now=NOW)
        tested = [row[1::3] for row in rows] + [row[2::3] for row in rows]
        assert all(isinstance(value, bool) for row in tested for value in row)
    gate_id = 1
    for each in criteria:
        each.gate_id = gate_id
    GateCriterion.objects.bulk_create(criteria)


def test_what_a_custom_field_is_decides_how_it_is_asked(leads: list[Lead]) -> None:
    def holds(field: str, operator: str, typed: str) -> bool:
        value = validate_criterion(field=f"lead.attributes.{field}", operator=operator, value=typed)
        criterion = GateCriterion(field=f"lead.attributes.{field}", operator=operator, value=value)
        return bool(select_leads([asking.test_sql(criterion)], lead_ids=[leads[1].pk], now=NOW)[0][1])

    assert holds("own_boolean", "equals", "yes")
    assert not holds("own_boolean", "equals", "no")
    assert holds("own_number", "equals", "50.0")
    assert holds("own_number", "at_least", "50")
    assert holds("own_text", "in", "gold, silver")
    assert holds("own_date", "within_days", "7")
    for field, operator in (
        ("own_text", "at_least"),
        ("own_boolean", "contains"),
        ("own_number", "within_days"),
    ):
        with pytest.raises(Invalid):
            holds(field, operator, "5")


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        ({"field": "activity", "min_occurrences": 3, "window_days": 30}, set()),
        ({"field": "activity", "min_occurrences": 0, "window_days": None}, {"min_occurrences"}),
        (
            {"field": "activity", "min_occurrences": 10**9, "window_days": 0},
            {"min_occurrences", "window_days"},
        ),
        ({"field": "activity", "min_occurrences": 1, "window_days": 3651}, {"window_days"}),
        ({"field": "lead.score", "min_occurrences": 1, "window_days": None}, set()),
        ({"field": "lead.score", "min_occurrences": 2, "window_days": 7}, {"min_occurrences", "window_days"}),
    ],
)
def test_only_activities_are_counted(facts: dict[str, Any], places: set[str]) -> None:
    assert attempt(validate_counting, **facts)[1] == places
