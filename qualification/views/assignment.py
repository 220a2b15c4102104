"""Who has a lead."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.numbers import whole_number
from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from qualification.services.assignment import assign_lead, take_lead
from qualification.views.forms import OwnerForm


@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an unassigned lead one's own."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Take %(lead)s?") % {"lead": lead.name},
        text=_("It is yours to work on from then on."),
        submit=_("Take the lead"),
        form=forms.Form(request.POST),
    )

    def carry_out(data: dict[str, Any]) -> str:
        take_lead(lead=lead, actor=signed_in(request), now=timezone.now())
        return _("%(lead)s is yours.") % {"lead": lead.name}

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def change_owner(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a lead to somebody else."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Who takes over %(lead)s?") % {"lead": lead.name},
        text=_("%(owner)s has it now.") % {"owner": lead.owner} if lead.owner else _("Nobody has it now."),
        submit=_("Change owner"),
        form=OwnerForm(posted(request), lead=lead),
    )

    def carry_out(data: dict[str, Any]) -> str:
        assign_lead(
            lead=lead,
            owner=data["owner"],
            actor=signed_in(request),
            reason=data["reason"],
            now=timezone.now(),
            seen_owner_id=whole_number(data["seen_owner_id"]),
        )
        return _("%(lead)s belongs to %(owner)s now.") % {"lead": lead.name, "owner": data["owner"]}

    return answer(request, lead, question, carry_out)
