"""Criteria as SQL: one meaning of conditions, in rules and in gates."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import CustomField, Operator
from leadapp.numbers import write_exact, write_number
from qualification.models import GateCriterion
from qualification.models.gates import FALLING, MOST_DAYS, MOST_TIMES, RISING
from qualification.services.gates.fields import (
    EVIDENCE,
    find_own,
    own_fields,
    own_test_sql,
    own_value_sql,
    validate_own,
)
from qualification.services.gates.happened import ACTIVITY, happened_sql, newest_sql
from scoring.engine import conditions
from scoring.engine.conditions import LEAD_AND_COMPANY
from scoring.engine.fragments import Fragment
from scoring.engine.validation import validate_value
from scoring.fields import ATTRIBUTE, Field, Kind, Scope, field_choices, find_field
from scoring.sentences import say_field

logger = logging.getLogger(__name__)

NEVER = Fragment("FALSE")
NOTHING = Fragment("NULL::jsonb")
JOINS = f"{LEAD_AND_COMPANY} CROSS JOIN (SELECT %s::timestamptz AS as_of) m"


def test_sql(criterion: GateCriterion) -> Fragment:
    """Return the condition that tells whether a lead meets this criterion.

    A criterion that makes no sense (it was not saved through validate_criterion) holds for nobody; it must
    not keep all other gates from being looked at.
    """
    return _compile(criterion, criterion.value)


def staying_sql(criterion: GateCriterion) -> Fragment:
    """Return the condition that tells whether a lead is not beyond the far side of this criterion."""
    leave_value = criterion.leave_value
    return _compile(criterion, criterion.value if leave_value is None else as_number(leave_value))


def _compile(criterion: GateCriterion, value: Any) -> Fragment:
    try:
        if find_own(criterion.field):
            return _own_test_sql(criterion, value)
        found = find_field(criterion.field)
        if found is None or Scope.GATE not in found.scopes:
            raise Invalid.field("field", _("Gates have no field %(field)s.") % {"field": criterion.field})
        return conditions.compile(criterion.field, criterion.operator, value)
    except (Invalid, KeyError, TypeError, ValueError) as error:
        logger.error("criterion %s (%s) holds for nobody: %r", criterion.pk, criterion.label, error)
        return NEVER


def _own_test_sql(criterion: GateCriterion, value: Any) -> Fragment:
    if criterion.field != ACTIVITY:
        return own_test_sql(criterion.field, criterion.operator, value)
    if Operator(criterion.operator) not in operators_of(ACTIVITY):
        raise Invalid.field("operator", _("Activities happened or they did not."))
    happened = happened_sql(criterion)
    return happened if criterion.operator == Operator.IN else "NOT " + happened


def value_sql(criterion: GateCriterion) -> Fragment:
    """Return the expression for what a lead has there now, as JSON."""
    if test_sql(criterion) == NEVER:
        return NOTHING
    if criterion.field == ACTIVITY:
        return newest_sql(criterion)
    if find_own(criterion.field):
        return own_value_sql(criterion.field)
    found = find_field(criterion.field)
    if found is None:
        return NOTHING
    return "to_jsonb(" + Fragment(found.sql, found.params) + ")"


def leads_sql(now: datetime, *, with_evidence: bool = True) -> Fragment:
    """Return the tables that tests and values read: the lead, what belongs to it, and the moment."""
    return Fragment(f"{JOINS} {EVIDENCE}" if with_evidence else JOINS, (now.isoformat(),))


def leads_asked_by(test: Fragment, now: datetime) -> Fragment:
    """Return the tables that this test reads; looking for evidence takes as long as all the rest."""
    return leads_sql(now, with_evidence="evidence." in test.sql)


def depends_on_time(criterion: GateCriterion) -> bool:
    """Tell whether a lead may come to meet a criterion, or cease to, although nothing happens."""
    return (
        criterion.operator == Operator.WITHIN_DAYS
        or criterion.window_days is not None
        or criterion.field.startswith("bant.")
    )


def validate_criterion(*, field: str, operator: str, value: Any) -> Any:
    """Return the value of a criterion in the shape that is stored, or raise Invalid saying what to mend."""
    if find_own(field):
        return validate_own(field, operator, value)
    custom = _custom_field(field)
    if custom is not None:
        return validate_value(custom, operator, value)
    return conditions.validate_condition(field, operator, value, scope=Scope.GATE)


def validate_leave_value(*, field: str, operator: str, value: Any, leave_value: Any) -> float | None:
    """Return the far side of a criterion whose value was validated before, or raise Invalid."""
    if leave_value is None:
        return None
    if operator not in (*RISING, *FALLING):
        raise Invalid.field(
            "leave_value", _("Only “at least”, “at most”, “greater” and “less” have two sides.")
        )
    try:
        leave = validate_criterion(field=field, operator=operator, value=as_number(leave_value))
    except Invalid as refusal:
        raise Invalid.field("leave_value", refusal.message) from None
    if operator in RISING and leave >= value:
        raise Invalid.field(
            "leave_value", _("Give less than %(value)s, where leads come in.") % {"value": f"{value:g}"}
        )
    if operator in FALLING and leave <= value:
        raise Invalid.field(
            "leave_value", _("Give more than %(value)s, where leads come in.") % {"value": f"{value:g}"}
        )
    return float(leave)


def validate_counting(*, field: str, min_occurrences: int, window_days: int | None) -> None:
    """Raise Invalid unless how often and within how many days makes sense: only activities are counted."""
    faults = {}
    if field != ACTIVITY and min_occurrences != 1:
        faults["min_occurrences"] = [_("Only activities are counted.")]
    if field != ACTIVITY and window_days is not None:
        faults["window_days"] = [_("Only activities have days; dates have “is within the last days”.")]
    if not 1 <= min_occurrences <= MOST_TIMES:
        faults["min_occurrences"] = [
            _("Give a whole number from 1 to %(most_times)s.") % {"most_times": write_number(MOST_TIMES)}
        ]
    if window_days is not None and not 1 <= window_days <= MOST_DAYS:
        faults["window_days"] = [
            _("Give a whole number of days from 1 to %(most_days)s, or none.")
            % {"most_days": write_number(MOST_DAYS)}
        ]
    if faults:
        raise Invalid(next(iter(faults.values()))[0], errors=faults)


def as_number(value: Any) -> Any:
    """Return a number without a fraction as a whole one; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def say_number(number: Any) -> str:
    """Write a number with as many digits as it has."""
    return write_exact(number)


