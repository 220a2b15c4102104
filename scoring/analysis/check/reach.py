"""The lowest and highest points that a definition can give at all: by rule, group, dimension and in total.

These are limits that hold for certain. Rules that exclude each other are summed all the same, so that the
true maximum may be lower: what is out of reach here is out of reach for every lead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from scoring.engine.definition import Definition, Rule
from scoring.models import Counting, Dimension


@dataclass(frozen=True)
class Reach:
    """A range of points; a rule that counts every time and has no cap is without end."""

    low: float
    high: float

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(self.low + other.low, self.high + other.high)

    def limited(self, cap: int | None) -> "Reach":
        """Hold it between -cap and cap."""
        return self if cap is None else self.bounded((-cap, cap))

    def bounded(self, bounds: tuple[int, int]) -> "Reach":
        """Hold it between two bounds."""
        low, high = bounds
        return Reach(min(max(self.low, low), high), min(max(self.high, low), high))

    @property
    def furthest(self) -> float:
        """Return the largest absolute value."""
        return max(-self.low, self.high)


NOTHING = Reach(0, 0)


@dataclass(frozen=True)
class Total:
    """The reach of a whole version: of each dimension before and after its bounds, and of the score."""

    sums: dict[Dimension, Reach]
    bounded: dict[Dimension, Reach]
    score: Reach


def reach_of_rule(rule: Rule) -> Reach:
    """Return what a rule can give, after its own cap."""
    return uncapped(rule).limited(rule.max_points)


def uncapped(rule: Rule) -> Reach:
    """Return what a rule can give before its own cap."""
    if rule.is_fit and not rule.conditions:
        return Reach(rule.points, rule.points)
    if not rule.is_fit and not rule.type_ids:
        return NOTHING
    most = rule.points if rule.is_fit or rule.counting == Counting.ONCE else rule.points * inf
    return Reach(min(0, most), max(0, most))


def reach_of_rules(rules: Iterable[Rule]) -> Reach:
    """Return what rules can give together, each after its own cap."""
    return sum((reach_of_rule(rule) for rule in rules), NOTHING)


def reach_of_total(definition: Definition) -> Total:
    """Return what a whole definition can give."""
    sums = {dimension: _sum(definition, dimension) for dimension in Dimension}
    bounds = {Dimension.FIT: definition.fit_bounds, Dimension.ENGAGEMENT: definition.engagement_bounds}
    held = {dimension: sums[dimension].bounded(bounds[dimension]) for dimension in Dimension}
    total = held[Dimension.FIT] + held[Dimension.ENGAGEMENT]
    return Total(sums, held, Reach(max(0, total.low), max(0, total.high)))


def _sum(definition: Definition, dimension: Dimension) -> Reach:
    groups = [group for group in definition.groups if group.dimension == dimension]
    rules = definition.of_dimension(dimension)
    reached = NOTHING
    for group in groups:
        members = [rule for rule in rules if rule.group_id == group.id]
        reached += reach_of_rules(members).limited(group.cap)
    grouped = {group.id for group in groups}
    return reached + reach_of_rules(rule for rule in rules if rule.group_id not in grouped)
