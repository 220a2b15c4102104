"""What customers buy besides, and whether they speak for us, through the same services as everywhere."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import require
from leadapp.admin.asking import ask, person, show_in
from leadapp.errors import Refused
from leadapp.models import Advocacy, Lead
from qualification.services.customers.advocacy import set_advocacy
from qualification.services.customers.deals import DealFacts, add_deal

WORK, NOT_YOURS = "leadapp.work_any_lead", gettext_lazy("Only sales may write down deals and advocates.")


class DealForm(forms.Form):
    """What a customer bought besides."""

    value = forms.DecimalField(label=gettext_lazy("Deal value"), max_digits=14, decimal_places=2)
    currency = forms.CharField(label=gettext_lazy("Currency"), initial="EUR", max_length=3)
    won_on = forms.DateField(label=gettext_lazy("Won on"), initial=timezone.localdate, widget=AdminDateWidget)
    product = forms.CharField(label=gettext_lazy("Product"), required=False, max_length=200)


class AdvocacyForm(forms.Form):
    """Whether a customer speaks for us."""

    advocacy = forms.ChoiceField(label=gettext_lazy("This customer is"), choices=Advocacy.choices)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=500, widget=forms.TextInput(attrs={"size": 70})
    )


def deal_view(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a further deal and add it."""

    def act(lead: Lead, answers: dict[str, Any]) -> None:
        deal = DealFacts(**answers | {"currency": answers["currency"].upper()})
        add_deal(lead=lead, deal=deal, actor=person(request), now=timezone.now())

    text = _("Deals are added and voided, never changed. The first one comes with the move to customer.")
    return _ask(
        model_admin, request, pk, DealForm(request.POST or None), act, (_("Deal"), _("Add the deal"), text)
    )


def advocacy_view(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a customer speaks for us."""

    def act(lead: Lead, answers: dict[str, Any]) -> None:
        set_advocacy(lead=lead, actor=person(request), now=timezone.now(), **answers)

    text = _("A fan recommends us. A reference may be named to others.")
    return _ask(
        model_admin,
        request,
        pk,
        AdvocacyForm(request.POST or None),
        act,
        (_("Speaks for us"), _("Save"), text),
    )


def _ask(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    pk: int,
    form: forms.Form,
    act: Callable[[Lead, dict[str, Any]], None],
    words: tuple[str, str, str],
) -> HttpResponse:
    require(person(request), WORK, NOT_YOURS)
    lead = get_object_or_404(Lead.objects.visible_to(person(request)), pk=pk)
    back = reverse("admin:leadapp_lead_change", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            act(lead, form.cleaned_data)
        except Refused as refusal:
            show_in(form, refusal)
        else:
            return HttpResponseRedirect(back)
    title, submit, text = words
    return ask(model_admin, request, title=f"{title}: {lead}", form=form, submit=submit, text=text, back=back)
