"""How many events a second are taken, beside a bare Django view that makes the same INSERT.

Measured as clients see it: over HTTP, from the web server that `make run` starts, which serves both. And once
more inside this process, without a server, which is what the code alone costs. In turns, so that what the
machine does meanwhile meets all alike.
"""

import io
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.test import override_settings
from django.utils import timezone

from leadapp.management.bench.served import BARE, Application
from leadapp.management.bench.serving import CLIENTS, requests_per_s, serving
from leadapp.models import ActivityType, Lead
from leadapp.services.keys import create_api_key

ROUNDS = 5
SINGLES = 400
BATCHES, BATCH_SIZE = 8, 1_000
KNOWN_LEADS = 200
# Rows that advance() hears of, by whichever way: over HTTP, and inside this process.
EVENTS = 2 * ROUNDS * (2 * SINGLES + BATCHES * BATCH_SIZE)

SINGLE, BATCH = "/api/v1/activities", "/api/v1/activities/batch"

# Sends requests to an address, the first few to warm up, and returns how many a second were taken.
Rate = Callable[[str, Sequence[bytes]], float]


@dataclass(frozen=True)
class Ingest:
    """Events per second: one at a time, a thousand at a time, and by the bare view one at a time."""

    single: float
    batch: float
    bare: float


def ingest(advance: Callable[[int], object]) -> tuple[Ingest, Ingest]:
    """Return what is taken over HTTP, and what inside this process."""
    _, key = create_api_key(name="bench", scopes=["ingest"], actor=None, now=timezone.now())
    events = _Events(timezone.now())
    with serving() as port:

        def over_http(address: str, bodies: Sequence[bytes]) -> float:
            return requests_per_s(port, address, bodies, key="" if address == BARE else key)

        served = _rates(over_http, events, advance)
    with override_settings(
        SECURE_SSL_REDIRECT=False, API_REQUESTS_PER_MINUTE=10**9, API_EVENTS_PER_MINUTE=10**9
    ):
        return served, _rates(_InProcess(key).rate, events, advance)


def _rates(rate: Rate, events: "_Events", advance: Callable[[int], object]) -> Ingest:
    """Measure events one by one, the bare view and batches, in turns; return the medians."""
    rounds = []
    for _ in range(ROUNDS):
        singles = [events.for_api() for _ in range(SINGLES)]
        bares = [events.for_bare() for _ in range(SINGLES)]
        batches = [[events.for_api() for _ in range(BATCH_SIZE)] for _ in range(BATCHES)]
        rounds.append(
            (
                rate(SINGLE, [_json(event) for event in singles]),
                rate(BATCH, [_json(batch) for batch in batches]) * BATCH_SIZE,
                rate(BARE, [_json(event) for event in bares]),
            )
        )
        advance(2 * SINGLES + BATCHES * BATCH_SIZE)
    return Ingest(*(statistics.median(each) for each in zip(*rounds, strict=True)))


class _InProcess:
    """The application called as a web server calls it, one request after the other."""

    def __init__(self, key: str) -> None:
        self.application = Application()
        self.key = key

    def rate(self, address: str, bodies: Sequence[bytes]) -> float:
        """Return how many of these bodies are taken in a second; as many as over HTTP come before it."""
        for body in bodies[:CLIENTS]:
            self._post(address, body)
        started = perf_counter()
        for body in bodies[CLIENTS:]:
            self._post(address, body)
        return (len(bodies) - CLIENTS) / (perf_counter() - started)

    def _post(self, address: str, body: bytes) -> None:
        """Send JSON; raise RuntimeError unless it is taken."""
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": address,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        if address != BARE:
            environ["HTTP_AUTHORIZATION"] = f"Api-Key {self.key}"
        response: Any = self.application(environ, _start)
        answer = b"".join(response)
        response.close()
        if response.status_code != 202:
            raise RuntimeError(f"{address} answered {response.status_code}: {answer[:500]!r}")


def _start(status: str, headers: object, error: object = None, /) -> Callable[[bytes], object]:
    return len


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


class _Events:
    """Views of a page by leads that are known, one like the other; no two have the same name."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        known = Lead.objects.exclude(email=None).order_by("pk").values_list("pk", "email")[:KNOWN_LEADS]
        self.leads = list(known)
        self.type_id = ActivityType.objects.get(slug="page_view").pk
        self.number = 0

    def for_api(self) -> dict[str, object]:
        """Return the next event as clients send it."""
        self.number += 1
        _, email = self.leads[self.number % len(self.leads)]
        return {"lead": {"email": email}, "type": "page_view", **self._what()}

    def for_bare(self) -> dict[str, object]:
        """Return the same with everything looked up already."""
        self.number += 1
        lead_id, _ = self.leads[self.number % len(self.leads)]
        return {"lead_id": lead_id, "type_id": self.type_id, **self._what()}

    def _what(self) -> dict[str, object]:
        return {
            "occurred_at": (self.now - timedelta(seconds=self.number % 3600)).isoformat(),
            "properties": {"path": "/pricing", "seconds": 30},
            "external_id": f"bench-{self.number}",
        }
