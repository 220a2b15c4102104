"""Let leads opt out by a link that needs no sign-in; it holds at once."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.errors import NotFound
from leadapp.models import Activity, ActivityType, ConsentRecord, ConsentRequest, Lead, Purpose
from leadapp.services.identity.resolving import Reference, look_up
from leadapp.services.intake.events import Event
from leadapp.services.intake.plain_events import UNSUBSCRIBED
from leadapp.services.intake.recording import record_activities
from leadapp.services.leads.changes import UPDATED
from leadapp.services.leads.facts import Facts
from leadapp.services.leads.leads import change_lead
from leadapp.services.privacy.consents import OPT_OUT

SALT = "leadapp.opt-out"
SOURCE = "opt-out page"


def opt_out_address(lead: Lead) -> str:
    """Return the address of the page on which this lead opts out. It works for ever."""
    token = signing.Signer(salt=SALT).sign(str(lead.pk))
    return f"{settings.LEADAPP_ADDRESS}{reverse('opt-out', args=[token])}"


def unsubscribe_headers(lead: Lead) -> dict[str, str]:
    """Return the headers by which mail programs unsubscribe (RFC 2369, and in one click RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{opt_out_address(lead)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def find_lead_of_link(token: str) -> Lead:
    """Return whom a link is about, or raise NotFound."""
    try:
        number = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        raise NotFound(_("This link is not complete.")) from None
    # A lead that was united with another one is that other one now.
    reference = Reference(id=int(number))
    person = look_up([reference]).find(reference)
    if person is None:
        raise NotFound(_("There is nobody to unsubscribe any more: everything about you was erased."))
    return person.lead


def opted_out(lead: Lead) -> set[str]:
    """Return what a lead has said no to."""
    return {str(purpose) for purpose, flag in OPT_OUT.items() if getattr(lead, flag)}


def opt_out(*, lead: Lead, purposes: Collection[str], now: datetime, source: str = SOURCE) -> set[str]:
    """Note that a lead says no to these purposes; return those that are new. Repeating it changes nothing.

    What others had noted for them is new as well: their own word outlives the undoing of that.
    """
    with transaction.atomic():
        locked = Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        fresh = set(purposes) & set(OPT_OUT) - (opted_out(locked) & _said_no(locked))
        if not fresh:
            return set()
        change_lead(
            lead=locked,
            facts={OPT_OUT[Purpose(purpose)]: True for purpose in fresh},
            source=source,
            actor=None,
            now=now,
        )
        ConsentRecord.objects.bulk_create(
            ConsentRecord(lead=locked, purpose=purpose, granted=False, source=source, recorded_at=now)
            for purpose in sorted(fresh)
        )
        if Purpose.EMAIL in fresh:
            _unsubscribe(locked, source, now)
    return fresh


def _said_no(lead: Lead) -> set[str]:
    """Return the purposes of which it is written down that the lead itself said no last."""
    newest = ConsentRecord.objects.filter(lead=lead).order_by("purpose", "-recorded_at", "-pk")
    return {record.purpose for record in newest.distinct("purpose") if not record.granted}


def said_no_since(
    *, lead_ids: Iterable[int], since: datetime, but_for: Collection[int] = ()
) -> dict[int, set[str]]:
    """Return by lead the opt-outs that came after a moment, by whatever way: no undoing takes them back.

    Changes of facts with the ids `but_for` are those that are undone.
    """
    flags = sorted(OPT_OUT.values())
    leads = list(lead_ids)
    found: dict[int, set[str]] = {}
    withdrawn = ConsentRecord.objects.filter(lead__in=leads, granted=False, recorded_at__gt=since)
    for lead_id, purpose in withdrawn.filter(purpose__in=OPT_OUT).values_list("lead", "purpose"):
        found.setdefault(lead_id, set()).add(OPT_OUT[Purpose(purpose)])
    came = Activity.objects.filter(lead__in=leads, received_at__gt=since, voided_at=None)
    changed = Q(type__slug=UPDATED) & ~Q(pk__in=but_for)
    changed &= Q(*((f"properties__after__{flag}", True) for flag in flags), _connector=Q.OR)
    said = came.filter(Q(type__slug=UNSUBSCRIBED) | changed).values_list("lead", "type__slug", "properties")
    for lead_id, slug, properties in said:
        now_so = (
            {"do_not_email"} if slug == UNSUBSCRIBED else {f for f in flags if properties["after"].get(f)}
        )
        found.setdefault(lead_id, set()).update(now_so)
    return found


def _unsubscribe(lead: Lead, source: str, now: datetime) -> None:
    waiting = ConsentRequest.objects.filter(lead=lead, state=ConsentRequest.State.WAITING)
    waiting.update(state=ConsentRequest.State.DROPPED, claimed_until=None)
    event = Event(
        reference=Reference(id=lead.pk),
        facts=Facts(),
        type=ActivityType.objects.get(slug=UNSUBSCRIBED),
        occurred_at=now,
        properties={},
    )
    record_activities(events=[event], source=source, actor=None, now=now)
