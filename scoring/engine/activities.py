# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""Engagement rules as aggregates over the activities of a lead."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scoring.engine.conditions import ALWAYS, Shape, compile_all, read_in_place
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

    def select(self) -> Fragment:
        """Return the columns that the aggregates read."""
        columns = [Fragment(f"a.type_id, a.occurred_at, {AGE} AS age")]
        for value, (name, types) in self.columns.items():
            columns.append("CASE WHEN " + _among("a.type_id", types) + " THEN " + value + f" END AS {name}")
        return join(", ", columns)


@dataclass
class Activities:
    """The aggregates of the engagement rules."""

    columns: list[Fragment]
    names: list[str]
    needed: Needed

    def each(self, which: Fragment | str, *, per_lead: bool, moment: Fragment | None = None) -> Fragment:
        """Return a SELECT of the aggregates over some activities, grouped by lead if wanted."""
        lead_id = "a.lead_id, " if per_lead else ""
        source = Fragment("leadapp_activity a")
        if self.needed.needs_lead:
            source += (
                " JOIN leadapp_lead l ON l.id = a.lead_id LEFT JOIN leadapp_company c ON c.id = l.company_id"
            )
        if moment is not None:
            source = moment + " CROSS JOIN " + source
        activities = (
            "SELECT " + lead_id + self.needed.select() + " FROM " + source + " WHERE " + which
            + " AND a.occurred_at <= m.as_of AND a.voided_at IS NULL AND "
            + _among("a.type_id", self.needed.types) + " OFFSET 0"
        )  # fmt: skip
        grouping = " GROUP BY x.lead_id" if per_lead else ""
        columns = [Fragment("x.lead_id"), *self.columns] if per_lead else self.columns
        return "SELECT " + join(", ", columns) + " FROM (" + activities + ") x" + grouping


def activity_points(definition: Definition, *, explaining: bool = False) -> Activities:
    """Return points per engagement rule, after its own cap (r<id>)."""
    needed = Needed()
    columns: list[Fragment] = []
    rules = definition.of_dimension(Dimension.ENGAGEMENT)
    for rule in rules:
        needed.types.update(rule.type_ids)
        matches = _matches(rule, needed)
        points = _points(rule, matches)
        columns.append(limited(points, rule.max_points) + f" AS r{rule.id}")
        if explaining:
            columns += [
                points + f" AS raw{rule.id}",
                "count(*) FILTER (WHERE " + matches + f") AS n{rule.id}",
                "max(x.occurred_at) FILTER (WHERE " + matches + f") AS t{rule.id}",
            ]
    return Activities(columns, [f"r{rule.id}" for rule in rules], needed)


def _points(rule: Rule, matches: Fragment) -> Fragment:
    """Return the points of one lead's activities, before the rule's own cap."""
    where = " FILTER (WHERE " + matches + ")"
    count = "count(*)" + where
    each = f"{rule.points}::float8 * "
    if rule.decay == Decay.NONE:
        points = each + ("LEAST(" + count + ", 1)" if rule.counting == Counting.ONCE else count)
    else:
        # The strongest occurrence is the newest: points only ever fade.
        aggregate = "max" if rule.counting == Counting.ONCE else "sum"
        points = f"COALESCE({each}{aggregate}({_share_left(rule)})" + where + ", 0::float8)"
    if rule.min_occurrences > 1:
        points = "CASE WHEN " + count + f" >= {rule.min_occurrences} THEN " + points + " ELSE 0::float8 END"
    return points


def _share_left(rule: Rule) -> str:
    """Return SQL for what age leaves of the points of one activity, between 0 and 1."""
    seconds = (rule.decay_days or 1) * DAY
    if rule.decay == Decay.HALF_LIFE:
        return f"exp(GREATEST(x.age * '{-LN_2 / seconds!r}'::float8, {SMALLEST_EXPONENT}::float8))"
    return f"GREATEST(1::float8 - x.age / {seconds}::float8, 0::float8)"


def _matches(rule: Rule, needed: Needed) -> Fragment:
    """Return SQL that is true for the activities that the rule counts."""

    def read(tested: Field, shape: Shape) -> Fragment:
        needed.needs_lead = needed.needs_lead or not tested.sql.startswith(("a.", "(a."))
        if tested.is_json and shape == Shape.TEXT:
            return "NULLIF(" + read(tested, Shape.RAW) + " #>> '{}', '')"
        return needed.column(read_in_place(tested, shape), rule)

    parts = [Fragment(_among("x.type_id", rule.type_ids))]
    if rule.window_days is not None:
        parts.append(Fragment(f"x.age <= {rule.window_days * DAY}::float8"))
    conditions = compile_all(rule.conditions, rule.match, read=read)
    if conditions != ALWAYS:
        parts.append(conditions)
    return join(" AND ", parts)


def _among(column: str, type_ids: Sequence[int] | set[int]) -> str:
    if not type_ids:
        return f"{column} IS NULL"
    if len(type_ids) == 1:
        return f"{column} = {next(iter(type_ids))}"
    return f"{column} IN ({', '.join(map(str, sorted(type_ids)))})"
