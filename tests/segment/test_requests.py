"""How requests are taken and refused: keys, labels, sizes, and what libraries make of the answer."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from leadapp.api.segment import views
from leadapp.models import Activity, ApiKey, Lead, RefusedMessage
from leadapp.services.identity.resolving import Overtaken
from leadapp.services.keys import revoke_api_key
from tests.segment.conftest import SUCCESS, Library, make_key, packed

pytestmark = pytest.mark.django_db

TRACK = {"userId": "1", "event": "Trial Started"}
KB = 1024
BATCH = {"batch": [{"type": "track", **TRACK}]}


def refused(response: Any, status: int) -> dict[str, Any]:
    """Return the problem document of a refusal, in which libraries look for `code` and `message`."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["code"]
    assert body["message"] == body["detail"]
    return body


@pytest.mark.parametrize("scheme", ["Basic", "basic", "Bearer", "Api-Key"])
def test_a_key_comes_as_basic_auth_or_as_elsewhere(library: Library, scheme: str) -> None:
    key = library.write_key
    text = base64.b64encode(f"{key}:".encode()).decode() if scheme.lower() == "basic" else key
    response = library.send("track", TRACK, Authorization=f"{scheme} {text}")
    assert (response.status_code, response.json()) == (200, SUCCESS)


@pytest.mark.parametrize(("path", "body"), [("track", TRACK), ("batch", BATCH)])
def test_a_key_may_stand_in_the_body(library: Library, path: str, body: dict[str, Any]) -> None:
    body = {**body, "writeKey": library.write_key}
    response = Client().post(f"/v1/{path}", json.dumps(body), content_type="text/plain")
    assert (response.status_code, response.json()) == (200, SUCCESS)
    assert Activity.objects.filter(type__slug="trial_started").exists()
    assert library.write_key not in str(list(Activity.objects.values()))


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!", "Basic " + "A" * 2000, "Basic bGFfbm9ib2R5Og==", "Basic /w==", "Digest x"],
)
def test_nobody_gets_in_without_a_key(library: Library, header: str) -> None:
    body = refused(library.send("track", TRACK, Authorization=header), 401)
    assert body["code"] == "not_authenticated"
    assert not Lead.objects.exists()


def test_a_key_that_is_over_is_no_key(library: Library) -> None:
    revoke_api_key(key=ApiKey.objects.get(), actor=None, now=timezone.now())
    refused(library.send("track", TRACK), 401)


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("ingest", "read"), ("ingest", "scoring")])
def test_a_write_key_may_do_nothing_but_push(db: None, scopes: tuple[str, ...]) -> None:
    library = Library(make_key(scopes=scopes))
    assert "scope ingest and no other" in refused(library.send("track", TRACK), 403)["message"]
    assert not Lead.objects.exists()


def test_a_write_key_reads_nothing(library: Library) -> None:
    library.take("identify", {"userId": "1", "traits": {"email": "jane@acme.example"}})
    for path in ("leads", f"leads/{Lead.objects.get().pk}", "activities?lead=1"):
        response = Client().get(f"/api/v1/{path}", headers={"Authorization": f"Api-Key {library.write_key}"})
        assert response.status_code == 403


@pytest.mark.parametrize(
    "label",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "",
        "nonsense",
    ],
)
@pytest.mark.parametrize("gzipped", [False, True])
def test_the_label_of_the_body_does_not_matter(library: Library, label: str, gzipped: bool) -> None:
    body = BATCH
    sent = packed(body) if gzipped else json.dumps(body).encode()
    response = library.send("batch", sent, label, **({"Content-Encoding": "gzip"} if gzipped else {}))
    assert (response.status_code, response.json()) == (200, SUCCESS)
    assert Activity.objects.filter(type__slug="trial_started").count() == 1


def test_what_is_unpacked_counts(library: Library) -> None:
    bomb = packed({"batch": [{"type": "track", **TRACK, "properties": {"x": "y" * 50_000_000}}]})
    assert len(bomb) < 100 * KB
    assert "larger than 500 kB" in refused(library.send("batch", bomb), 400)["message"]
    small = packed({**TRACK, "properties": {"x": "y" * 33 * KB}})
    assert "larger than 32 kB" in refused(library.send("track", small), 400)["message"]
    assert not Lead.objects.exists()


