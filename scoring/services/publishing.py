"""Drafts and publishing: a published version never changes, an edit makes a draft."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict
from scoring.models import (
    Cause,
    Publication,
    Rescore,
    RuleCondition,
    RuleGroup,
    ScoringModel,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.services.rescore import start_rescore
from scoring.services.versions import replace_live_version

EDIT = "scoring.change_scoringmodelversion"
PUBLISH = "scoring.publish_version"
DEFINITION = (
    "fit_min",
    "fit_max",
    "engagement_min",
    "engagement_max",
    "fit_a",
    "fit_b",
    "fit_c",
    "engagement_1",
    "engagement_2",
    "engagement_3",
    "hot_from",
    "warm_from",
    "threshold",
)


def make_draft(
    *, model: ScoringModel, actor: Actor, now: datetime, source: ScoringModelVersion | None = None
) -> ScoringModelVersion:
    """Copy the live version, or an earlier one to go back to, into a draft; a model has one at most."""
    require(actor, EDIT, "Only marketers change scoring rules.")
    with transaction.atomic():
        ScoringModel.objects.select_for_update().get(pk=model.pk)
        versions = ScoringModelVersion.objects.filter(model=model)
        if versions.filter(state=ScoringModelVersion.State.DRAFT).exists():
            raise Conflict("There is a draft already. Edit it, publish it or discard it first.")
        source = source or versions.filter(state=ScoringModelVersion.State.LIVE).first()
        number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
        meaning = {name: getattr(source, name) for name in DEFINITION} if source else {}
        draft = ScoringModelVersion.objects.create(
            model=model, number=number, created_by=user_of(actor), created_at=now, based_on=source, **meaning
        )
        if source:
            _copy_rules(source, draft)
    return draft


def publish(*, version: ScoringModelVersion, actor: Actor, note: str, now: datetime) -> Rescore:
    """Make a draft live, retire the version before it, and begin to score all leads by it."""
    require(actor, PUBLISH, "Only marketers publish scoring rules.")
    with transaction.atomic():
        ScoringModel.objects.select_for_update().get(pk=version.model_id)
        draft = ScoringModelVersion.objects.select_for_update().filter(pk=version.pk).first()
        if draft is None or not draft.is_draft:
            raise Conflict("This version is no draft any more. Somebody else published or discarded it.")
        replace_live_version()
        live = ScoringModelVersion.State.LIVE
        ScoringModelVersion.objects.filter(model=version.model_id, state=live).update(
            state=ScoringModelVersion.State.RETIRED, retired_at=now
        )
        draft.state, draft.published_at, draft.published_by = live, now, user_of(actor)
        draft.note = note or draft.note
        draft.save(update_fields=["state", "published_at", "published_by", "note"])
        Publication.objects.create(version=draft, at=now, actor=user_of(actor), note=draft.note)
        version.refresh_from_db()
        return start_rescore(version=draft, cause=Cause.PUBLISH, now=now)


def discard_draft(*, version: ScoringModelVersion, actor: Actor) -> None:
    """Delete a draft with its rules."""
    require(actor, EDIT, "Only marketers change scoring rules.")
    with transaction.atomic():
        draft = ScoringModelVersion.objects.select_for_update().filter(pk=version.pk).first()
        if draft is None or not draft.is_draft:
            raise Conflict("This version is no draft any more. Somebody else published or discarded it.")
        draft.delete()


def _copy_rules(source: ScoringModelVersion, target: ScoringModelVersion) -> None:
    """Copy groups, rules, their types and conditions."""
    groups: dict[int, RuleGroup] = {}
    for group in source.groups.order_by("position", "id"):
        groups[group.pk] = RuleGroup.objects.create(
            version=target, name=group.name, dimension=group.dimension, cap=group.cap, position=group.position
        )
    conditions: list[RuleCondition] = []
    link = ScoringRule.activity_types.through
    links: list[Any] = []
    for rule in source.rules.order_by("position", "id").prefetch_related("conditions", "activity_types"):
        kept, types = list(rule.conditions.all()), list(rule.activity_types.all())
        rule.pk, rule.version = None, target
        rule.group = groups[rule.group_id] if rule.group_id else None
        rule._state.adding = True
        rule._prefetched_objects_cache = {}  # type: ignore[attr-defined]
        rule.save()
        conditions += [
            RuleCondition(rule=rule, field=c.field, operator=c.operator, value=c.value, position=c.position)
            for c in kept
        ]
        links += [link(scoringrule_id=rule.pk, activitytype_id=kind.pk) for kind in types]
    RuleCondition.objects.bulk_create(conditions)
    link.objects.bulk_create(links)
