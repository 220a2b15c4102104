"""What people at work write down about a lead, and take back."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import Activity, ActivityType, Lead
from leadapp.services.identity.resolving import Reference
from leadapp.services.intake.events import Event, read_moment, read_properties
from leadapp.services.intake.recording import Recorded, record_activities
from leadapp.services.leads.facts import Facts
from leadapp.services.texts import clean_text
from qualification.services.assignment import withdraw_request
from qualification.services.clock.answers import answer_clocks, reopen_clocks
from qualification.services.locks import lock_lead
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

__all__ = ["Recorded", "log_activity", "record_activities", "void_activity"]

OWN_PAGES = "leadapp"  # the source of what people log by hand


def log_activity(
    *,
    lead: Lead,
    type_slug: str,
    properties: Mapping[str, object],
    actor: Actor,
    now: datetime,
    occurred_at: object = None,
    external_id: str | None = None,
) -> Activity:
    """Record what somebody did with a lead: a call, an email, a meeting. A touch stops the response clock.

    With an `external_id` it is recorded once, however often it is asked for.
    """
    require_may_work(actor, lead)
    kind = ActivityType.objects.filter(slug=type_slug, is_internal=False).first()
    if kind is None:
        raise Invalid.field("type", _("Is not a type that can be logged."))
    event = Event(
        reference=Reference(id=lead.pk),
        facts=Facts(),
        type=kind,
        occurred_at=read_moment(occurred_at, "occurred_at", now=now),
        properties=read_properties(properties, "properties"),
        external_id=external_id,
    )
    with transaction.atomic():
        (recorded,) = record_activities(events=[event], source=OWN_PAGES, actor=actor, now=now, by="person")
        if kind.is_touch:
            answer_clocks(lead_ids=[lead.pk])
    return Activity.objects.select_related("type", "actor").get(pk=recorded.id)


def void_activity(*, activity: Activity, reason: str, actor: Actor, now: datetime) -> Activity:
    """Declare an activity wrong: it stays visible, with the reason, and gives no points any more.

    The response clock that it stopped runs again; the one that it started ends.
    One that is in quarantine leaves it, so that a release does not bring it back.
    """
    require_may_work(actor, activity.lead)
    why = clean_text(reason, "reason", longest=500)
    if not why:
        raise Invalid.field("reason", _("Say why it is wrong."))
    if activity.type.is_internal:
        raise Invalid(_("A change of facts cannot be voided. Change the facts back instead."))
    with transaction.atomic():
        lead = lock_lead(activity.lead)
        not_yet = Activity.objects.filter(Q(voided_at__isnull=True) | Q(quarantine__isnull=False))
        voided = not_yet.filter(pk=activity.pk).update(
            voided_at=now, voided_by=user_of(actor), void_reason=why, quarantine=None
        )
        if not voided:
            raise Conflict(_("It was voided already."))
        if activity.type.is_touch:
            reopen_clocks(lead=lead, touched_at=activity.occurred_at)
        if activity.type.starts_clock:
            withdraw_request(lead=lead, asked_at=activity.occurred_at, now=now)
        request_scoring(lead_ids=[activity.lead_id], cause=Cause.ACTIVITY, now=now)
    nudge()
    activity.refresh_from_db()
    return activity
