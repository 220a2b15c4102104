"""One rule of a draft: added, saved, duplicated, moved, deleted. Its conditions and types go with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import Actor
from leadapp.errors import Invalid, NotFound
from leadapp.models import ActivityType
from scoring.cleaning import LONGEST_NAME, clean_rule
from scoring.models import RuleCondition, RuleGroup, ScoringModelVersion, ScoringRule
from scoring.rules import RuleFacts, facts_of
from scoring.sentences import read_rules
from scoring.services.editing.drafts import open_draft
from scoring.services.editing.stale import check_rule_is_fresh, name_of

# What is a column of its own; group, types and conditions are not.
SETTINGS = (
    "name",
    "dimension",
    "points",
    "match",
    "counting",
    "min_occurrences",
    "window_days",
    "decay",
    "decay_days",
    "max_points",
    "is_active",
)
NO_RULE = gettext_lazy("This rule was deleted meanwhile.")


def add_rule(*, version: ScoringModelVersion, facts: RuleFacts, actor: Actor, now: datetime) -> ScoringRule:
    """Add a rule to a draft, after all others."""
    with transaction.atomic():
        draft = open_draft(version_id=version.pk, actor=actor)
        last = draft.rules.order_by("-position").values_list("position", flat=True).first()
        rule = ScoringRule(version=draft, dimension=facts.dimension, position=(last or 0) + 1, revision=0)
        _write(draft, rule, facts, actor=actor, now=now)
    return rule


def save_rule(
    *,
    rule: ScoringRule,
    facts: RuleFacts,
    revision: int | None,
    actor: Actor,
    now: datetime,
    seen: RuleFacts | None = None,
) -> ScoringRule:
    """Replace all that a rule of a draft says, conditions and types included; return it as it is now.

    `seen` is what the person saw, so that Stale can tell what somebody else changed since.
    """
    with transaction.atomic():
        draft = open_draft(version_id=rule.version_id, actor=actor)
        stored = find_rule(draft, rule.pk)
        check_rule_is_fresh(stored, revision, actor=actor, seen=seen)
        if facts.dimension != stored.dimension:
            raise Invalid.field(
                "dimension", _("A rule stays in its half of the model. Add a new one instead.")
            )
        _write(draft, stored, facts, actor=actor, now=now)
    return stored


def delete_rule(*, rule: ScoringRule, revision: int | None, actor: Actor, now: datetime) -> None:
    """Take a rule out of a draft."""
    with transaction.atomic():
        draft = open_draft(version_id=rule.version_id, actor=actor)
        stored = find_rule(draft, rule.pk)
        check_rule_is_fresh(stored, revision, actor=actor)
        stored.delete()


def duplicate_rule(*, rule: ScoringRule, actor: Actor, now: datetime) -> ScoringRule:
    """Copy a rule of a draft under a name of its own, to the place after it; return the copy."""
    with transaction.atomic():
        draft = open_draft(version_id=rule.version_id, actor=actor)
        stored = find_rule(draft, rule.pk)
        copy = ScoringRule(version=draft, dimension=stored.dimension, revision=0)
        facts = replace(facts_of(stored), name=_free_name(draft, stored.name))
        _write(draft, copy, facts, actor=actor, now=now)
        rules = [each for each in _in_order(draft) if each != copy]
        rules.insert(rules.index(stored) + 1, copy)
        _number(rules)
        copy.refresh_from_db()
    return copy


def move_rule(*, rule: ScoringRule, place: int, actor: Actor, now: datetime) -> ScoringRule:
    """Put a rule at a place among those of its group, counted from 0; too far is the end.

    An order overwrites nothing that somebody said, so no revision is asked for, and none is counted.
    Doing it twice is doing it once.
    """
    with transaction.atomic():
        draft = open_draft(version_id=rule.version_id, actor=actor)
        stored = find_rule(draft, rule.pk)
        rules = _in_order(draft)
        siblings = _siblings(rules, stored)
        others = [each for each in siblings if each != stored]
        others.insert(max(0, place), stored)
        start = rules.index(siblings[0])
        rules[start : start + len(siblings)] = others
        _number(rules)
        stored.refresh_from_db()
    return stored


def place_of(rule: ScoringRule) -> int:
    """Return the place of a rule among those of its group, counted from 0."""
    return _siblings(_in_order(rule.version), rule).index(rule)


def find_rule(draft: ScoringModelVersion, rule_id: int) -> ScoringRule:
    """Return a rule of a draft with all that it says; raise NotFound if it is gone."""
    rules = draft.rules.select_related("group").prefetch_related("conditions", "activity_types")
    rule = rules.filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(str(NO_RULE))
    return rule


def _write(
    draft: ScoringModelVersion, rule: ScoringRule, facts: RuleFacts, *, actor: Actor, now: datetime
) -> None:
    """Check and store what a rule says; nothing is written if that is stored already."""
    cleaned = clean_rule(facts)
    group, types = _look_up(draft, rule, cleaned)
    if rule.pk and cleaned == facts_of(rule):
        return
    for name in SETTINGS:
        setattr(rule, name, getattr(cleaned, name))
    rule.group = group
    rule.revision += 1
    rule.changed_at, rule.changed_by = now, name_of(actor)
    rule.save()
    rule.activity_types.set(types)
    rule.conditions.all().delete()
    RuleCondition.objects.bulk_create(
        RuleCondition(
            rule=rule, field=each.field, operator=each.operator, value=each.value, position=position
        )
        for position, each in enumerate(cleaned.conditions)
    )
    rule._prefetched_objects_cache = {}  # type: ignore[attr-defined]


def _look_up(
    draft: ScoringModelVersion, rule: ScoringRule, facts: RuleFacts
) -> tuple[RuleGroup | None, Sequence[ActivityType]]:
    """Return group and types; raise Invalid if they, or the name, do not fit the draft."""
    errors: dict[str, list[str]] = {}
    if draft.rules.exclude(pk=rule.pk).filter(name=facts.name).exists():
        errors["name"] = [_("Another rule of this version has this name already.")]
    group = draft.groups.filter(name=facts.group, dimension=facts.dimension).first() if facts.group else None
    if facts.group and group is None:
        errors["group"] = [
            _("There is no group “%(group)s” for %(dimension)s rules in this version.")
            % {"group": facts.group, "dimension": facts.dimension}
        ]
    types = list(ActivityType.objects.filter(slug__in=facts.activity_types, is_internal=False))
    if missing := sorted({*facts.activity_types} - {kind.slug for kind in types}):
        errors["activity_types"] = [
            _("There is no kind of activity “%(slug)s”.") % {"slug": slug} for slug in missing
        ]
    if errors:
        raise Invalid(
            _("The rule was not saved. %(errors)s") % {"errors": next(iter(errors.values()))[0]},
            errors=errors,
        )
    return group, types


def _free_name(draft: ScoringModelVersion, name: str) -> str:
    taken = set(draft.rules.values_list("name", flat=True))
    for number in count(1):
        ending = " (copy)" if number == 1 else _(" (copy %(number)s)") % {"number": number}
        if (free := name[: LONGEST_NAME - len(ending)] + ending) not in taken:
            return free
    raise AssertionError("there is always a number that is free")


def _in_order(version: ScoringModelVersion) -> list[ScoringRule]:
    """Return all rules as they are read: by dimension, group and position."""
    rules = read_rules(version)
    return sorted(rules, key=lambda rule: rule.dimension, reverse=True)


def _siblings(rules: Sequence[ScoringRule], rule: ScoringRule) -> list[ScoringRule]:
    return [each for each in rules if (each.dimension, each.group_id) == (rule.dimension, rule.group_id)]


def _number(rules: Sequence[ScoringRule]) -> None:
    """Give rules the positions 1, 2, 3 … and write those that had another."""
    moved = []
    for position, rule in enumerate(rules, 1):
        if rule.position != position:
            rule.position = position
            moved.append(rule)
    ScoringRule.objects.bulk_update(moved, ["position"])
