"""Conditions as SQL. Used by rules and by gates.

A missing value (NULL, empty text, no company) matches only "is empty", "is not" and "is none of".
Text is compared without regard to case.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Match, Operator
from scoring.engine.fragments import Fragment, join
from scoring.engine.validation import OPERATORS, Value, validate_condition
from scoring.fields import Field, Kind, find_field

__all__ = [
    "LEAD_AND_COMPANY",
    "OPERATORS",
    "Reader",
    "Shape",
    "Value",
    "compile",
    "compile_all",
    "validate_condition",
]

# Where conditions of leads are evaluated; `m.as_of` must be there as well.
LEAD_AND_COMPANY = "leadapp_lead l LEFT JOIN leadapp_company c ON c.id = l.company_id"

ALWAYS = Fragment("TRUE")
_SIZES = {
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
}

# Numbers that came as text, from a form for instance. Short enough for any arithmetic.
_NUMBER_TEXT = r"^\s*[+-]?[0-9]{1,18}(\.[0-9]{1,12})?\s*$"
_DATE_TEXT = r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9]"

# What separates words. Not + and #, which belong to the name of a thing (c++, c#).
SEPARATORS = "\t\n\r.,;:!?/\\|&()[]{}<>\"'*-\N{EN DASH}\N{EM DASH}\N{NO-BREAK SPACE}_@"
# No text has it; it marks spaces while several become one.
MARK = "\x1f"


class Shape(StrEnum):
    """How a condition wants to see the value of a field."""

    RAW = "raw"  # as it is stored
    TEXT = "text"
    FOLDED = "folded"  # text to compare with something, so that empty is as good as missing


def read_in_place(field: Field, shape: Shape) -> Fragment:
    """Return SQL that reads a field where the tables are at hand."""
    raw = Fragment(field.sql, field.params)
    if shape == Shape.RAW:
        return raw
    text = Fragment(field.text_sql, field.params) if field.is_json else raw
    is_text = field.is_json or field.kind in (Kind.TEXT, Kind.CHOICE)
    if not is_text:
        text = text + "::text"
    if shape == Shape.TEXT:
        return "NULLIF(" + text + ", '')" if is_text else text
    return text if field.is_folded else "lower(" + text + ")"


@dataclass(frozen=True)
class Reader:
    """Where conditions find values, and the moment that is looked at."""

    value: Callable[[Field, Shape], Fragment]
    as_of: str = "m.as_of"

    def __call__(self, field: Field, shape: Shape) -> Fragment:
        """Return SQL for the value of a field."""
        return self.value(field, shape)


IN_PLACE = Reader(read_in_place)


def compile(field: str, operator: str, value: Value, *, read: Reader = IN_PLACE) -> Fragment:
    """Return SQL that is true where the condition holds, and false (never NULL) elsewhere."""
    found = find_field(field)
    if found is None:
        raise Invalid.field("field", _("There is no field %(field)s.") % {"field": field})
    return "COALESCE(" + _COMPILERS[Operator(operator)](found, value, read) + ", FALSE)"


def compile_all(
    conditions: Iterable[tuple[str, str, Value]], match: str, *, read: Reader = IN_PLACE
) -> Fragment:
    """Return SQL that is true where all, or any, of the conditions hold; no conditions always hold."""
    compiled = [compile(*condition, read=read) for condition in conditions]
    if not compiled:
        return ALWAYS
    return "(" + join(" OR " if match == Match.ANY else " AND ", compiled) + ")"


def words_of(text: Fragment) -> Fragment:
    """Return SQL for the words of a text, with one space around each, whatever separates them."""
    spaced = "' ' || translate(" + text + Fragment(", %s, %s) || ' '", (SEPARATORS, " " * len(SEPARATORS)))
    single = Fragment(", ' ', %s), %s, ''), %s, '')", (f" {MARK}", f"{MARK} ", MARK))
    return "replace(replace(replace(" + spaced + single


def has_a_word(words: Fragment, value: Value) -> Fragment:
    """Return SQL that is true if `words` (see words_of) has one of these words, or several in a row.

    Patterns, because a regular expression takes twenty times as long.
    """
    patterns = []
    for item in value if isinstance(value, list) else []:
        spaced = str(item).translate(dict.fromkeys(map(ord, SEPARATORS), " "))
        if word := " ".join(spaced.split()):
            patterns.append("% " + word.replace("%", r"\%") + " %")
    if not patterns:
        return Fragment("FALSE")
    return (
        "(" + words + " LIKE ANY(ARRAY[" + join(", ", (Fragment("lower(%s)", (p,)) for p in patterns)) + "]))"
    )


def _as_number(field: Field, read: Reader) -> Fragment:
    """Return the value as a number.

    JSON numbers stay numeric for comparison only: casting an absurd one to float8 would raise an error
    and stop the scoring of its lead for good.
    """
    raw = read(field, Shape.RAW)
    if not field.is_json:
        return raw + "::float8"
    text = "(" + raw + " #>> '{}')"
    return (
        "(CASE jsonb_typeof(" + raw + ") WHEN 'number' THEN " + raw + "::numeric"
        + " WHEN 'string' THEN CASE WHEN " + text + Fragment(" ~ %s", (_NUMBER_TEXT,))
        + " THEN " + text + "::numeric END END)"
    )  # fmt: skip


def _as_date(field: Field, read: Reader) -> Fragment:
    """Return the value as a moment."""
    raw = read(field, Shape.RAW)
    if not field.is_json:
        return raw
    text = "(" + raw + " #>> '{}')"
    # Dates only: PostgreSQL would also read "now" or "infinity".
    looks_so = text + Fragment(" ~ %s", (_DATE_TEXT,)) + " AND pg_input_is_valid(" + text + ", 'timestamptz')"
    return "(CASE WHEN " + looks_so + " THEN " + text + "::timestamptz END)"


def _folded(field: Field, text: str) -> Fragment:
    """Return a constant in the case in which the field is compared."""
    if field.is_folded:
        return Fragment("%s", (text.upper() if field.is_upper else text.lower(),))
    return Fragment("lower(%s)", (text,))


def _equality(field: Field, value: Value, read: Reader) -> tuple[Fragment, list[Fragment]]:
    """Return the compared expression and the values, in a type that suits both."""
    values: Sequence[object] = value if isinstance(value, list) else [value]
    if field.kind == Kind.BOOLEAN:
        return read(field, Shape.RAW), [Fragment("TRUE" if item else "FALSE") for item in values]
    numbers = [item for item in values if isinstance(item, int | float) and not isinstance(item, bool)]
    if field.kind == Kind.NUMBER or (field.is_json and values and len(numbers) == len(values)):
        cast = "numeric" if field.is_json else "float8"
        return _as_number(field, read), [Fragment(f"%s::{cast}", (_number(item),)) for item in values]
    texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
    return read(field, Shape.FOLDED), [_folded(field, text) for text in texts]


def _number(value: object) -> float:
    if not isinstance(value, int | float | str):
        raise Invalid.field("value", _("Give a number."))
    return float(value)


def _is_in(field: Field, value: Value, read: Reader) -> Fragment:
    left, values = _equality(field, value, read)
    if not values:
        return Fragment("FALSE")
    return "(" + left + " IN (" + join(", ", values) + "))"


def _is_not_in(field: Field, value: Value, read: Reader) -> Fragment:
    return "NOT COALESCE(" + _is_in(field, value, read) + ", FALSE)"


def _contains(field: Field, value: Value, read: Reader) -> Fragment:
    """Compare with a pattern, which takes half the time of strpos()."""
    literal = str(value).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return "(" + read(field, Shape.FOLDED) + " LIKE " + _folded(field, f"%{literal}%") + ")"


def _starts_with(field: Field, value: Value, read: Reader) -> Fragment:
    return "starts_with(" + read(field, Shape.FOLDED) + ", " + _folded(field, str(value)) + ")"


def _matches_list(field: Field, value: Value, read: Reader) -> Fragment:
    text = read(field, Shape.FOLDED)
    return has_a_word(words_of("lower(" + text + ")" if field.is_upper else text), value)


def _size(sign: str) -> Callable[[Field, Value, Reader], Fragment]:
    def compiled(field: Field, value: Value, read: Reader) -> Fragment:
        cast = "numeric" if field.is_json else "float8"
        return "(" + _as_number(field, read) + Fragment(f" {sign} %s::{cast})", (_number(value),))

    return compiled


def _between(field: Field, value: Value, read: Reader) -> Fragment:
    low, high = value if isinstance(value, list) and len(value) == 2 else (None, None)
    cast = "numeric" if field.is_json else "float8"
    bounds = Fragment(f" BETWEEN %s::{cast} AND %s::{cast})", (_number(low), _number(high)))
    return "(" + _as_number(field, read) + bounds


def _is_set(field: Field, value: Value, read: Reader) -> Fragment:
    return "(" + read(field, Shape.TEXT) + " IS NOT NULL)"


def _is_empty(field: Field, value: Value, read: Reader) -> Fragment:
    return "(" + read(field, Shape.TEXT) + " IS NULL)"


def _within_days(field: Field, value: Value, read: Reader) -> Fragment:
    date = _as_date(field, read)
    hours = Fragment("make_interval(hours => %s)", (int(_number(value)) * 24,))
    return "(" + date + f" BETWEEN {read.as_of} - " + hours + f" AND {read.as_of})"


_COMPILERS: dict[Operator, Callable[[Field, Value, Reader], Fragment]] = {
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
