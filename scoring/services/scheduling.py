"""Publishing later: a draft waits for its moment, and cannot be edited until then."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, require, user_of
from leadapp.errors import Conflict, Invalid, Refused
from scoring.models import ScoringModelVersion
from scoring.services.publishing import (
    PUBLISH,
    clean_note,
    lock_model,
    open_for_publishing,
    publish,
    refuse_what_is_wrong,
)

logger = logging.getLogger(__name__)

FURTHEST = timedelta(days=366)
# A draft that is later than this is not merely waiting for the next look.
LATE = timedelta(minutes=1)


def schedule_publish(
    *, version: ScoringModelVersion, at: datetime, actor: Actor, note: str, now: datetime
) -> ScoringModelVersion:
    """Let a draft go live at a moment within a year; until then nobody can edit it.

    A draft that is scheduled already gets the new moment. It goes live in the name of whoever scheduled it.
    Raises Invalid for a moment that makes no sense and for a draft that the rule check calls wrong.
    """
    require(actor, PUBLISH, _("Only marketers publish scoring rules."))
    if at <= now:
        raise Invalid.field("at", _("Give a moment in the future."))
    if at > now + FURTHEST:
        raise Invalid.field("at", _("Give a moment within a year."))
    with transaction.atomic():
        draft = open_for_publishing(version)
        draft.publish_at, draft.scheduled_by = at, user_of(actor)
        if (text := clean_note(note)) and text != draft.note:
            draft.note = text
            draft.revision += 1
        refuse_what_is_wrong(draft, actor=actor, now=now)
        draft.save(update_fields=["publish_at", "scheduled_by", "note", "revision"])
        version.refresh_from_db()
    return draft


def cancel_schedule(*, version: ScoringModelVersion, actor: Actor, now: datetime) -> ScoringModelVersion:
    """Take a draft off the schedule, so that it can be edited again."""
    require(actor, PUBLISH, _("Only marketers publish scoring rules."))
    with transaction.atomic():
        draft = open_for_publishing(version)
        if draft.publish_at is None:
            raise Conflict(_("%(draft)s is not scheduled.") % {"draft": draft})
        draft.publish_at = draft.scheduled_by = None
        draft.save(update_fields=["publish_at", "scheduled_by"])
        version.refresh_from_db()
    logger.info(_("The schedule of %s was cancelled at %s"), draft, now)
    return draft


def publish_due(*, now: datetime) -> int:
    """Publish the drafts whose moment has come; return how many.

    One that may not be published (whoever scheduled it has lost the right) stays as it is, and `why_late`
    says why.
    """
    due = ScoringModelVersion.objects.filter(publish_at__lte=now).select_related("model")
    return sum(_publish(version, now=now) for version in due.order_by("publish_at", "id"))


def why_late(version: ScoringModelVersion, *, now: datetime) -> str:
    """Say why a scheduled draft is not live although its moment is over; nothing if it is not late."""
    if not version.is_draft or version.publish_at is None or version.publish_at > now - LATE:
        return ""
    if not may(version.scheduled_by, PUBLISH):
        return _("%(scheduled_by)s scheduled it and may not publish any more. Cancel the schedule.") % {
            "scheduled_by": version.scheduled_by
        }
    try:
        refuse_what_is_wrong(version, actor=version.scheduled_by, now=now)
    except Invalid as refusal:
        return refusal.message
    return _("No worker has published it yet.")


def _publish(version: ScoringModelVersion, *, now: datetime) -> bool:
    """Publish a draft unless it was published, discarded or taken off the schedule meanwhile."""
    try:
        with transaction.atomic():
            lock_model(version.model_id)
            draft = ScoringModelVersion.objects.filter(pk=version.pk, publish_at__lte=now).first()
            if draft is None:
                return False
            publish(version=draft, actor=draft.scheduled_by, note="", now=now)
    except Refused as refusal:
        # Beat comes by every few seconds; once it has been said, the page of the version goes on saying it.
        if version.publish_at is not None and version.publish_at > now - LATE:
            logger.warning(_("%s is due and was not published: %s"), version, refusal.message)
        return False
    logger.info(_("%s went live as scheduled"), version)
    return True
