"""The shared fixtures do what the other tests rely on."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.contrib.auth.models import Group
from django.db import connection

from leadapp.heartbeat import KEY
from tests.support.processes import Process, WebServer


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_migrated_data_survive_a_transactional_test(turn: int) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {"rep", "marketer", "manager", "admin"}
    assert Group.objects.get(name="rep").permissions.exists()
    Group.objects.all().delete()
    Group.objects.create(name="left behind")


@pytest.mark.django_db
def test_what_a_transactional_test_left_is_gone() -> None:
    assert not Group.objects.filter(name="left behind").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 10


@pytest.mark.worker
def test_a_killed_worker_can_be_started_again(worker: Process, broker: redis.Redis, wait_for: Any) -> None:
    wait_for(lambda: broker.exists(KEY))
    worker.kill()
    broker.delete(KEY)
    worker.start()
    wait_for(lambda: broker.exists(KEY))
    worker.stop()
    assert "Warm shutdown" in worker.output()


def test_the_web_server_answers_on_the_test_database(web_server: WebServer) -> None:
    assert web_server.url.startswith("http://127.0.0.1:")


@pytest.mark.browser
def test_the_browser_opens_a_page(page: Any, live_server: Any) -> None:
    page.goto(f"{live_server.url}/healthz/live")
    assert page.locator("body").inner_text() == '{"live": true}'
