"""manage.py create_api_key, rotate_api_key, revoke_api_key."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from leadapp.models import ApiKey
from leadapp.services.keys import authenticate_key

pytestmark = pytest.mark.django_db


def create(*words: str, capsys: Any) -> str:
    call_command("create_api_key", *words)
    out: str = capsys.readouterr().out
    return out


def test_the_key_is_alone_on_the_last_line(capsys: Any) -> None:
    out = create("website", "--scope", "ingest", "--scope", "read", capsys=capsys)

    key = authenticate_key(text=out.splitlines()[-1], now=timezone.now())
    assert key is not None
    assert (key.name, key.scopes, key.expires_at) == ("website", ["ingest", "read"], None)


def test_a_key_can_expire(capsys: Any) -> None:
    create("website", "--scope", "read", "--expires", "30", capsys=capsys)

    expires_at = ApiKey.objects.get().expires_at
    assert expires_at is not None
    assert (expires_at - timezone.now()).days in {29, 30}


@pytest.mark.parametrize(
    "words",
    [
        ["website"],
        ["website", "--scope", "everything"],
        ["website", "--scope", "read", "--expires", "0"],
        ["website", "--scope", "read", "--expires", "soon"],
        ["", "--scope", "read"],
        ["x" * 101, "--scope", "read"],
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], capsys: Any) -> None:
    with pytest.raises(CommandError):
        create(*words, capsys=capsys)
    assert not ApiKey.objects.exists()


def test_a_name_that_is_taken_is_refused(capsys: Any) -> None:
    create("website", "--scope", "read", capsys=capsys)
    with pytest.raises(CommandError, match="a key with this name already"):
        create("website", "--scope", "read", capsys=capsys)
    assert ApiKey.objects.count() == 1


def test_a_key_is_rotated_and_revoked(capsys: Any) -> None:
    old = create("website", "--scope", "read", "--expires", "30", capsys=capsys).splitlines()[-1]
    before = ApiKey.objects.get()

    call_command("rotate_api_key", "website", "--overlap", "1")
    new = capsys.readouterr().out.splitlines()[-1]

    key = ApiKey.objects.get()
    assert key.expires_at == before.expires_at
    assert key.old_valid_until is not None
    assert key.rotated_at is not None
    assert (key.old_valid_until - key.rotated_at).days == 1
    assert [authenticate_key(text=text, now=timezone.now()) for text in (old, new)] == [key, key]

    call_command("revoke_api_key", "website", "--reason", "Switched off")
    assert [authenticate_key(text=text, now=timezone.now()) for text in (old, new)] == [None, None]
    assert ApiKey.objects.get().revoked_reason == "Switched off"
    with pytest.raises(CommandError, match="revoked"):
        call_command("rotate_api_key", "website")
    with pytest.raises(CommandError, match="revoked on"):
        call_command("revoke_api_key", "website")


@pytest.mark.parametrize(
    "words",
    [
        ["rotate_api_key", "nobody"],
        ["revoke_api_key", "nobody"],
        ["rotate_api_key", "website", "--overlap", "31"],
        ["rotate_api_key", "website", "--overlap", "-1"],
        ["rotate_api_key", "website", "--expires", "0"],
        ["revoke_api_key", "website", "--reason", "x" * 201],
    ],
)
def test_what_cannot_be_done_with_a_key_is_refused(words: list[str], capsys: Any) -> None:
    text = create("website", "--scope", "read", capsys=capsys).splitlines()[-1]
    with pytest.raises(CommandError):
        call_command(*words)
    assert authenticate_key(text=text, now=timezone.now()) == ApiKey.objects.get()
    assert ApiKey.objects.get().rotated_at is None
