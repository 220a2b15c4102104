"""The forms of a draft: note, bounds and bands, and its groups. The services check and write them."""

import json
from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet

from leadapp.errors import Invalid, Refused
from scoring.cleaning import ORDERS
from scoring.models import RuleGroup, ScoringModelVersion
from scoring.rules import GroupFacts, VersionFacts, as_data, names_of, version_facts_of

SHOWN = ("note", *(name for order in ORDERS for name in reversed(order)), "threshold")


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Note, bounds and bands of a draft. `refusal` is what the service said when they were saved."""

    refusal: Refused | None = None

    # The revision that is shown here, and what it says, so that somebody else's edit can be told.
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ScoringModelVersion
        fields = SHOWN
        widgets = {"note": forms.TextInput(attrs={"size": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = self.instance.revision
        self.initial["seen"] = write_seen(version_facts_of(self.instance))

    def is_valid(self) -> bool:
        """Tell whether it may be saved; add what the service refused."""
        if isinstance(self.refusal, Invalid):
            for name, texts in self.refusal.errors.items():
                if name in self.fields:
                    self.add_error(name, list(texts))
        return super().is_valid() and self.refusal is None

    def facts(self) -> VersionFacts:
        """Return what a valid form says."""
        return VersionFacts(**{name: self.cleaned_data[name] for name in names_of(VersionFacts)})

    def _post_clean(self) -> None:
        """Leave the instance as it is stored: the service checks and writes."""


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group of rules."""

    class Meta:
        model = RuleGroup
        fields = ("name", "dimension", "cap", "position")

    def facts(self) -> GroupFacts:
        """Return what a valid row says."""
        return GroupFacts(**{name: self.cleaned_data[name] for name in names_of(GroupFacts)})

    @property
    def is_deleted(self) -> bool:
        """Tell whether the group is to be deleted."""
        return bool(self.cleaned_data.get(DELETION_FIELD_NAME))

    def _post_clean(self) -> None:
        """Leave the instance as it is stored: the service checks and writes."""


class GroupRows(BaseInlineFormSet):  # type: ignore[type-arg]
    """The groups of a draft. What the service refused carries the names of the fields on the page."""

    refusal: Refused | None = None

    def is_valid(self) -> bool:
        """Tell whether all rows may be saved; add what the service refused."""
        is_valid = super().is_valid()
        for name, texts in (self.refusal.errors if isinstance(self.refusal, Invalid) else {}).items():
            for row in self.forms:
                place = name.removeprefix(f"{row.prefix}-")
                if place != name and not row.has_error(place):  # Django asks more than once
                    row.add_error(place, list(texts))
        return is_valid and self.refusal is None

    def validate_unique(self) -> None:
        """Leave it to the service, which names the row."""


def write_seen(facts: VersionFacts) -> str:
    """Write what a page shows, to be sent back with an edit."""
    return json.dumps(as_data(facts), separators=(",", ":"))


def read_seen(text: str) -> VersionFacts | None:
    """Return what a page showed, or nothing where the browser sent something else."""
    try:
        return VersionFacts(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return None
