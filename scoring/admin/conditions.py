"""The form of one condition: field, operator and value, with errors where they belong. Gates use it too."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid
from leadapp.models import Operator
from leadapp.numbers import write_number
from scoring.analysis.values import known_properties
from scoring.engine.conditions import validate_condition
from scoring.fields import ATTRIBUTE, PROPERTY, Scope, field_choices, find_field

# Properties that the shipped activity types carry; what events brought is added to them.
SHIPPED_PROPERTIES = (
    "action",
    "campaign",
    "currency",
    "form",
    "kind",
    "list",
    "message",
    "minutes",
    "network",
    "outcome",
    "path",
    "product",
    "seats",
    "seconds",
    "subject",
    "title",
    "value",
)
HEADINGS = {
    "lead": gettext_lazy("Lead"),
    "company": gettext_lazy("Company"),
    "activity": gettext_lazy("Activity"),
    "bant": "BANT",
    "deal": gettext_lazy("Deals"),
}
OTHER_PROPERTY = "property."

# Said once above the table: a hint in every row would only be in the way.
TYPING = gettext_lazy(
    "In a value, put commas between several: DE, AT, CH. Between two numbers: 200, 1000. "
    "Leave it empty for “is set” and “is empty”; write yes or no for yes-or-no fields."
)

Choices = list[tuple[str, str | list[tuple[str, str]]]]
Validate = Callable[..., Any]


class ConditionForm(forms.ModelForm):  # type: ignore[type-arg]
    """One condition as a marketer types it.

    `choices` and `validate` are set on a subclass per page: what may be picked depends on the place.
    """

    choices: Choices = []
    validate: Validate = staticmethod(validate_condition)

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    property_name = forms.CharField(
        label=gettext_lazy("Property name"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("for “another property”")}),
    )
    operator = forms.ChoiceField(
        label=gettext_lazy("Comparison"), choices=[("", gettext_lazy("Choose…")), *Operator.choices]
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 1, "cols": 44}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.field if self.instance.pk else ""
        self.fields["field"].choices = _with(self.choices, chosen)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["value"] = write_value(self.instance.value)
        if not any(key == OTHER_PROPERTY for key, _ in _flat(self.choices)):
            self.fields.pop("property_name", None)

    def clean(self) -> dict[str, Any]:
        """Turn the typed value into what the operator wants; name the field at fault."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("field") == OTHER_PROPERTY:
            cleaned["field"] = f"{PROPERTY}{cleaned.get('property_name', '').strip()}"
        if not cleaned.get("field") or not cleaned.get("operator") or self.errors:
            return cleaned
        try:
            cleaned["value"] = self.validate(
                field=cleaned["field"],
                operator=cleaned["operator"],
                value=read_value(cleaned["operator"], cleaned.get("value", "")),
            )
        except Invalid as refusal:
            for name, texts in (refusal.errors or {"value": [refusal.message]}).items():
                place = name if name in self.fields else "value"
                if (
                    place == "field"
                    and cleaned["field"].startswith(PROPERTY)
                    and "property_name" in self.fields
                ):
                    place = "property_name"
                self.add_error(place, list(texts))
        return cleaned


def read_value(operator: str, text: str) -> object:
    """Split a typed list; semicolons or new lines take precedence, so that values may hold commas."""
    if operator not in (Operator.IN, Operator.NOT_IN, Operator.MATCHES_LIST, Operator.BETWEEN):
        return text.strip()
    separator = r"[;\n]" if re.search(r"[;\n]", text.strip()) else ","
    if operator == Operator.BETWEEN:
        separator = r"[,;\n]|\bto\b|\band\b|–"
    return [part.strip() for part in re.split(separator, text) if part.strip()]


def write_value(value: object) -> str:
    """Write a stored value as one would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        items = [write_value(item) for item in value]
        return ("; " if any("," in item for item in items) else ", ").join(items)
    return f"{value:g}" if isinstance(value, float) else str(value)


def rule_field_choices(scope: Scope, *, used: Iterable[str] = ()) -> Choices:
    """Return what a rule's condition may pick, under headings; with the fields that the rule uses already."""
    choices = grouped(field_choices(scope))
    if scope == Scope.ENGAGEMENT:
        known = {name: count for name, count in known_properties().items() if find_field(f"{PROPERTY}{name}")}
        seen = [
            (f"{PROPERTY}{name}", _say_property(name, known.get(name, 0)))
            for name in sorted({*SHIPPED_PROPERTIES, *known})
        ]
        choices.append((_("Property of the activity"), [*seen, (OTHER_PROPERTY, _("another property…"))]))
    for field in used:
        choices = _with(choices, field)
    return choices


def grouped(fields: Sequence[tuple[str, str]]) -> Choices:
    """Put fields under headings by the first part of their key."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, label in fields:
        heading = (
            _("Your own fields")
            if key.startswith(ATTRIBUTE)
            else HEADINGS.get(key.partition(".")[0], _("More"))
        )
        groups.setdefault(str(heading), []).append((key, label))
    return [("", _("Choose…")), *groups.items()]


def _say_property(name: str, count: int) -> str:
    facts = {"name": name.replace("_", " "), "count": write_number(count)}
    return _("%(name)s (%(count)s seen)") % facts if count else _("%(name)s (none seen)") % facts


def _flat(choices: Choices) -> Iterable[tuple[str, str]]:
    for key, label in choices:
        if isinstance(label, str):
            yield key, label
        else:
            yield from label


def _with(choices: Choices, chosen: str) -> Choices:
    """Keep a field that is stored and not offered, so that saving does not lose it."""
    if not chosen or any(key == chosen for key, _ in _flat(choices)):
        return choices
    return [*choices, (_("Used here"), [(chosen, chosen.removeprefix(PROPERTY))])]
