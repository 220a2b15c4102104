"""The spam queue: release what people wrote, discard the rest, and take either back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require, user_of
from leadapp.errors import Conflict, NotFound
from leadapp.models import Activity, ConsentRecord, ConsentRequest, HeldSubmission, Lead
from leadapp.services.forms.submitting import Taken, event_of, record
from leadapp.services.privacy.erasing import erase_leads, is_untouched
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

State = HeldSubmission.State
DECIDE = "leadapp.decide_heldsubmission"
RELEASED_BY_MISTAKE = "Released from the spam queue by mistake."
# What was discarded can be taken back for so long.
KEPT = timedelta(days=30)


def release(*, submission_id: int, actor: Actor, now: datetime) -> HeldSubmission:
    """Let a held submission become what it would have been: an activity of a lead, at the time it came."""
    with transaction.atomic():
        held = _lock(submission_id, actor, State.WAITING)
        taken = _taken(held)
        stored = record(taken, event_of(taken, may_be_known=True), actor=None, now=now)
        held.activity_id = stored.activity_id
        held.new_lead = Lead.objects.filter(pk=stored.lead_id or 0, created_at=now).first()
        _decide(held, State.RELEASED, actor, now)
    return held


def discard(*, submission_ids: Sequence[int], actor: Actor, now: datetime) -> int:
    """Set held submissions aside as spam; return how many waited. They can be taken back for 30 days."""
    require(actor, DECIDE, _("You may not decide about held submissions."))
    waiting = HeldSubmission.objects.filter(pk__in=submission_ids, state=State.WAITING)
    return waiting.update(state=State.DISCARDED, decided_at=now, decided_by=user_of(actor))


def take_back(*, submission_id: int, actor: Actor, now: datetime) -> HeldSubmission:
    """Let a submission wait again.

    One that was released is voided; a lead that it made is erased if nobody has touched it since.
    """
    with transaction.atomic():
        held = _lock(submission_id, actor, State.RELEASED, State.DISCARDED)
        if held.state == State.RELEASED:
            _withdraw(held, actor, now)
            # The activity that is voided keeps its name.
            held.number = f"{held.number.partition('/')[0]}/{int(now.timestamp() * 1000)}"
        held.activity, held.new_lead, held.decided_by, held.decided_at = None, None, None, None
        held.state = State.WAITING
        held.save()
    return held


def forget_discarded(*, now: datetime) -> int:
    """Delete what was discarded so long ago that nobody takes it back any more."""
    old = HeldSubmission.objects.filter(state=State.DISCARDED, decided_at__lt=now - KEPT)
    return old.delete()[0]


def _lock(submission_id: int, actor: Actor, *states: str) -> HeldSubmission:
    require(actor, DECIDE, _("You may not decide about held submissions."))
    held = HeldSubmission.objects.select_for_update(no_key=True).filter(pk=submission_id).first()
    if held is None:
        raise NotFound(_("There is no such submission."))
    if held.state not in states:
        raise Conflict(_("Somebody else has decided about it meanwhile."))
    return held


def _decide(held: HeldSubmission, state: str, actor: Actor, now: datetime) -> None:
    held.state, held.decided_at, held.decided_by = state, now, user_of(actor)
    held.save()


def _taken(held: HeldSubmission) -> Taken:
    visit = held.visit
    return Taken(
        form=held.form,
        number=held.number,
        typed=held.answers,
        at=held.received_at,
        consent_version=visit.get("consent_version"),
        visitor_id=visit.get("visitor_id", ""),
        remembers=visit.get("remembers", False),
        language=visit.get("language", ""),
    )


def _withdraw(held: HeldSubmission, actor: Actor, now: datetime) -> None:
    activity = held.activity
    if activity is None:
        return  # its lead was erased meanwhile
    if held.new_lead is not None and is_untouched(held.new_lead, but_for=activity):
        erase_leads([held.new_lead.pk])
        return
    Lead.objects.select_for_update(no_key=True).get(pk=activity.lead_id)
    Activity.objects.filter(pk=activity.pk, voided_at__isnull=True).update(
        voided_at=now, voided_by=user_of(actor), void_reason=RELEASED_BY_MISTAKE
    )
    _forget_consents(held, activity.lead_id)
    request_scoring(lead_ids=[activity.lead_id], cause=Cause.ACTIVITY, now=now)
    nudge()


def _forget_consents(held: HeldSubmission, lead_id: int) -> None:
    """Let nobody have agreed by it, nor be asked to confirm that: it waits with its tick, as before."""
    came = {"lead": lead_id, "source": held.form.slug, "recorded_at": held.received_at}
    ConsentRecord.objects.filter(**came, recorded_by=None, granted=True).delete()
    released_at = held.decided_at or held.received_at
    asked = ConsentRequest.objects.filter(lead=lead_id, form=held.form, requested_at=released_at)
    asked.filter(confirmed_at__isnull=True).delete()
