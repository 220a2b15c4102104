"""The database refuses endpoints, events and deliveries that must not be."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leadapp.models import OutgoingEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from leadapp.services.webhooks.signing import new_secret
from tests.webhooks.build import NOW

pytestmark = pytest.mark.django_db

GOOD: dict[str, Any] = {"url": "https://a.example", "events": ["lead.won"]}


def refused(write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        write()


@pytest.mark.parametrize(
    "facts",
    [
        {"events": []},
        {"events": ["lead.sneezed"]},
        {"events": ["leadapp.test"]},
        {"url": "ftp://a.example"},
        {"secret": ""},
        {"secret": "whsec_tooshort"},
        {"old_secret": new_secret()},
        {"old_secret_until": NOW},
        {"failures": 1},
        {"failing_since": NOW},
        {"resting_until": NOW},
    ],
    ids=" ".join,
)
def test_an_endpoint_that_makes_no_sense(facts: dict[str, Any]) -> None:
    refused(lambda: WebhookEndpoint.objects.create(**({"secret": new_secret()} | GOOD | facts)))


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "lost"},
        {"state": "delivered"},
        {"delivered_at": NOW},
        {"state": "dead", "claimed_until": NOW},
    ],
    ids=" ".join,
)
def test_a_delivery_that_makes_no_sense(facts: dict[str, Any]) -> None:
    endpoint = WebhookEndpoint.objects.create(secret=new_secret(), **GOOD)
    event = OutgoingEvent.objects.create(type="lead.won", data={})
    refused(lambda: WebhookDelivery.objects.create(endpoint=endpoint, event=event, **facts))


def test_an_event_goes_to_an_endpoint_once() -> None:
    endpoint = WebhookEndpoint.objects.create(secret=new_secret(), **GOOD)
    event = OutgoingEvent.objects.create(type="lead.won", data={})
    WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    refused(lambda: WebhookDelivery.objects.create(endpoint=endpoint, event=event))


def test_events_are_of_a_known_type_and_never_change() -> None:
    refused(lambda: OutgoingEvent.objects.create(type="lead.sneezed", data={}))
    event = OutgoingEvent.objects.create(type="lead.won", data={})
    for change in ({"data": {"a": 1}}, {"type": "lead.created"}, {"occurred_at": NOW}):
        refused(lambda change=change: OutgoingEvent.objects.filter(pk=event.pk).update(**change))  # type: ignore[misc]


def test_attempts_say_what_came_of_them_and_never_change() -> None:
    endpoint = WebhookEndpoint.objects.create(secret=new_secret(), **GOOD)
    event = OutgoingEvent.objects.create(type="lead.won", data={})
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, event=event)
    refused(lambda: WebhookAttempt.objects.create(delivery=delivery, milliseconds=1))
    refused(lambda: WebhookAttempt.objects.create(delivery=delivery, milliseconds=1, status=500))
    refused(lambda: WebhookAttempt.objects.create(delivery=delivery, milliseconds=1, status=200, error="No"))
    attempt = WebhookAttempt.objects.create(delivery=delivery, milliseconds=1, status=200)
    refused(lambda: WebhookAttempt.objects.filter(pk=attempt.pk).update(status=201))
