"""Deliver what is due: claim, send without holding anything in the database, write down what came of it.

At least once: a worker that is killed between sending and writing leaves a claim that runs out, and the
delivery goes out again under the same webhook-id. Of one lead, one delivery at a time is on its way to an
endpoint, the oldest; those behind it wait until it has arrived or was given up.
"""

import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from leadapp.access import Actor
from leadapp.advisory import one_of
from leadapp.models import OutgoingEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from leadapp.services.webhooks.endpoints import create_test, switch_off_gone, tell_failing
from leadapp.services.webhooks.posting import Answer, post
from leadapp.services.webhooks.signing import signed_headers

State = WebhookDelivery.State
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
# After the first try and each further one: a good day in all.
DELAYS = [
    5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 9 * HOUR,
]  # fmt: skip
JITTER = 0.1
# How long an endpoint that cannot be reached is left alone, by how often it could not in a row.
RESTS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE]
# What a proxy says for a receiver that is not there, and a receiver that has too much to do.
BUSY = {429, 502, 503, 504}
GONE = 410
# Longer than an attempt can take.
CLAIM = timedelta(seconds=60)
# How many go to one endpoint at a time: it never has more than its share of the threads.
AT_ONCE = 8
MOST_THREADS = 32
# Seconds after which a worker looks for more while some are still under way.
LOOK_AGAIN = 0.25
# The space of advisory locks in which the worker that delivers has its turn.
TURN = 7_320_554

# Of each endpoint that is not resting, as many of its oldest due deliveries as it has room for; just one to
# try whether it is back. Not those behind an earlier one of the same lead.
FIND = """
WITH found AS MATERIALIZED (
    SELECT due.id FROM leadapp_webhookendpoint e
    CROSS JOIN LATERAL (
        SELECT CASE WHEN e.failures > 0 THEN 1 ELSE %(at_once)s END - (
            SELECT count(*) FROM leadapp_webhookdelivery busy
            WHERE busy.endpoint_id = e.id AND busy.claimed_until > %(now)s
        ) AS free
    ) room
    CROSS JOIN LATERAL (
        SELECT w.id FROM leadapp_webhookdelivery w
        WHERE w.endpoint_id = e.id AND w.state = 'waiting' AND w.due_at <= %(now)s
            AND (w.claimed_until IS NULL OR w.claimed_until <= %(now)s)
            AND NOT EXISTS (
                SELECT FROM leadapp_webhookdelivery earlier
                WHERE earlier.endpoint_id = e.id AND earlier.lead_id = w.lead_id
                    AND earlier.state = 'waiting' AND earlier.id < w.id
            )
        ORDER BY w.due_at, w.id LIMIT GREATEST(room.free, 0) FOR UPDATE SKIP LOCKED
    ) due
    WHERE e.is_active AND (e.resting_until IS NULL OR e.resting_until <= %(now)s)
    LIMIT %(limit)s
)
UPDATE leadapp_webhookdelivery d SET claimed_until = %(until)s
WHERE d.id = ANY(ARRAY(SELECT id FROM found)) AND d.state = 'waiting'
RETURNING d.id
"""


@dataclass(frozen=True)
class Parcel:
    """A delivery that was claimed, with all that sending it takes."""

    delivery_id: int
    endpoint_id: int
    url: str
    body: bytes
    headers: dict[str, str]


def deliver_due(*, clock: Callable[[], datetime], seconds: float = 60) -> int:
    """Send what is due, many side by side, for as long as there is any; return how many arrived.

    After `seconds` nothing new is begun. A slow endpoint keeps the threads that it has, and nobody else
    waits for it. One worker at a time; a second one has nothing to do. Not to be called within a
    transaction: nothing is locked meanwhile.
    """
    with one_of(TURN, [1]) as turn, ThreadPoolExecutor(MOST_THREADS) as threads:
        return _deliver(threads, clock, monotonic() + seconds) if turn else 0


def is_due(*, now: datetime) -> bool:
    """Tell whether anything may be due; cheap, for the sweep."""
    awake = Q(endpoint__resting_until=None) | Q(endpoint__resting_until__lte=now)
    waiting = WebhookDelivery.objects.filter(state=State.WAITING, due_at__lte=now)
    return waiting.filter(awake, endpoint__is_active=True).exists()


def send_test(*, endpoint: WebhookEndpoint, actor: Actor, now: datetime) -> Answer:
    """Send a test to an endpoint and return what came of it. It is tried once, switched on or not."""
    delivery = create_test(endpoint=endpoint, claimed_until=now + CLAIM, actor=actor, now=now)
    (parcel,) = _parcels([delivery.pk], now)
    answer = post(parcel.url, parcel.body, parcel.headers)
    _write_down(parcel, answer, now)
    WebhookDelivery.objects.filter(pk=delivery.pk, state=State.WAITING).update(state=State.DEAD)
    return answer


