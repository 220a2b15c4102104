"""A real worker delivers what was committed, and one that is killed on the way loses nothing."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leadapp.models import EventType, WebhookDelivery
from leadapp.outbox import announce
from leadapp.services.leads.leads import create_lead
from leadapp.services.webhooks.delivery import deliver_due
from leadapp.services.webhooks.endpoints import create_endpoint
from tests.qualification.build import make_lead
from tests.support.processes import Process, celery_worker
from tests.webhooks.receiver import Receiver, listening

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


def test_several_workers_send_each_delivery_once(receiver: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    endpoint = create_endpoint(url=receiver.url, events=[EventType.CREATED], actor=None, now=timezone.now())
    receiver.secret = endpoint.secret
    announce(type=EventType.CREATED, details={make_lead().pk: {} for _ in range(60)}, now=timezone.now())
    together = threading.Barrier(4)

    def deliver() -> None:
        together.wait()
        try:
            deliver_due(clock=timezone.now)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [got.id for got in receiver.received]
    assert len(ids) == len(set(ids)) == 60
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_a_killed_worker_loses_nothing_and_a_rolled_back_lead_is_never_heard_of(
    receiver: Receiver,
    broker: Any,
    settings: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    wait_for: Callable[..., Any],
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    monkeypatch.setenv("WEBHOOKS_TO_PRIVATE_ADDRESSES", "1")
    endpoint = create_endpoint(url=receiver.url, events=[EventType.CREATED], actor=None, now=timezone.now())
    receiver.secret = endpoint.secret
    killed = threading.Event()

    def wait(request: object) -> None:
        killed.wait(20)

    receiver.reply = wait

    with transaction.atomic():
        create_lead(facts={"email": "never@firm.example"}, source="app", actor=None, now=timezone.now())
        transaction.set_rollback(True)
    worker: Process = celery_worker(tmp_path / "worker.log")
    worker.start()
    try:
        create_lead(facts={"email": "grace@firm.example"}, source="app", actor=None, now=timezone.now())
        wait_for(lambda: receiver.received)
        worker.kill()
        killed.set()
        delivery = WebhookDelivery.objects.get()
        assert (delivery.state, delivery.attempts) == ("waiting", 0)
        assert delivery.claimed_until is not None

        receiver.reply = None
        # The claim has run out.
        WebhookDelivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        worker.start()
        create_lead(facts={"email": "ada@firm.example"}, source="app", actor=None, now=timezone.now())
        wait_for(lambda: not WebhookDelivery.objects.filter(state="waiting").exists())
    finally:
        worker.stop()
    emails = [got.payload["data"]["lead"]["email"] for got in receiver.received]
    ids = [got.id for got in receiver.received]
    assert sorted(emails) == ["ada@firm.example", "grace@firm.example", "grace@firm.example"]
    assert len(set(ids)) == 2
