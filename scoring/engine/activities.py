# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""Engagement rules as aggregates over activities: of one lead, or of many at once.

Of one lead, each rule is an aggregate with a filter. Of many, that costs too much, because every activity
meets the filter of every rule, though only those of its own type can count it. So they are aggregated
twice: first by lead and type, where rules of different types share a slot, then by lead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scoring.engine.conditions import ALWAYS, Reader, Shape, compile_all, read_in_place
from scoring.engine.definition import Definition, Rule
from scoring.engine.fragments import Fragment, join
from scoring.engine.sums import limited
from scoring.fields import Field
from scoring.models import Counting, Decay, Dimension

DAY = 86400
LN_2 = 0.6931471805599453
# exp() of less is an error in PostgreSQL, not zero.
SMALLEST_EXPONENT = -700
AGE = "date_part('epoch', m.as_of - a.occurred_at)"
ONE = "1::float8"
LEAD_AND_COMPANY = (
    " JOIN leadapp_lead l ON l.id = a.lead_id LEFT JOIN leadapp_company c ON c.id = l.company_id"
)

# How a rule sums up a value over the activities it counts: function ("sum" or "max"), value.
Measure = Callable[[str, str], Fragment]


@dataclass
class Needed:
    """What the rules read of an activity, computed once per activity and only for the types that need it."""

    types: set[int] = field(default_factory=set)
    columns: dict[Fragment, tuple[str, set[int]]] = field(default_factory=dict)
    needs_lead: bool = False

    def column(self, value: Fragment, rule: Rule) -> Fragment:
        """Return the name under which a value of the activity (or its lead) is at hand."""
        name, types = self.columns.setdefault(value, (f"v{len(self.columns) + 1}", set()))
        types.update(rule.type_ids)
        return Fragment(f"x.{name}")

    def select(self, which: Fragment | str, source: Fragment | str = "") -> Fragment:
        """Return a SELECT of the activities that may count, with all that the rules read of them."""
        columns = [Fragment(f"a.lead_id, a.type_id, a.occurred_at, m.as_of, {AGE} AS age")]
        for value, (name, types) in self.columns.items():
            columns.append("CASE WHEN " + _among("a.type_id", types) + " THEN " + value + f" END AS {name}")
        return (
            "SELECT " + join(", ", columns) + " FROM " + source + "leadapp_activity a"
            + (LEAD_AND_COMPANY if self.needs_lead else "") + " WHERE " + which
            + " AND a.occurred_at <= m.as_of AND a.voided_at IS NULL AND " + _among("a.type_id", self.types)
            + " OFFSET 0"
        )  # fmt: skip


@dataclass
class Slots:
    """Aggregates by lead and type. Those of a slot never meet, because their types differ."""

    values: dict[str, list[dict[int, Fragment]]] = field(default_factory=lambda: {"sum": [], "max": []})

    def put(self, function: str, rule: Rule, value: Fragment) -> str:
        """Let a rule sum up a value in the first slot that is free for its types; return the slot's name."""
        slots = self.values[function]
        number = next(
            (n for n, slot in enumerate(slots) if slot.keys().isdisjoint(rule.type_ids)), len(slots)
        )
        if number == len(slots):
            slots.append({})
        slots[number].update(dict.fromkeys(rule.type_ids, value))
        return f"{function}{number}"

    def columns(self) -> list[Fragment]:
        """Return the aggregates."""
        return [
            f"{function}(CASE x.type_id "
            + join(" ", (f"WHEN {type_id} THEN " + value for type_id, value in slot.items()))
            + f" END) AS {function}{number}"
            for function, slots in self.values.items()
            for number, slot in enumerate(slots)
        ]


def points_of_one_lead(definition: Definition, which: str, *, explaining: bool = False) -> Fragment | None:
    """Return a SELECT of one row with the points per rule after its own cap (r<id>), if there are rules."""
    needed = Needed()
    columns: list[Fragment] = []
    for rule in definition.of_dimension(Dimension.ENGAGEMENT):
        needed.types.update(rule.type_ids)
        where = " FILTER (WHERE " + _in_own_types(rule, _conditions(rule, needed)) + ")"

        def measure(function: str, value: str, where: Fragment = where) -> Fragment:
            return f"{function}({value})" + where

        points = _points(rule, measure)
        columns.append(limited(points, rule.max_points) + f" AS r{rule.id}")
        if explaining:
            columns += [
                points + f" AS raw{rule.id}",
                "count(*)" + where + f" AS n{rule.id}",
                "max(x.occurred_at)" + where + f" AS t{rule.id}",
            ]
    if not columns:
        return None
    return "SELECT " + join(", ", columns) + " FROM (" + needed.select(which) + ") x"


