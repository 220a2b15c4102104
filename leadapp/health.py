"""Health endpoints for load balancers, containers and people."""

from __future__ import annotations

from typing import TypedDict

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadapp.heartbeat import worker_is_alive
from scoring.models import ScoringRequest


class Readiness(TypedDict):
    """What /healthz/ready answers: every part is "ok" or says what is wrong."""

    ready: bool
    database: str
    broker: str
    worker: str
    queue: str
    oldest_request_seconds: float | None


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Say that this process answers; it asks nobody else, so a failure means: restart it."""
    return JsonResponse({"live": True})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether leads are taken in and scored in time; 503 when not."""
    state = readiness()
    return JsonResponse(state, status=200 if state["ready"] else 503)


def readiness() -> Readiness:
    """Look at the database, the broker, the workers and the queue."""
    database, waiting = _database_and_queue()
    broker, worker = _broker_and_worker()
    late = waiting is not None and waiting > settings.READY_MAX_WAIT
    queue = f"the oldest request waits for {waiting:.0f} s" if late else "ok"
    return Readiness(
        ready=all(part == "ok" for part in (database, broker, worker, queue)),
        database=database,
        broker=broker,
        worker=worker,
        queue=queue if database == "ok" else "unknown",
        oldest_request_seconds=None if waiting is None else round(waiting, 3),
    )


def _database_and_queue() -> tuple[str, float | None]:
    """Return the state of the database, and for how long the oldest request has waited (0: none waits)."""
    try:
        oldest = ScoringRequest.objects.aggregate(oldest=Min("requested_at"))["oldest"]
    except DatabaseError:
        connection.close()
        return "does not answer", None
    return "ok", 0.0 if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())


def _broker_and_worker() -> tuple[str, str]:
    try:
        alive = worker_is_alive()
    except redis.RedisError:
        return "does not answer", "unknown"
    return "ok", "ok" if alive else "no worker runs"
