"""The facts of a company as people edit them, and the filters of the list."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Company
from leadapp.services.leads.company_edits import facts_of_company
from leadapp.views.answering import read_seen
from leadapp.views.companies.listing import SIZES, SORTS, Asked, choices
from leadapp.words import Text


def _text(label: Text, longest: int, help_text: Text = "", **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=help_text,
        required=False,
        widget=forms.TextInput(attributes),
    )


class CompanyForm(forms.Form):
    """What is known about a company. Only what was changed is written; `seen` is what was on the screen."""

    name = _text(gettext_lazy("Name"), 200)
    domain = _text(
        gettext_lazy("Domain"),
        300,
        gettext_lazy("Such as example.com; new leads with this address belong to it"),
        inputmode="url",
    )
    industry = _text(gettext_lazy("Industry"), 100)
    employees = _text(gettext_lazy("Employees"), 20, inputmode="numeric")
    annual_revenue = _text(gettext_lazy("Annual revenue"), 20, gettext_lazy("In euros"), inputmode="numeric")
    country = _text(gettext_lazy("Country"), 100, gettext_lazy("Two letters, such as DE"))
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = facts_of_company(company)
        self.initial = {**known, "seen": json.dumps(known)}

    def clean_seen(self) -> dict[str, str]:
        """Read what the person saw."""
        seen = read_seen(self.cleaned_data["seen"])
        if seen is None:
            self.add_error(None, _("The form was damaged on its way. Open it again."))
        return seen or {}

    def changes(self) -> dict[str, str]:
        """Return the facts that the person changed."""
        seen = self.cleaned_data["seen"]
        facts = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return {name: value for name, value in facts.items() if value != seen.get(name)}

    def look_again(self, company: Company) -> None:
        """Go on from the facts that the person is told about now; what was typed stays."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = json.dumps(facts_of_company(company))
        self.data = data


class FilterForm(forms.Form):
    """Every filter of the company list. It is sent to the list, which reads and checks it."""

    industry = forms.ChoiceField(label=gettext_lazy("Industry"), required=False)
    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    size = forms.ChoiceField(
        label=gettext_lazy("Employees"),
        required=False,
        choices=[
            ("", gettext_lazy("Any number")),
            *((key, label) for key, (label, *_range) in SIZES.items()),
        ],
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sorted by"),
        required=False,
        choices=list(
            zip(
                SORTS,
                (
                    gettext_lazy("Name"),
                    gettext_lazy("Employees, most first"),
                    gettext_lazy("Best score first"),
                ),
                strict=True,
            )
        ),
    )

    def __init__(self, asked: Asked) -> None:
        super().__init__(initial={**asked.values, "sort": asked.sort})
        for name, known in choices().items():
            # What the address asks for stays choosable, even where no company has it now.
            values = dict.fromkeys([*known, *filter(None, [asked.values.get(name)])])
            self.fields[name].choices = [("", _("Any")), *((value, value) for value in values)]  # type: ignore[attr-defined]
