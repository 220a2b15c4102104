"""What people write into cells, as the facts take it: yes and no, countries, numbers, days."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale
from django.conf import settings
from django.utils import translation

from leadapp.countries import names_of_countries
from leadapp.models import CustomField, Gender, Seniority
from leadapp.services.imports.guessing import plain

YES = frozenset(["true", "yes", "y", "1", "x", "ja", "j", "wahr", "waar", "oui", "si", "on", "✓", "✔"])
NO = frozenset(["false", "no", "n", "0", "nein", "nee", "falsch", "onwaar", "non", "off", "-"])
GROUPED = re.compile(r"-?\d{1,3}([.,' \u00a0\u202f]\d{3})+")
DECIMAL = re.compile(r"-?\d+,\d+")
DAY_FIRST = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})")
# Beside the names that each language has for it.
COUNTRIES = {"uk": "GB", "england": "GB", "usa": "US", "holland": "NL", "brd": "DE", "oesterreich": "AT"}

Reading = Callable[[str], str]


def yes_or_no(text: str) -> str:
    """Return true or false for the words that people use; other words stay as they are."""
    word = text.strip().casefold()
    return "true" if word in YES else "false" if word in NO else text


def country(text: str) -> str:
    """Return the code of a country that is named in English, German, Dutch or its own languages."""
    if len(text.strip()) == 2 and text.strip().isalpha() and plain(text) not in COUNTRIES:
        return text
    return _countries().get(plain(text), text)


def whole_number(text: str) -> str:
    """Return a number without what groups its digits: 1.234 and 1,234 are 1234, 12.0 is 12."""
    text = text.strip()
    if GROUPED.fullmatch(text):
        return re.sub(r"[^\d-]", "", text)
    return re.sub(r"[.,]0+$", "", text)


def amount(text: str) -> str:
    """Return an amount of money as a whole number, without its cents: 1.234,50 € is 1234."""
    text = text.strip(" €\u00a0\u202f")
    head, mark, decimals = _split(text)
    return whole_number(head if mark and len(decimals) < 3 else text)


def number(text: str) -> str:
    """Return a number with a point before its decimals; a comma alone stands before decimals as well."""
    text = text.strip()
    if DECIMAL.fullmatch(text):
        return text.replace(",", ".")
    head, mark, decimals = _split(text)
    return f"{re.sub(r'[^0-9-]', '', head)}.{decimals}" if mark and GROUPED.fullmatch(head) else text


def day(text: str) -> str:
    """Return a day as ISO 8601 writes it, out of 31.12.2026 as well; the time behind it is left out."""
    text = text.strip()
    if found := DAY_FIRST.fullmatch(text):
        try:
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
        except ValueError:
            return text
    return text[:10] if text[10:11] in ("T", " ") else text


def _split(text: str) -> tuple[str, str, str]:
    """Cut decimals off whose mark is another one than what groups the digits."""
    for mark in ",.":
        head, found, decimals = text.rpartition(mark)
        if found and decimals.isdigit() and mark not in head:
            return head, found, decimals
    return text, "", ""


def _choice(choices: Mapping[str, str]) -> Reading:
    def read(text: str) -> str:
        return choices.get(plain(text), text)

    return read


@lru_cache(maxsize=1)
def readings() -> dict[str, Reading]:
    """Return by target what makes a cell readable; the texts of the rest stay as they are."""
    return {
        "country": country,
        "company.country": country,
        "seniority": _choice(_words(Seniority)),
        "gender": _choice(_words(Gender)),
        "birth_year": whole_number,
        "company.employees": whole_number,
        "company.annual_revenue": amount,
        **dict.fromkeys(("do_not_email", "do_not_call", "do_not_score"), yes_or_no),
        "agreed_at": day,
    }


OWN_READINGS: Mapping[str, Reading] = {
    CustomField.Kind.NUMBER: number,
    CustomField.Kind.BOOLEAN: yes_or_no,
    CustomField.Kind.DATE: day,
}


def _words(choices: Any) -> dict[str, str]:
    """Return the codes by the words for them in each language."""
    found = {plain(code): code for code in choices.values}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.update({plain(str(label)): code for code, label in choices.choices})
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in ("fr", "it", "es", "pl", "en", "de", "nl"):
        found |= {plain(name): code for code, name in names_of_countries(Locale(language)).items()}
    return found | COUNTRIES
