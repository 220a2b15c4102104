# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""Engagement rules as aggregates over activities.

What rules read of an activity (JSON, lower case, age) is computed once per activity, below a FENCE;
above it each rule is an aggregate with a filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scoring.engine.conditions import ALWAYS, Reader, Shape, compile_all, read_in_place
from scoring.engine.definition import Definition, Rule
from scoring.engine.fragments import FENCE, Fragment, join
from scoring.engine.sums import capped
from scoring.fields import Field
from scoring.models import Counting, Decay, Dimension

DAY = 86400
LN_2 = 0.6931471805599453
# exp() of less is an error in PostgreSQL, not zero.
SMALLEST_EXPONENT = -700
AGE = "date_part('epoch', m.as_of - a.occurred_at)"
LEAD_AND_COMPANY = (
    " JOIN leadapp_lead l ON l.id = a.lead_id LEFT JOIN leadapp_company c ON c.id = l.company_id"
)


@dataclass
class Needed:
    """What the rules read of an activity, computed only for the types that need it."""

    types: set[int] = field(default_factory=set)
    columns: dict[Fragment, tuple[str, set[int]]] = field(default_factory=dict)
    needs_lead: bool = False

    def column(self, value: Fragment, rule: Rule) -> Fragment:
        """Return the name under which a value of the activity (or its lead) is at hand."""
        name, types = self.columns.setdefault(value, (f"v{len(self.columns) + 1}", set()))
        types.update(rule.type_ids)
        return Fragment(f"x.{name}")

    def select(self, which: Fragment | str, moment: Fragment | None, *, also: str = "") -> Fragment:
        """Return a SELECT of the activities that may count, with all that the rules read of them."""
        columns = [Fragment(f"a.lead_id, a.type_id, a.occurred_at, m.as_of, {AGE} AS age{also}")]
        for value, (name, types) in self.columns.items():
            columns.append("CASE WHEN " + _among("a.type_id", types) + " THEN " + value + f" END AS {name}")
        source = Fragment("leadapp_activity a" + (LEAD_AND_COMPANY if self.needs_lead else ""))
        if moment is not None:
            source = moment + " CROSS JOIN " + source
        return (
            "SELECT " + join(", ", columns) + " FROM " + source + " WHERE " + which
            + " AND a.occurred_at <= m.as_of AND a.voided_at IS NULL AND " + _among("a.type_id", self.types)
            + FENCE
        )  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """The aggregates of one rule: its points before and after its own cap.

    `matches` is true for the activities that it counts; `share_left` is what age leaves of each.
    """

    raw: Fragment
    points: Fragment
    matches: Fragment
    share_left: str

    @property
    def filter(self) -> Fragment:
        """Return what keeps an aggregate to the activities that the rule counts."""
        return " FILTER (WHERE " + self.matches + ")"


@dataclass
class Engagement:
    """The aggregates of all engagement rules."""

    counted: dict[int, Counted]
    needed: Needed

    def points(self, rule: Rule) -> Fragment:
        """Return the aggregate that gives the points of a rule."""
        return self.counted[rule.id].points

    def explaining_columns(self) -> list[Fragment]:
        """Return the points of each rule (r, raw) and the number and newest of its activities (n, t)."""
        columns = []
        for rule_id, counted in self.counted.items():
            columns += [
                counted.points + f" AS r{rule_id}",
                counted.raw + f" AS raw{rule_id}",
                "count(*)" + counted.filter + f" AS n{rule_id}",
                "max(x.occurred_at)" + counted.filter + f" AS t{rule_id}",
            ]
        return columns

    def each(self, which: Fragment | str, moment: Fragment) -> Fragment:
        """Return a SELECT of single activities with their id: per rule the share left (s), else NULL."""
        columns = [Fragment("x.id, x.type_id, x.occurred_at, x.properties")]
        for rule_id, counted in self.counted.items():
            columns.append("CASE WHEN " + counted.matches + f" THEN {counted.share_left} END AS s{rule_id}")
        activities = self.needed.select(which, moment, also=", a.id, a.properties")
        return "SELECT " + join(", ", columns) + " FROM (" + activities + ") x"

    def select(self, columns: Sequence[Fragment], which: Fragment | str) -> Fragment:
        """Return a SELECT of aggregates over the activities that `which` picks, in one row."""
        # HAVING makes it one row even without an aggregate.
        activities = self.needed.select(which, None)
        return "SELECT " + join(", ", columns) + " FROM (" + activities + ") x HAVING TRUE"


def engagement_of(definition: Definition, needed: Needed | None = None) -> Engagement:
    """Return the aggregates of the engagement rules; several definitions may share what they need."""
    needed = needed or Needed()
    counted: dict[int, Counted] = {}
    for rule in definition.of_dimension(Dimension.ENGAGEMENT):
        needed.types.update(rule.type_ids)
        matches = _matches(rule, needed)
        raw = _points(rule, " FILTER (WHERE " + matches + ")")
        share_left = "1::float8" if rule.decay == Decay.NONE else _share_left(rule)
        counted[rule.id] = Counted(raw, capped(raw, rule), matches, share_left)
    return Engagement(counted, needed)


def _points(rule: Rule, matches: Fragment) -> Fragment:
    """Return the points of one lead's activities, before the rule's own cap."""
    count = "count(*)" + matches
    each = f"{rule.points}::float8 * "
    if rule.decay == Decay.NONE:
        points = each + ("LEAST(" + count + ", 1)" if rule.counting == Counting.ONCE else count)
    else:
        # The strongest occurrence is the newest: points only ever fade.
        function = "max" if rule.counting == Counting.ONCE else "sum"
        points = f"COALESCE({each}{function}({_share_left(rule)})" + matches + ", 0::float8)"
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
    conditions = compile_all(rule.conditions, rule.match, read=Reader(read, "x.as_of"))
    if conditions != ALWAYS:
        parts.append(conditions)
    return join(" AND ", parts)


def _among(column: str, type_ids: Sequence[int] | set[int]) -> str:
    if not type_ids:
        return f"{column} IS NULL"
    if len(type_ids) == 1:
        return f"{column} = {next(iter(type_ids))}"
    return f"{column} IN ({', '.join(map(str, sorted(type_ids)))})"
