"""Endpoints are added, tested and given new secrets; what was given up is sent again."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from leadapp.models import EventType, User, WebhookDelivery, WebhookEndpoint
from leadapp.outbox import announce
from leadapp.services.webhooks import delivery
from leadapp.services.webhooks.endpoints import create_endpoint
from tests.admin.conftest import As
from tests.qualification.build import make_lead
from tests.webhooks.receiver import Receiver, listening

pytestmark = pytest.mark.django_db

LIST = "/admin/leadapp/webhookendpoint/"
DELIVERIES = "/admin/leadapp/webhookdelivery/"


@pytest.fixture(autouse=True)
def no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadapp.outbox.wake", lambda task: None)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with listening() as receiver:
        yield receiver


@pytest.fixture
def endpoint(receiver: Receiver) -> WebhookEndpoint:
    made = create_endpoint(
        url=receiver.url, events=[EventType.CREATED], actor=None, now=timezone.now() - timedelta(days=9)
    )
    receiver.secret = made.secret
    return made


@pytest.fixture
def client(admin: User, as_: As) -> Client:
    return as_(admin)


def page(endpoint: WebhookEndpoint, action: str = "change") -> str:
    return f"{LIST}{endpoint.pk}/{action}/"


def given_up(endpoint: WebhookEndpoint, *, days_ago: int = 0) -> WebhookDelivery:
    at = timezone.now() - timedelta(days=days_ago)
    announce(type=EventType.CREATED, details={make_lead().pk: {"by": "edit"}}, now=at)
    made = WebhookDelivery.objects.latest("pk")
    WebhookDelivery.objects.filter(pk=made.pk).update(state="dead", attempts=11, last_error="Answered 500.")
    return made


def test_a_new_endpoint_shows_its_secret_once(client: Client) -> None:
    response = client.post(
        f"{LIST}add/", {"url": "https://crm.example/hooks", "events": ["lead.won", "lead.created"]}
    )
    made = WebhookEndpoint.objects.get()
    assert made.secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert made.events == ["lead.created", "lead.won"]
    for address in (LIST, page(made), f"{page(made)}?x=1"):
        assert made.secret not in client.get(address).content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"url": "http://crm.example/", "events": ["lead.won"]},
        {"url": "https://127.0.0.1/", "events": ["lead.won"]},
        {"url": "https://localhost/", "events": ["lead.won"]},
        {"url": "https://me:pw@crm.example/", "events": ["lead.won"]},
        {"url": "https://crm.example/", "events": []},
        {"url": "https://crm.example/", "events": ["leadapp.test"]},
    ],
    ids=["in the clear", "this machine", "by name", "with password", "deaf", "unknown"],
)
def test_an_endpoint_that_makes_no_sense_is_refused(client: Client, data: dict[str, Any]) -> None:
    response = client.post(f"{LIST}add/", data)
    assert "errorlist" in response.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_an_endpoint_is_changed_and_its_bad_days_are_forgotten(
    client: Client, endpoint: WebhookEndpoint
) -> None:
    now = timezone.now()
    WebhookEndpoint.objects.update(failures=3, failing_since=now, resting_until=now)
    assert "Failing since" in client.get(LIST).content.decode()
    client.post(page(endpoint), {"url": "https://new.example/", "events": ["lead.won"]})
    changed = WebhookEndpoint.objects.get()
    assert (changed.url, changed.events, changed.is_active) == ("https://new.example/", ["lead.won"], False)
    assert (changed.failures, changed.failing_since) == (0, None)
    assert changed.secret == endpoint.secret
    assert "Switched off" in client.get(LIST).content.decode()


def test_a_refused_change_changes_nothing(client: Client, endpoint: WebhookEndpoint, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    response = client.post(
        page(endpoint),
        {"url": "https://10.0.0.1/", "events": ["lead.won"], "is_active": "on"},
        follow=True,
    )
    assert "private address" in response.content.decode()
    assert WebhookEndpoint.objects.get().url == endpoint.url


def test_a_test_is_sent_and_its_result_shown(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    response = client.post(page(endpoint, "test"), follow=True)
    assert "It arrived: 204" in response.content.decode()
    assert receiver.received[0].payload["type"] == "leadapp.test"
    receiver.status = 500
    response = client.post(page(endpoint, "test"), follow=True)
    assert "Answered 500." in response.content.decode()
    assert list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "delivered",
        "dead",
    ]


def test_a_new_secret_is_shown_once_and_the_old_one_signs_on(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    response = client.post(page(endpoint, "rotate"), {"hours": "24"})
    fresh = WebhookEndpoint.objects.get()
    assert fresh.secret != endpoint.secret
    assert fresh.secret in response.content.decode()
    client.post(page(endpoint, "test"))
    (got,) = receiver.received
    assert Webhook(fresh.secret).verify(got.body, got.headers)


def test_what_was_given_up_is_sent_again_under_its_id(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    dead, other = given_up(endpoint), given_up(endpoint)
    shown = client.get(f"{DELIVERIES}?state__exact=dead").content.decode()
    assert "Answered 500." in shown
    client.post(DELIVERIES, {"action": "send_again", "_selected_action": [dead.pk]})
    delivery.deliver_due(clock=timezone.now)
    assert [got.id for got in receiver.received] == [dead.event.public_id]
    assert WebhookDelivery.objects.get(pk=other.pk).state == "dead"


def test_all_that_was_given_up_since_a_moment_is_sent_again(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    old, new = given_up(endpoint, days_ago=3), given_up(endpoint)
    since = timezone.now() - timedelta(days=1)
    response = client.post(
        page(endpoint, "resend"),
        {"since_0": since.strftime("%Y-%m-%d"), "since_1": since.strftime("%H:%M:%S")},
        follow=True,
    )
    assert "1 go out again" in response.content.decode()
    delivery.deliver_due(clock=timezone.now)
    assert [got.id for got in receiver.received] == [new.event.public_id]
    assert WebhookDelivery.objects.get(pk=old.pk).state == "dead"


def test_nothing_is_sent_again_to_an_endpoint_that_is_off(client: Client, endpoint: WebhookEndpoint) -> None:
    dead = given_up(endpoint)
    WebhookEndpoint.objects.update(is_active=False)
    response = client.post(DELIVERIES, {"action": "send_again", "_selected_action": [dead.pk]}, follow=True)
    assert "Switch it on first" in response.content.decode()
    assert WebhookDelivery.objects.get().state == "dead"


def test_a_delivery_shows_its_body_and_each_attempt(
    client: Client, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    made = given_up(endpoint)
    WebhookDelivery.objects.update(state="waiting", attempts=0)
    receiver.status = 418
    delivery.deliver_due(clock=timezone.now)
    shown = client.get(f"{DELIVERIES}{made.pk}/change/").content.decode()
    assert "Answered 418." in shown
    assert made.event.public_id in shown
    assert re.search("&quot;type&quot;: &quot;lead.created&quot;", shown)


@pytest.mark.parametrize("role", ["marketer", "manager"])
def test_nobody_else_does_any_of_it(
    role: str, request: pytest.FixtureRequest, as_: As, endpoint: WebhookEndpoint
) -> None:
    client = as_(request.getfixturevalue(role))
    for action in ("test", "rotate", "resend"):
        assert client.get(page(endpoint, action)).status_code == 403
        assert client.post(page(endpoint, action), {"hours": "0"}).status_code == 403
    assert client.post(DELIVERIES, {"action": "send_again"}).status_code == 403
    assert WebhookEndpoint.objects.get().secret == endpoint.secret
