"""manage.py create_api_key."""

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