def points_by_lead(definition: Definition, which: Fragment, moment: Fragment) -> Fragment | None:
    """Return a SELECT of one row per lead with activities: points per rule after its own cap (r<id>)."""
    needed, slots = Needed(), Slots()
    columns: list[Fragment] = []
    for rule in definition.of_dimension(Dimension.ENGAGEMENT):
        needed.types.update(rule.type_ids)
        conditions = _conditions(rule, needed)

        def measure(
            function: str, value: str, rule: Rule = rule, conditions: Sequence[Fragment] = conditions
        ) -> Fragment:
            what = Fragment(value)
            if conditions:
                what = "CASE WHEN " + join(" AND ", conditions) + f" THEN {value} END"
            slot = slots.put(function, rule, what)
            return Fragment(f"{function}(y.{slot}) FILTER (WHERE {_among('y.type_id', rule.type_ids)})")

        points = _points(rule, measure) if rule.type_ids else Fragment("0::float8")
        columns.append(limited(points, rule.max_points) + f" AS r{rule.id}")
    if not columns:
        return None
    activities = needed.select(which, moment + " CROSS JOIN ")
    by_type = join(", ", [Fragment("x.lead_id, x.type_id"), *slots.columns()])
    return (
        "SELECT y.lead_id, " + join(", ", columns) + " FROM (SELECT " + by_type
        + " FROM (" + activities + ") x GROUP BY x.lead_id, x.type_id) y GROUP BY y.lead_id"
    )  # fmt: skip


def _points(rule: Rule, measure: Measure) -> Fragment:
    """Return the points of one lead's activities, before the rule's own cap."""
    # The strongest occurrence is the newest: points only ever fade.
    function = "max" if rule.counting == Counting.ONCE else "sum"
    points = f"COALESCE({rule.points}::float8 * " + measure(function, _share_left(rule)) + ", 0::float8)"
    if rule.min_occurrences > 1:
        enough = "COALESCE(" + measure("sum", ONE) + f", 0::float8) >= {rule.min_occurrences}::float8"
        points = "CASE WHEN " + enough + " THEN " + points + " ELSE 0::float8 END"
    return points


def _share_left(rule: Rule) -> str:
    """Return SQL for what age leaves of the points of one activity, between 0 and 1."""
    seconds = (rule.decay_days or 1) * DAY
    if rule.decay == Decay.HALF_LIFE:
        return f"exp(GREATEST(x.age * '{-LN_2 / seconds!r}'::float8, {SMALLEST_EXPONENT}::float8))"
    if rule.decay == Decay.LINEAR:
        return f"GREATEST(1::float8 - x.age / {seconds}::float8, 0::float8)"
    return ONE


def _conditions(rule: Rule, needed: Needed) -> list[Fragment]:
    """Return what must hold for an activity of the right type to be counted."""

    def read(tested: Field, shape: Shape) -> Fragment:
        needed.needs_lead = needed.needs_lead or not tested.sql.startswith(("a.", "(a."))
        if tested.is_json and shape == Shape.TEXT:
            return "NULLIF(" + read(tested, Shape.RAW) + " #>> '{}', '')"
        return needed.column(read_in_place(tested, shape), rule)

    parts = []
    if rule.window_days is not None:
        parts.append(Fragment(f"x.age <= {rule.window_days * DAY}::float8"))
    conditions = compile_all(rule.conditions, rule.match, read=Reader(read, "x.as_of"))
    if conditions != ALWAYS:
        parts.append(conditions)
    return parts


def _in_own_types(rule: Rule, conditions: Sequence[Fragment]) -> Fragment:
    return join(" AND ", [Fragment(_among("x.type_id", rule.type_ids)), *conditions])


def _among(column: str, type_ids: Sequence[int] | set[int]) -> str:
    if not type_ids:
        return f"{column} IS NULL"
    if len(type_ids) == 1:
        return f"{column} = {next(iter(type_ids))}"
    return f"{column} IN ({', '.join(map(str, sorted(type_ids)))})"
