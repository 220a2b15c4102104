"""Rules, groups and bands as plain values: what forms, programs and files hand in, and what is compared.

Nothing here has an id: activity types are named by slug, a group by its name. `scoring.cleaning` checks such
values, `scoring.services.editing` writes them into a draft.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from leadapp.models import Match
from scoring.engine.validation import Value
from scoring.models import Counting, Decay, RuleGroup, ScoringModelVersion, ScoringRule


@dataclass(frozen=True)
class ConditionFacts:
    """A test of a field; `value` has the shape that the operator wants once it was cleaned."""

    field: str
    operator: str
    value: Value = None


@dataclass(frozen=True, kw_only=True)
class RuleFacts:
    """All that a marketer says about a rule."""

    name: str
    dimension: str
    points: int
    group: str = ""  # its name; empty for none
    match: str = Match.ALL.value
    conditions: tuple[ConditionFacts, ...] = ()
    activity_types: tuple[str, ...] = ()  # slugs
    counting: str = Counting.EVERY.value
    min_occurrences: int = 1
    window_days: int | None = None
    decay: str = Decay.NONE.value
    decay_days: int | None = None
    max_points: int | None = None
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class GroupFacts:
    """All that a marketer says about a group."""

    name: str
    dimension: str
    cap: int | None = None
    position: int = 0


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """The note, bounds and bands of a version."""

    note: str
    fit_min: int
    fit_max: int
    engagement_min: int
    engagement_max: int
    fit_a: int
    fit_b: int
    fit_c: int
    engagement_1: int
    engagement_2: int
    engagement_3: int
    hot_from: int
    warm_from: int
    threshold: int


def facts_of(rule: ScoringRule) -> RuleFacts:
    """Return what a stored rule says. Reads its group, types and conditions, prefetched or not."""
    conditions = sorted(rule.conditions.all(), key=lambda each: (each.position, each.pk))
    return RuleFacts(
        name=rule.name,
        dimension=rule.dimension,
        points=rule.points,
        group=rule.group.name if rule.group else "",
        match=rule.match,
        conditions=tuple(ConditionFacts(each.field, each.operator, each.value) for each in conditions),
        activity_types=tuple(sorted(kind.slug for kind in rule.activity_types.all())),
        counting=rule.counting,
        min_occurrences=rule.min_occurrences,
        window_days=rule.window_days,
        decay=rule.decay,
        decay_days=rule.decay_days,
        max_points=rule.max_points,
        is_active=rule.is_active,
    )


def group_facts_of(group: RuleGroup) -> GroupFacts:
    """Return what a stored group says."""
    return GroupFacts(name=group.name, dimension=group.dimension, cap=group.cap, position=group.position)


def version_facts_of(version: ScoringModelVersion) -> VersionFacts:
    """Return note, bounds and bands of a version."""
    return VersionFacts(**{name: getattr(version, name) for name in names_of(VersionFacts)})


def names_of(kind: type[RuleFacts | GroupFacts | VersionFacts]) -> Sequence[str]:
    """Return the names of what can be said."""
    return [each.name for each in fields(kind)]


def as_data(facts: RuleFacts | GroupFacts | VersionFacts) -> dict[str, Any]:
    """Return the facts as plain data that JSON can carry; lists for tuples."""
    data = asdict(facts)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}


def rule_from_data(data: dict[str, Any]) -> RuleFacts:
    """Return the facts that `as_data` wrote. Raises KeyError or TypeError for anything else."""
    conditions = tuple(ConditionFacts(**each) for each in data["conditions"])
    return RuleFacts(**data | {"conditions": conditions, "activity_types": tuple(data["activity_types"])})
