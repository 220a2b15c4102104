"""Values that would satisfy the conditions of a rule, to ask what that would do."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from leadapp.models import Lead, Match, Operator
from scoring.engine.conditions import Value
from scoring.engine.definition import Rule
from scoring.fields import ATTRIBUTE, PROPERTY, Kind, find_field

Condition = tuple[str, str, Value]

SOURCE = "activity.source"
# What holds, or does not, without anything being given.
_UNANSWERABLE = {Operator.IS_EMPTY, Operator.NOT_EQUALS, Operator.NOT_IN}
_SOMETHING = {
    "lead.email": "somebody@company.example",
    "lead.email_domain": "company.example",
    "lead.phone": "+49301234567",
    "lead.linkedin_url": "https://www.linkedin.com/in/somebody",
    "lead.country": "DE",
    "lead.language": "de",
    "company.country": "DE",
    "company.domain": "company.example",
}


def satisfying_activity(rule: Rule, as_of: datetime) -> dict[str, Any] | None:
    """Return properties (and source) of an activity that a rule would count; None if there is no telling.

    What the rule asks of the lead is left to the engine.
    """
    facts: dict[str, Any] = {"properties": {}}
    wanted: Iterable[Condition] = [
        condition for condition in rule.conditions if condition[0].startswith((PROPERTY, SOURCE))
    ]
    if rule.match == Match.ANY:
        wanted = list(wanted)[:1]
    for key, operator, value in wanted:
        if Operator(operator) in _UNANSWERABLE:
            continue
        answer = _answer(key, Operator(operator), value, as_of)
        if answer is None:
            return None
        if key == SOURCE:
            facts["source"] = str(answer)
        else:
            facts["properties"][key.removeprefix(PROPERTY)] = answer
    return facts


def missing_facts(rule: Rule, lead: Lead, as_of: datetime) -> dict[str, Any]:
    """Return the facts that are not known of a lead and would satisfy a fit rule; none if others forbid it.

    Nobody is sent to find out what is sensitive. Where any condition is enough all the facts must be
    missing: if one is known, the lead is known to be different.
    """
    facts: dict[str, Any] = {}
    for key, operator, value in rule.conditions:
        found = find_field(key)
        if found is None or found.is_sensitive or found.kind in (Kind.BOOLEAN, Kind.DATE):
            return {}
        if _known(lead, key):
            if rule.match == Match.ANY:
                return {}
            continue
        if Operator(operator) not in _UNANSWERABLE:
            answer = _answer(key, Operator(operator), value, as_of)
            if answer is None:
                return {}
            facts[key] = answer
    return facts


def _known(lead: Lead, key: str) -> bool:
    if key.startswith(ATTRIBUTE):
        return lead.attributes.get(key.removeprefix(ATTRIBUTE)) not in (None, "")
    owner, _, name = key.partition(".")
    if key == "lead.email_domain":
        name = "email"
    known = getattr(lead if owner == "lead" else lead.company, name, None)
    return known not in (None, "")


def _answer(key: str, operator: Operator, value: Value, as_of: datetime) -> Any:
    """Return a value for which the condition holds, or None."""
    match operator:
        case Operator.IS_SET:
            return _SOMETHING.get(key, "known")
        case Operator.IN | Operator.MATCHES_LIST:
            return value[0] if isinstance(value, list) and value else None
        case Operator.BETWEEN:
            return value[0] if isinstance(value, list) and value else None
        case Operator.WITHIN_DAYS:
            return as_of.isoformat()
        case Operator.GREATER | Operator.LESS:
            step = 1 if operator == Operator.GREATER else -1
            return value + step if isinstance(value, int | float) else None
        case _:
            return value
