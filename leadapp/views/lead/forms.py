"""Forms of the lead page: editing facts, logging what a rep did, and voiding what was wrong."""

import json
from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Conflict, Refused
from leadapp.models import CustomField, Lead, Seniority
from leadapp.services.leads.edits import as_text, facts_of
from leadapp.services.work.meetings import STARTS_AT, write_start
from leadapp.views.answering import read_seen, replaced, tell_all


class CallForm(forms.Form):
    """How a call went."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("How it went"),
        choices=[
            ("connected", gettext_lazy("We talked")),
            ("no_answer", gettext_lazy("No answer")),
            ("voicemail", gettext_lazy("Voicemail")),
        ],
        initial="connected",
        widget=forms.RadioSelect,
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=0,
        max_value=600,
        required=False,
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    notes = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("What was said. It stays in the timeline."),
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
        label=gettext_lazy("Which way"),
        choices=[("sent", gettext_lazy("I wrote")), ("replied", gettext_lazy("The lead answered"))],
        initial="sent",
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    @staticmethod
    def activity(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the type and properties of the activity that this was."""
        slug = "email_sent" if data["direction"] == "sent" else "email_replied"
        return slug, _given(data, "subject", "note")


class MeetingForm(forms.Form):
    """A meeting that was held, or one that was arranged."""

    state = forms.ChoiceField(
        label=gettext_lazy("The meeting"),
        choices=[("held", gettext_lazy("Took place")), ("booked", gettext_lazy("Is arranged"))],
        initial="held",
        widget=forms.RadioSelect,
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=0,
        max_value=1440,
        required=False,
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    meeting_at = forms.DateTimeField(
        label=gettext_lazy("When it will be"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    notes = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

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
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("For example: a mail scanner clicked, not a person."),
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
        choices=[("", _("Not given")), ("true", _("Yes")), ("false", _("No"))],
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
        (
            gettext_lazy("Person"),
            ("first_name", "last_name", "job_title", "seniority", "email", "phone", "linkedin_url"),
        ),
        (gettext_lazy("Place and origin"), ("city", "country", "language", "source", "campaign")),
        (
            gettext_lazy("Company"),
            (
                "company.name",
                "company.industry",
                "company.employees",
                "company.annual_revenue",
                "company.country",
            ),
        ),
        (gettext_lazy("Wishes"), ("do_not_email", "do_not_call", "do_not_score")),
    )

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, lead: Lead, only: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_company = lead.company is not None
        asks_own = not only or any(name.startswith("attributes.") for name in only)
        self.custom = list(CustomField.objects.order_by("label", "pk")) if asks_own else []
        fields = self._fact_fields() | {
            f"attributes.{custom.key}": CUSTOM_FIELDS[custom.kind](custom) for custom in self.custom
        }
        self.fields |= {name: field for name, field in fields.items() if not only or name in only}
        known = self._known(lead)
        shown = {
            name: as_text(value) if isinstance(value, bool) and "." in name else value
            for name, value in known.items()
        }
        self.initial = {**shown, "seen": json.dumps(_as_texts(known))}

    def _known(self, lead: Lead) -> dict[str, object]:
        return {name: value for name, value in facts_of(lead, self.custom).items() if name in self.fields}

    @staticmethod
    def _fact_fields() -> dict[str, forms.Field]:
        code = _("Two letters, such as DE")
        return {
            "first_name": _text(_("First name"), 100, autocomplete="off"),
            "last_name": _text(_("Last name"), 100, autocomplete="off"),
            "job_title": _text(_("Job title"), 200),
            "seniority": forms.ChoiceField(
                label=_("Seniority"), choices=[("", _("Not given")), *Seniority.choices], required=False
            ),
            "email": _text(_("Email"), 254, inputmode="email"),
            "phone": _text(
                _("Phone"), 200, _("With the country code, such as +49 30 901820"), inputmode="tel"
            ),
            "linkedin_url": _text(_("LinkedIn"), 300, inputmode="url"),
            "city": _text(_("City"), 100),
            "country": _text(_("Country"), 100, code),
            "language": _text(_("Language"), 12, _("Such as de or nl-BE")),
            "source": _text(_("Source"), 100),
            "campaign": _text(_("Campaign"), 200),
            "company.name": _text(_("Company"), 200, _("Another name moves the lead to that company")),
            "company.industry": _text(
                _("Industry"), 100, _("This and what follows is true for all its leads")
            ),
            "company.employees": _number(_("Employees"), 2_147_483_647),
            "company.annual_revenue": _number(_("Annual revenue"), 2**53 - 1, _("In euros")),
            "company.country": _text(_("Country of the company"), 100, code),
            "do_not_email": forms.BooleanField(label=_("Does not want emails"), required=False),
            "do_not_call": forms.BooleanField(label=_("Does not want calls"), required=False),
            "do_not_score": forms.BooleanField(label=_("Does not want to be scored"), required=False),
        }

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields as the page shows them."""
        own = (_("Own fields"), tuple(f"attributes.{custom.key}" for custom in self.custom))
        groups = (*self.GROUPS, own) if self.custom else self.GROUPS
        return [(str(title), [self[name] for name in names]) for title, names in groups]

    def clean_seen(self) -> dict[str, str]:
        """Read what the person saw."""
        seen = read_seen(self.cleaned_data["seen"])
        if seen is None:
            raise forms.ValidationError(_("The form was damaged on its way. Open it again."))
        return seen

    def clean(self) -> dict[str, Any]:
        """Refuse what would be ignored: facts of a company can be changed, not emptied."""
        data = super().clean() or self.cleaned_data
        seen = data.get("seen") or {}
        for name, value in list(data.items()):
            is_of_company = name.startswith("company.") and name != "company.name"
            has_company = data.get("company.name", self.has_company)
            if is_of_company and value in (None, "") and seen.get(name) and has_company:
                self.add_error(name, _("Write what is right; it cannot be emptied here."))
        return data

    def changes(self) -> dict[str, Any]:
        """Return the facts that the person changed."""
        seen = self.cleaned_data["seen"]
        facts = {name: _plain(value) for name, value in self.cleaned_data.items() if name != "seen"}
        return {name: value for name, value in facts.items() if as_text(value) != seen.get(name)}

    def look_again(self, lead: Lead) -> None:
        """Go on from the facts that the person is told about now; what was typed stays."""
        self.data = replaced(self.data, {"seen": json.dumps(_as_texts(self._known(lead)))})

    def tell(self, refused: Refused) -> None:
        """Put what was refused beside the fields that it is about."""
        tell_all(self, refused)
        if refused.errors and isinstance(refused, Conflict):
            self.add_error(None, refused.message)


def _as_texts(facts: dict[str, object]) -> dict[str, str]:
    return {name: as_text(value) for name, value in facts.items()}
