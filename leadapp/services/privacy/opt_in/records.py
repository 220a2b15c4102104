"""Keep what leads agreed to, at once or once they confirm it by e-mail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadapp.models import ConsentRecord, ConsentRequest, Lead
from leadapp.services.inserts import insert_unless_present
from leadapp.services.privacy.opt_in.nudging import nudge_mails

# For so long the link in the e-mail works.
VALID_FOR = timedelta(days=7)
# Whoever did not get the e-mail may ask again; nobody can be flooded with them.
AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Confirmation:
    """Where a consent has to be confirmed before it counts."""

    form_id: int
    text_id: int
    email: str
    language: str


@dataclass(frozen=True)
class GivenConsent:
    """A box that somebody ticked: the words beside it, which version, where and when."""

    purpose: str
    text: str
    version: int | None
    source: str
    at: datetime
    confirm: Confirmation | None = None


def keep_consents(*, given: Sequence[tuple[int, GivenConsent]], now: datetime) -> None:
    """Keep consents of leads, in the caller's transaction; ask for confirmation where that is needed.

    A ticked box changes nothing about an opt-out: the lead stays opted out until somebody edits that.
    """
    ConsentRecord.objects.bulk_create(
        record_of(lead_id, consent, at=consent.at) for lead_id, consent in given if consent.confirm is None
    )
    for lead_id, consent in given:
        if consent.confirm is not None:
            _ask(lead_id, consent, consent.confirm, now)


def record_of(lead_id: int, consent: GivenConsent, *, at: datetime) -> ConsentRecord:
    """Build the record of a consent that counts from a moment on."""
    return ConsentRecord(
        lead_id=lead_id,
        purpose=consent.purpose,
        granted=True,
        text=consent.text,
        text_version=consent.version,
        source=consent.source,
        recorded_at=at,
    )


def newest_consents(leads: Iterable[int]) -> dict[int, dict[str, ConsentRecord]]:
    """Return what holds now, by lead and purpose: the newest answer counts."""
    rows = ConsentRecord.objects.filter(lead__in=set(leads))
    newest = rows.order_by("lead", "purpose", "-recorded_at", "-pk").distinct("lead", "purpose")
    found: dict[int, dict[str, ConsentRecord]] = {}
    for record in newest:
        found.setdefault(record.lead_id, {})[record.purpose] = record
    return found


def open_requests(lead: Lead, *, now: datetime) -> list[ConsentRequest]:
    """Return the consents that the lead has still to confirm."""
    requests = ConsentRequest.objects.filter(lead=lead, confirmed_at__isnull=True, expires_at__gt=now)
    return list(requests.select_related("text", "form").order_by("pk"))


def _ask(lead_id: int, consent: GivenConsent, confirm: Confirmation, now: datetime) -> None:
    lead = Lead.objects.filter(pk=lead_id).only("do_not_email", "email").first()
    known = newest_consents([lead_id]).get(lead_id, {}).get(consent.purpose)
    email = confirm.email or (lead.email if lead else "") or ""
    if lead is None or lead.do_not_email or not email or (known and known.granted):
        return
    asked = {
        "text_id": confirm.text_id,
        "email": email,
        "language": confirm.language,
        "requested_at": now,
        "expires_at": now + VALID_FOR,
        "state": ConsentRequest.State.WAITING,
        "due_at": now,
        "claimed_until": None,
        "sent_at": None,
        "attempts": 0,
        "last_error": "",
    }
    request = ConsentRequest(lead_id=lead_id, form_id=confirm.form_id, **asked)
    if not insert_unless_present([request], returning=["id"]):
        still_open = ConsentRequest.objects.filter(
            lead=lead_id, form=confirm.form_id, confirmed_at__isnull=True
        )
        if not still_open.filter(requested_at__lte=now - AGAIN_AFTER).update(**asked):
            return
    nudge_mails()
