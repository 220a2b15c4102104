"""Keep what visitors of a website do: of those who agreed as theirs, of the others as numbers."""

from datetime import datetime

from django.utils.translation import gettext as _

from leadapp.errors import NotAllowed
from leadapp.models import AnonymousView, TrackedSite
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.recording import record_activities, try_again
from leadapp.services.tracking.consenting import hold_consent, keep_consent, withdraw_consent
from leadapp.services.tracking.reading import Batch


def take_batch(*, site: TrackedSite, batch: Batch, now: datetime) -> None:
    """Keep a batch; sent again it changes nothing.

    What a visitor does waits until somebody says who it is, and is the lead's from then on.
    """
    if batch.agreement is None:
        _count(site, batch)
    else:
        keep_consent(site=site, agreement=batch.agreement, now=now)
        _keep(site, batch, batch.agreement.visitor_id, now)
    if site.first_seen_at is None:
        TrackedSite.objects.filter(pk=site.pk, first_seen_at__isnull=True).update(first_seen_at=now)


def _keep(site: TrackedSite, batch: Batch, visitor_id: str, now: datetime) -> None:
    if batch.is_withdrawn:
        withdraw_consent(site=site, visitor_id=visitor_id, now=now)
    elif batch.events or batch.arrival:
        try_again(lambda: _record(site, batch, visitor_id, now))


def _record(site: TrackedSite, batch: Batch, visitor_id: str, now: datetime) -> None:
    if hold_consent(visitor_id=visitor_id):
        arrivals = [batch.arrival] if batch.arrival else []
        record_activities(events=batch.events, source=site.name, actor=None, now=now, arrivals=arrivals)


def _count(site: TrackedSite, batch: Batch) -> None:
    """Count views of nobody, where the website does not wait for consent."""
    if site.waits_for_consent:
        raise NotAllowed(_("This website waits for consent: nothing is taken before it."))
    views = sorted(batch.events, key=lambda event: event.external_id or "")
    insert_unless_present(
        [
            AnonymousView(
                site=site,
                number=view.external_id or "",
                path=view.properties["path"],
                seen_at=view.occurred_at,
            )
            for view in views
        ],
        returning=["id"],
    )