def sized(size: int, **message: Any) -> dict[str, Any]:
    """Return a message of so many bytes, in texts that are short enough for a property."""
    body = {**TRACK, **message, "properties": {}}
    missing = size - len(json.dumps(body, separators=(",", ":")))
    while missing > 0:
        name = f"p{len(body['properties']):02}"
        around = len(name) + 5 + (1 if body["properties"] else 0)
        text = "y" * (min(missing, 9_000) - around)
        body["properties"][name] = text
        missing -= len(text) + around
    assert len(json.dumps(body, separators=(",", ":"))) == size
    return body


def test_the_limits_are_those_of_segment(library: Library) -> None:
    exact = json.dumps(sized(32 * KB), separators=(",", ":")).encode()
    assert library.send("track", exact).status_code == 200
    assert library.send("track", exact + b" ").status_code == 400
    messages = [sized(32 * KB, type="track", messageId=str(number)) for number in range(15)]
    batch = json.dumps({"batch": messages}, separators=(",", ":")).encode()
    padded = batch.ljust(500 * KB)
    assert (library.send("batch", padded).status_code, library.send("batch", padded + b" ").status_code) == (
        200,
        400,
    )
    assert Activity.objects.filter(type__slug="trial_started").count() == 16


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"\xff",
        b"\x1f\x8b",
        packed({})[:-4],
        b"\x1f\x8bnonsense",
        b"[" * 20_000,
        b'{"batch": {}}',
        b"{}",
    ],
)
def test_what_cannot_be_read_is_refused_for_good(library: Library, body: bytes) -> None:
    assert refused(library.send("batch", body), 400)["code"] == "bad_request"


def test_numbers_that_json_does_not_know_are_no_values(library: Library) -> None:
    body = (
        b'{"batch": [{"type": "track", "userId": "1", "event": "Trial Started", "properties": {"x": NaN}}]}'
    )
    assert library.send("batch", body).json() == SUCCESS
    assert Activity.objects.get(type__slug="trial_started").properties == {"event": "Trial Started"}


@pytest.mark.parametrize("error", [OperationalError("gone"), Overtaken()])
def test_what_cannot_be_stored_is_asked_for_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(views, "record_activities", fail)
    for path, body in (("track", TRACK), ("batch", BATCH)):
        response = library.send(path, body)
        assert refused(response, 503)["code"] == "unavailable"
        assert response.headers["Retry-After"] == "5"


def test_a_bad_message_stops_no_other_and_is_shown(library: Library) -> None:
    good = {"type": "track", **TRACK}
    answer = library.batch(
        {**good, "messageId": "m-0"},
        {"type": "track", "event": "Trial Started", "messageId": "m-1"},
        {**good, "event": "", "messageId": "m-2"},
        {**good, "type": "purchase"},
        "nonsense",
        None,
        {**good, "timestamp": "1999-01-01T00:00:00Z"},
        {**good, "properties": {"x": 2**60}},
        {**good, "properties": ["x"]},
        {**good, "properties": {"x": "\x00"}},
        {**good, "event": "Half \ud800"},
        sized(33 * KB, type="track"),
        {"type": "alias", "userId": "1"},
        {**good, "messageId": "m-13"},
    )
    assert Activity.objects.filter(type__slug="trial_started").count() == 2
    assert answer["success"] is True
    details = {one["index"]: one["detail"] for one in answer["refused"]}
    assert set(details) == set(range(1, 13))
    assert details[1] == "userId: Give userId, anonymousId, or an address among the traits."
    assert details[2] == "event: Must name the event."
    assert details[11] == "The message is larger than 32 kB."
    assert answer["refused"][0]["message_id"] == "m-1"
    kept = RefusedMessage.objects.all()
    assert sorted(one.reason for one in kept) == sorted(details.values())
    assert {one.source for one in kept} == {"website"}
    assert json.loads(kept.get(message_id="m-1").message)["event"] == "Trial Started"


def test_a_single_message_that_cannot_be_taken_is_refused_and_shown(library: Library) -> None:
    message = {"event": "Trial Started", "messageId": "m-1", "writeKey": library.write_key}
    assert "Give userId" in refused(library.send("track", message), 400)["message"]
    assert library.send("track", message).status_code == 400
    kept = RefusedMessage.objects.get()
    assert json.loads(kept.message) == {"event": "Trial Started", "messageId": "m-1", "type": "track"}