def body_of(event: OutgoingEvent) -> bytes:
    """Return what is sent: the same bytes for every attempt."""
    moment = event.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    payload = {"type": event.type, "timestamp": moment, "data": event.data}
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def _deliver(threads: ThreadPoolExecutor, clock: Callable[[], datetime], until: float) -> int:
    arrived = 0
    under_way: dict[Future[Answer], Parcel] = {}
    while True:
        if monotonic() < until:
            for parcel in _claim(clock(), MOST_THREADS - len(under_way)):
                under_way[threads.submit(post, parcel.url, parcel.body, parcel.headers)] = parcel
        if not under_way:
            return arrived
        for job in wait(under_way, LOOK_AGAIN, FIRST_COMPLETED).done:
            arrived += _write_down(under_way.pop(job), job.result(), clock())


def _claim(now: datetime, limit: int) -> list[Parcel]:
    params: dict[str, Any] = {"now": now, "until": now + CLAIM, "at_once": AT_ONCE, "limit": limit}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIND, params)
        ids = [number for (number,) in cursor.fetchall()]
    return list(_parcels(ids, now)) if ids else []


def _parcels(ids: list[int], now: datetime) -> Iterator[Parcel]:
    deliveries = WebhookDelivery.objects.filter(pk__in=ids).select_related("event", "endpoint")
    for delivery in deliveries.order_by("pk"):
        endpoint, body = delivery.endpoint, body_of(delivery.event)
        signed = signed_headers(
            public_id=delivery.event.public_id, body=body, secrets=_secrets(endpoint, now), now=now
        )
        headers = {"Content-Type": "application/json", "User-Agent": "Leadapp", "Connection": "close"}
        yield Parcel(delivery.pk, endpoint.pk, endpoint.url, body, headers | signed)


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    is_old_good = endpoint.old_secret_until is not None and endpoint.old_secret_until > now
    return [endpoint.secret, endpoint.old_secret] if is_old_good else [endpoint.secret]


@transaction.atomic
def _write_down(parcel: Parcel, answer: Answer, now: datetime) -> bool:
    """Keep the attempt and what follows from it; tell whether it arrived.

    The endpoint is locked first, so that what others found out about it meanwhile counts. Whoever comes
    after somebody else has taken the delivery over changes nothing of it.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=parcel.endpoint_id).first()
    delivery = WebhookDelivery.objects.select_for_update(no_key=True).filter(pk=parcel.delivery_id).first()
    if endpoint is None or delivery is None:
        return False  # deleted meanwhile, perhaps with its lead
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=now,
        milliseconds=answer.milliseconds,
        status=answer.status,
        error=answer.error,
        answer=answer.text,
    )
    if delivery.state == State.WAITING:
        _advance(delivery, answer, now)
    if answer.is_success:
        _note_success(endpoint)
    else:
        _note_failure(endpoint, answer, now)
    return answer.is_success


def _advance(delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    delivery.attempts += 1
    delivery.claimed_until = None
    delivery.last_error = answer.error
    if answer.is_success:
        delivery.state, delivery.delivered_at = State.DELIVERED, now
    elif delivery.attempts > len(DELAYS):
        delivery.state = State.DEAD
    else:
        delay = DELAYS[delivery.attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311
        delivery.due_at = now + max(delay, timedelta(seconds=min(answer.retry_after, 8 * 3600)))
    delivery.save(
        update_fields=["attempts", "claimed_until", "last_error", "state", "delivered_at", "due_at"]
    )
    if delivery.state == State.WAITING and delivery.lead_id is not None:
        # Those behind it wait as long, so that nobody looks at them in vain meanwhile.
        behind = WebhookDelivery.objects.filter(endpoint=delivery.endpoint_id, lead=delivery.lead_id)
        behind.filter(state=State.WAITING, pk__gt=delivery.pk, due_at__lt=delivery.due_at).update(
            due_at=delivery.due_at
        )


def _note_success(endpoint: WebhookEndpoint) -> None:
    if endpoint.failures:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
            failures=0, failing_since=None, resting_until=None
        )


def _note_failure(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    """Let an endpoint that cannot be reached rest, switch off one that is gone."""
    changes: dict[str, Any] = {"failures": F("failures") + 1, "failing_since": endpoint.failing_since or now}
    if answer.status is None or answer.status in BUSY:
        if endpoint.resting_until is not None and endpoint.resting_until > now:
            return  # one of several that went out together: it counts once
        rest = RESTS[min(endpoint.failures, len(RESTS) - 1)]
        changes["resting_until"] = now + max(rest, timedelta(seconds=min(answer.retry_after, 3600)))
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**changes)
    if answer.status == GONE:
        switch_off_gone(endpoint=endpoint, now=now)
    elif changes["failing_since"] <= now - DAY:
        if "resting_until" in changes:
            _give_up_those_without_a_turn(endpoint, answer, now)
        tell_failing(endpoint=endpoint, since=changes["failing_since"], now=now)


def _give_up_those_without_a_turn(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    """Give up what has waited for a day behind others, all the while the endpoint could not be reached."""
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING, claimed_until=None)
    waiting.filter(created_at__lte=now - DAY).update(state=State.DEAD, last_error=answer.error)
