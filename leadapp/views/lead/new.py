"""A lead that somebody types in."""

import re

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import may, may_take
from leadapp.errors import Conflict, NotAllowed, Refused
from leadapp.models import Company, Lead
from leadapp.services.leads.leads import create_lead, find_lead
from leadapp.views.answering import signed_in
from qualification.services.assignment import take_lead

SOURCE = "app"


class NewLeadForm(forms.Form):
    """What is known about a person. The services check it, as they do for every other way in."""

    first_name = forms.CharField(label=gettext_lazy("First name"), required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), required=False)
    email = forms.CharField(
        label=gettext_lazy("Email"), required=False, widget=forms.EmailInput({"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        help_text=gettext_lazy("With the country code."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
    )
    company = forms.CharField(label=gettext_lazy("Company"), required=False)
    company_id = forms.CharField(required=False, widget=forms.HiddenInput)
    job_title = forms.CharField(label=gettext_lazy("Job title"), required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Two letters, such as DE."),
        widget=forms.TextInput(),
    )
    linkedin_url = forms.CharField(label=gettext_lazy("LinkedIn"), required=False)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        required=False,
        help_text=gettext_lazy("Where you met, such as Hannover Messe."),
    )

    def facts(self) -> dict[str, object]:
        """Return what was typed. A company that was opened is meant by its domain, not only by its name."""
        facts: dict[str, object] = {name: value for name, value in self.cleaned_data.items() if value}
        known = company_with(str(facts.pop("company_id", "")))
        if known is not None and known.domain and facts.get("company") == known.name:
            facts["company"] = {"name": known.name, "domain": known.domain}
        return facts

    def tell(self, refused: Refused) -> None:
        """Put what was refused beside the fields that it is about."""
        for name, sentences in refused.errors.items():
            field = name.partition(".")[0]
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)
        if not refused.errors:
            self.add_error(None, refused.message)


def company_with(key: str) -> Company | None:
    """Return the company with this number, as it stands in an address."""
    return Company.objects.filter(pk=int(key)).first() if re.fullmatch("[0-9]{1,9}", key) else None


def lead_new(request: HttpRequest) -> HttpResponse:
    """Ask for a new lead, and make it. What a rep makes is theirs."""
    user, now = signed_in(request), timezone.now()
    if not (may(user, "leadapp.work_own_lead") or may(user, "leadapp.work_any_lead")):
        raise NotAllowed(_("You may not create leads."))
    known = company_with(request.GET.get("company", ""))
    initial = {"company": known.name, "company_id": known.pk} if known else {}
    form = NewLeadForm(request.POST if request.method == "POST" else None, initial=initial)
    existing = None
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        try:
            lead = create_lead(facts=facts, source=SOURCE, actor=user, now=now)
        except NotAllowed:
            raise
        except Conflict:
            existing = _existing(request, str(facts["email"]))
            form.add_error("email", _("Somebody with this address is here already."))
        except Refused as refused:
            form.tell(refused)
        else:
            if may_take(user, lead):
                take_lead(lead=lead, actor=user, now=now)
            messages.success(
                request, _("%(lead)s is in the list. The score follows in a moment.") % {"lead": lead}
            )
            return redirect("lead-detail", lead.pk)
    context = {"form": form, "existing": existing}
    return render(request, "leads/new.html", context, status=422 if form.errors else 200)


def _existing(request: HttpRequest, email: str) -> Lead | None:
    """Return who has the address, unless this person may not see that lead."""
    found = find_lead(email=email)
    visible = Lead.objects.visible_to(signed_in(request))
    return visible.filter(pk=found.pk).first() if found else None
