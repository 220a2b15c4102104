"""API keys: who may call what, and for how long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import ApiKey, User
from leadapp.services.keys import (
    KeyFault,
    authenticate_key,
    create_api_key,
    fault_of,
    limit_api_key,
    revoke_api_key,
    rotate_api_key,
)
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db

LEAD = {"first_name": "Jane"}
EVENT = {"lead": {"email": "jane@example.com"}, "type": "login"}
CALLS = [
    ("GET", "leads", None, "read"),
    ("GET", "leads/1", None, "read"),
    ("GET", "leads/1/score", None, "read"),
    ("GET", "activities?lead=1", None, "read"),
    ("POST", "leads", LEAD, "write"),
    ("PATCH", "leads/1", LEAD, "write"),
    ("POST", "activities", EVENT, "ingest"),
    ("POST", "activities/batch", [EVENT], "ingest"),
]


@pytest.mark.parametrize(("method", "path", "body", "scope"), CALLS)
def test_every_call_needs_a_key_with_its_scope(
    make_caller: Callable[..., Caller], method: str, path: str, body: Any, scope: str
) -> None:
    before = stored()
    none = Caller("").send(method, path, body)
    assert none.status_code == 401
    assert none.headers["WWW-Authenticate"] == "Api-Key"
    faults(none)

    others = {"ingest", "read", "write", "scoring"} - {scope}
    if scope == "ingest":
        others -= {"write"}  # who may edit leads may also push events
    refused = make_caller(*sorted(others), name="other").send(method, path, body)
    assert refused.status_code == 403
    assert scope in refused.json()["detail"]
    assert stored() == before

    assert make_caller(scope, name="right").send(method, path, body).status_code not in {401, 403}


def test_a_key_travels_as_api_key_or_as_bearer(make_caller: Callable[..., Caller]) -> None:
    caller = make_caller("read")
    text = caller.headers["Authorization"].removeprefix("Api-Key ")

    for header in (f"Api-Key {text}", f"Bearer {text}", f"api-key   {text} ", f"BEARER {text}"):
        caller.headers = {"Authorization": header}
        assert caller.get("leads").status_code == 200
    for header in (text, f"Basic {text}", "Bearer", "Api-Key ", f"Bearer {text}x", f"Bearer {text[:-1]}é"):
        caller.headers = {"Authorization": header}
        assert caller.get("leads").status_code == 401


def test_a_key_that_expired_or_was_revoked_is_worth_nothing(make_caller: Callable[..., Caller]) -> None:
    now = timezone.now()
    expiring = make_caller("read", name="short", expires_at=now + timedelta(days=1))
    assert expiring.get("leads").status_code == 200
    ApiKey.objects.filter(name="short").update(created_at=now - timedelta(2), expires_at=now - timedelta(1))
    assert expiring.get("leads").status_code == 401

    revoked = make_caller("read", name="gone")
    revoke_api_key(key=ApiKey.objects.get(name="gone"), actor=None, now=now)
    assert revoked.get("leads").status_code == 401


def test_a_key_that_is_not_taken_says_why(make_caller: Callable[..., Caller]) -> None:
    then = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    callers = {name: make_caller("read", name=name) for name in ("expired", "revoked", "replaced")}
    ApiKey.objects.filter(name="expired").update(created_at=then - timedelta(1), expires_at=then)
    revoke_api_key(key=ApiKey.objects.get(name="revoked"), reason="Leaked", actor=None, now=then)
    rotate(ApiKey.objects.get(name="replaced"), now=then)

    assert {name: caller.get("leads").json()["detail"] for name, caller in callers.items()} == {
        "expired": "This API key expired on 2026-03-01 at 09:30 UTC. An administrator can rotate it.",
        "revoked": "This API key was revoked on 2026-03-01 at 09:30 UTC.",
        "replaced": "This text of the API key was replaced; it was valid until 2026-03-01 at 09:30 UTC. "
        "Use the new one.",
    }
    # Whoever knows no more than the beginning of a key learns nothing about it.
    beginning = ApiKey.objects.get(name="expired").prefix
    for text in (beginning + "x" * 30, "la_nobody", "la_" + "é" * 20, "nonsense"):
        assert Caller(text).get("leads").json()["detail"] == "This API key is not known."


def rotate(key: ApiKey, *, now: datetime, days: int = 0, expires_at: datetime | None = None) -> str:
    _, text = rotate_api_key(
        key=key, overlap=timedelta(days=days), expires_at=expires_at, actor=None, now=now
    )
    return text


def test_a_rotated_key_has_two_texts_for_a_while() -> None:
    now = timezone.now()
    key, old = create_api_key(name="n", scopes=["read"], actor=None, now=now)
    authenticate_key(text=old, now=now)
    new = rotate(key, now=now, days=7)

    def works(text: str, after: timedelta) -> bool:
        return authenticate_key(text=text, now=now + after) == key

    assert works(new, timedelta(0))
    assert works(old, timedelta(days=7) - timedelta(seconds=1))
    assert not works(old, timedelta(days=7))
    assert works(new, timedelta(days=365))
    key.refresh_from_db()
    assert (key.prefix, key.old_prefix) == (new[:12], old[:12])
    # How lately each was used is known apart, so that one sees whether the old one still is.
    assert key.last_used_at == now + timedelta(days=365)
    assert key.old_used_at == now + timedelta(days=7) - timedelta(seconds=1)


def test_a_text_that_was_replaced_before_ends_with_the_next_rotation() -> None:
    now = timezone.now()
    key, first = create_api_key(name="n", scopes=["read"], actor=None, now=now)
    second = rotate(key, now=now, days=30)
    third = rotate(key, now=now, days=30)

    assert [authenticate_key(text=text, now=now) for text in (first, second, third)] == [None, key, key]


def test_an_old_text_does_not_outlive_the_day_on_which_it_would_have_expired() -> None:
    now = timezone.now()
    key, old = create_api_key(
        name="n", scopes=["read"], expires_at=now + timedelta(days=2), actor=None, now=now
    )
    new = rotate(key, now=now, days=30, expires_at=now + timedelta(days=365))
    later = now + timedelta(days=3)
    assert [authenticate_key(text=text, now=later) for text in (old, new)] == [None, key]
    assert fault_of(text=old, now=later) == (KeyFault.REPLACED, now + timedelta(days=2))

    # One that has expired already gets new life, and its text does not.
    much_later = now + timedelta(days=400)
    newest = rotate(key, now=much_later, days=30)
    assert [authenticate_key(text=text, now=much_later) for text in (new, newest)] == [None, key]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"overlap": timedelta(days=31)}, "overlap"),
        ({"overlap": timedelta(days=-1)}, "overlap"),
        ({"expires_at": timezone.now() - timedelta(1)}, "expires_at"),
    ],
)
def test_a_rotation_that_makes_no_sense_is_refused(more: dict[str, Any], field: str) -> None:
    now = timezone.now()
    key, text = create_api_key(name="n", scopes=["read"], actor=None, now=now)
    facts: dict[str, Any] = {
        "overlap": timedelta(),
        "expires_at": None,
        "actor": None,
        "now": now,
    }
    with pytest.raises(Invalid) as refused:
        rotate_api_key(key=key, **{**facts, **more})
    assert set(refused.value.errors) == {field}
    assert authenticate_key(text=text, now=now) == key


def test_a_revoked_key_is_dead_under_both_texts_and_is_not_rotated() -> None:
    now = timezone.now()
    key, old = create_api_key(name="n", scopes=["read"], actor=None, now=now)
    new = rotate(key, now=now, days=7)
    revoke_api_key(key=key, reason=" Leaked in a log. ", actor=None, now=now)
    revoke_api_key(key=key, reason="Again", actor=None, now=now + timedelta(1))

    assert [authenticate_key(text=text, now=now) for text in (old, new)] == [None, None]
    key.refresh_from_db()
    assert (key.revoked_at, key.revoked_reason) == (now, "Leaked in a log.")
    with pytest.raises(Conflict):
        rotate(key, now=now)


@pytest.mark.parametrize("limit", [0, -1, 2**31])
def test_a_limit_that_makes_no_sense_is_refused(limit: int) -> None:
    key, _ = create_api_key(name="n", scopes=["read"], actor=None, now=timezone.now())
    for field in ("requests_per_minute", "events_per_minute"):
        limits: dict[str, Any] = {"requests_per_minute": None, "events_per_minute": None, field: limit}
        with pytest.raises(Invalid) as refused:
            limit_api_key(key=key, actor=None, **limits)
        assert set(refused.value.errors) == {field}


def test_only_a_digest_of_a_key_is_stored() -> None:
    key, text = create_api_key(name="n", scopes=["read"], actor=None, now=timezone.now())

    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert not any(text in str(value) for value in row.values())
    assert len(bytes(row["digest"])) == 32


def test_the_use_of_a_key_is_written_down_once_an_hour() -> None:
    now = timezone.now()
    _, text = create_api_key(name="n", scopes=["read"], actor=None, now=now)

    def statements(moment: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert authenticate_key(text=text, now=moment)
        return len(queries)

    assert statements(now) == 2
    assert statements(now + timedelta(minutes=59)) == 1
    assert statements(now + timedelta(minutes=60)) == 2
    assert ApiKey.objects.get().last_used_at == now + timedelta(minutes=60)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(1)}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(more: dict[str, Any], field: str) -> None:
    facts: dict[str, Any] = {"name": "n", "scopes": ["read"], "actor": None, "now": timezone.now()}
    with pytest.raises(Invalid) as refused:
        create_api_key(**{**facts, **more})
    assert set(refused.value.errors) == {field}
    assert not ApiKey.objects.exists()


def test_two_keys_do_not_share_a_name() -> None:
    facts: dict[str, Any] = {"name": "n", "scopes": ["read"], "actor": None, "now": timezone.now()}
    create_api_key(**facts)
    with pytest.raises(Conflict):
        create_api_key(**facts)
    assert ApiKey.objects.count() == 1


def test_only_admins_make_and_revoke_keys() -> None:
    somebody = User.objects.create_user(username="somebody")
    key, _ = create_api_key(name="n", scopes=["read"], actor=None, now=timezone.now())
    with pytest.raises(NotAllowed):
        create_api_key(name="m", scopes=["read"], actor=somebody, now=timezone.now())
    with pytest.raises(NotAllowed):
        revoke_api_key(key=key, actor=somebody, now=timezone.now())
    with pytest.raises(NotAllowed):
        rotate_api_key(key=key, overlap=timedelta(), expires_at=None, actor=somebody, now=timezone.now())
    with pytest.raises(NotAllowed):
        limit_api_key(key=key, requests_per_minute=1, events_per_minute=1, actor=somebody)
    before = ApiKey.objects.values().get(pk=key.pk)
    assert (before["revoked_at"], before["rotated_at"], before["requests_per_minute"]) == (None, None, None)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_between_two_requests_is_made_anew(
    make_caller: Callable[..., Caller],
) -> None:
    caller = make_caller("ingest")
    assert caller.post("activities", EVENT).status_code == 202
    lost = connection.connection.info.backend_pid
    elsewhere = connection.copy()
    with elsewhere.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    elsewhere.close()

    close_old_connections()  # as every request begins

    assert caller.post("activities", EVENT).status_code == 202
    assert connection.connection.info.backend_pid != lost


@pytest.mark.django_db(transaction=True)
def test_a_live_connection_is_not_asked_whether_it_lives(
    make_caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = make_caller("ingest")
    assert caller.post("activities", EVENT).status_code == 202
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda self: pytest.fail("It was asked."))
    close_old_connections()
    assert caller.post("activities", EVENT).status_code == 202
