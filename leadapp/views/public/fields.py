"""The fields of a form as a page draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

from leadapp.countries import names_of_countries
from leadapp.models import FieldType, Form
from leadapp.services.forms.reading import type_of
from leadapp.shipped import shown

# What browsers may fill in by themselves, by what the field becomes.
FILLED_IN_BY_BROWSERS = {
    "email": "email",
    "first_name": "given-name",
    "last_name": "family-name",
    "phone": "tel",
    "job_title": "organization-title",
    "city": "address-level2",
    "country": "country",
    "birth_year": "bday-year",
    "company.name": "organization",
}


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """A field with what is in it and what is wrong with it."""

    name: str
    label: str
    type: FieldType
    is_required: bool
    value: str
    autocomplete: str
    options: Sequence[tuple[str, str]]
    errors: Sequence[str]

    @property
    def input_type(self) -> str:
        """Return the type of the input; an address of a website may come without its scheme."""
        plain = {FieldType.URL, FieldType.COUNTRY}
        return "text" if self.type in plain else str(self.type)

    @property
    def is_list(self) -> bool:
        """Tell whether one chooses from a list."""
        return self.type in {FieldType.CHOICE, FieldType.COUNTRY}

    @property
    def is_hidden(self) -> bool:
        """Tell whether visitors do not see it."""
        return self.type == FieldType.HIDDEN

    @property
    def is_ticked(self) -> bool:
        """Tell whether a box is ticked."""
        return self.value not in {"", "no"}


def fields_of(
    form: Form,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, Sequence[str]],
    not_asked: Sequence[str] = (),
) -> list[ShownField]:
    """Return the fields of a form in their order, but for those that are not asked."""
    return [
        _shown(field, values, errors.get(field["name"], ()))
        for field in form.fields
        if field["name"] not in not_asked
    ]


def _shown(field: Mapping[str, Any], values: Mapping[str, str], errors: Sequence[str]) -> ShownField:
    kind = type_of(field)
    listed = [(str(option), str(option)) for option in field.get("options") or ()]
    default = str(field.get("value") or "") if kind == FieldType.HIDDEN else ""
    return ShownField(
        name=field["name"],
        label=shown(field.get("label") or field["name"]),
        type=kind,
        is_required=bool(field.get("required")),
        value=values.get(field["name"], default),
        autocomplete=FILLED_IN_BY_BROWSERS.get(str(field.get("fact")), ""),
        options=countries(get_language() or "en") if kind == FieldType.COUNTRY else listed,
        errors=errors,
    )


@lru_cache(maxsize=8)
def countries(language: str) -> list[tuple[str, str]]:
    """Return all countries by their codes, in the order of their names."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return sorted(names_of_countries(locale).items(), key=lambda pair: pair[1])
