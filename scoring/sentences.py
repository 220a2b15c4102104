"""Rules and conditions as people say them: "Industry is one of Machinery, Automotive"."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadapp.models import Match, Operator
from leadapp.numbers import write_exact, write_number
from leadapp.shipped import shown
from scoring.engine.wording import say_ending, say_halving
from scoring.fields import ATTRIBUTE, PROPERTY, Field, Kind, find_field
from scoring.models import (
    Counting,
    Decay,
    Dimension,
    RuleCondition,
    RuleGroup,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.rules import ConditionFacts, RuleFacts

MINUS = "−"
# Whole sentences, since the verb stands elsewhere in other languages.
COMPARED = {
    Operator.IS_SET: gettext_lazy("%(field)s is set"),
    Operator.IS_EMPTY: gettext_lazy("%(field)s is empty"),
    Operator.EQUALS: gettext_lazy("%(field)s is %(value)s"),
    Operator.NOT_EQUALS: gettext_lazy("%(field)s is not %(value)s"),
    Operator.IN: gettext_lazy("%(field)s is one of %(value)s"),
    Operator.NOT_IN: gettext_lazy("%(field)s is none of %(value)s"),
    Operator.CONTAINS: gettext_lazy("%(field)s contains %(value)s"),
    Operator.STARTS_WITH: gettext_lazy("%(field)s starts with %(value)s"),
    Operator.MATCHES_LIST: gettext_lazy("%(field)s has a word of %(value)s"),
    Operator.GREATER: gettext_lazy("%(field)s is greater than %(value)s"),
    Operator.AT_LEAST: gettext_lazy("%(field)s is at least %(value)s"),
    Operator.LESS: gettext_lazy("%(field)s is less than %(value)s"),
    Operator.AT_MOST: gettext_lazy("%(field)s is at most %(value)s"),
    Operator.BETWEEN: gettext_lazy("%(field)s is between %(value)s"),
    Operator.WITHIN_DAYS: gettext_lazy("%(field)s is within the last %(value)s days"),
}
# As the rule page calls the settings of rules, groups and versions.
SETTINGS = {
    "max_points": gettext_lazy("At most"),
    "match": gettext_lazy("Needed conditions"),
    "conditions": gettext_lazy("Conditions"),
    "activity_types": gettext_lazy("Activities"),
    "min_occurrences": gettext_lazy("From so many times on"),
    "window_days": gettext_lazy("Within days"),
    "decay": gettext_lazy("Fading"),
    "decay_days": gettext_lazy("Days of fading"),
    "is_active": gettext_lazy("Switched"),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule, ready to be read: the points first, then what they are for, then how they count."""

    rule: ScoringRule
    points: str
    is_plus: bool
    what: str
    how: tuple[str, ...]


@dataclass(frozen=True)
class GroupLines:
    """The rules of one group, or those without a group."""

    group: RuleGroup | None
    lines: tuple[RuleLine, ...]


@dataclass(frozen=True)
class DimensionLines:
    """One half of a model."""

    dimension: Dimension
    bounds: str
    groups: tuple[GroupLines, ...]


def say_points(points: int) -> str:
    """Write points with their sign: +10, −5."""
    return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points < 0 else "0"


def say_condition(field: str, operator: str, value: object) -> str:
    """Write one condition: "Employees is between 200 and 1,000"."""
    found = find_field(field)
    values = value if isinstance(value, list) else [value]
    return say_comparison(_label(field, found), Operator(operator), [_say(each, found) for each in values])


def say_comparison(label: str, how: Operator, values: Sequence[str]) -> str:
    """Write how something is compared with values that are in words already."""
    if how == Operator.BETWEEN and len(values) == 2:
        return _("%(field)s is between %(low)s and %(high)s") % {
            "field": label,
            "low": values[0],
            "high": values[1],
        }
    return COMPARED[how] % {"field": label, "value": ", ".join(values)}


def say_field(field: str) -> str:
    """Write what a condition looks at: "Employees"."""
    return _label(field, find_field(field))


def say_value(field: str, value: object) -> str:
    """Write what a field is compared with: "1,000", "50 to 199", "machinery, automotive"."""
    found = find_field(field)
    if isinstance(value, list):
        numbers = len(value) == 2 and all(isinstance(item, int | float) for item in value)
        said = [_say(item, found) for item in value]
        return _("%(low)s to %(high)s") % {"low": said[0], "high": said[1]} if numbers else ", ".join(said)
    return _say(value, found)


def say_conditions(conditions: Sequence[RuleCondition | ConditionFacts], match: str) -> str:
    """Write all conditions of a rule as one sentence."""
    word = _(" or ") if match == Match.ANY else _(" and ")
    return word.join(say_condition(each.field, each.operator, each.value) for each in conditions)


def say_what(rule: ScoringRule) -> str:
    """Write what a rule gives points for. Reads the prefetched types and conditions."""
    conditions = say_conditions(list(rule.conditions.all()), rule.match)
    return _what(rule.dimension, conditions, [kind.label for kind in rule.activity_types.all()])


