"""What visitors of a website agree to before anything about them is kept, and how they take it back."""

from datetime import datetime

from django.db import connection

from leadapp.errors import Invalid
from leadapp.models import ConsentRecord, ConsentText, LeadIdentifier, Purpose, TrackedSite, VisitorConsent
from leadapp.services.identity.resolving import VISITOR
from leadapp.services.identity.visitors import forget_what_waits, see
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.recording import try_again
from leadapp.services.privacy.opt_in.records import GivenConsent, record_of
from leadapp.services.tracking.reading import Agreement

HOLD = """
SELECT c.withdrawn_at IS NULL FROM leadapp_visitorconsent c
JOIN leadapp_leadidentifier i ON i.id = c.visitor_id
WHERE i.kind = 'visitor' AND i.value = %s FOR SHARE OF c
"""


def keep_consent(*, site: TrackedSite, agreement: Agreement, now: datetime) -> None:
    """Keep that a visitor agreed to a version of the website's words; saying so again changes nothing.

    Where we know who the visitor is, it is a consent of the lead at once, else once we know. What was
    taken back is not given again: whoever agrees anew gets another visitor id.
    """
    visitor_id, version = agreement.visitor_id, agreement.version
    known = VisitorConsent.objects.filter(
        visitor__kind=VISITOR, visitor__value=visitor_id, text__version__gte=version
    )
    if known.exists():
        return
    text = ConsentText.objects.filter(site=site, version=version).first()
    if text is None:
        raise Invalid.field("consent.version", "This website has no such words of consent.")
    try_again(lambda: _keep(site, visitor_id, text, agreement.at, now))


def _keep(site: TrackedSite, visitor_id: str, text: ConsentText, at: datetime, now: datetime) -> None:
    rows = LeadIdentifier.objects.filter(kind=VISITOR, value=visitor_id)
    visitor = rows.filter(lead__isnull=False).first()
    if visitor is None:  # nobody can say who it is until this is committed; then it finds this consent
        see([visitor_id], now=now)
        visitor = rows.get()
    consent = VisitorConsent(visitor=visitor, site=site, text=text, given_at=at)
    is_new = bool(insert_unless_present([consent], returning=["id"]))
    if not is_new:
        older = VisitorConsent.objects.filter(visitor=visitor, text__version__lt=text.version)
        is_new = bool(older.filter(withdrawn_at__isnull=True).update(text=text, given_at=at))
    if is_new and visitor.lead_id:
        given = GivenConsent(text.purpose, text.text, text.version, site.name, at)
        record_of(visitor.lead_id, given, at=at).save()


def hold_consent(*, visitor_id: str) -> bool:
    """Tell whether what a visitor does may be kept; it cannot be taken back before the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [visitor_id])
        row = cursor.fetchone()
    return bool(row and row[0])


def has_consented(*, visitor_id: str, origin: str = "") -> bool:
    """Tell whether a visitor agreed to be recognised, on a website with this origin if one is given."""
    consents = VisitorConsent.objects.filter(
        visitor__kind=VISITOR, visitor__value=visitor_id, withdrawn_at__isnull=True, site__is_active=True
    )
    return (consents.filter(site__origins__contains=[origin]) if origin else consents).exists()


def withdraw_consent(*, site: TrackedSite, visitor_id: str, now: datetime) -> None:
    """Take a visitor's consent back: what waits is deleted, nothing more is kept. Repeating it is harmless.

    What has become a lead's stays, as it was right when it came; the lead's consents say that it ended.
    """
    try_again(lambda: _withdraw(site, visitor_id, now))


def _withdraw(site: TrackedSite, visitor_id: str, now: datetime) -> None:
    rows = VisitorConsent.objects.filter(
        visitor__kind=VISITOR, visitor__value=visitor_id, withdrawn_at__isnull=True
    )
    consent = rows.select_for_update(of=("self",), no_key=True).first()
    if consent is None:
        return
    consent.withdrawn_at = max(now, consent.given_at)
    consent.save(update_fields=["withdrawn_at"])
    forget_what_waits(visitor_id)
    lead_id = LeadIdentifier.objects.values_list("lead_id", flat=True).get(pk=consent.visitor_id)
    if lead_id:
        ConsentRecord.objects.create(
            lead_id=lead_id, purpose=Purpose.RECOGNITION, granted=False, source=site.name, recorded_at=now
        )
