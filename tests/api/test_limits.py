"""How much a key, a person and an address may send in a minute, and what the answers say of it."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from leadapp.models import Activity, ApiKey
from tests.api.conftest import Caller, faults, stored
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db

EVENT = {"lead": {"email": "jane@example.com"}, "type": "login"}


@pytest.fixture(autouse=True, params=["with Redis", "without Redis"])
def _counter(
    request: pytest.FixtureRequest, settings: LazySettings, nothing_spent: None, monkeypatch: Any
) -> None:
    if request.param == "with Redis":
        request.getfixturevalue("broker")
    else:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    # A minute that does not end while the test runs.
    monkeypatch.setattr(time, "time", lambda: 1_800_000_015.25)


def test_a_key_may_call_so_often_in_a_minute(
    api: Caller, make_caller: Callable[..., Caller], settings: LazySettings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    first = api.get("leads")
    assert first.status_code == 200
    assert first.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
    assert first.headers["RateLimit"] == '"requests";r=1;t=45'
    assert api.get("leads/1").status_code == 404  # counts as well

    refused = api.get("leads")

    assert refused.status_code == 429
    faults(refused)
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "45"
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("2", "0")
    assert make_caller("read", name="other").get("leads").status_code == 200


def test_a_key_may_push_so_many_events_in_a_minute(api: Caller, settings: LazySettings) -> None:
    settings.API_EVENTS_PER_MINUTE = 10
    first = api.post("activities/batch", [EVENT] * 7)
    assert first.headers["RateLimit-Policy"] == '"requests";q=6000;w=60, "events";q=10;w=60'
    assert first.headers["RateLimit"] == '"requests";r=5999;t=45, "events";r=3;t=45'
    # The tighter one of the two.
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("10", "3")
    before = stored()

    assert api.post("activities/batch", [EVENT] * 4).status_code == 429
    assert stored() == before
    # What was refused took nothing of what is left.
    assert api.post("activities/batch", [EVENT] * 2).status_code == 202
    assert api.post("activities", EVENT).status_code == 202
    assert api.post("activities", EVENT).status_code == 429
    assert api.get("leads").status_code == 200
    assert Activity.objects.filter(type__slug="login").count() == 10


def test_a_batch_larger_than_the_limit_can_be_sent_alone(api: Caller, settings: LazySettings) -> None:
    settings.API_EVENTS_PER_MINUTE = 10
    assert api.post("activities/batch", [EVENT] * 11).status_code == 202
    assert api.post("activities", EVENT).status_code == 429


def test_a_key_can_have_limits_of_its_own(api: Caller, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    ApiKey.objects.update(requests_per_minute=3, events_per_minute=2)
    assert api.post("activities", EVENT).headers["RateLimit"] == '"requests";r=2;t=45, "events";r=1;t=45'
    assert [api.post("activities", EVENT).status_code for _ in range(2)] == [202, 429]
    assert [api.get("leads").status_code for _ in range(2)] == [200, 429]


def test_zero_is_without_a_limit(api: Caller, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.API_EVENTS_PER_MINUTE = 0
    answer = api.post("activities", EVENT)
    assert answer.status_code == 202
    assert not any(re.match("ratelimit", name, re.IGNORECASE) for name in answer.headers)


def test_a_body_that_cannot_be_read_counts_as_a_call(api: Caller, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    broken = api.post("activities/batch", b"{")
    assert (broken.status_code, broken.headers["RateLimit-Remaining"]) == (400, "0")
    assert api.post("activities/batch", b"{").status_code == 429


def test_a_person_and_an_address_have_limits_too(settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE_WITHOUT_KEY = 1
    for name in ("mia", "max"):
        client = Client()
        client.force_login(make_user(name, "manager"))
        assert [client.get("/api/v1/leads").status_code for _ in range(2)] == [200, 429]
    visitor = Client()
    assert [visitor.get("/api/v1/docs/").status_code for _ in range(2)] == [200, 429]


def test_visitors_have_the_limit_of_forms_and_keys_their_own(
    api: Caller, visitor: Caller, settings: LazySettings
) -> None:
    settings.FORM_SUBMISSIONS_PER_MINUTE = 1
    body = {"email": "jane@example.com"}
    answers = [visitor.post("forms/newsletter/submissions", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"submissions";q=1;w=60'
    with_key = [api.post("forms/newsletter/submissions", body) for _ in range(2)]
    assert [answer.status_code for answer in with_key] == [202, 202]
    assert with_key[1].headers["RateLimit"].startswith('"requests";r=5998;')


def test_a_repeated_request_counts(api: Caller, settings: LazySettings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    api.headers["Idempotency-Key"] = "1"
    assert [api.post("activities", EVENT).status_code for _ in range(3)] == [202, 202, 429]
