# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""A definition as one SQL statement over a relation `m` of moments (lead_id, as_of).

Three levels, from the inside: points per rule after its own cap; groups and dimensions after theirs;
whole numbers, grade and temperature. All arithmetic is double precision: numeric is several times slower.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scoring.engine.conditions import ALWAYS, compile_all
from scoring.engine.definition import Definition, Group, Rule
from scoring.engine.fragments import Fragment, Parameter, join
from scoring.fields import find_field
from scoring.models import Counting, Decay, Dimension

DAY = 86400
LN_2 = 0.6931471805599453
# exp() of less is an error in PostgreSQL, not zero.
SMALLEST_EXPONENT = -700
LEAD_AND_COMPANY_OF_MOMENT = (
    "leadapp_lead l ON l.id = m.lead_id AND NOT l.do_not_score"
    " LEFT JOIN leadapp_company c ON c.id = l.company_id"
)
AGE = "date_part('epoch', m.as_of - a.occurred_at)"


@dataclass(frozen=True)
class Statement:
    """The text of a query whose leading WITH is open: put the moments `m` before it."""

    sql: str
    params: tuple[Parameter, ...]


def build(definition: Definition, *, explaining: bool = False) -> Statement:
    """Return a SELECT of one row per moment: lead_id, as_of, fit, engagement, score, grade, temperature.

    With `explaining` it also gives the parts: per rule its points after and before its cap (r, raw), the
    number and newest of its activities (n, t) or the facts it looked at (f); per group the points after the
    cap (g); per dimension the sum before and after its bounds.
    """
    inner = _per_rule(definition, explaining=explaining)
    middle = _per_dimension(definition, inner, explaining=explaining)
    outer = _whole(definition, middle, explaining=explaining)
    return Statement(outer.sql, outer.params)


def _per_rule(definition: Definition, *, explaining: bool) -> Fragment:
    columns, activity_columns = [Fragment("m.lead_id, m.as_of")], []
    for rule in definition.of_dimension(Dimension.FIT):
        columns.append(_limited(_fit_points(rule), rule.max_points) + f" AS r{rule.id}")
        if explaining:
            columns += [_fit_points(rule) + f" AS raw{rule.id}", _facts(rule) + f" AS f{rule.id}"]
    for rule in definition.of_dimension(Dimension.ENGAGEMENT):
        own = [_limited(_engagement_points(rule), rule.max_points) + f" AS r{rule.id}"]
        if explaining:
            matching = " FILTER (WHERE " + _matches(rule) + ")"
            own += [
                _engagement_points(rule) + f" AS raw{rule.id}",
                "count(*)" + matching + f" AS n{rule.id}",
                "max(a.occurred_at)" + matching + f" AS t{rule.id}",
            ]
        activity_columns += own
    types = sorted({type_id for rule in definition.rules for type_id in rule.type_ids})
    source = f" FROM m JOIN {LEAD_AND_COMPANY_OF_MOMENT}"
    if not activity_columns:
        return "SELECT " + join(", ", columns) + source
    return (
        "SELECT " + join(", ", [*columns, Fragment("e.*")]) + source
        + " CROSS JOIN LATERAL (SELECT " + join(", ", activity_columns)
        + " FROM leadapp_activity a WHERE a.lead_id = m.lead_id AND a.occurred_at <= m.as_of"
        + f" AND a.voided_at IS NULL AND {_type_in(types)}) e"
    )  # fmt: skip


def _facts(rule: Rule) -> Fragment:
    """Return SQL for the values that the conditions of a rule look at, as texts."""
    fields = [find_field(field) for field, _, _ in rule.conditions]
    return "ARRAY[" + join(", ", [Fragment(f.text_sql, f.params) for f in fields if f]) + "]::text[]"


def _per_dimension(definition: Definition, inner: Fragment, *, explaining: bool) -> Fragment:
    fit = _dimension_sum(definition, Dimension.FIT)
    engagement = _dimension_sum(definition, Dimension.ENGAGEMENT)
    columns = [
        _bounded(fit, definition.fit_bounds) + " AS fit_bounded",
        _bounded(engagement, definition.engagement_bounds) + " AS engagement_bounded",
    ]
    if explaining:
        columns = [
            *columns,
            fit + " AS fit_sum",
            engagement + " AS engagement_sum",
            *(_group_sum(definition, group) + f" AS g{group.id}" for group in definition.groups),
            Fragment("r.*"),
        ]
        return "SELECT " + join(", ", columns) + " FROM (" + inner + ") r"
    # OFFSET 0 keeps the sums from being computed again for each band that looks at them.
    return "SELECT r.lead_id, r.as_of, " + join(", ", columns) + " FROM (" + inner + ") r OFFSET 0"


