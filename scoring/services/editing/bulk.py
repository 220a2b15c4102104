"""The same change to several rules of a draft at once: all of them, or none.

`rules` names each rule's id with the revision that the person saw (None where a program edits).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor
from leadapp.errors import Invalid, NotFound
from leadapp.words import quote
from scoring.cleaning import clean_rule
from scoring.models import Decay, ScoringModelVersion, ScoringRule
from scoring.rules import RuleFacts, facts_of
from scoring.services.editing.drafts import open_draft
from scoring.services.editing.rules import NO_RULE
from scoring.services.editing.stale import check_rule_is_fresh, name_of

Rules = Mapping[int, int | None]
CHANGEABLE = ("points", "max_points", "decay", "decay_days", "is_active")
SMALLEST_FACTOR, LARGEST_FACTOR = Decimal("0.01"), Decimal(100)


def switch_rules(
    *, version: ScoringModelVersion, rules: Rules, is_active: bool, actor: Actor, now: datetime
) -> list[ScoringRule]:
    """Switch rules of a draft on or off; return those that changed."""
    return _change(version, rules, lambda facts: replace(facts, is_active=is_active), actor=actor, now=now)


def scale_points(
    *,
    version: ScoringModelVersion,
    rules: Rules,
    factor: Decimal,
    with_caps: bool = False,
    actor: Actor,
    now: datetime,
) -> list[ScoringRule]:
    """Multiply the points of rules, and their own caps if wanted; rounded half away from zero."""
    if not factor.is_finite() or not SMALLEST_FACTOR <= factor <= LARGEST_FACTOR:
        raise Invalid.field(
            "factor",
            _("Give a number between %(smallest_factor)s and %(largest_factor)s.")
            % {"smallest_factor": SMALLEST_FACTOR, "largest_factor": LARGEST_FACTOR},
        )

    def scaled(facts: RuleFacts) -> RuleFacts:
        cap = facts.max_points
        cap = _times(cap, factor) if cap is not None and with_caps else cap
        return replace(facts, points=_times(facts.points, factor), max_points=cap)

    return _change(version, rules, scaled, actor=actor, now=now)


def add_points(
    *, version: ScoringModelVersion, rules: Rules, amount: int, actor: Actor, now: datetime
) -> list[ScoringRule]:
    """Add to the points of rules; a negative amount takes away."""
    if amount == 0:
        raise Invalid.field("amount", _("Give a number that is not 0."))
    return _change(
        version, rules, lambda facts: replace(facts, points=facts.points + amount), actor=actor, now=now
    )


def set_cap(
    *, version: ScoringModelVersion, rules: Rules, cap: int | None, actor: Actor, now: datetime
) -> list[ScoringRule]:
    """Give rules a cap of their own, or none."""
    return _change(version, rules, lambda facts: replace(facts, max_points=cap), actor=actor, now=now)


def set_fading(
    *,
    version: ScoringModelVersion,
    rules: Rules,
    decay: Decay,
    days: int | None,
    actor: Actor,
    now: datetime,
) -> list[ScoringRule]:
    """Say how the points of engagement rules fade; refused if one of the rules is a fit rule."""
    return _change(
        version,
        rules,
        lambda facts: replace(facts, decay=decay.value, decay_days=days),
        actor=actor,
        now=now,
    )


def delete_rules(*, version: ScoringModelVersion, rules: Rules, actor: Actor, now: datetime) -> int:
    """Take rules out of a draft; return how many."""
    with transaction.atomic():
        draft = open_draft(version_id=version.pk, actor=actor)
        stored = _find(draft, rules, actor)
        draft.rules.filter(pk__in=[rule.pk for rule in stored]).delete()
    return len(stored)


def _change(
    version: ScoringModelVersion,
    rules: Rules,
    change: Callable[[RuleFacts], RuleFacts],
    *,
    actor: Actor,
    now: datetime,
) -> list[ScoringRule]:
    """Write what changes in each rule; raise Invalid that names the rules which would make no sense."""
    with transaction.atomic():
        draft = open_draft(version_id=version.pk, actor=actor)
        changed, errors = [], dict[str, list[str]]()
        for rule in _find(draft, rules, actor):
            before = facts_of(rule)
            try:
                after = clean_rule(change(before))
            except Invalid as refusal:
                for name, texts in refusal.errors.items():
                    errors.setdefault(name, []).extend(f"{quote(rule.name)}: {text}" for text in texts)
                continue
            if after != before:
                _set(rule, after, actor=actor, now=now)
                changed.append(rule)
        if errors:
            raise Invalid(_("No rule was changed."), errors=errors)
        ScoringRule.objects.bulk_update(changed, [*CHANGEABLE, "revision", "changed_at", "changed_by"])
    return changed


def _find(draft: ScoringModelVersion, rules: Rules, actor: Actor) -> list[ScoringRule]:
    if not rules:
        raise Invalid.field("rules", _("Choose at least one rule."))
    known = draft.rules.select_related("group").prefetch_related("conditions", "activity_types")
    stored = list(known.filter(pk__in=rules).order_by("position", "id"))
    if len(stored) < len(rules):
        raise NotFound(str(NO_RULE) if len(rules) == 1 else _("One of these rules was deleted meanwhile."))
    for rule in stored:
        check_rule_is_fresh(rule, rules[rule.pk], actor=actor)
    return stored


def _set(rule: ScoringRule, facts: RuleFacts, *, actor: Actor, now: datetime) -> None:
    for name in CHANGEABLE:
        setattr(rule, name, getattr(facts, name))
    rule.revision += 1
    rule.changed_at, rule.changed_by = now, name_of(actor)


def _times(points: int, factor: Decimal) -> int:
    return int((points * factor).quantize(Decimal(1), rounding=ROUND_HALF_UP))
