"""Every text of the UI is in German and Dutch, and says the same there."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from leadapp.catalogues import LOCALE, catalogues, find_texts, read_catalogue
from leadapp.numbers import write_number

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# What a text and its translation have in common: placeholders, tags, entities, and a percent sign.
KEPT = re.compile(r"%\(\w+\)[sd]|%%|%s|%d|\{\w*\}|</?\w+[^>]*>|&\w+;")
WHAT_TO_DO = "Run `make messages`, and fill in what is empty (docs/languages.md)."


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return find_texts()


def catalogue(language: str) -> Catalog:
    return read_catalogue(LOCALE / language / "LC_MESSAGES" / "django.po")


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def forms(of: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return the text, or its forms for one and for many."""
    return (of,) if isinstance(of, str) else tuple(of or ())


def named(message: Message) -> tuple[str, tuple[str, ...]]:
    return message.context or "", forms(message.id)


def test_each_language_has_its_texts_and_its_formats() -> None:
    assert {path.parent.parent.name for path in catalogues()} == set(LANGUAGES)
    for language in LANGUAGES:
        assert Path(settings.BASE_DIR, "leadapp", "formats", language, "formats.py").exists()
        with translation.override(language):
            day = date_format(date(2026, 11, 27), "LONG_DATE_FORMAT")
            assert day == {"de": "27. November 2026", "nl": "27 november 2026"}[language]
            assert write_number(1234.5, 1) == "1.234,5"


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_it_has_the_texts_of_the_code_and_no_others(self, texts: Catalog, language: str) -> None:
        marked = {named(message) for message in messages(texts)}
        known = {named(message) for message in messages(catalogue(language))}
        assert sorted(marked - known) == [], WHAT_TO_DO
        assert sorted(known - marked) == [], WHAT_TO_DO

    def test_nothing_is_empty_or_guessed(self, language: str) -> None:
        catalog = catalogue(language)
        for message in messages(catalog):
            said = forms(message.string)
            assert all(text.strip() for text in said), f"{message.id!r} has no text. {WHAT_TO_DO}"
            assert len(said) == (catalog.num_plurals if message.pluralizable else 1), message.id
            assert not message.fuzzy, f"{message.id!r} is fuzzy: look at it, and take the mark away."

    def test_placeholders_and_tags_are_kept(self, language: str) -> None:
        for message in messages(catalogue(language)):
            english, said = forms(message.id), forms(message.string)
            assert kept(said[-1]) == kept(english[-1]), f"{message.id!r}: {said[-1]!r}"
            # One may be a word: "one lead" beside "%(count)s leads".
            assert set(kept(said[0])) <= {*kept(english[0]), *kept(english[-1])}, message.id

    def test_blanks_around_a_text_are_kept(self, language: str) -> None:
        for message in messages(catalogue(language)):
            for english, said in zip(forms(message.id), forms(message.string), strict=True):
                assert blanks(english) == blanks(said), f"{message.id!r}: {said!r}"

    def test_django_reads_it(self, language: str) -> None:
        with translation.override(language):
            assert translation.gettext("Settings") == {"de": "Einstellungen", "nl": "Instellingen"}[language]


def kept(text: str) -> list[str]:
    return sorted(KEPT.findall(text))


def blanks(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()
