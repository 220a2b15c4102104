"""Conditions: checking what a marketer typed, and turning it into SQL. Used by rules and by gates.

A missing value (NULL, empty text, no company) matches only "is empty", "is not" and "is none of".
Text is compared without regard to case.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence

from leadapp.errors import Invalid
from leadapp.models import Match, Operator
from scoring.engine.fragments import Fragment, join
from scoring.fields import Field, Kind, Scope, find_field

Value = str | int | float | bool | list[str] | list[float] | None

# Where conditions of leads are evaluated; `m.as_of` must be there as well.
LEAD_AND_COMPANY = "leadapp_lead l LEFT JOIN leadapp_company c ON c.id = l.company_id"

ALWAYS = Fragment("TRUE")
MAX_LIST = 500
MAX_TEXT = 200
MAX_NUMBER = 1e15
MAX_DAYS = 3650

_NOTHING = {Operator.IS_SET, Operator.IS_EMPTY}
_LISTS = {Operator.IN, Operator.NOT_IN, Operator.MATCHES_LIST}
_SEARCHES = {Operator.CONTAINS, Operator.STARTS_WITH, Operator.MATCHES_LIST}
_SIZES = {
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
}
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

# Numbers that came as text, from a form for instance. Short enough for any arithmetic.
_NUMBER_TEXT = r"^\s*[+-]?[0-9]{1,18}(\.[0-9]{1,12})?\s*$"
_DATE_TEXT = r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9]"


def compile(field: str, operator: str, value: Value) -> Fragment:
    """Return SQL that is true where the condition holds, and false (never NULL) elsewhere."""
    found = find_field(field)
    if found is None:
        raise Invalid.field("field", f"There is no field {field}.")
    return "COALESCE(" + _COMPILERS[Operator(operator)](found, value) + ", FALSE)"


def compile_all(conditions: Iterable[tuple[str, str, Value]], match: str) -> Fragment:
    """Return SQL that is true where all, or any, of the conditions hold; no conditions always hold."""
    compiled = [compile(*condition) for condition in conditions]
    if not compiled:
        return ALWAYS
    return "(" + join(" OR " if match == Match.ANY else " AND ", compiled) + ")"


def _raw(field: Field) -> Fragment:
    return Fragment(field.sql, field.params)


def _as_text(field: Field) -> Fragment:
    """Return the value as text, NULL where it is missing."""
    if field.is_json:
        return "NULLIF(" + Fragment(field.text_sql, field.params) + ", '')"
    if field.kind in (Kind.TEXT, Kind.CHOICE):
        return "NULLIF(" + _raw(field) + ", '')"
    return _raw(field) + "::text"


def _as_number(field: Field) -> Fragment:
    """Return the value as a number, NULL where it is none.

    JSON numbers stay numeric for comparison only: casting an absurd one to float8 would raise an error
    and stop the scoring of its lead for good.
    """
    if not field.is_json:
        return _raw(field) + "::float8"
    raw, text = _raw(field), Fragment(field.text_sql, field.params)
    return (
        "(CASE jsonb_typeof(" + raw + ") WHEN 'number' THEN " + raw + "::numeric"
        + " WHEN 'string' THEN CASE WHEN " + text + Fragment(" ~ %s", (_NUMBER_TEXT,))
        + " THEN " + text + "::numeric END END)"
    )  # fmt: skip


def _as_date(field: Field) -> Fragment:
    """Return the value as a moment, NULL where it is none."""
    if not field.is_json:
        return _raw(field)
    text = Fragment(field.text_sql, field.params)
    # Dates only: PostgreSQL would also read "now" or "infinity".
    looks_so = text + Fragment(" ~ %s", (_DATE_TEXT,))
    return (
        "(CASE WHEN "
        + looks_so
        + " AND pg_input_is_valid("
        + text
        + ", 'timestamptz') THEN "
        + text
        + "::timestamptz END)"
    )


def _lower(text: Fragment) -> Fragment:
    return "lower(" + text + ")"


def _equality(field: Field, value: Value) -> tuple[Fragment, list[Fragment]]:
    """Return the compared expression and the values, in a type that suits both."""
    values: Sequence[object] = value if isinstance(value, list) else [value]
    if field.kind == Kind.BOOLEAN:
        return _raw(field), [Fragment("TRUE" if item else "FALSE") for item in values]
    numbers = [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
    if field.kind == Kind.NUMBER or (field.is_json and values and len(numbers) == len(values)):
        cast = "numeric" if field.is_json else "float8"
        return _as_number(field), [Fragment(f"%s::{cast}", (_number(item),)) for item in values]
    texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    return _lower(_as_text(field)), [Fragment("lower(%s)", (text,)) for text in texts]


def _number(value: object) -> float:
    if not isinstance(value, int | float | str):
        raise Invalid.field("value", "Give a number.")
    return float(value)


def _is_in(field: Field, value: Value) -> Fragment:
    left, values = _equality(field, value)
    if not values:
        return Fragment("FALSE")
    return "(" + left + " IN (" + join(", ", values) + "))"


def _is_not_in(field: Field, value: Value) -> Fragment:
    return "NOT COALESCE(" + _is_in(field, value) + ", FALSE)"


def _contains(field: Field, value: Value) -> Fragment:
    return "(strpos(" + _lower(_as_text(field)) + Fragment(", lower(%s)) > 0)", (str(value),))


def _starts_with(field: Field, value: Value) -> Fragment:
    return "starts_with(" + _lower(_as_text(field)) + Fragment(", lower(%s))", (str(value),))


def _matches_list(field: Field, value: Value) -> Fragment:
    """Look for any of the words as whole words, even where they end in a sign ("c++")."""
    words = [re.sub(r"(\W)", r"\\\1", str(word)) for word in value] if isinstance(value, list) else []
    if not words:
        return Fragment("FALSE")
    pattern = f"(?<![[:alnum:]_])({'|'.join(words)})(?![[:alnum:]_])"
    return "(" + _lower(_as_text(field)) + Fragment(" ~ lower(%s))", (pattern,))


def _size(sign: str) -> Callable[[Field, Value], Fragment]:
    def compiled(field: Field, value: Value) -> Fragment:
        cast = "numeric" if field.is_json else "float8"
        return "(" + _as_number(field) + Fragment(f" {sign} %s::{cast})", (_number(value),))

    return compiled


def _between(field: Field, value: Value) -> Fragment:
    low, high = value if isinstance(value, list) and len(value) == 2 else (None, None)
    cast = "numeric" if field.is_json else "float8"
    bounds = Fragment(f" BETWEEN %s::{cast} AND %s::{cast})", (_number(low), _number(high)))
    return "(" + _as_number(field) + bounds


def _is_set(field: Field, value: Value) -> Fragment:
    return "(" + _as_text(field) + " IS NOT NULL)"


def _is_empty(field: Field, value: Value) -> Fragment:
    return "(" + _as_text(field) + " IS NULL)"


def _within_days(field: Field, value: Value) -> Fragment:
    date = _as_date(field)
    hours = Fragment("make_interval(hours => %s)", (int(_number(value)) * 24,))
    return "(" + date + " >= m.as_of - " + hours + " AND " + date + " <= m.as_of)"


_COMPILERS: dict[Operator, Callable[[Field, Value], Fragment]] = {
    Operator.EQUALS: _is_in,
    Operator.NOT_EQUALS: _is_not_in,
    Operator.IN: _is_in,
    Operator.NOT_IN: _is_not_in,
    Operator.CONTAINS: _contains,
    Operator.STARTS_WITH: _starts_with,
    Operator.MATCHES_LIST: _matches_list,
    Operator.BETWEEN: _between,
    Operator.IS_SET: _is_set,
    Operator.IS_EMPTY: _is_empty,
    Operator.WITHIN_DAYS: _within_days,
    **{operator: _size(sign) for operator, sign in _SIZES.items()},
}


def validate_condition(field: str, operator: str, value: object, *, scope: Scope | None = None) -> Value:
    """Return the value in the shape that the operator wants; raise Invalid with what to mend.

    Texts as a form sends them are understood: "200" where a number is wanted, "DE, AT, CH" for a list.
    """
    found = find_field(field)
    if found is None:
        raise Invalid.field("field", f"There is no field {field}.")
    if scope is not None and scope not in found.scopes:
        raise Invalid.field("field", f"{found.label} cannot be used here.")
    if operator not in Operator.values:
        raise Invalid.field("operator", "Choose how to compare.")
    how = Operator(operator)
    if how not in OPERATORS[found.kind]:
        raise Invalid.field("operator", f"{found.label} cannot be compared with “{how.label}”.")
    if how in _NOTHING:
        return None
    if how == Operator.WITHIN_DAYS:
        return _clean_days(value)
    if how == Operator.BETWEEN:
        return _clean_pair(value)
    if how in _SIZES:
        return _clean_number(value)
    if how in _LISTS:
        return _clean_list(found, value)
    return _clean_one(found, value)


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
        raise Invalid.field("value", "Give a number.")
    return int(number) if number == int(number) else number


def _clean_days(value: object) -> int:
    days = _clean_number(value)
    if days != int(days) or not 1 <= days <= MAX_DAYS:
        raise Invalid.field("value", f"Give a whole number of days between 1 and {MAX_DAYS}.")
    return int(days)


def _clean_pair(value: object) -> list[float]:
    numbers = [_clean_number(item) for item in _items(value)]
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise Invalid.field("value", "Give two numbers, the smaller one first.")
    return numbers


def _clean_list(field: Field, value: object) -> Value:
    cleaned = [_clean_one(field, item) for item in _items(value)]
    if not cleaned:
        raise Invalid.field("value", "Give at least one value.")
    if len(cleaned) > MAX_LIST:
        raise Invalid.field("value", f"Give at most {MAX_LIST} values.")
    return cleaned  # type: ignore[return-value]


def _clean_one(field: Field, value: object) -> Value:
    if field.kind == Kind.NUMBER:
        return _clean_number(value)
    if field.kind == Kind.BOOLEAN:
        return _clean_boolean(value)
    if field.is_json and isinstance(value, bool | int | float):
        return value if isinstance(value, bool) else _clean_number(value)
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field("value", "Give a text to compare with.")
    text = value.strip()
    if len(text) > MAX_TEXT or "\0" in text:
        raise Invalid.field("value", f"Give a text of at most {MAX_TEXT} characters.")
    if field.kind == Kind.CHOICE:
        known = {code.lower(): code for code, _ in field.choices} | {
            label.lower(): code for code, label in field.choices
        }
        if text.lower() not in known:
            raise Invalid.field(
                "value", f"{field.label} is one of {', '.join(label for _, label in field.choices)}."
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
        raise Invalid.field("value", "Say yes or no.")
    return known[key]
