"""What becomes of leads at rest and of customers: waking up, further deals, new opportunities, advocates."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.numbers import write_exact
from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from leadapp.views.lead.forms import VoidForm
from qualification.models import Deal
from qualification.services.customers.advocacy import set_advocacy
from qualification.services.customers.deals import add_deal as write_deal
from qualification.services.customers.deals import void_deal as declare_wrong
from qualification.services.moves import new_opportunity
from qualification.services.recycling.wake_ups import change_waking, wake_ups_of
from qualification.views.forms import AdvocacyForm, OpportunityForm, WakingForm, WonForm


@require_http_methods(["GET", "POST"])
def wake_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Set anew when a lead in nurture wakes."""
    lead = visible_lead(request, pk)
    known = wake_ups_of([lead.pk]).get(lead.pk)
    initial = {"wake_on": known.wake_on, "wake_score": known.wake_score} if known else {}
    form = WakingForm(posted(request), initial=initial)
    question = Question(
        title=_("When does %(lead)s wake?") % {"lead": lead.name},
        text=_("Empty both, and it rests until somebody reopens it."),
        submit=_("Save"),
        form=form,
    )

    def carry_out(data: dict[str, Any]) -> str:
        change_waking(lead=lead, waking=form.waking, actor=signed_in(request), now=timezone.now())
        return _("Saved.")

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def add_deal(request: HttpRequest, pk: int) -> HttpResponse:
    """Add what a customer bought besides."""
    lead = visible_lead(request, pk)
    form = WonForm(posted(request))
    question = Question(
        title=_("What else did %(lead)s buy?") % {"lead": lead.name}, submit=_("Add the deal"), form=form
    )

    def carry_out(data: dict[str, Any]) -> str:
        write_deal(lead=lead, deal=form.deal, actor=signed_in(request), now=timezone.now())
        return _("The deal is added.")

    return answer(request, lead, question, carry_out, back=reverse("lead-stages", args=[lead.pk]))


@require_http_methods(["GET", "POST"])
def void_deal(request: HttpRequest, pk: int, deal_id: int) -> HttpResponse:
    """Declare a deal wrong: it stays visible, struck through, and does not count."""
    lead = visible_lead(request, pk)
    deal = get_object_or_404(Deal.objects.filter(lead=lead), pk=deal_id)
    form = VoidForm(posted(request))
    form.fields["reason"].help_text = _("For example: typed twice, or cancelled within a week.")
    question = Question(
        title=_("Void this deal?"),
        text=_("%(product)s of %(value)s %(currency)s. It stays visible.")
        % {
            "product": deal.product or _("A deal"),
            "value": write_exact(deal.value),
            "currency": deal.currency,
        },
        submit=_("Void it"),
        cancel=_("Keep it"),
        form=form,
        ends_something=True,
    )

    def carry_out(data: dict[str, Any]) -> str:
        declare_wrong(deal=deal, reason=data["reason"], actor=signed_in(request), now=timezone.now())
        return _("The deal is voided.")

    return answer(request, lead, question, carry_out, back=reverse("lead-stages", args=[lead.pk]))


@require_http_methods(["GET", "POST"])
def opportunity(request: HttpRequest, pk: int) -> HttpResponse:
    """Set out with a customer anew."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("A new opportunity with %(lead)s?") % {"lead": lead.name},
        text=_("It goes through the gates again and is won with a deal of its own. What it bought stays."),
        submit=_("Start it"),
        cancel=_("Leave it a customer"),
        form=OpportunityForm(posted(request), lead=lead, initial={"to_stage": "sql"}),
    )

    def carry_out(data: dict[str, Any]) -> str:
        change = new_opportunity(
            lead=lead,
            to_stage=data["to_stage"],
            seen_stage=data["seen_stage"],
            actor=signed_in(request),
            reason=data["reason"],
            now=timezone.now(),
        )
        return _("%(lead)s is %(to_stage)s now.") % {
            "lead": lead.name,
            "to_stage": change.get_to_stage_display(),
        }

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def advocacy(request: HttpRequest, pk: int) -> HttpResponse:
    """Note whether a customer speaks for us."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Does %(lead)s speak for us?") % {"lead": lead.name},
        text=_("A fan recommends us. A reference may be named to others."),
        submit=_("Save"),
        form=AdvocacyForm(posted(request), initial={"advocacy": lead.advocacy}),
    )

    def carry_out(data: dict[str, Any]) -> str:
        set_advocacy(
            lead=lead,
            advocacy=data["advocacy"],
            note=data["note"],
            actor=signed_in(request),
            now=timezone.now(),
        )
        return _("Saved.")

    return answer(request, lead, question, carry_out)
