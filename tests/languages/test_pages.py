"""No page shows a text that has not gone through gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.utils import timezone, translation

from leadapp.models import Activity, Form, User
from leadapp.shipped import shown
from leadapp.views.public.fields import countries
from scoring.models import ScoringRule
from tests.languages.pseudo import STANDS_FOR, pseudo_language
from tests.languages.reading import read
from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import PAGES, WebPage, open_pages
from tests.ui.furnished import furnish

# Placeholders for scripts, the name of the product, initials and countries, time zones, addresses.
NO_TEXT = r"\{\w+\}|\bLeadapp\b|\b[A-Z]{2}\b|\b(?:CES?T|UTC)\b|\b[A-Z]\w+/[A-Z][\w/ -]+|\S+@\S+|https?://\S+"
OURS = ("leadapp", "scoring", "qualification")


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


def typed() -> set[str]:
    """Return what is shipped and yet no text: slugs, values of conditions, names of properties, countries."""
    found = set(Form.objects.values_list("slug", flat=True)) | {name for _code, name in countries(STANDS_FOR)}
    found |= {code for code, _name in settings.LANGUAGES} | {str(name) for _code, name in settings.LANGUAGES}
    for conditions in ScoringRule.objects.values_list("conditions", flat=True):
        found.update(strings(conditions))
    for properties in Activity.objects.values_list("properties", flat=True):
        found.update(name.replace("_", " ").capitalize() for name in properties)
        found.update(text.replace("_", " ") for text in strings(properties))
    return found


def faults_of(pages: tuple[WebPage, ...], known: set[str]) -> dict[str, list[str]]:
    """Open all pages in the language of tests; say which texts of which page are not in it."""
    longest_first = sorted((re.escape(text) for text in known if len(text) > 1), key=len, reverse=True)
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
    with (
        patch.object(User._meta.get_field("language"), "_get_default", lambda: STANDS_FOR),
        pseudo_language(),
    ):
        furnish(now=timezone.now())
        written = data() - shipped | typed()
        # The admin shows what the database holds as it is there.
        faults = faults_of(PAGES, written) | faults_of(ADMIN_PAGES, written | shipped)
    import json

    json.dump(faults, open("/tmp/mod/faults.json", "w"), indent=1, ensure_ascii=False)
    json.dump(sorted(written), open("/tmp/mod/known.json", "w"), indent=1, ensure_ascii=False)
    assert faults == {}
