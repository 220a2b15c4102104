"""The health endpoints tell the truth, quickly, whatever is down."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from leadapp.heartbeat import KEY
from leadapp.models import Lead
from scoring.models import ScoringRequest
from tests.support.processes import WebServer


def test_live_needs_nothing(client: Client) -> None:
    response = client.get("/healthz/live")
    assert (response.status_code, response.json()) == (200, {"live": True})


@pytest.mark.django_db
def test_ready_when_a_worker_beats(client: Client, broker: redis.Redis) -> None:
    broker.set(KEY, 1)
    response = client.get("/healthz/ready")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "database": "ok",
        "broker": "ok",
        "worker": "ok",
        "queue": "ok",
        "oldest_request_seconds": 0.0,
    }
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_without_a_worker(client: Client, broker: redis.Redis) -> None:
    response = client.get("/healthz/ready")
    assert response.status_code == 503
    assert response.json()["worker"] == "no worker runs"


@pytest.mark.django_db
def test_not_ready_when_a_request_waits_too_long(client: Client, broker: redis.Redis) -> None:
    broker.set(KEY, 1)
    lead = Lead.objects.create(email="waiting@example.com")
    ScoringRequest.objects.create(
        lead=lead, cause="activity", requested_at=timezone.now() - timedelta(seconds=100)
    )
    answer = client.get("/healthz/ready").json()
    assert answer["ready"] is True
    assert 100 <= answer["oldest_request_seconds"] < 110

    ScoringRequest.objects.update(requested_at=timezone.now() - timedelta(seconds=400))
    response = client.get("/healthz/ready")
    assert response.status_code == 503
    assert re.search(r"waits for 40\d s", response.json()["queue"])


@pytest.mark.django_db
def test_not_ready_and_quick_without_a_broker(client: Client, settings: LazySettings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    began = time.monotonic()
    response = client.get("/healthz/ready")
    assert time.monotonic() - began < 5  # on a busy machine
    assert response.status_code == 503
    assert (response.json()["broker"], response.json()["worker"]) == ("does not answer", "unknown")


def test_live_but_not_ready_without_a_database(broker: redis.Redis, db: None, tmp_path: Path) -> None:
    web = WebServer(tmp_path / "web.log")
    web.environment = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    web.start()
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{web.url}/healthz/ready", timeout=10)  # noqa: S310
        with refused.value as error:
            answer = json.load(error)
        assert error.code == 503
        assert (answer["database"], answer["queue"]) == ("does not answer", "unknown")
    finally:
        web.stop()


@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready"])
def test_health_is_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.worker
def test_ready_follows_a_real_worker(client: Client, broker: redis.Redis, worker: Any, wait_for: Any) -> None:
    wait_for(lambda: client.get("/healthz/ready").status_code == 200)
