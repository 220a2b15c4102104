"""Sums and their limits, as SQL."""

from collections.abc import Sequence

from scoring.engine.definition import Rule
from scoring.engine.fragments import Fragment, join


def total(parts: Sequence[Fragment]) -> Fragment:
    """Return the sum of parts; zero of none."""
    return "(" + join(" + ", parts) + ")" if parts else Fragment("0::float8")


def capped(points: Fragment, rule: Rule) -> Fragment:
    """Hold what a rule gives within its own cap. All of it has one sign, so one comparison is enough."""
    cap = rule.max_points
    if cap is None:
        return points
    function, end = ("LEAST", cap) if rule.points > 0 else ("GREATEST", -cap)
    return f"{function}(" + points + f", {end}::float8)"


def limited(value: Fragment, cap: int | None) -> Fragment:
    """Hold a value between -cap and cap."""
    return value if cap is None else bounded(value, (-cap, cap))


def bounded(value: Fragment, bounds: tuple[int, int]) -> Fragment:
    """Hold a value between two bounds."""
    low, high = bounds
    return "LEAST(GREATEST(" + value + f", {low}::float8), {high}::float8)"
