"""How many events a second are taken, beside a bare Django view that makes the same INSERT.

All go through WSGI as a web server calls it, in turns on this process, so that what the machine does
meanwhile meets all alike.
"""

import io
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from leadapp.models import ActivityType, Lead
from leadapp.services.keys import create_api_key

ROUNDS = 5
SINGLES = 200
BATCHES, BATCH_SIZE = 5, 1_000
# Rows that advance() hears of.
EVENTS = ROUNDS * SINGLES + BATCHES * BATCH_SIZE

# With the same columns, checks and indexes; the same foreign keys and triggers are left out.
BARE_TABLE = "CREATE TABLE bench_activity (LIKE leadapp_activity INCLUDING ALL)"
BARE_INSERT = """
INSERT INTO bench_activity
    (lead_id, type_id, occurred_at, received_at, source, external_id, properties, void_reason)
VALUES (%s, %s, %s, %s, 'bench', %s, %s, '') RETURNING id
"""


@dataclass(frozen=True)
class Ingest:
    """Events per second: one at a time, a thousand at a time, and by the bare view one at a time."""

    single: float
    batch: float
    bare: float


def bare_view(request: HttpRequest) -> JsonResponse:
    """Insert one event, and check nothing."""
    event = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(
            BARE_INSERT,
            [
                event["lead_id"],
                event["type_id"],
                parse_datetime(event["occurred_at"]),
                timezone.now(),
                event["external_id"],
                json.dumps(event["properties"]),
            ],
        )
        (pk,) = cursor.fetchone()
    return JsonResponse({"id": pk}, status=202)


urlpatterns = [path("bare", bare_view)]


class Wsgi:
    """An application as a web server calls it."""

    def __init__(self, key: str = "") -> None:
        self.application = WSGIHandler()
        self.key = key

    def post(self, address: str, body: object) -> None:
        """Send JSON; raise RuntimeError unless it is taken."""
        sent = json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": address,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(sent)),
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "wsgi.errors": io.StringIO(),
        }
        if self.key:
            environ["HTTP_AUTHORIZATION"] = f"Api-Key {self.key}"
        response: Any = self.application(environ, _start)
        answer = b"".join(response)
        response.close()
        if response.status_code >= 300:
            raise RuntimeError(f"{address} answered {response.status_code}: {answer[:500]!r}")


def _start(status: str, headers: object, error: object = None, /) -> Callable[[bytes], object]:
    return len


def ingest(advance: Callable[[int], object]) -> Ingest:
    """Measure events one by one, the bare view and batches, in turns; return the medians."""
    with override_settings(
        SECURE_SSL_REDIRECT=False, API_REQUESTS_PER_MINUTE=10**9, API_EVENTS_PER_MINUTE=10**9
    ):
        _, text = create_api_key(name="bench", scopes=["ingest"], actor=None, now=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(BARE_TABLE)
        ours, events = Wsgi(text), _Events(timezone.now())
        with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
            theirs = Wsgi()
        rates = [_round(ours, theirs, events, first=10_000 * number) for number in range(1, ROUNDS + 1)]
        advance(ROUNDS * SINGLES)
        batch = _batch_rate(ours, events, advance)
    single, bare = (statistics.median(each) for each in zip(*rates, strict=True))
    return Ingest(single, batch, bare)


def _round(ours: Wsgi, theirs: Wsgi, events: "_Events", *, first: int) -> tuple[float, float]:
    """Return the rates of the API and of the bare view, without the first of each, which loads code."""

    def single(number: int) -> None:
        ours.post("/api/v1/activities", events.for_api(number))

    def bare(number: int) -> None:
        theirs.post("/bare", events.for_bare(number))

    def rate(push: Callable[[int], None]) -> float:
        push(first)
        started = perf_counter()
        for number in range(first + 1, first + 1 + SINGLES):
            push(number)
        return SINGLES / (perf_counter() - started)

    taken = rate(single)
    with override_settings(ROOT_URLCONF=__name__):
        return taken, rate(bare)


def _batch_rate(ours: Wsgi, events: "_Events", advance: Callable[[int], object]) -> float:
    started = perf_counter()
    for batch in range(BATCHES):
        first = 1_000_000 + batch * BATCH_SIZE
        ours.post("/api/v1/activities/batch", [events.for_api(first + n) for n in range(BATCH_SIZE)])
        advance(BATCH_SIZE)
    return BATCHES * BATCH_SIZE / (perf_counter() - started)


class _Events:
    """Views of a page by leads that are known, one like the other."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        known = Lead.objects.exclude(email=None).order_by("pk").values_list("pk", "email")[:SINGLES]
        self.leads = list(known)
        self.type_id = ActivityType.objects.get(slug="page_view").pk

    def for_api(self, number: int) -> dict[str, object]:
        """Return an event as clients send it."""
        _, email = self.leads[number % len(self.leads)]
        return {"lead": {"email": email}, "type": "page_view", **self._what(number)}

    def for_bare(self, number: int) -> dict[str, object]:
        """Return the same with everything looked up already."""
        lead_id, _ = self.leads[number % len(self.leads)]
        return {"lead_id": lead_id, "type_id": self.type_id, **self._what(number)}

    def _what(self, number: int) -> dict[str, object]:
        return {
            "occurred_at": (self.now - timedelta(seconds=number % 3600)).isoformat(),
            "properties": {"path": "/pricing", "seconds": 30},
            "external_id": f"bench-{number}",
        }