def say_what_facts(facts: RuleFacts, labels: Mapping[str, str]) -> str:
    """Write what a rule that is not stored gives points for; `labels` are those of its activity types."""
    conditions = say_conditions(facts.conditions, facts.match)
    return _what(facts.dimension, conditions, [labels.get(slug, slug) for slug in facts.activity_types])


def say_facts(facts: RuleFacts, labels: Mapping[str, str]) -> str:
    """Write a rule that is not stored as one sentence."""
    off = () if facts.is_active else (_("switched off"),)
    pieces = [f"{say_points(facts.points)} {say_what_facts(facts, labels)}", *say_how(facts), *off]
    return ", ".join(pieces)


def say_setting(name: str) -> str:
    """Write the name of a setting of a rule, group or version."""
    return str(SETTINGS[name]) if name in SETTINGS else name.replace("_", " ").capitalize()


def say_how(rule: ScoringRule | RuleFacts) -> tuple[str, ...]:
    """Write how the points of a rule count, cap and fade, in short pieces."""
    pieces: list[str] = []
    if rule.dimension == Dimension.ENGAGEMENT:
        pieces.append(_("counts once") if rule.counting == Counting.ONCE else _("every time"))
        if rule.min_occurrences > 1:
            pieces.append(_("from %(min_occurrences)s times on") % {"min_occurrences": rule.min_occurrences})
        if rule.window_days:
            pieces.append(
                ngettext("within a day", "within %(days)s days", rule.window_days)
                % {"days": write_number(rule.window_days)}
            )
    if rule.max_points:
        pieces.append(_("at most %(max_points)s") % {"max_points": write_number(rule.max_points)})
    if rule.dimension == Dimension.ENGAGEMENT:
        pieces.append(_fading(rule))
    return tuple(pieces)


def read_rules(version: ScoringModelVersion) -> list[ScoringRule]:
    """Return the rules of a version in their order, with everything that the sentences need."""
    rules = version.rules.select_related("group").prefetch_related("conditions", "activity_types")
    return list(rules.order_by("group__position", "group__name", "position", "id"))


def describe(version: ScoringModelVersion) -> tuple[DimensionLines, ...]:
    """Return a whole version to be read: by dimension, group and rule. Four queries."""
    rules = read_rules(version)
    groups = list(version.groups.order_by("position", "name", "id"))
    return tuple(
        DimensionLines(dimension, _bounds(version, dimension), tuple(_groups(groups, rules, dimension)))
        for dimension in Dimension
    )


def _groups(
    groups: Iterable[RuleGroup], rules: Sequence[ScoringRule], dimension: Dimension
) -> Iterable[GroupLines]:
    own = [rule for rule in rules if rule.dimension == dimension]
    for group in groups:
        if group.dimension == dimension:
            yield GroupLines(group, tuple(_line(rule) for rule in own if rule.group_id == group.pk))
    if rest := tuple(_line(rule) for rule in own if rule.group_id is None):
        yield GroupLines(None, rest)


def _line(rule: ScoringRule) -> RuleLine:
    return RuleLine(rule, say_points(rule.points), rule.points > 0, say_what(rule), say_how(rule))


def _bounds(version: ScoringModelVersion, dimension: Dimension) -> str:
    low, high = (
        (version.fit_min, version.fit_max)
        if dimension == Dimension.FIT
        else (version.engagement_min, version.engagement_max)
    )
    return _("%(low)s to %(high)s points") % {"low": f"{MINUS if low < 0 else ''}{abs(low)}", "high": high}


def _what(dimension: str, conditions: str, types: Sequence[str]) -> str:
    if dimension == Dimension.FIT:
        return conditions or _("Every lead")
    kinds = _(" or ").join(shown(label) for label in types) or _("No activity chosen")
    return (
        _("%(kinds)s where %(conditions)s") % {"kinds": kinds, "conditions": conditions}
        if conditions
        else kinds
    )


def _fading(rule: ScoringRule | RuleFacts) -> str:
    match rule.decay:
        case Decay.HALF_LIFE:
            return say_halving(rule.decay_days or 0)
        case Decay.LINEAR:
            return say_ending(rule.decay_days or 0)
    return _("never fades")


def _label(key: str, found: Field | None) -> str:
    if key.startswith(PROPERTY):
        return key.removeprefix(PROPERTY).replace("_", " ").capitalize()
    if key.startswith(ATTRIBUTE):
        return key.removeprefix(ATTRIBUTE).replace("_", " ").capitalize()
    return found.label if found else key


def _say(value: object, found: Field | None) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        # A year is not written with a comma.
        plain = found is not None and found.key == "lead.birth_year"
        return f"{value:g}" if plain else write_exact(value)
    if found is not None and found.kind == Kind.CHOICE:
        return str(dict(found.choices).get(str(value), value))
    return str(value)
