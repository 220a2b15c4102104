"""What a gate can ask: the facts and scores that rules ask too, and qualification's own fields.

The SQL names the tables as `scoring.fields` does, and the lateral `evidence` of EVIDENCE. Each dimension
of evidence has a field of its own, `bant.<key>`, so that marketers who add one can ask for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid
from leadapp.models import ActivityType, Operator
from leadapp.shipped import shown
from leadapp.words import Text
from qualification.models import Dimension
from scoring.engine.fragments import Fragment

NUMBER_OPERATORS = {
    Operator.EQUALS: "=",
    Operator.NOT_EQUALS: "<>",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
}
LARGEST_COUNT = 1000
CHOICE_OPERATORS = (Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN)
BANT_STATES = {
    "confirmed": gettext_lazy("Confirmed"),
    "unknown": gettext_lazy("Unknown"),
    "ruled_out": gettext_lazy("Ruled out"),
    "stale": gettext_lazy("Stale"),
}

IS_COUNTED = """dimension_id = ANY (ARRAY(
    SELECT part.dimension_id FROM qualification_frameworkdimension AS part
    JOIN qualification_framework AS used ON used.id = part.framework_id AND used.is_in_use
))"""
STATE_NOW = "CASE WHEN expires_at <= m.as_of AND state <> 'unknown' THEN 'stale' ELSE state END AS state"
# The newest answer per dimension; one that has run out says nothing any more. Counts are over the framework
# in use.
EVIDENCE = f"""
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_counted AND state = 'confirmed') AS confirmed_count,
           count(*) FILTER (WHERE is_counted AND state = 'ruled_out') AS ruled_out_count,
           count(*) FILTER (WHERE is_counted AND state IN ('confirmed', 'ruled_out') AND confidence = 'low')
               AS unsure_count,
           coalesce(jsonb_object_agg(dimension_id, state), '{{}}') AS states
    FROM (
        SELECT DISTINCT ON (dimension_id) dimension_id, confidence, {IS_COUNTED} AS is_counted, {STATE_NOW}
        FROM qualification_bantanswer
        WHERE lead_id = l.id
        ORDER BY dimension_id, answered_at DESC, id DESC
    ) AS newest
) AS evidence ON true
"""  # noqa: S608 - constants
# How many dimensions are disputed: the newest answers of two sources say the opposite, and the newest of all
# is one of them. It takes longer than EVIDENCE: only gates that ask pay for it.
CONTRADICTED = f"""(
    SELECT count(*) FROM (
        SELECT 1 FROM (
            SELECT DISTINCT ON (dimension_id, source) dimension_id, answered_at, id, {STATE_NOW}
            FROM qualification_bantanswer
            WHERE lead_id = l.id AND {IS_COUNTED}
            ORDER BY dimension_id, source, answered_at DESC, id DESC
        ) AS of_source
        GROUP BY dimension_id
        HAVING bool_or(state = 'confirmed') AND bool_or(state = 'ruled_out')
            AND (array_agg(state ORDER BY answered_at DESC, id DESC))[1] IN ('confirmed', 'ruled_out')
    ) AS disputed
)"""  # noqa: S608 - constants
DIMENSIONS_IN_USE = (
    "(SELECT count(*) FROM qualification_frameworkdimension AS part"
    " JOIN qualification_framework AS used ON used.id = part.framework_id AND used.is_in_use)"
)

# Who was a customer before needs a new deal: a round ends when a lead stops being a customer.
DEALS_OF_THIS_ROUND = """(
    SELECT count(*) FROM qualification_deal AS deal
    WHERE deal.lead_id = l.id AND deal.voided_at IS NULL AND deal.round = 1 + (
        SELECT count(*) FROM qualification_stagechange AS change
        WHERE change.lead_id = l.id AND change.from_stage = 'customer' AND change.to_stage <> 'customer'
            AND change.move <> 'undo'
            AND NOT EXISTS (SELECT FROM qualification_stagechange AS undo WHERE undo.undoes_id = change.id)
    )
)"""

# Addresses at these say nothing about where somebody works; the shipped scoring model has the same ones.
FREE_MAIL = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
    "yahoo.co.uk", "yahoo.de", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de",
    "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com", "proton.me",
    "protonmail.com", "zoho.com", "yandex.com", "mail.ru", "qq.com", "163.com", "rediffmail.com",
)  # fmt: skip
BUSINESS_EMAIL = f"coalesce(split_part(l.email, '@', 2) <> ALL('{{{','.join(FREE_MAIL)}}}'), false)"


@dataclass(frozen=True)
class OwnField:
    """A field that only gates know."""

    key: str
    called: Text
    kind: str
    operators: tuple[Operator, ...]
    choices: Mapping[str, Text]
    sql: str

    @property
    def label(self) -> str:
        """Return what people call it."""
        return str(self.called)


NUMBERS = (*NUMBER_OPERATORS, Operator.BETWEEN)


def _count(key: str, label: Text, sql: str) -> OwnField:
    return OwnField(key, label, "number", NUMBERS, {}, sql)


FIXED_FIELDS = {
    field.key: field
    for field in (
        _count("bant.confirmed_count", gettext_lazy("BANT: confirmed"), "evidence.confirmed_count"),
        _count(
            "bant.unconfirmed_count",
            gettext_lazy("BANT: not confirmed"),
            f"{DIMENSIONS_IN_USE} - evidence.confirmed_count",
        ),
        _count("bant.ruled_out_count", gettext_lazy("BANT: ruled out"), "evidence.ruled_out_count"),
        _count(
            "bant.unsure_count", gettext_lazy("BANT: answered with low confidence"), "evidence.unsure_count"
        ),
        _count("bant.contradicted_count", gettext_lazy("BANT: contradicted"), CONTRADICTED),
        OwnField(
            "lead.business_email",
            gettext_lazy("Business email address"),
            "boolean",
            (Operator.EQUALS,),
            {},
            BUSINESS_EMAIL,
        ),
        OwnField("activity", gettext_lazy("Activities"), "activity", (Operator.IN, Operator.NOT_IN), {}, ""),
        _count("deal.count", gettext_lazy("Won deals of this round"), DEALS_OF_THIS_ROUND),
    )
}
# What these say depends on which framework is in use.
FRAMEWORK_FIELDS = frozenset(key for key in FIXED_FIELDS if key.startswith("bant."))
DIMENSION = re.compile(r"bant\.([a-z][a-z0-9_]{0,31})")


def find_own(key: str) -> OwnField | None:
    """Return the field of gates with this key; whether its dimension exists is for `validate_own` to say."""
    if key in FIXED_FIELDS:
        return FIXED_FIELDS[key]
    named = DIMENSION.fullmatch(key)
    return _dimension_field(named[1], named[1].replace("_", " ")) if named else None


def own_fields() -> list[tuple[str, str]]:
    """Return (key, label) of every field that only gates have (one query)."""
    dimensions = Dimension.objects.order_by("position", "pk").values_list("pk", "label")
    return [
        *((key, field.label) for key, field in FIXED_FIELDS.items()),
        *((f"bant.{key}", f"BANT: {shown(label)}") for key, label in dimensions),
    ]


def _dimension_field(dimension: str, label: str) -> OwnField:
    # Of a dimension that does not exist nothing is true.
    state = (
        "(SELECT coalesce(evidence.states->>asked.key, 'unknown')"  # noqa: S608 - the key is a DIMENSION
        f" FROM qualification_dimension AS asked WHERE asked.key = '{dimension}')"
    )
    return OwnField(f"bant.{dimension}", f"BANT: {label}", "choice", CHOICE_OPERATORS, BANT_STATES, state)


def dimension_of(field: str) -> str:
    """Return the key of the dimension that a field asks about, or nothing."""
    named = DIMENSION.fullmatch(field)
    return named[1] if named and field not in FIXED_FIELDS else ""


def _own(key: str) -> OwnField:
    field = find_own(key)
    if field is None:
        raise KeyError(key)
    return field


def own_test_sql(field: str, operator: str, value: Any) -> Fragment:
    """Return the condition that tells whether a lead meets this criterion; raise if it makes no sense."""
    own, how = _own(field), Operator(operator)
    if how not in own.operators:
        raise Invalid.field(
            "operator", _("%(own)s cannot be compared with %(how)s.") % {"own": own.label, "how": how.label}
        )
    if own.kind == "number":
        if how == Operator.BETWEEN:
            return Fragment(f"{own.sql} BETWEEN %s AND %s", tuple(_numbers(value)))
        return Fragment(f"{own.sql} {NUMBER_OPERATORS[how]} %s", (_number(value),))
    if own.kind == "boolean":
        return Fragment(f"{own.sql} = %s", (_yes_or_no(value),))
    is_in = how in (Operator.EQUALS, Operator.IN)
    return Fragment(f"{own.sql} {'= ANY' if is_in else '<> ALL'}(%s)", (texts_of(value),))


def own_value_sql(field: str) -> Fragment:
    """Return the expression for what a lead has there now, as JSON."""
    return Fragment(f"to_jsonb({_own(field).sql})")


def texts_of(value: Any) -> list[str]:
    """Return the texts that a criterion compares with."""
    if value is None:
        raise Invalid.field("value", _("Give at least one value."))
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def validate_own(field: str, operator: str, value: Any) -> Any:
    """Return the value of a criterion over one of our own fields, cleaned, or raise Invalid."""
    own = _own(field)
    if (dimension := dimension_of(field)) and not Dimension.objects.filter(pk=dimension).exists():
        raise Invalid.field("field", _("Gates have no field %(field)s.") % {"field": field})
    if operator not in own.operators:
        allowed = ", ".join(str(item.label) for item in own.operators)
        raise Invalid.field(
            "operator",
            _("%(own)s can be compared with: %(allowed)s.") % {"own": own.label, "allowed": allowed},
        )
    if own.kind == "number":
        return _numbers(value) if operator == Operator.BETWEEN else _number(value)
    if own.kind == "boolean":
        return _yes_or_no(value)
    if own.kind == "activity":
        known: Mapping[str, Text] = {kind.slug: str(kind) for kind in ActivityType.objects.all()}
    else:
        known = own.choices
    if operator in (Operator.EQUALS, Operator.NOT_EQUALS):
        return _known([value], known)[0]
    return _known(value, known)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Invalid.field("value", _("Give a whole number."))
    try:
        number = int(value)
    except ValueError:
        raise Invalid.field("value", _("Give a whole number.")) from None
    if not 0 <= number <= LARGEST_COUNT:
        raise Invalid.field(
            "value", _("Give a whole number from 0 to %(largest_count)s.") % {"largest_count": LARGEST_COUNT}
        )
    return number


def _numbers(value: Any) -> list[int]:
    numbers = [_number(item) for item in _items(value)]
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise Invalid.field("value", _("Give two numbers, the smaller one first."))
    return numbers


def _items(value: Any) -> list[Any]:
    """Return the items of a list, or of a text with commas, as a form sends it."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _known(value: Any, known: Mapping[str, Text]) -> list[str]:
    """Return the codes of these values, which may be given as codes or as labels."""
    codes = {code.lower(): code for code in known} | {label.lower(): code for code, label in known.items()}
    items = [str(item) for item in _items(value) if item is not None]
    unknown = [item for item in items if item.lower() not in codes]
    if not items or unknown:
        facts = {"unknown": ", ".join(unknown), "known": ", ".join(known)}
        message = (
            _("Not known: %(unknown)s. Choose from: %(known)s.") if unknown else _("Choose from: %(known)s.")
        )
        raise Invalid.field("value", message % facts)
    return [codes[item.lower()] for item in items]


def _yes_or_no(value: Any) -> bool:
    known = {"true": True, "yes": True, "false": False, "no": False}
    if str(value).lower() not in known:
        raise Invalid.field("value", _("Say yes or no."))
    return known[str(value).lower()]
