"""Section 5 of the design, said a second time: naively, in loops, for one lead at a time.

Only the tests have this. It shares no code with the engine.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from leadapp.models import Activity, Lead
from scoring.models import RuleCondition, ScoringModelVersion, ScoringRule

DAY = 86400.0
SEPARATORS = "\t\n\r.,;:!?/\\|&()[]{}<>\"'*-\N{EN DASH}\N{EM DASH}\N{NO-BREAK SPACE}_@"


@dataclass(frozen=True)
class Expected:
    """What the engine should say."""

    fit: int
    engagement: int
    score: int
    grade: str
    temperature: str


def expected_score(
    version: ScoringModelVersion, lead: Lead, activities: Iterable[Activity], as_of: datetime
) -> Expected | None:
    """Score one lead."""
    if lead.do_not_score:
        return None
    counted = [a for a in activities if a.voided_at is None and a.occurred_at <= as_of]
    points = {rule: rule_points(rule, lead, counted, as_of) for rule in version.rules.filter(is_active=True)}
    fit = dimension_points(version, "fit", points, version.fit_min, version.fit_max)
    low, high = version.engagement_min, version.engagement_max
    engagement = dimension_points(version, "engagement", points, low, high)
    return in_bands(version, round_half_up(fit), round_half_up(engagement))


def rule_points(rule: ScoringRule, lead: Lead, activities: Sequence[Activity], as_of: datetime) -> float:
    """Return what one rule gives, after its cap."""
    if rule.dimension == "fit":
        total = float(rule.points) if holds(rule, lead, None, as_of) else 0.0
    else:
        total = activity_points(rule, lead, activities, as_of)
    return within(total, rule.max_points)


def activity_points(rule: ScoringRule, lead: Lead, activities: Sequence[Activity], as_of: datetime) -> float:
    types = {kind.pk for kind in rule.activity_types.all()}
    each = []
    for activity in activities:
        age = (as_of - activity.occurred_at).total_seconds()
        if activity.type_id not in types:
            continue
        if rule.window_days is not None and age > rule.window_days * DAY:
            continue
        if not holds(rule, lead, activity, as_of):
            continue
        each.append(rule.points * decay(rule, age))
    if len(each) < rule.min_occurrences:
        return 0.0
    if rule.counting == "once":
        return max(each, key=abs, default=0.0)
    return math.fsum(each)


def decay(rule: ScoringRule, age: float) -> float:
    period = rule.decay_days or 0
    if rule.decay == "half_life":
        return math.pow(0.5, age / (period * DAY))
    if rule.decay == "linear":
        return max(0.0, 1.0 - age / (period * DAY))
    return 1.0


def dimension_points(
    version: ScoringModelVersion, dimension: str, points: dict[ScoringRule, float], low: int, high: int
) -> float:
    own = {rule: value for rule, value in points.items() if rule.dimension == dimension}
    total = 0.0
    groups = list(version.groups.filter(dimension=dimension))
    for group in groups:
        total += within(math.fsum(v for rule, v in own.items() if rule.group_id == group.pk), group.cap)
    known = {group.pk for group in groups}
    total += math.fsum(v for rule, v in own.items() if rule.group_id not in known)
    return min(max(total, low), high)


def within(value: float, cap: int | None) -> float:
    return value if cap is None else min(max(value, -cap), cap)


def round_half_up(value: float) -> int:
    return math.floor(round(value * 1e6) / 1e6 + 0.5)


def in_bands(version: ScoringModelVersion, fit: int, engagement: int) -> Expected:
    total = fit + engagement
    letter = next((x for x, at in zip("ABC", _fit_bands(version), strict=True) if fit >= at), "D")
    digit = next((x for x, at in zip("123", _bands(version), strict=True) if engagement >= at), "4")
    heat = "hot" if total >= version.hot_from else "warm" if total >= version.warm_from else "cold"
    return Expected(fit, engagement, max(0, total), letter + digit, heat)


def _fit_bands(version: ScoringModelVersion) -> tuple[int, int, int]:
    return version.fit_a, version.fit_b, version.fit_c


def _bands(version: ScoringModelVersion) -> tuple[int, int, int]:
    return version.engagement_1, version.engagement_2, version.engagement_3


def holds(rule: ScoringRule, lead: Lead, activity: Activity | None, as_of: datetime) -> bool:
    results = [condition_holds(c, lead, activity, as_of) for c in rule.conditions.all()]
    if not results:
        return True
    return any(results) if rule.match == "any" else all(results)


def value_of(field: str, lead: Lead, activity: Activity | None) -> Any:
    """Look a field up; None where it is missing."""
    source, _, name = field.partition(".")
    if source == "property":
        value = activity.properties.get(name) if activity else None
    elif source == "activity":
        value = getattr(activity, name)
    elif source == "company":
        value = getattr(lead.company, name) if lead.company else None
    elif name.startswith("attributes."):
        value = lead.attributes.get(name.removeprefix("attributes."))
    elif name == "email_domain":
        value = lead.email.split("@")[1] if lead.email else None
    else:
        value = getattr(lead, name)
    return None if value == "" else value


def condition_holds(  # noqa: C901 - one case per operator
    condition: RuleCondition, lead: Lead, activity: Activity | None, as_of: datetime
) -> bool:
    value = value_of(condition.field, lead, activity)
    wanted: Any = condition.value
    match condition.operator:
        case "is_set":
            return value is not None
        case "is_empty":
            return value is None
        case "equals":
            return equal(value, wanted)
        case "not_equals":
            return not equal(value, wanted)
        case "in":
            return equal_to_one(value, wanted)
        case "not_in":
            return not equal_to_one(value, wanted)
        case "contains":
            return value is not None and wanted.lower() in text(value).lower()
        case "starts_with":
            return value is not None and text(value).lower().startswith(wanted.lower())
        case "matches_list":
            return value is not None and has_word(text(value), wanted)
        case "within_days":
            date = moment(value)
            return date is not None and 0 <= (as_of - date).total_seconds() <= wanted * DAY
    return size_holds(condition.operator, number(value), wanted)


def size_holds(operator: str, found: Decimal | None, wanted: Any) -> bool:
    if found is None:
        return False
    low, high = wanted if operator == "between" else (wanted, wanted)
    low, high = Decimal(str(low)), Decimal(str(high))
    return {
        "greater": found > low,
        "at_least": found >= low,
        "less": found < low,
        "at_most": found <= low,
        "between": low <= found <= high,
    }[operator]


def equal(value: Any, wanted: Any) -> bool:
    return equal_to_one(value, [wanted])


def equal_to_one(value: Any, wanted: Sequence[Any]) -> bool:
    if value is None:
        return False
    if all(isinstance(item, int | float) and not isinstance(item, bool) for item in wanted):
        found = number(value)
        return found is not None and found in [Decimal(str(item)) for item in wanted]
    if isinstance(value, bool) and all(isinstance(item, bool) for item in wanted):
        return value in wanted
    return text(value).lower() in [text(item).lower() for item in wanted]


def text(value: Any) -> str:
    """Return a value as PostgreSQL writes JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]{1,18}(\.[0-9]{1,12})?\s*", value):
        return Decimal(value.strip())
    return None


def moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value + "T00:00:00+00:00")
    except (TypeError, ValueError):
        return None


def has_word(found: str, words: Sequence[str]) -> bool:
    def spaced(value: str) -> str:
        letters = "".join(" " if letter in SEPARATORS else letter for letter in value.lower())
        return " ".join(letters.split())

    return any(f" {spaced(word)} " in f" {spaced(found)} " for word in words if spaced(word))
