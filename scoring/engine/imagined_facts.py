"""The facts of an imagined lead, checked as those of a stored one are."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field as Column
from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Company, Lead
from leadapp.numbers import write_number
from scoring.fields import ATTRIBUTE, GATE_ONLY, Field, find_field

OPT_OUT = "lead.do_not_score"
DOMAIN = "lead.email_domain"
_COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST_TEXT = 1_000


@dataclass
class Facts:
    """What is said about a lead and its company, by their columns, and the custom fields."""

    lead: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def clean_facts(raw: Mapping[str, Any]) -> Facts:
    """Return facts in the form in which they are stored, or raise Invalid that names every fault."""
    facts = Facts()
    errors: dict[str, list[str]] = {}
    for key, value in raw.items():
        try:
            _read(key if "." in key else f"lead.{key}", value, facts)
        except Invalid as fault:
            errors[key] = [fault.message]
    if errors:
        raise Invalid(_("Some facts cannot be taken."), errors=errors)
    return facts


def _read(key: str, value: Any, facts: Facts) -> None:
    found = find_field(key)
    owner, _dot, name = key.partition(".")
    if key == OPT_OUT:
        facts.lead[name] = _cleaned(Lead, name, value)
    elif found is None or found.scopes == GATE_ONLY or owner not in {"lead", "company"}:
        raise Invalid(_("There is no fact %(key)s.") % {"key": key})
    elif key.startswith(ATTRIBUTE):
        facts.attributes[key.removeprefix(ATTRIBUTE)] = _checked(value)
    elif key == DOMAIN:
        # The address itself matters to nobody who asks about its domain.
        address = f"somebody@{_folded(found, value)}" if value else None
        facts.lead["email"] = _cleaned(Lead, "email", address)
    elif owner == "lead":
        facts.lead[name] = _cleaned(Lead, name, _folded(found, value))
    else:
        facts.company[name] = _cleaned(Company, name, _folded(found, value))


def _folded(found: Field, value: Any) -> Any:
    """Return a text in the case in which it is stored."""
    value = _checked(value)
    if not isinstance(value, str):
        return value
    if found.is_upper and value and not _COUNTRY.fullmatch(value.upper()):
        raise Invalid(_("Must be a country code of two letters, such as DE."))
    if found.key == "lead.linkedin_url" and value and "://" not in value:
        return f"https://{value}"
    return value.upper() if found.is_upper else value.lower() if found.is_lower else value


def _checked(value: Any) -> Any:
    """Refuse what is no text, number, yes or no, or date."""
    if isinstance(value, str):
        text = value.strip()
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise Invalid(_("Contains something that is no character."))
        if len(text) > LONGEST_TEXT:
            raise Invalid(
                _("Is longer than %(longest_text)s characters.")
                % {"longest_text": write_number(LONGEST_TEXT)}
            )
        return text
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid(_("Must be a number."))
    if value is not None and not isinstance(value, bool | int | float | datetime):
        raise Invalid(_("Must be a text, a number, or yes or no."))
    return value


def _cleaned(model: type[Lead | Company], name: str, value: Any) -> Any:
    """Let the column check the value; nothing given is what a new lead has there."""
    column: Column[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]
    if value is None or value == "":
        return column.get_default()
    try:
        cleaned = column.clean(value, None)
    except ValidationError as fault:
        raise Invalid(" ".join(fault.messages)) from None
    if isinstance(cleaned, datetime) and cleaned.tzinfo is None:
        return timezone.make_aware(cleaned)
    return cleaned
