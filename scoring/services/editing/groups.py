"""Groups of a draft and their caps. They count as part of the version: its revision covers them."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leadapp.access import Actor
from leadapp.errors import Invalid, NotFound
from scoring.cleaning import clean_group
from scoring.models import RuleGroup, ScoringModelVersion
from scoring.rules import GroupFacts, group_facts_of, names_of
from scoring.services.editing.drafts import open_draft
from scoring.services.editing.stale import check_version_is_fresh


def add_group(*, version: ScoringModelVersion, facts: GroupFacts, actor: Actor, now: datetime) -> RuleGroup:
    """Add a group to a draft. It cannot overwrite anything, so no revision is asked for."""
    with transaction.atomic():
        draft = open_draft(version_id=version.pk, actor=actor)
        cleaned = _check(draft, facts, None)
        group = RuleGroup(version=draft, **{name: getattr(cleaned, name) for name in names_of(GroupFacts)})
        group.save()
        _count_edit(draft)
    return group


def save_group(
    *, group: RuleGroup, facts: GroupFacts, revision: int | None, actor: Actor, now: datetime
) -> RuleGroup:
    """Change a group; `revision` is that of its version. Its dimension stays once rules are in it."""
    with transaction.atomic():
        draft, stored = _open(group, revision, actor)
        cleaned = _check(draft, facts, stored)
        if cleaned != group_facts_of(stored):
            for name in names_of(GroupFacts):
                setattr(stored, name, getattr(cleaned, name))
            stored.save()
            _count_edit(draft)
    return stored


def delete_group(*, group: RuleGroup, revision: int | None, actor: Actor, now: datetime) -> None:
    """Take a group out of a draft; its rules stay, without a group. `revision` is that of its version."""
    with transaction.atomic():
        draft, stored = _open(group, revision, actor)
        stored.delete()
        _count_edit(draft)


def _open(group: RuleGroup, revision: int | None, actor: Actor) -> tuple[ScoringModelVersion, RuleGroup]:
    draft = open_draft(version_id=group.version_id, actor=actor)
    check_version_is_fresh(draft, revision)
    stored = draft.groups.filter(pk=group.pk).first()
    if stored is None:
        raise NotFound(_("This group was deleted meanwhile."))
    return draft, stored


def _check(draft: ScoringModelVersion, facts: GroupFacts, stored: RuleGroup | None) -> GroupFacts:
    cleaned = clean_group(facts)
    others = draft.groups.exclude(pk=stored.pk) if stored else draft.groups.all()
    if others.filter(name=cleaned.name).exists():
        raise Invalid.field("name", _("Another group of this version has this name already."))
    if stored and cleaned.dimension != stored.dimension and stored.rules.exists():
        raise Invalid.field("dimension", _("Rules are in this group. Move them to another group first."))
    return cleaned


def _count_edit(draft: ScoringModelVersion) -> None:
    ScoringModelVersion.objects.filter(pk=draft.pk).update(revision=F("revision") + 1)
