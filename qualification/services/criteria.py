"""Criteria as SQL: one meaning of conditions, in rules and in gates."""

import logging
from datetime import datetime
from typing import Any

from leadapp.errors import Invalid
from leadapp.models import Operator
from qualification.models import GateCriterion
from qualification.services.fields import EVIDENCE, OWN_FIELDS, own_test_sql, own_value_sql, validate_own
from scoring.engine import conditions
from scoring.engine.conditions import LEAD_AND_COMPANY
from scoring.engine.fragments import Fragment
from scoring.fields import Scope, field_choices, find_field

logger = logging.getLogger(__name__)

NEVER = Fragment("FALSE")
NOTHING = Fragment("NULL::jsonb")
JOINS = f"{LEAD_AND_COMPANY} CROSS JOIN (SELECT %s::timestamptz AS as_of) m"


def test_sql(criterion: GateCriterion) -> Fragment:
    """Return the condition that tells whether a lead meets this criterion.

    A criterion that makes no sense (it was not saved through validate_criterion) holds for nobody; it must
    not keep all other gates from being looked at.
    """
    try:
        if criterion.field in OWN_FIELDS:
            return own_test_sql(criterion.field, criterion.operator, criterion.value)
        found = find_field(criterion.field)
        if found is None or Scope.GATE not in found.scopes:
            raise Invalid.field("field", f"Gates have no field {criterion.field}.")
        return conditions.compile(criterion.field, criterion.operator, criterion.value)
    except (Invalid, KeyError, TypeError, ValueError) as error:
        logger.error("criterion %s (%s) holds for nobody: %r", criterion.pk, criterion.label, error)
        return NEVER


def value_sql(criterion: GateCriterion) -> Fragment:
    """Return the expression for what a lead has there now, as JSON."""
    if test_sql(criterion) == NEVER:
        return NOTHING
    if criterion.field in OWN_FIELDS:
        return own_value_sql(criterion.field, criterion.value)
    found = find_field(criterion.field)
    if found is None:
        return NOTHING
    return "to_jsonb(" + Fragment(found.sql, found.params) + ")"


def leads_sql(now: datetime, *, with_evidence: bool = True) -> Fragment:
    """Return the tables that tests and values read: the lead, what belongs to it, and the moment."""
    return Fragment(f"{JOINS} {EVIDENCE}" if with_evidence else JOINS, (now.isoformat(),))


def validate_criterion(*, field: str, operator: str, value: Any) -> Any:
    """Return the value of a criterion in the shape that is stored, or raise Invalid saying what to mend."""
    if field in OWN_FIELDS:
        return validate_own(field, operator, value)
    return conditions.validate_condition(field, operator, value, scope=Scope.GATE)


def criterion_fields() -> list[tuple[str, str]]:
    """Return (key, label) of every field that a criterion can ask (one query)."""
    return [*field_choices(Scope.GATE), *((own.key, own.label) for own in OWN_FIELDS.values())]


def operators_of(field: str) -> list[Operator]:
    """Return the ways in which a field can be compared, in the order of the vocabulary."""
    if field in OWN_FIELDS:
        allowed = frozenset(OWN_FIELDS[field].operators)
    else:
        found = find_field(field)
        allowed = conditions.OPERATORS[found.kind] if found else frozenset()
    return [operator for operator in Operator if operator in allowed]


def choice_label(field: str, value: Any) -> str:
    """Return what people call a value of this field."""
    if field in OWN_FIELDS:
        choices = OWN_FIELDS[field].choices
    else:
        found = find_field(field)
        choices = dict(found.choices) if found else {}
    return choices.get(str(value), f"{value:g}" if isinstance(value, float) else str(value))
