"""What marketers may type into a condition."""

from typing import Any

import pytest

from leadapp.errors import Invalid
from leadapp.models import CustomField
from scoring.engine.conditions import compile, validate_condition
from scoring.fields import Scope, field_choices


@pytest.mark.parametrize(
    ("field", "operator", "typed", "kept"),
    [
        ("company.industry", "in", "Machinery, Software", ["Machinery", "Software"]),
        ("company.industry", "in", ["Machinery", ""], ["Machinery"]),
        ("company.employees", "at_least", "200", 200),
        ("company.employees", "between", "200, 999", [200, 999]),
        ("company.employees", "between", [1, 2.5], [1, 2.5]),
        ("lead.job_title", "contains", "  head ", "head"),
        ("lead.seniority", "equals", "C-level", "c_level"),
        ("lead.seniority", "in", "Owner; VP", ["owner", "vp"]),
        ("lead.email", "is_set", "whatever", None),
        ("lead.do_not_call", "equals", "yes", True),
        ("lead.created_at", "within_days", "30", 30),
        ("property.seconds", "greater", "60", 60),
        ("property.path", "contains", "/pricing", "/pricing"),
        ("property.seats", "equals", 6, 6),
        ("lead.attributes.plan", "equals", "Gold", "Gold"),
    ],
)
def test_values_are_brought_into_shape(field: str, operator: str, typed: Any, kept: Any) -> None:
    assert validate_condition(field, operator, typed) == kept
    compile(field, operator, kept)


@pytest.mark.parametrize(
    ("field", "operator", "typed", "at"),
    [
        ("lead.shoe_size", "equals", "44", "field"),
        ("property.", "equals", "1", "field"),
        ("property.a'b", "equals", "1", "field"),
        ("lead.email", "resembles", "x", "operator"),
        ("lead.email", "greater", "5", "operator"),
        ("company.employees", "contains", "5", "operator"),
        ("company.employees", "at_least", "many", "value"),
        ("company.employees", "at_least", "1e99", "value"),
        ("company.employees", "at_least", True, "value"),
        ("company.employees", "at_least", None, "value"),
        ("company.employees", "between", "9, 1", "value"),
        ("company.employees", "between", "9", "value"),
        ("lead.seniority", "equals", "Boss", "value"),
        ("lead.created_at", "within_days", "0", "value"),
        ("lead.created_at", "within_days", "1.5", "value"),
        ("lead.do_not_call", "equals", "perhaps", "value"),
        ("lead.job_title", "contains", "", "value"),
        ("lead.job_title", "contains", "x" * 201, "value"),
        ("lead.job_title", "contains", "a\0b", "value"),
        ("lead.job_title", "in", [], "value"),
        ("lead.job_title", "in", ["x"] * 501, "value"),
    ],
)
def test_nonsense_is_refused_with_the_place(field: str, operator: str, typed: Any, at: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate_condition(field, operator, typed)
    assert list(refused.value.errors) == [at]


def test_fit_rules_cannot_look_at_activities_and_rules_not_at_scores() -> None:
    validate_condition("property.path", "is_set", None, scope=Scope.ENGAGEMENT)
    for field, scope in [
        ("property.path", Scope.FIT),
        ("activity.source", Scope.GATE),
        ("lead.score", Scope.FIT),
        ("lead.fit_grade", Scope.ENGAGEMENT),
    ]:
        with pytest.raises(Invalid):
            validate_condition(field, "is_set", None, scope=scope)


@pytest.mark.django_db
def test_pickers_offer_the_fields_of_their_place_and_the_teams_own() -> None:
    CustomField.objects.create(key="plan", label="Plan")
    gate, fit = dict(field_choices(Scope.GATE)), dict(field_choices(Scope.FIT))
    assert "lead.score" in gate
    assert "lead.score" not in fit
    assert fit["lead.attributes.plan"] == "Plan"


def test_an_unknown_field_is_not_compiled() -> None:
    with pytest.raises(Invalid):
        compile("lead.shoe_size", "equals", "44")
