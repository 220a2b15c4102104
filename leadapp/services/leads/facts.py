"""The facts of a lead as they arrive: which there are, and their normal form."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from leadapp.countries import country_codes
from leadapp.errors import Invalid
from leadapp.models import Company, CustomField, Gender, Lead, Seniority
from leadapp.numbers import write_number
from leadapp.services.identity.contacts import clean_domain, clean_email, read_phone
from leadapp.services.texts import LARGEST_INTEGER, clean_text, text_fault

Reader = Callable[[object, str], Any]

LONGEST_ODDITY = 5_000
# A machine that sends facts wrong is told so, except for the phone number: people type those.
SOFT_IN_EVENTS = frozenset({"phone"})


@dataclass
class Facts:
    """What is said about one person: only what was given, in its normal form.

    `not_understood` keeps what could not be read as it was given, with the reason.
    """

    lead: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] | None = None
    company_given: bool = False
    # The company's name stands in a file: it counts more than the domain of an address.
    company_by_name: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    not_understood: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def email(self) -> str | None:
        """Return the address, if one was given."""
        email: str | None = self.lead.get("email")
        return email


def _text(longest: int) -> Reader:
    return lambda value, name: clean_text(value, name, longest=longest)


def _line(longest: int) -> Reader:
    """Read a text of one line: a name with line breaks could write lines of its own into e-mails."""

    def read(value: object, name: str) -> str:
        text = clean_text(value, name, longest=longest)
        return text if len(text.splitlines()) < 2 else " ".join(text.split())

    return read


def _whole_number(smallest: int, largest: int) -> Reader:
    def read(value: object, name: str) -> int | None:
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
            value = int(value.strip()[:20])
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid.field(name, _("Must be a whole number."))
        if not smallest <= value <= largest:
            raise Invalid.field(
                name,
                _("Must be between %(smallest)s and %(largest)s.")
                % {"smallest": write_number(smallest), "largest": write_number(largest)},
            )
        return value

    return read


def _one_of(choices: Collection[str]) -> Reader:
    def read(value: object, name: str) -> str:
        text = clean_text(value, name, longest=64).lower()
        if text and text not in choices:
            raise Invalid.field(name, _("Must be one of: %(known)s.") % {"known": ", ".join(choices)})
        return text

    return read


def _yes_or_no(value: object, name: str) -> bool:
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    if not isinstance(value, bool):
        raise Invalid.field(name, _("Must be true or false."))
    return value


def _country(value: object, name: str) -> str:
    text = clean_text(value, name, longest=100).upper()
    # What people write, and ISO 3166 keeps free for it.
    text = "GB" if text == "UK" else text
    if text and text not in country_codes():
        raise Invalid.field(name, _("Must be a country code of two letters (ISO 3166), such as DE."))
    return text


def _linkedin(value: object, name: str) -> str:
    text = clean_text(value, name, longest=300)
    if not text:
        return ""
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    known = host == "linkedin.com" or host.endswith(".linkedin.com")
    if parts is None or parts.scheme not in {"http", "https"} or not known or len(url.split()) > 1:
        raise Invalid.field(name, _("Is not the address of a LinkedIn profile."))
    if len(url) > 300:
        raise Invalid.field(name, _("Is longer than 300 characters."))
    return url


def _length(model: type[Lead | Company], name: str) -> int:
    return int(getattr(model._meta.get_field(name), "max_length", None) or 0)


PLAIN_TEXTS = (
    "first_name",
    "last_name",
    "job_title",
    "city",
    "language",
    "source",
    "campaign",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)

LEAD_FACTS: dict[str, Reader] = {
    "email": clean_email,
    **{name: _line(_length(Lead, name)) for name in PLAIN_TEXTS},
    "linkedin_url": _linkedin,
    "seniority": _one_of(Seniority.values),
    "gender": _one_of(Gender.values),
    "country": _country,
    "birth_year": _whole_number(1900, 2100),
    "do_not_email": _yes_or_no,
    "do_not_call": _yes_or_no,
    "do_not_score": _yes_or_no,
    # Kept as it came here; it becomes a number once the country is known.
    "phone": _text(200),
}

COMPANY_FACTS: dict[str, Reader] = {
    "name": _line(_length(Company, "name")),
    "domain": clean_domain,
    "industry": _line(_length(Company, "industry")),
    "employees": _whole_number(0, 2_147_483_647),
    "annual_revenue": _whole_number(0, LARGEST_INTEGER),
    "country": _country,
}


def clean_facts(
    raw: Mapping[str, object],
    *,
    custom_fields: Mapping[str, CustomField],
    path: str = "",
    soft: Collection[str] = (),
    home: str = "",
) -> Facts:
    """Return the facts in their normal form, or raise Invalid that names every fault.

    `path` goes in front of the names in the errors. Faults in `soft` facts are noted, not raised: the
    rest must not be lost because of them. `home` is the country the lead is known to be in.
    """
    facts = Facts()
    errors: dict[str, list[str]] = {}

    def read(name: str, reader: Reader, value: object, into: dict[str, Any]) -> None:
        try:
            into[name.rpartition(".")[2]] = reader(value, f"{path}{name}")
        except Invalid as fault:
            if name in soft and isinstance(value, str) and not text_fault(value, longest=LONGEST_ODDITY):
                facts.not_understood[name] = {"given": value, "reason": fault.message}
            else:
                errors.update({key: list(texts) for key, texts in fault.errors.items()})

    for name, value in raw.items():
        if name in LEAD_FACTS:
            read(name, LEAD_FACTS[name], value, facts.lead)
        elif name == "company":
            _read_company(value, facts, path, errors, read)
        elif name == "attributes":
            _read_attributes(value, facts, custom_fields, path, errors, read)
        else:
            errors[f"{path}{name}"] = [_("Is not a fact that is known here.")]
    _read_phone(facts, home, path, errors, soft)
    if errors:
        raise Invalid(_("Some facts cannot be taken."), errors=errors)
    return facts


ReadInto = Callable[[str, Reader, object, dict[str, Any]], None]


def _read_company(
    value: object, facts: Facts, path: str, errors: dict[str, list[str]], read: ReadInto
) -> None:
    facts.company_given = True
    if value is None or value == "":
        return
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        errors[f"{path}company"] = [_("Must be a name, or an object with name, domain and so on.")]
        return
    company: dict[str, Any] = {}
    for name, inner in value.items():
        if name in COMPANY_FACTS:
            read(f"company.{name}", COMPANY_FACTS[name], inner, company)
        else:
            errors[f"{path}company.{name}"] = [_("Is not a fact that is known here.")]
    facts.company = {name: inner for name, inner in company.items() if inner not in (None, "")} or None


def _read_attributes(
    value: object,
    facts: Facts,
    custom_fields: Mapping[str, CustomField],
    path: str,
    errors: dict[str, list[str]],
    read: ReadInto,
) -> None:
    if not isinstance(value, Mapping):
        errors[f"{path}attributes"] = [_("Must be an object.")]
        return
    for key, inner in value.items():
        if key in custom_fields:
            reader = ATTRIBUTE_READERS[CustomField.Kind(custom_fields[key].kind)]
            read(f"attributes.{key}", _or_nothing(reader), inner, facts.attributes)
        else:
            errors[f"{path}attributes.{key}"] = [_("Is not a custom field that is defined here.")]


def _or_nothing(reader: Reader) -> Reader:
    return lambda value, name: None if value is None or value == "" else reader(value, name)


def _number(value: object, name: str) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Invalid.field(name, _("Must be a number.")) from None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid.field(name, _("Must be a number."))
    if not math.isfinite(value) or abs(value) > LARGEST_INTEGER:
        raise Invalid.field(name, _("Is too large."))
    return value


def _date(value: object, name: str) -> str:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    raise Invalid.field(name, _("Must be a date, such as 2026-01-31."))


ATTRIBUTE_READERS: dict[CustomField.Kind, Reader] = {
    CustomField.Kind.TEXT: _text(1000),
    CustomField.Kind.NUMBER: _number,
    CustomField.Kind.BOOLEAN: _yes_or_no,
    CustomField.Kind.DATE: _date,
}


def _read_phone(
    facts: Facts, home: str, path: str, errors: dict[str, list[str]], soft: Collection[str]
) -> None:
    typed = facts.lead.get("phone")
    if not typed:
        return
    number = read_phone(typed, facts.lead.get("country") or home)
    if number is not None:
        facts.lead["phone"] = number
        return
    message = _(
        "Is not a phone number that can be read. Give it with its country code, such as +49 30 901820."
    )
    del facts.lead["phone"]
    if "phone" in soft:
        facts.not_understood["phone"] = {"given": typed, "reason": message}
    else:
        errors[f"{path}phone"] = [message]


def custom_fields_for(raws: Iterable[Mapping[str, object]]) -> dict[str, CustomField]:
    """Return the defined custom fields by key; asks the database only if some facts mention any."""
    if not any(raw.get("attributes") for raw in raws):
        return {}
    return {custom.key: custom for custom in CustomField.objects.all()}
