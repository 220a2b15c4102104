"""Bring back what was quarantined, for good."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, may_work, require_may_work, user_of
from leadapp.errors import Conflict
from leadapp.models import Activity, Lead, Quarantine
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

# Marketers work on no lead, but know their own mails and pages.
EDIT_RULES = "scoring.change_scoringrule"


def may_release(actor: Actor, lead: Lead) -> bool:
    """Tell whether the actor may release quarantines of this lead."""
    return may(actor, EDIT_RULES) or may_work(actor, lead)


def release_quarantine(*, quarantine: Quarantine, actor: Actor, now: datetime) -> Quarantine:
    """Let the activities of a quarantine count again; they are never quarantined again.

    What somebody voided by hand meanwhile stays void.
    """
    if not may_release(actor, quarantine.lead):
        require_may_work(actor, quarantine.lead)
    with transaction.atomic():
        # A worker that makes the quarantine larger holds this lock.
        Lead.objects.select_for_update(no_key=True).get(pk=quarantine.lead_id)
        held = Quarantine.objects.filter(pk=quarantine.pk, released_at__isnull=True)
        if not held.update(released_at=now, released_by=user_of(actor)):
            raise Conflict(_("It was released already."))
        Activity.objects.filter(quarantine=quarantine).update(voided_at=None, void_reason="")
        request_scoring(lead_ids=[quarantine.lead_id], cause=Cause.ACTIVITY, now=now)
    nudge()
    quarantine.refresh_from_db()
    return quarantine
