"""No page shows a text that has not gone through gettext."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.utils import timezone, translation

from leadapp.demo.vocabulary import LOSS_REASONS
from leadapp.models import Activity, Form, Lead, User
from leadapp.shipped import shown
from leadapp.views.public.fields import countries
from qualification.models import BantAnswer
from scoring.models import RuleCondition
from tests.languages.pseudo import STANDS_FOR, pseudo_language
from tests.languages.reading import read
from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage, open_pages
from tests.ui.furnished import furnish, people_alone

# Placeholders for scripts, the name of the product, initials and countries, time zones, addresses, ids, codes
# of events, what the stock admin does not translate (the lens, how a password is kept), XLSX, encodings.
NO_TEXT = "|".join(
    [
        r"\{\w+\}",
        r"\bLeadapp\b",
        r"\b[A-Z]{2}\b",
        r"\b(?:CES?T|UTC)\b",
        r"\b[A-Z]\w+/[A-Z][\w/ -]+",
        r"\S+@\S+",
        r"https?://\S+",
        r"\bevt_\w+",
        r"\(\w+\.\w+\)",
        r"^\[\{.*",
        r"^Search$",
        r"[\w+/]*\*{3,}",
        r"\bpbkdf2_sha256\b",
        r"\bXLSX\b",
        r"\b(?:UTF-\d+|ISO8859-\d+|CP\d+|GB18030|MAC-ROMAN|SHIFT-JIS)\b",
    ]
)
OURS = ("leadapp", "scoring", "qualification")


@contextmanager
def in_tests_language() -> Iterator[None]:
    """Let everybody who is made have the language of tests."""
    language = User._meta.get_field("language")
    with patch.object(language, "_get_default", lambda: STANDS_FOR), pseudo_language():
        yield


def values() -> set[str]:
    """Return every text of the database."""
    found: set[str] = set()
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            names = [each.attname for each in model._meta.concrete_fields if holds_text(each)]
            for row in model._base_manager.values_list(*names):
                for value in row:
                    found.update(strings(value))
    return found


def holds_text(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField | models.JSONField) or hasattr(
        field, "base_field"
    )


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def data() -> set[str]:
    with translation.override(STANDS_FOR):
        return {text for text in values() if shown(text) == text}


# What tests type or say themselves, abbreviations, addresses, and Django's words for its own ticks.
SAID = {"zzzz", "lorentz", "purple", "path", "@rep", ": they asked for you.", "linkedin.com/in/…"}
SAID |= {"Somebody moved this lead meanwhile.", "BANT", "CHAMP", "MEDDIC", "CSV", "Kosovo", "True", "False"}
# Answers of leads, in the words of the form.
SAID |= {"Just looking", "50 to 199 employees"}
# What was said besides a reason that ships.
SAID |= {text.partition(": ")[2] for text in LOSS_REASONS} - {""}


def typed() -> set[str]:
    """Return what is shipped and yet no text: slugs, values of conditions, names of properties, countries."""
    found = SAID | set(Form.objects.values_list("slug", flat=True))
    found |= set(User.objects.values_list("username", flat=True))
    found |= {code for code, _name in settings.LANGUAGES} | {str(name) for _code, name in settings.LANGUAGES}
    found |= {name for _code, name in countries(STANDS_FOR)}
    for name in ("source", "campaign", "utm_source"):
        found.update(Lead.objects.values_list(name, flat=True))
    found.update(Activity.objects.values_list("source", flat=True))
    found.update(BantAnswer.objects.values_list("value", flat=True))
    for value in RuleCondition.objects.values_list("value", flat=True):
        found.update(strings(value))
    for properties in Activity.objects.values_list("properties", flat=True):
        found.update(name.replace("_", " ").capitalize() for name in properties)
        found.update(text for said in strings(properties) for text in (said, said.lower()))
    return found


def faults_of(pages: tuple[WebPage, ...], known: set[str]) -> dict[str, list[str]]:
    """Open all pages in the language of tests; say which texts of which page are not in it."""
    longest_first = sorted(
        (re.escape(text.strip()) for text in known if len(text) > 1), key=len, reverse=True
    )
    is_data = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)|{NO_TEXT}")
    found: dict[str, list[str]] = {}
    german = partial(Client, headers={"accept-language": STANDS_FOR})
    with patch("tests.ui.all_pages.Client", german):
        opened = list(open_pages(pages))
    for page, _status, text in opened:
        for place, said in read(text):
            left = is_data.sub("", said)
            if re.search("[A-Za-z]{2,}", left):
                found.setdefault(str(page), []).append(f"<{place}> {said!r}: {left!r}")
    return found


@pytest.mark.django_db
def test_every_text_of_every_page_is_marked() -> None:
    shipped = values()
    with in_tests_language():
        furnish(now=timezone.now())
        # Codes are no texts: "open" on a page is one, though there are leads that are open.
        written = {text for text in data() - shipped if not re.fullmatch("[a-z_]+", text)} | typed()
        # The admin shows what the database holds as it is there.
        faults = faults_of(PAGES, written) | faults_of(ADMIN_PAGES, written | values())
    assert faults == {}, f"Mark these texts (docs/languages.md): {json.dumps(faults, indent=1)}"


@pytest.mark.django_db
def test_every_text_is_marked_where_there_is_nothing_yet() -> None:
    with in_tests_language():
        people_alone()
        faults = faults_of(EMPTY_PAGES, values() | typed())
    assert faults == {}, f"Mark these texts (docs/languages.md): {json.dumps(faults, indent=1)}"
