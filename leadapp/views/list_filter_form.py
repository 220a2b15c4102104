"""The form that filters the lead list: a panel on the list, and a page of its own without JavaScript."""

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from leadapp.models import Advocacy, Company, Lead, Stage, Status, Temperature, User
from leadapp.views.answering import signed_in
from leadapp.views.list_filters import DAYS, FITS, FREE_TEXT, Asked, read_address
from qualification.models import DisqualifyReason
from scoring.models import Verdict

MOST_CHOICES = 200


class FilterForm(forms.Form):
    """Every filter. It is sent to the list, which reads and checks it."""

    owner = forms.ChoiceField(required=False)
    due = forms.ChoiceField(
        label="Answer", required=False, choices=[("", "Any"), ("waiting", "Still to be given")]
    )
    stage = forms.MultipleChoiceField(choices=Stage.choices, widget=forms.CheckboxSelectMultiple)
    status = forms.MultipleChoiceField(choices=Status.choices, widget=forms.CheckboxSelectMultiple)
    reason = forms.ChoiceField(label="Disqualified for", required=False)
    advocacy = forms.MultipleChoiceField(
        label="Speaks for us",
        choices=[(value, label) for value, label in Advocacy.choices if value != Advocacy.NONE],
        widget=forms.CheckboxSelectMultiple,
    )
    temperature = forms.MultipleChoiceField(choices=Temperature.choices, widget=forms.CheckboxSelectMultiple)
    grade = forms.MultipleChoiceField(
        label="Grade", choices=[(fit, fit) for fit in FITS], widget=forms.CheckboxSelectMultiple
    )
    aside = forms.MultipleChoiceField(
        label="Score set aside", choices=Verdict.choices, widget=forms.CheckboxSelectMultiple
    )
    active = forms.ChoiceField(
        label="Last activity",
        required=False,
        choices=[("", "At any time"), *((days, f"Within {words}") for days, words in DAYS.items())],
    )
    source = forms.ChoiceField(required=False)
    campaign = forms.ChoiceField(required=False)
    country = forms.ChoiceField(required=False)
    industry = forms.ChoiceField(required=False)

    def __init__(self, asked: Asked, user: User) -> None:
        single = {"owner", "due", "active", "country", "reason", *FREE_TEXT}
        initial = {name: ",".join(kept) if name in single else kept for name, kept in asked.values.items()}
        super().__init__(initial=initial)
        # What reports ask for is not chosen here, and stays.
        self.carried = [
            (name, ",".join(kept)) for name, kept in asked.values.items() if name not in self.fields
        ]
        leads = Lead.objects.visible_to(user).order_by()
        people = User.objects.filter(is_active=True, groups__permissions__codename="work_own_lead").distinct()
        owners = sorted((str(person), str(person.pk)) for person in people if person.pk != user.pk)
        self._offer(
            "owner",
            [
                ("me", "Me"),
                ("none", "Nobody"),
                ("me,none", "Me or nobody"),
                *((pk, name) for name, pk in owners),
            ],
            "Anybody",
        )
        reasons = DisqualifyReason.objects.order_by("position", "label").values_list("code", "label")
        self._offer("reason", list(reasons), "Any reason, or none")
        self._offer("source", _pairs(leads.values_list("source", flat=True)), "Any")
        self._offer("campaign", _pairs(leads.values_list("campaign", flat=True)), "Any")
        self._offer("country", _pairs(leads.values_list("country", flat=True)), "Any")
        self._offer("industry", _pairs(Company.objects.values_list("industry", flat=True)), "Any")

    def _offer(self, name: str, choices: list[tuple[str, str]], nothing: str) -> None:
        # What the address asks for stays choosable, even where no lead has it now.
        asked = self.initial.get(name, "")
        more = [] if not asked or asked in dict(choices) else [(asked, asked)]
        cast(forms.ChoiceField, self.fields[name]).choices = [("", nothing), *choices, *more]


def _pairs(values: QuerySet[Any, str]) -> list[tuple[str, str]]:
    found = values.distinct()[:MOST_CHOICES]
    return [(value, value) for value in sorted(filter(None, found), key=str.casefold)]


@require_safe
def list_filters(request: HttpRequest) -> HttpResponse:
    """Show the form, filled with what the address asks for."""
    user = signed_in(request)
    asked = read_address(request.GET, user)
    context = {"form": FilterForm(asked, user), "asked": asked, "search_text": asked.text}
    in_panel = bool(getattr(request, "htmx", False))
    response = render(request, f"leads/{'filter_form' if in_panel else 'filters'}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
