"""A draft is locked while it is edited; its note, bounds and bands."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Conflict, NotFound
from leadapp.times import write_date
from scoring.cleaning import clean_version
from scoring.models import ScoringModelVersion
from scoring.rules import VersionFacts, names_of, version_facts_of
from scoring.services.editing.stale import check_version_is_fresh


def open_draft(*, version_id: int, actor: Actor) -> ScoringModelVersion:
    """Lock a draft for an edit in the caller's transaction.

    Raises NotAllowed, NotFound (discarded), and Conflict for what is published or will go live by itself.
    """
    require(actor, "scoring.change_scoringrule", _("Only marketing may edit scoring rules."))
    versions = ScoringModelVersion.objects.select_for_update(of=("self",)).select_related("model")
    version = versions.filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("This draft was discarded meanwhile."))
    if not version.is_draft:
        raise Conflict(
            _("%(version)s was published meanwhile and cannot be changed any more. Make a new draft.")
            % {"version": version}
        )
    if version.publish_at is not None:
        when = write_date(version.publish_at)
        raise Conflict(
            _("%(version)s goes live by itself on %(when)s; cancel the schedule first to edit it.")
            % {"version": version, "when": when}
        )
    return version


def change_version(
    *,
    version: ScoringModelVersion,
    facts: VersionFacts,
    revision: int | None,
    actor: Actor,
    now: datetime,
    seen: VersionFacts | None = None,
) -> ScoringModelVersion:
    """Write note, bounds and bands of a draft; return it as it is now.

    `seen` is what the person saw, so that Stale can tell what somebody else changed since.
    """
    with transaction.atomic():
        draft = open_draft(version_id=version.pk, actor=actor)
        check_version_is_fresh(draft, revision, seen=seen)
        cleaned = clean_version(facts)
        if cleaned != version_facts_of(draft):
            for name in names_of(VersionFacts):
                setattr(draft, name, getattr(cleaned, name))
            draft.revision += 1
            draft.save(update_fields=[*names_of(VersionFacts), "revision"])
    return draft