def test_messages_without_an_id_that_are_alike_are_each_kept(library: Library) -> None:
    nobody = {"type": "track", "event": "Trial Started"}
    answer = library.batch(nobody, nobody)
    assert [one["index"] for one in answer["refused"]] == [0, 1]
    assert RefusedMessage.objects.count() == 2


def test_a_trait_that_cannot_be_read_is_shown_and_the_rest_taken(library: Library) -> None:
    library.take(
        "identify", {"userId": "1", "messageId": "m-1", "traits": {"email": "at home", "city": "Bonn"}}
    )
    assert Lead.objects.get().city == "Bonn"
    assert RefusedMessage.objects.get().reason.startswith("Taken without email: ")


@pytest.mark.parametrize(
    "path", ["identify", "track", "page", "screen", "group", "alias", "batch", "t", "import"]
)
def test_scripts_of_any_website_may_ask_and_call(path: str) -> None:
    headers = {
        "Origin": "https://www.acme.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    asked = Client().options(f"/v1/{path}", headers=headers)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    answer = Client().post(f"/v1/{path}", "{}", content_type="text/plain", headers=headers)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, "*")


def test_the_calls_have_short_names(library: Library) -> None:
    library.take("i", {"userId": "1", "traits": {"city": "Bonn"}})
    library.take("t", TRACK)
    library.take("p", {"userId": "1"})
    for path in ("b", "import"):
        assert library.send(path, BATCH).json() == SUCCESS
    assert Lead.objects.get().city == "Bonn"
    assert Activity.objects.filter(type__is_internal=False).count() == 4


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "track", 405), ("POST", "x", 404), ("GET", "", 404)]
)
def test_other_addresses_and_methods_are_told_so(
    library: Library, method: str, path: str, status: int
) -> None:
    response = library.client.generic(method, f"/v1/{path}", b"{}", headers=library.headers)
    assert response.json()["status"] == response.status_code == status


def test_a_key_may_expire(db: None) -> None:
    later = timezone.now() + timedelta(days=1)
    library = Library(make_key(expires_at=later))
    library.take("track", TRACK)
    ApiKey.objects.update(created_at=later - timedelta(days=3), expires_at=later - timedelta(days=2))
    refused(library.send("track", TRACK), 401)


@pytest.mark.parametrize(
    ("path", "body", "status", "events"),
    [
        ("track", TRACK, 200, 1),
        ("track", {**TRACK, "batch": []}, 200, 1),
        ("track", {**TRACK, "batch": [1, 2, 3]}, 200, 1),
        ("identify", {"userId": "1", "batch": []}, 200, 1),
        ("batch", {"batch": [{"type": "track", **TRACK}] * 2}, 200, 2),
        # What stands in a message is no message, and one that cannot be taken was looked at.
        ("batch", {"batch": [{"type": "track", **TRACK, "batch": [TRACK] * 9}]}, 200, 1),
        ("batch", {"batch": [{"type": "batch", "batch": [{"type": "track", **TRACK}] * 9}]}, 200, 1),
        ("batch", {"batch": [1, 2, 3]}, 200, 3),
        ("batch", {"batch": []}, 200, 0),
        ("batch", {"batch": TRACK}, 400, 0),
        ("batch", TRACK, 400, 0),
    ],
)
@pytest.mark.usefixtures("long_minute")
def test_a_single_call_costs_one_event_and_a_batch_as_many_as_it_lists(
    library: Library, path: str, body: dict[str, Any], status: int, events: int
) -> None:
    library.take("track", {**TRACK, "messageId": "before"})
    response = library.send(path, body)
    assert response.status_code == status
    library.take("track", {**TRACK, "messageId": "between"})
    left = re.search(r'"events";r=(\d+)', library.send("track", TRACK).headers["RateLimit"])
    assert left
    assert 120_000 - int(left[1]) == events + 3
    assert Activity.objects.filter(type__slug="trial_started").count() <= events + 3


@pytest.mark.usefixtures("long_minute")
def test_an_empty_batch_beside_an_event_passes_no_limit(library: Library, settings: LazySettings) -> None:
    settings.API_EVENTS_PER_MINUTE = 2
    for _ in range(2):
        library.take("track", {**TRACK, "batch": []})
    refused(library.send("track", {**TRACK, "batch": []}), 429)
    assert Activity.objects.filter(type__slug="trial_started").count() == 2
