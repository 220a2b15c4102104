"""Deliveries arrive signed, in the order of each lead, and are tried again for a day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from leadapp.models import EventType, OutgoingEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from leadapp.services.webhooks import delivery
from leadapp.services.webhooks.delivery import AT_ONCE, CLAIM, DELAYS
from leadapp.services.webhooks.posting import Answer
from qualification.models import Notice
from tests.qualification.build import make_lead, make_user
from tests.support.ports import free_port
from tests.support.waiting import wait_for
from tests.webhooks.build import NOW, deliver, make_endpoint, say, states
from tests.webhooks.receiver import Receiver, listening

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "JITTER", 0)
    monkeypatch.setattr("leadapp.outbox.wake", lambda task: None)


def test_a_delivery_verifies_with_the_public_package(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    lead = make_lead(last_name="Großmann")
    say(lead, source="form")
    assert deliver() == 1
    (got,) = receiver.received
    event = OutgoingEvent.objects.get()
    assert got.id == f"evt_{event.uuid.hex}"
    assert got.payload["type"] == "lead.created"
    assert got.payload["timestamp"].endswith("Z")
    assert got.payload["data"]["source"] == "form"
    assert got.payload["data"]["lead"]["last_name"] == "Großmann"
    assert got.headers["content-type"] == "application/json"
    assert states() == ["delivered"]
    assert WebhookDelivery.objects.get().delivered_at == NOW
    assert WebhookAttempt.objects.get().status == 204


@pytest.mark.parametrize(
    "tamper",
    [
        lambda headers, body: (headers, body.replace(b"lead.created", b"lead.won")),
        lambda headers, body: (headers | {"webhook-id": "evt_other"}, body),
        lambda headers, body: (
            headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)},
            body,
        ),
        lambda headers, body: (headers | {"webhook-signature": "v1,AAAA"}, body),
    ],
    ids=["body", "id", "moment", "signature"],
)
def test_what_was_tampered_with_does_not_verify(
    endpoint: WebhookEndpoint, receiver: Receiver, tamper: Callable[..., Any]
) -> None:
    say(make_lead())
    deliver()
    (got,) = receiver.received
    headers, body = tamper(got.headers, got.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(body, headers)


def test_a_receiver_that_is_down_for_an_hour_loses_nothing(to_this_machine: None) -> None:
    began = NOW - 2 * HOUR
    port = free_port()
    endpoint = make_endpoint(f"http://127.0.0.1:{port}/hooks")
    leads = [make_lead() for _ in range(30)]
    now, number = began, 0
    while now < began + HOUR:
        number += 1
        say(*leads, number=number, now=now)
        assert deliver(now) == 0
        now += 10 * MINUTE
    assert set(states()) == {"waiting"}

    with listening(port=port) as receiver:
        while now <= NOW + 12 * HOUR and "waiting" in states():
            deliver(now)
            now += MINUTE
    numbers: dict[int, list[int]] = {lead.pk: [] for lead in leads}
    for got in receiver.received:  # without a secret, the clock of the package being another
        body = OutgoingEvent.objects.get(uuid=got.id.removeprefix("evt_")).data
        numbers[body["lead"]["id"]].append(body["number"])
    assert set(states()) == {"delivered"}
    assert all(of_lead == list(range(1, number + 1)) for of_lead in numbers.values())
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.resting_until) == (0, None, None)


def test_a_later_event_of_a_lead_waits_for_the_first_and_other_leads_go_on(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    first, other = make_lead(), make_lead()
    receiver.decide = lambda payload: 500 if payload["data"]["lead"]["id"] == first.pk else 204
    say(first, other, number=1)
    say(first, other, number=2)
    assert deliver() == 2
    assert [(got.lead_id, got.payload["data"]["number"]) for got in receiver.received] == [
        (other.pk, 1),
        (other.pk, 2),
    ]
    assert [got.payload["data"]["number"] for got in receiver.refused] == [1]
    assert deliver(NOW + 4 * SECOND) == 0
    receiver.decide = None
    assert deliver(NOW + 5 * SECOND) == 2
    mine = [got.payload["data"]["number"] for got in receiver.received if got.lead_id == first.pk]
    assert mine == [1, 2]


def test_a_delivery_is_tried_for_a_day_and_then_given_up(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.status, receiver.secret = 500, ""
    lead = make_lead()
    say(lead, number=1)
    say(lead, number=2)
    now, tries = NOW, []
    for delay in [*DELAYS, MINUTE]:
        deliver(now)
        tries.append(len(receiver.refused))
        now += delay
    assert tries[:-1] == list(range(1, len(DELAYS) + 1))
    assert sum(DELAYS, timedelta()) == timedelta(hours=24, minutes=42, seconds=35)
    assert states() == ["dead", "waiting"]
    dead = WebhookDelivery.objects.filter(state="dead").get()
    assert (dead.attempts, dead.last_error) == (11, "Answered 500.")
    assert dead.tries.count() == 11
    # The next one of the lead went on at once.
    assert len(receiver.refused) == 12
    receiver.status = 200
    assert deliver(now) == 1
    assert states() == ["dead", "delivered"]


def test_every_attempt_has_the_same_id_and_body_and_its_own_moment(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.status = 500
    say(make_lead())
    deliver()
    receiver.status = 200
    deliver(NOW + 5 * SECOND)
    first, second = receiver.refused[0], receiver.received[0]
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5


def test_an_endpoint_that_cannot_be_reached_rests_and_is_probed_by_one(to_this_machine: None) -> None:
    make_endpoint(f"http://127.0.0.1:{free_port()}/hooks")
    say(*[make_lead() for _ in range(AT_ONCE + 5)])
    deliver()
    endpoint = WebhookEndpoint.objects.get()
    assert WebhookAttempt.objects.count() == AT_ONCE
    assert (endpoint.failures, endpoint.resting_until) == (1, NOW + 5 * SECOND)
    assert not delivery.is_due(now=NOW + 4 * SECOND)
    deliver(NOW + 4 * SECOND)
    assert WebhookAttempt.objects.count() == AT_ONCE
    deliver(NOW + 5 * SECOND)
    endpoint.refresh_from_db()
    assert WebhookAttempt.objects.count() == AT_ONCE + 1
    assert (endpoint.failures, endpoint.resting_until) == (2, NOW + 35 * SECOND)
    assert endpoint.failing_since == NOW
    assert "refused" in WebhookAttempt.objects.latest("pk").error


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(
    endpoint: WebhookEndpoint, receiver: Receiver, status: int
) -> None:
    receiver.status, receiver.headers = status, {"Retry-After": "120"}
    say(make_lead())
    deliver()
    endpoint.refresh_from_db()
    assert endpoint.resting_until == NOW + 2 * MINUTE
    assert WebhookDelivery.objects.get().due_at == NOW + 2 * MINUTE


def test_what_never_had_its_turn_is_given_up_after_a_day_without_an_answer(
    to_this_machine: None,
) -> None:
    endpoint = make_endpoint(f"http://127.0.0.1:{free_port()}/hooks")
    make_user("ines", "admin")
    say(*[make_lead() for _ in range(50)])
    now = NOW
    while now <= NOW + 25 * HOUR:
        deliver(now)
        now += HOUR / 2
    say(make_lead(), now=now)
    assert states() == ["dead"] * 50 + ["waiting"]
    (notice,) = Notice.objects.all()  # once, however often it goes on failing
    assert "fail since" in notice.text
    endpoint.refresh_from_db()
    assert endpoint.is_active


def test_an_endpoint_that_is_gone_is_switched_off_and_admins_are_told(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    make_user("ines", "admin")
    make_user("henrik", "manager")
    receiver.status = 410
    say(make_lead())
    deliver()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert states() == ["waiting"]
    (notice,) = Notice.objects.all()
    assert (notice.user.username, notice.kind) == ("ines", "webhook")
    assert notice.text == f"{receiver.url} answered 410 Gone. Webhooks to it are switched off."
    receiver.status = 200
    assert deliver(NOW + HOUR) == 0


def test_a_killed_worker_s_delivery_goes_out_again_once_its_claim_runs_out(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    say(make_lead())
    WebhookDelivery.objects.update(claimed_until=NOW + CLAIM)
    assert deliver(NOW + CLAIM - SECOND) == 0
    assert deliver(NOW + CLAIM) == 1
    assert len(receiver.received) == 1


def test_a_worker_that_comes_too_late_changes_nothing(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    say(make_lead())
    (parcel,) = delivery._claim(NOW, 1)
    deliver(NOW + CLAIM)
    assert states() == ["delivered"]
    delivery._write_down(parcel, Answer(500, "Answered 500.", "", 1), NOW + CLAIM)
    assert states() == ["delivered"]


def test_one_slow_endpoint_does_not_hold_up_the_others(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    with listening() as slow:
        others: list[int] = []

        def wait_for_the_others(request: Any) -> None:
            wait_for(lambda: len(receiver.received) == 40)
            others.append(len(receiver.received))
            request.send_response(204)
            request.end_headers()

        slow.reply = wait_for_the_others
        make_endpoint(slow.url)
        say(*[make_lead() for _ in range(40)])
        deliver()
    assert others == [40] * 40


def test_a_pass_takes_the_same_queries_for_any_number_of_endpoints_that_have_nothing(
    to_this_machine: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_endpoint(f"https://crm{number}.example/hooks", [EventType.WON])
    with django_assert_num_queries(5):  # the turn, a savepoint around the claim, the turn again
        deliver()
