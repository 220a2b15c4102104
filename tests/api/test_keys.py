"""API keys: who may call what, and for how long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import ApiKey, User
from leadapp.services.keys import authenticate_key, create_api_key, revoke_api_key
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
    key.refresh_from_db()
    assert key.revoked_at is None
