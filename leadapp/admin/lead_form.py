"""The facts of a lead as a form: checked as capture checks them, written by the lead services."""

from datetime import date
from typing import Any

from django import forms

from leadapp.errors import Invalid
from leadapp.models import CustomField, Lead
from leadapp.services.leads.facts import LEAD_FACTS, clean_facts

FACTS = tuple(LEAD_FACTS)
OWN = "own_"
WIDGETS = {
    CustomField.Kind.TEXT: forms.CharField,
    CustomField.Kind.NUMBER: forms.FloatField,
    CustomField.Kind.BOOLEAN: forms.NullBooleanField,
    CustomField.Kind.DATE: forms.DateField,
}


class LeadForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only facts; everything else about a lead has actions of its own."""

    custom_fields: dict[str, CustomField] = {}

    class Meta:
        model = Lead
        fields = (*FACTS, "company")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in self.custom_fields:
            if OWN + key in self.fields and self.instance.pk:
                self.initial[OWN + key] = self.instance.attributes.get(key)

    def clean_email(self) -> str | None:
        """Return the address in lower case, as it is stored and compared."""
        return (self.cleaned_data["email"] or "").lower() or None

    def clean(self) -> dict[str, Any]:
        """Check the facts that were changed as capture does; name the field at fault."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            clean_facts(
                self.changed_facts(cleaned), custom_fields=self.custom_fields, home=self.instance.country
            )
        except Invalid as refusal:
            for name, texts in refusal.errors.items():
                place = name.replace("attributes.", OWN)
                self.add_error(place if place in self.fields else None, list(texts))
        return cleaned

    def changed_facts(self, cleaned: dict[str, Any]) -> dict[str, object]:
        """Return what was changed, as the lead services take it."""
        facts: dict[str, object] = {}
        attributes: dict[str, object] = {}
        for name in self.changed_data:
            if name not in cleaned:
                continue
            value = cleaned[name]
            if name == "company":
                facts["company"] = {"name": value.name, "domain": value.domain or ""} if value else None
            elif name.startswith(OWN):
                attributes[name.removeprefix(OWN)] = value.isoformat() if isinstance(value, date) else value
            else:
                facts[name] = value
        if attributes:
            facts["attributes"] = attributes
        return facts


def form_with_own_fields(custom_fields: dict[str, CustomField]) -> type[LeadForm]:
    """Return the form with a field for each custom field of the team."""
    own = {
        OWN + key: WIDGETS[CustomField.Kind(custom.kind)](label=custom.label, required=False)
        for key, custom in custom_fields.items()
    }
    return type("LeadFormWithOwnFields", (LeadForm,), {**own, "custom_fields": custom_fields})
