"""Checking the conditions that a marketer types, before they are stored."""

import math
import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Operator
from scoring.fields import Field, Kind, Scope, find_field

Value = str | int | float | bool | list[str] | list[float] | None

MAX_LIST = 500
MAX_TEXT = 200
MAX_NUMBER = 1e15
MAX_DAYS = 3650

_NOTHING = {Operator.IS_SET, Operator.IS_EMPTY}
_LISTS = {Operator.IN, Operator.NOT_IN, Operator.MATCHES_LIST}
_SEARCHES = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.MATCHES_LIST}
_SIZES = {Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST}
_EQUALITIES = {Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN}
_COMPARISONS = {*_SIZES, Operator.BETWEEN}

OPERATORS: dict[Kind, frozenset[Operator]] = {
    Kind.TEXT: frozenset(_NOTHING | _EQUALITIES | _SEARCHES),
    Kind.CHOICE: frozenset(_NOTHING | _EQUALITIES),
    Kind.NUMBER: frozenset(_NOTHING | _EQUALITIES | _COMPARISONS),
    Kind.BOOLEAN: frozenset({Operator.EQUALS, Operator.NOT_EQUALS}),
    Kind.DATE: frozenset(_NOTHING | {Operator.WITHIN_DAYS}),
    Kind.ANY: frozenset(Operator),
}


def validate_condition(field: str, operator: str, value: object, *, scope: Scope | None = None) -> Value:
    """Return the value in the shape that the operator wants; raise Invalid with what to mend.

    Texts as a form sends them are understood: "200" where a number is wanted, "DE, AT, CH" for a list.
    """
    found = find_field(field)
    if found is None:
        raise Invalid.field("field", _("There is no field %(field)s.") % {"field": field})
    if scope is not None and scope not in found.scopes:
        raise Invalid.field("field", _("%(found)s cannot be used here.") % {"found": found.label})
    return validate_value(found, operator, value)


def validate_value(field: Field, operator: str, value: object) -> Value:
    """Return a value for this field in the shape that the operator wants, as validate_condition does."""
    if operator not in Operator.values:
        raise Invalid.field("operator", _("Choose how to compare."))
    how = Operator(operator)
    if how not in OPERATORS[field.kind]:
        raise Invalid.field(
            "operator",
            _("%(field)s cannot be compared with “%(how)s”.") % {"field": field.label, "how": how.label},
        )
    if how in _NOTHING:
        return None
    if how == Operator.WITHIN_DAYS:
        return _clean_days(value)
    if how == Operator.BETWEEN:
        return _clean_pair(value)
    if how in _SIZES:
        return _clean_number(value)
    if how in _LISTS:
        return _clean_list(field, value)
    return _clean_one(field, value)


def _items(value: object) -> list[object]:
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[,;\n]", value) if part.strip()]
    if isinstance(value, Sequence):
        return [item for item in value if item not in ("", None)]
    return [] if value is None else [value]


def _clean_number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not abs(number) <= MAX_NUMBER:
        raise Invalid.field("value", _("Give a number."))
    return int(number) if number == int(number) else number


def _clean_days(value: object) -> int:
    days = _clean_number(value)
    if days != int(days) or not 1 <= days <= MAX_DAYS:
        raise Invalid.field(
            "value", _("Give a whole number of days between 1 and %(max_days)s.") % {"max_days": MAX_DAYS}
        )
    return int(days)


def _clean_pair(value: object) -> list[float]:
    numbers = [_clean_number(item) for item in _items(value)]
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise Invalid.field("value", _("Give two numbers, the smaller one first."))
    return numbers


def _clean_list(field: Field, value: object) -> Value:
    cleaned = [_clean_one(field, item) for item in _items(value)]
    if not cleaned:
        raise Invalid.field("value", _("Give at least one value."))
    if len(cleaned) > MAX_LIST:
        raise Invalid.field("value", _("Give at most %(max_list)s values.") % {"max_list": MAX_LIST})
    return cleaned  # type: ignore[return-value]


def _clean_one(field: Field, value: object) -> Value:
    if field.kind == Kind.NUMBER:
        return _clean_number(value)
    if field.kind == Kind.BOOLEAN:
        return _clean_boolean(value)
    if field.is_json and isinstance(value, bool | int | float):
        return value if isinstance(value, bool) else _clean_number(value)
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field("value", _("Give a text to compare with."))
    text = value.strip()
    if len(text) > MAX_TEXT or "\0" in text:
        raise Invalid.field(
            "value", _("Give a text of at most %(max_text)s characters.") % {"max_text": MAX_TEXT}
        )
    if field.kind == Kind.CHOICE:
        known = {code.lower(): code for code, _ in field.choices} | {
            label.lower(): code for code, label in field.choices
        }
        if text.lower() not in known:
            raise Invalid.field(
                "value",
                _("%(field)s is one of %(values)s.")
                % {"field": field.label, "values": ", ".join(str(label) for _code, label in field.choices)},
            )
        return known[text.lower()]
    return text


def _clean_boolean(value: object) -> bool:
    known: dict[object, bool] = {
        "true": True,
        "yes": True,
        "1": True,
        "false": False,
        "no": False,
        "0": False,
    }
    key = str(value).strip().lower()
    if key not in known:
        raise Invalid.field("value", _("Say yes or no."))
    return known[key]
