"""What libraries say about people and companies: traits, and the facts that they are here."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from babel import Locale

from leadapp.countries import names_of_countries
from leadapp.models import CustomField
from leadapp.numbers import whole_number
from leadapp.services.intake.event_names import event_key
from leadapp.services.leads.changes import OPT_OUTS
from leadapp.services.leads.facts import COMPANY_FACTS, LEAD_FACTS, Facts, clean_facts
from leadapp.services.texts import LARGEST_INTEGER

# By the normal form of the trait: firstName, first_name and "First name" are one.
PERSON = {
    "email": "email",
    "phone": "phone",
    "first_name": "first_name",
    "firstname": "first_name",
    "last_name": "last_name",
    "lastname": "last_name",
    "title": "job_title",
    "job_title": "job_title",
    "position": "job_title",
    "seniority": "seniority",
    "gender": "gender",
    "city": "city",
    "country": "country",
    "language": "language",
    "locale": "language",
    "linkedin": "linkedin_url",
    "linkedin_url": "linkedin_url",
    "linked_in_url": "linkedin_url",
    "birth_year": "birth_year",
    "unsubscribed": "do_not_email",
    "do_not_email": "do_not_email",
    "do_not_call": "do_not_call",
    "do_not_score": "do_not_score",
}
COMPANY = {
    "name": "name",
    "company_name": "name",
    "domain": "domain",
    "website": "domain",
    "industry": "industry",
    "employees": "employees",
    "employee_count": "employees",
    "annual_revenue": "annual_revenue",
    "country": "country",
}
CAMPAIGN = {
    "source": "utm_source",
    "medium": "utm_medium",
    "name": "utm_campaign",
    "term": "utm_term",
    "content": "utm_content",
}
GENDERS = {"f": "female", "m": "male", "w": "female", "woman": "female", "man": "male", "other": "diverse"}
# What cannot be read costs the fact, not the message.
SOFT = frozenset(LEAD_FACTS) | {f"company.{name}" for name in COMPANY_FACTS}
WHOLE_NUMBERS = {"employees", "annual_revenue", "birth_year"}
LONGEST_GIVEN = 500
NOT_READABLE = "Is not a value that can be read."

Custom = Mapping[str, CustomField]


def facts_of(
    person: Mapping[str, Any],
    company: Mapping[str, Any] | None,
    campaign: Mapping[str, Any],
    *,
    custom_fields: Custom,
    now: datetime,
) -> Facts:
    """Return what traits say. Those that no fact or custom field is called like say nothing.

    What is like a fact and cannot be read is in `not_understood`. Raise Invalid for text that cannot be kept.
    """
    raw: dict[str, object] = {}
    odd: dict[str, object] = {}
    known = {event_key(name): value for name, value in person.items() if value not in (None, "")}
    _take(known, PERSON, raw, odd, "")
    _take(dict(campaign), CAMPAIGN, raw, odd, "")
    _take_name(known, raw)
    _take_birth_year(known, raw, now)
    if isinstance(address := known.get("address"), Mapping):
        _take(_plain(address), {"city": "city", "country": "country"}, raw, odd, "")
    if attributes := _attributes(person, custom_fields):
        raw["attributes"] = attributes
    organisation: dict[str, object] = {}
    _take(_company(known.get("company"), company), COMPANY, organisation, odd, "company.")
    if organisation:
        raw["company"] = organisation
    soft = SOFT | {f"attributes.{key}" for key in custom_fields}
    facts = clean_facts(raw, custom_fields=custom_fields, soft=soft)
    for name, value in odd.items():
        given = json.dumps(value)[:LONGEST_GIVEN]
        facts.not_understood[name] = {"given": given, "reason": NOT_READABLE}
    return facts


def _plain(traits: Mapping[str, Any]) -> dict[str, Any]:
    return {event_key(name): value for name, value in traits.items() if value not in (None, "")}


def _take(
    traits: Mapping[str, Any],
    table: Mapping[str, str],
    raw: dict[str, object],
    odd: dict[str, object],
    path: str,
) -> None:
    """Put the traits that are facts into `raw`, the first spelling that says something; odd ones aside."""
    for trait, fact in table.items():
        value = traits.get(trait)
        # What one spelling opts out of, another does not take back.
        if value in (None, "") or raw.get(fact, "false") != "false":
            continue
        read = READERS.get(fact, _text)(value)
        if read is None:
            odd[f"{path}{fact}"] = value
        else:
            raw[fact] = read


def _text(value: object) -> object | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole_number(value: object) -> object | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _text(value)


def _yes_or_no(value: object) -> object | None:
    return str(value).lower() if isinstance(value, bool | str) else None


def _gender(value: object) -> object | None:
    return GENDERS.get(value.strip().lower(), value) if isinstance(value, str) else None


def _country(value: object) -> object | None:
    return _countries().get(value.strip().casefold(), value) if isinstance(value, str) else None


READERS: dict[str, Callable[[object], object | None]] = {
    **dict.fromkeys(WHOLE_NUMBERS, _whole_number),
    **dict.fromkeys(OPT_OUTS, _yes_or_no),
    "gender": _gender,
    "country": _country,
}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Return the codes of countries by their English names."""
    names = names_of_countries(Locale("en"))
    return {name.casefold(): code for code, name in names.items()} | {"usa": "US", "uk": "GB"}


def _take_name(known: Mapping[str, Any], raw: dict[str, object]) -> None:
    """Take a whole name apart where its parts were not given: the last word is the last name."""
    name = known.get("name")
    if isinstance(name, str) and "first_name" not in raw and "last_name" not in raw:
        first, _, last = name.strip().rpartition(" ")
        raw |= {"first_name": first.strip() or last} | ({"last_name": last} if first else {})


def _take_birth_year(known: Mapping[str, Any], raw: dict[str, object], now: datetime) -> None:
    """Take the year out of a birthday, else reckon it from the age, which may be a year off."""
    birthday, age = str(known.get("birthday", "")), whole_number(str(known.get("age", "")), largest=119)
    if "birth_year" in raw:
        return
    if birthday[:4].isdecimal() and birthday[4:5] == "-":
        raw["birth_year"] = birthday[:4]
    elif age:
        raw["birth_year"] = now.year - age


def _company(of_person: object, of_group: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the traits of the company: of the call `group`, else those that the person's traits hold."""
    if of_group is None:
        if isinstance(of_person, str):
            return {"name": of_person}
        return _plain(of_person) if isinstance(of_person, Mapping) else {}
    traits = _plain(of_group)
    address = traits.get("address")
    return (_plain(address) if isinstance(address, Mapping) else {}) | traits


def _attributes(person: Mapping[str, Any], custom_fields: Custom) -> dict[str, object]:
    """Return the traits that are called like a custom field, as they are or in their normal form."""
    found: dict[str, object] = {}
    for name, value in person.items():
        key = name if name in custom_fields else event_key(name)
        if key not in custom_fields or value is None or isinstance(value, Mapping | list):
            continue
        found[key] = _as_kind(value, custom_fields[key].kind)
    return found


def _as_kind(value: object, kind: str) -> object:
    """Return a value as its field takes it; as text where it does not, so that only the fact is lost."""
    if isinstance(value, bool):
        return value if kind == CustomField.Kind.BOOLEAN else str(value)
    if isinstance(value, int | float) and kind == CustomField.Kind.NUMBER and abs(value) <= LARGEST_INTEGER:
        return value
    return value if isinstance(value, str) else str(value)
