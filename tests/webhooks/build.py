"""Endpoints and events for the tests."""

from collections.abc import Collection
from datetime import UTC, datetime

from leadapp.models import EventType, Lead, WebhookDelivery, WebhookEndpoint
from leadapp.models.webhooks import LISTENABLE
from leadapp.outbox import announce
from leadapp.services.webhooks import delivery
from leadapp.services.webhooks.endpoints import create_endpoint

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


def make_endpoint(url: str, events: Collection[str] = LISTENABLE) -> WebhookEndpoint:
    return create_endpoint(url=url, events=list(events), actor=None, now=NOW)


def say(*leads: Lead, type: EventType = EventType.CREATED, now: datetime = NOW, **detail: object) -> None:
    """Announce an event of each of these leads."""
    announce(type=type, details={lead.pk: detail for lead in leads}, now=now)


def deliver(now: datetime = NOW) -> int:
    """Deliver what is due at a moment."""
    return delivery.deliver_due(clock=lambda: now)


def states() -> list[str]:
    """Return where all deliveries stand, in the order of their events."""
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True))