def _whole(definition: Definition, middle: Fragment, *, explaining: bool) -> Fragment:
    numbers = (
        "SELECT d.*, d.fit_bounded::integer AS whole_fit,"
        " floor(round(d.engagement_bounded * 1e6::float8) / 1e6::float8 + 0.5::float8)::integer"
        " AS whole_engagement"
        " FROM (" + middle + ") d OFFSET 0"
    )
    a, b, c = definition.fit_grades
    one, two, three = definition.engagement_grades
    total = "(w.whole_fit + w.whole_engagement)"
    return (
        "SELECT w.lead_id, w.as_of, w.whole_fit AS fit, w.whole_engagement AS engagement,"
        f" GREATEST(0, {total}) AS score,"
        f" CASE WHEN w.whole_fit >= {a} THEN 'A' WHEN w.whole_fit >= {b} THEN 'B'"
        f" WHEN w.whole_fit >= {c} THEN 'C' ELSE 'D' END ||"
        f" CASE WHEN w.whole_engagement >= {one} THEN '1' WHEN w.whole_engagement >= {two} THEN '2'"
        f" WHEN w.whole_engagement >= {three} THEN '3' ELSE '4' END AS grade,"
        f" CASE WHEN {total} >= {definition.hot_from} THEN 'hot'"
        f" WHEN {total} >= {definition.warm_from} THEN 'warm'"
        " ELSE 'cold' END AS temperature" + (", w.*" if explaining else "") + " FROM (" + numbers + ") w"
    )


def _fit_points(rule: Rule) -> Fragment:
    """Return the points of a fact, before the rule's own cap."""
    holds = compile_all(rule.conditions, rule.match)
    return "CASE WHEN " + holds + f" THEN {rule.points}::float8 ELSE 0::float8 END"


def _engagement_points(rule: Rule) -> Fragment:
    """Return the points of one lead's activities, before the rule's own cap."""
    matches = _matches(rule)
    count = "count(*) FILTER (WHERE " + matches + ")"
    points = f"{rule.points}::float8 * "
    if rule.decay == Decay.NONE:
        amount = "LEAST(" + count + ", 1)" if rule.counting == Counting.ONCE else count
        total = points + amount
    else:
        # The strongest occurrence is the newest: points only ever fade.
        aggregate = "max" if rule.counting == Counting.ONCE else "sum"
        share = _share_left(rule)
        total = f"COALESCE({points}{aggregate}({share}) FILTER (WHERE " + matches + "), 0::float8)"
    if rule.min_occurrences > 1:
        total = "CASE WHEN " + count + f" >= {rule.min_occurrences} THEN " + total + " ELSE 0::float8 END"
    return total


def _share_left(rule: Rule) -> str:
    """Return SQL for what age leaves of the points of one activity, between 0 and 1."""
    seconds = (rule.decay_days or 1) * DAY
    if rule.decay == Decay.HALF_LIFE:
        return f"exp(GREATEST({AGE} * {-LN_2 / seconds!r}::float8, {SMALLEST_EXPONENT}::float8))"
    return f"GREATEST(1::float8 - {AGE} / {seconds}::float8, 0::float8)"


def _matches(rule: Rule) -> Fragment:
    """Return SQL that is true for the activities that the rule counts."""
    parts = [Fragment(_type_in(rule.type_ids))]
    if rule.window_days is not None:
        parts.append(Fragment(f"a.occurred_at >= m.as_of - interval '{rule.window_days * 24} hours'"))
    conditions = compile_all(rule.conditions, rule.match)
    if conditions != ALWAYS:
        parts.append(conditions)
    return join(" AND ", parts)


def _type_in(type_ids: Sequence[int]) -> str:
    if not type_ids:
        return "a.type_id IS NULL"
    if len(type_ids) == 1:
        return f"a.type_id = {type_ids[0]}"
    return f"a.type_id IN ({', '.join(map(str, type_ids))})"


def _dimension_sum(definition: Definition, dimension: Dimension) -> Fragment:
    """Return the sum of the groups of a dimension, each after its cap, and of the rules in no group."""
    groups = [group for group in definition.groups if group.dimension == dimension]
    grouped = {group.id for group in groups}
    parts = [_group_sum(definition, group) for group in groups]
    parts += [
        Fragment(f"r.r{rule.id}")
        for rule in definition.of_dimension(dimension)
        if rule.group_id not in grouped
    ]
    return _sum(parts)


def _group_sum(definition: Definition, group: Group) -> Fragment:
    rules = [
        rule for rule in definition.of_dimension(Dimension(group.dimension)) if rule.group_id == group.id
    ]
    return _limited(_sum(Fragment(f"r.r{rule.id}") for rule in rules), group.cap)


def _sum(parts: Iterable[Fragment]) -> Fragment:
    listed = list(parts)
    return "(" + join(" + ", listed) + ")" if listed else Fragment("0::float8")


def _limited(value: Fragment, cap: int | None) -> Fragment:
    """Hold a value between -cap and cap."""
    return value if cap is None else _bounded(value, (-cap, cap))


def _bounded(value: Fragment, bounds: tuple[int, int]) -> Fragment:
    low, high = bounds
    return "LEAST(GREATEST(" + value + f", {low}::float8), {high}::float8)"
