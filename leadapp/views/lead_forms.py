"""Forms of the lead page: editing facts, logging what a rep did, and voiding what was wrong."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms

from leadapp.models import CustomField, Lead, Seniority
from leadapp.services.edits import as_text, facts_of
from leadapp.services.meetings import STARTS_AT, write_start
from leadapp.views.answering import replaced


class CallForm(forms.Form):
    """How a call went."""

    outcome = forms.ChoiceField(
        label="How it went",
        choices=[("connected", "We talked"), ("no_answer", "No answer"), ("voicemail", "Voicemail")],
        initial="connected",
        widget=forms.RadioSelect,
    )
    minutes = forms.IntegerField(
        label="Minutes",
        min_value=0,
        max_value=600,
        required=False,
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    notes = forms.CharField(
        label="Note",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="What was said. It stays in the timeline.",
    )

    @staticmethod
    def activity(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the type and properties of the activity that this was."""
        if data["outcome"] == "connected":
            return "call_connected", _given(data, "minutes", "notes")
        return "call_attempted", _given(data, "outcome", "notes")


class EmailForm(forms.Form):
    """An email that went out, or an answer that came."""

    direction = forms.ChoiceField(
        label="Which way",
        choices=[("sent", "I wrote"), ("replied", "The lead answered")],
        initial="sent",
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(label="Subject", max_length=200)
    note = forms.CharField(label="Note", max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))

    @staticmethod
    def activity(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the type and properties of the activity that this was."""
        slug = "email_sent" if data["direction"] == "sent" else "email_replied"
        return slug, _given(data, "subject", "note")


class MeetingForm(forms.Form):
    """A meeting that was held, or one that was arranged."""

    state = forms.ChoiceField(
        label="The meeting",
        choices=[("held", "Took place"), ("booked", "Is arranged")],
        initial="held",
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(label="Subject", max_length=200)
    minutes = forms.IntegerField(
        label="Minutes",
        min_value=0,
        max_value=1440,
        required=False,
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    meeting_at = forms.DateTimeField(
        label="When it will be",
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    notes = forms.CharField(label="Note", max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))

    @staticmethod
    def activity(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the type and properties of the activity that this was."""
        if data["state"] == "held":
            return "meeting_held", _given(data, "subject", "minutes", "notes")
        when = data["meeting_at"]
        said = {STARTS_AT: write_start(when)} if when else {}
        return "meeting_booked", _given(data, "subject", "notes") | said


class VoidForm(forms.Form):
    """Why an activity was wrong."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text="For example: a mail scanner clicked, not a person.",
    )


def _given(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names if data[name] not in (None, "")}


def _text(label: str, longest: int, hint: str = "", **attributes: str) -> forms.CharField:
    widget = forms.TextInput(attributes)
    return forms.CharField(label=label, max_length=longest, required=False, help_text=hint, widget=widget)


def _number(label: str, largest: int, hint: str = "") -> forms.IntegerField:
    widget = forms.TextInput({"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, min_value=0, max_value=largest, required=False, help_text=hint, widget=widget
    )


def _plain(value: object) -> object:
    """Return a value as JSON can hold it."""
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _custom_choice(custom: CustomField) -> forms.Field:
    return forms.TypedChoiceField(
        label=custom.label,
        choices=[("", "Not given"), ("true", "Yes"), ("false", "No")],
        coerce=lambda value: value == "true",
        empty_value=None,
        required=False,
    )


CUSTOM_FIELDS: dict[str, Callable[[CustomField], forms.Field]] = {
    CustomField.Kind.TEXT: lambda custom: _text(custom.label, 1000),
    CustomField.Kind.NUMBER: lambda custom: forms.FloatField(
        label=custom.label, required=False, widget=forms.TextInput({"inputmode": "decimal"})
    ),
    CustomField.Kind.BOOLEAN: _custom_choice,
    CustomField.Kind.DATE: lambda custom: forms.DateField(
        label=custom.label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    ),
}


class FactsForm(forms.Form):
    """What is known about a lead and its company. Only what was changed is written.

    `seen` carries what the person saw, so that nobody overwrites what others wrote meanwhile.
    """

    GROUPS = (
        ("Person", ("first_name", "last_name", "job_title", "seniority", "email", "phone", "linkedin_url")),
        ("Place and origin", ("city", "country", "language", "source", "campaign")),
        (
            "Company",
            (
                "company.name",
                "company.industry",
                "company.employees",
                "company.annual_revenue",
                "company.country",
            ),
        ),
        ("Wishes", ("do_not_email", "do_not_call", "do_not_score")),
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = list(CustomField.objects.order_by("label", "pk"))
        self.fields |= self._fact_fields()
        self.fields |= {
            f"attributes.{custom.key}": CUSTOM_FIELDS[custom.kind](custom) for custom in self.custom
        }
        known = facts_of(lead, self.custom)
        shown = {
            name: as_text(value) if isinstance(value, bool) and "." in name else value
            for name, value in known.items()
        }
        self.initial = {**shown, "seen": json.dumps(_as_texts(known))}

    @staticmethod
    def _fact_fields() -> dict[str, forms.Field]:
        code = "Two letters, such as DE"
        return {
            "first_name": _text("First name", 100, autocomplete="off"),
            "last_name": _text("Last name", 100, autocomplete="off"),
            "job_title": _text("Job title", 200),
            "seniority": forms.ChoiceField(
                label="Seniority", choices=[("", "Not given"), *Seniority.choices], required=False
            ),
            "email": _text("Email", 254, inputmode="email"),
            "phone": _text("Phone", 200, "With the country code, such as +49 30 901820", inputmode="tel"),
            "linkedin_url": _text("LinkedIn", 300, inputmode="url"),
            "city": _text("City", 100),
            "country": _text("Country", 100, code),
            "language": _text("Language", 12, "Such as de or nl-BE"),
            "source": _text("Source", 100),
            "campaign": _text("Campaign", 200),
            "company.name": _text("Company", 200, "Another name moves the lead to that company"),
            "company.industry": _text("Industry", 100, "This and what follows is true for all its leads"),
            "company.employees": _number("Employees", 2_147_483_647),
            "company.annual_revenue": _number("Annual revenue", 2**53 - 1, "In euros"),
            "company.country": _text("Country of the company", 100, code),
            "do_not_email": forms.BooleanField(label="Does not want emails", required=False),
            "do_not_call": forms.BooleanField(label="Does not want calls", required=False),
            "do_not_score": forms.BooleanField(label="Does not want to be scored", required=False),
        }

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields as the page shows them."""
        own = ("Own fields", tuple(f"attributes.{custom.key}" for custom in self.custom))
        groups = (*self.GROUPS, own) if self.custom else self.GROUPS
        return [(title, [self[name] for name in names]) for title, names in groups]

    def clean_seen(self) -> dict[str, str]:
        """Read what the person saw."""
        try:
            seen = json.loads(self.cleaned_data["seen"] or "{}")
        except ValueError:
            seen = None
        if not isinstance(seen, dict):
            raise forms.ValidationError("The form was damaged on its way. Open it again.")
        return {str(name): str(value) for name, value in seen.items()}

    def clean(self) -> dict[str, Any]:
        """Refuse what would be ignored: facts of a company can be changed, not emptied."""
        data = super().clean() or self.cleaned_data
        seen = data.get("seen") or {}
        for name, value in list(data.items()):
            is_of_company = name.startswith("company.") and name != "company.name"
            if is_of_company and value in (None, "") and seen.get(name) and data.get("company.name"):
                self.add_error(name, "Write what is right; it cannot be emptied here.")
        return data

    def changes(self) -> dict[str, Any]:
        """Return the facts that the person changed."""
        seen = self.cleaned_data["seen"]
        facts = {name: _plain(value) for name, value in self.cleaned_data.items() if name != "seen"}
        return {name: value for name, value in facts.items() if as_text(value) != seen.get(name)}

    def look_again(self, lead: Lead) -> None:
        """Go on from the facts that the person is told about now; what was typed stays."""
        self.data = replaced(self.data, {"seen": json.dumps(_as_texts(facts_of(lead, self.custom)))})


def _as_texts(facts: dict[str, object]) -> dict[str, str]:
    return {name: as_text(value) for name, value in facts.items()}
