"""Drafts, publishing and rolling back: a published version never changes, an edit makes a draft."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import ApiKey
from scoring.analysis.check import NO_NOTE, blocking, check_version
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
MAX_NOTE = 500
State = ScoringModelVersion.State
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
    """Copy the live version, or an earlier one, into a draft; a model has one at most."""
    require(actor, EDIT, _("Only marketers change scoring rules."))
    with transaction.atomic():
        lock_model(model.pk)
        refuse_second_draft(model)
        versions = ScoringModelVersion.objects.filter(model=model)
        if source is not None and (source.model_id != model.pk or source.is_draft):
            raise Invalid.field(
                "source", _("Choose a version of %(model)s that was published.") % {"model": model}
            )
        source = source or versions.filter(state=State.LIVE).first()
        meaning = {name: getattr(source, name) for name in DEFINITION} if source else {}
        draft = ScoringModelVersion.objects.create(
            model=model,
            number=next_number(model),
            created_by=user_of(actor),
            created_at=now,
            based_on=source,
            **meaning,
        )
        if source:
            _copy_rules(source, draft)
    return draft


def publish(*, version: ScoringModelVersion, actor: Actor, note: str, now: datetime) -> Rescore:
    """Make a draft live, retire the version before it, and begin to score all leads by it.

    A schedule ends with it. Without a note the draft keeps the one it has. Raises Invalid for a draft that
    the rule check calls wrong.
    """
    require(actor, PUBLISH, _("Only marketers publish scoring rules."))
    with transaction.atomic():
        draft = open_for_publishing(version)
        draft.note = clean_note(note) or draft.note
        refuse_what_is_wrong(draft, actor=actor, now=now)
        draft.published_at, draft.published_by = now, user_of(actor)
        draft.publish_at = draft.scheduled_by = None
        rescore = _go_live(draft, actor=actor, note=draft.note, now=now)
        version.refresh_from_db()
    return rescore


def roll_back(*, version: ScoringModelVersion, actor: Actor, note: str, now: datetime) -> Rescore:
    """Make a retired version live again, retire the live one, and begin to score all leads by it.

    It is the same version as before, so that a score at the same moment is the same again. A draft stays
    as it is.
    """
    require(actor, PUBLISH, _("Only marketers roll scoring rules back."))
    with transaction.atomic():
        lock_model(version.model_id)
        earlier = ScoringModelVersion.objects.select_for_update().get(pk=version.pk)
        if earlier.is_live:
            raise Conflict(_("%(earlier)s is live already.") % {"earlier": earlier})
        if earlier.is_draft:
            raise Conflict(_("%(earlier)s was never live. Publish it instead.") % {"earlier": earlier})
        rescore = _go_live(earlier, actor=actor, note=clean_note(note), now=now, is_rollback=True)
        version.refresh_from_db()
    return rescore


def discard_draft(*, version: ScoringModelVersion, actor: Actor) -> None:
    """Delete a draft with its rules. One that is scheduled has to be taken off the schedule first."""
    require(actor, EDIT, _("Only marketers change scoring rules."))
    with transaction.atomic():
        draft = open_for_publishing(version)
        if draft.publish_at is not None:
            raise Conflict(
                _("%(draft)s is scheduled to go live. Cancel the schedule first.") % {"draft": draft}
            )
        draft.delete()


def lock_model(model_id: int) -> ScoringModel:
    """Let whoever else publishes, rolls back or schedules a version of this model wait for the caller."""
    return ScoringModel.objects.select_for_update().get(pk=model_id)


def open_for_publishing(version: ScoringModelVersion) -> ScoringModelVersion:
    """Lock the model, then the draft, against edits and publishers; refuse what is no draft any more."""
    model = lock_model(version.model_id)
    draft = ScoringModelVersion.objects.select_for_update().filter(pk=version.pk).first()
    if draft is None or not draft.is_draft:
        raise Conflict(_("This version is no draft any more. Somebody else published or discarded it."))
    draft.model = model
    return draft


def refuse_what_is_wrong(draft: ScoringModelVersion, *, actor: Actor, now: datetime) -> None:
    """Refuse a draft that the rule check calls wrong for certain. Leadapp itself (a command) is not asked."""
    stopping = [] if actor is None else blocking(check_version(draft, now), note=draft.note)
    if stopping:
        worst = stopping[0]
        raise Invalid(
            _("%(draft)s cannot be published. %(worst)s: %(worst_2)s %(mend)s")
            % {"draft": draft, "worst": worst.title, "worst_2": worst.text, "mend": worst.mend},
            errors={"note" if worst.code == NO_NOTE else "version": [each.title for each in stopping]},
        )


def refuse_second_draft(model: ScoringModel) -> None:
    """Refuse if the model, which is locked, has a draft."""
    if ScoringModelVersion.objects.filter(model=model, state=State.DRAFT).exists():
        raise Conflict(_("There is a draft already. Edit it, publish it or discard it first."))


def next_number(model: ScoringModel) -> int:
    """Return the number of the next version of a model, which is locked."""
    last = ScoringModelVersion.objects.filter(model=model).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def clean_note(note: str) -> str:
    """Return a note without spaces around it; refuse what the database would not take."""
    text = note.strip()
    if len(text) > MAX_NOTE or "\0" in text:
        raise Invalid.field("note", _("Keep the note to %(max_note)s characters.") % {"max_note": MAX_NOTE})
    return text


def _go_live(
    version: ScoringModelVersion, *, actor: Actor, note: str, now: datetime, is_rollback: bool = False
) -> Rescore:
    """Put a version, which is locked with its model, in the place of the live one."""
    replace_live_version()
    live = ScoringModelVersion.objects.filter(model=version.model_id, state=State.LIVE)
    live.update(state=State.RETIRED, retired_at=now)
    version.state, version.retired_at = State.LIVE, None
    version.save(
        update_fields=[
            "state",
            "retired_at",
            "note",
            "published_at",
            "published_by",
            "publish_at",
            "scheduled_by",
        ]
    )
    Publication.objects.create(
        version=version,
        at=now,
        actor=user_of(actor),
        api_key=actor if isinstance(actor, ApiKey) else None,
        note=note,
        is_rollback=is_rollback,
    )
    return start_rescore(version=version, cause=Cause.PUBLISH, now=now)


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
