"""A version of a scoring model as plain values, read once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scoring.engine.conditions import Value
from scoring.models import Dimension, RuleCondition, ScoringModelVersion, ScoringRule


@dataclass(frozen=True)
class Group:
    """Rules that share a cap."""

    id: int
    name: str
    dimension: str
    cap: int | None


@dataclass(frozen=True)
class Rule:
    """One rule, with its conditions and the activity types that it counts."""

    id: int
    name: str
    dimension: str
    group_id: int | None
    points: int
    match: str
    conditions: tuple[tuple[str, str, Value], ...]
    type_ids: tuple[int, ...]
    counting: str
    min_occurrences: int
    window_days: int | None
    decay: str
    decay_days: int | None
    max_points: int | None

    @property
    def is_fit(self) -> bool:
        """Tell whether the rule looks at facts, not at activities."""
        return self.dimension == Dimension.FIT


@dataclass(frozen=True)
class Definition:
    """All that decides a score: rules in their order, groups, bounds and bands."""

    rules: tuple[Rule, ...]
    groups: tuple[Group, ...]
    fit_bounds: tuple[int, int]
    engagement_bounds: tuple[int, int]
    fit_grades: tuple[int, int, int]
    engagement_grades: tuple[int, int, int]
    hot_from: int
    warm_from: int

    def of_dimension(self, dimension: Dimension) -> Sequence[Rule]:
        """Return the rules of one dimension."""
        return [rule for rule in self.rules if rule.dimension == dimension]


def read_definition(version: ScoringModelVersion) -> Definition:
    """Read a version and its active rules from the database (four queries)."""
    rules = list(
        ScoringRule.objects.filter(version=version, is_active=True).order_by("dimension", "position", "id")
    )
    conditions: dict[int, list[tuple[str, str, Value]]] = defaultdict(list)
    for condition in RuleCondition.objects.filter(rule__version=version).order_by("position", "id"):
        conditions[condition.rule_id].append((condition.field, condition.operator, condition.value))
    types: dict[int, list[int]] = defaultdict(list)
    links = ScoringRule.activity_types.through.objects.filter(scoringrule__version=version)
    for rule_id, type_id in links.order_by("activitytype_id").values_list(
        "scoringrule_id", "activitytype_id"
    ):
        types[rule_id].append(type_id)
    groups = version.groups.order_by("position", "id")
    return Definition(
        rules=tuple(_rule(rule, tuple(conditions[rule.pk]), tuple(types[rule.pk])) for rule in rules),
        groups=tuple(Group(group.pk, group.name, group.dimension, group.cap) for group in groups),
        fit_bounds=(version.fit_min, version.fit_max),
        engagement_bounds=(version.engagement_min, version.engagement_max),
        fit_grades=(version.fit_a, version.fit_b, version.fit_c),
        engagement_grades=(version.engagement_1, version.engagement_2, version.engagement_3),
        hot_from=version.hot_from,
        warm_from=version.warm_from,
    )


def _rule(
    rule: ScoringRule, conditions: tuple[tuple[str, str, Value], ...], type_ids: tuple[int, ...]
) -> Rule:
    return Rule(
        id=rule.pk,
        name=rule.name,
        dimension=rule.dimension,
        group_id=rule.group_id,
        points=rule.points,
        match=rule.match,
        conditions=conditions,
        type_ids=type_ids,
        counting=rule.counting,
        min_occurrences=rule.min_occurrences,
        window_days=rule.window_days,
        decay=rule.decay,
        decay_days=rule.decay_days,
        max_points=rule.max_points,
    )