def criterion_fields() -> list[tuple[str, str]]:
    """Return (key, label) of every field that a criterion can ask (two queries)."""
    return [*field_choices(Scope.GATE), *own_fields()]


def operators_of(field: str) -> list[Operator]:
    """Return the ways in which a field can be compared, in the order of the vocabulary."""
    if own := find_own(field):
        allowed = frozenset(own.operators)
    else:
        found = _custom_field(field) or find_field(field)
        allowed = conditions.OPERATORS[found.kind] if found else frozenset()
    return [operator for operator in Operator if operator in allowed]


def field_label(field: str) -> str:
    """Return what people call a field."""
    own = find_own(field)
    return own.label if own else say_field(field)


def choice_label(field: str, value: Any) -> str:
    """Return what people call a value of this field."""
    if own := find_own(field):
        choices = own.choices
    else:
        found = find_field(field)
        choices = dict(found.choices) if found else {}
    return str(choices.get(str(value), f"{value:g}" if isinstance(value, float) else value))


def _custom_field(field: str) -> Field | None:
    """Return a field of the team's own as what it is defined to be; leads keep it as JSON of any kind."""
    found = find_field(field)
    if found is None or not field.startswith(ATTRIBUTE):
        return None
    defined = CustomField.objects.filter(key=field.removeprefix(ATTRIBUTE)).first()
    return replace(found, kind=Kind(defined.kind), called=defined.label) if defined else None
