"""Bring back a burst that was quarantined."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.models import Quarantine
from leadapp.services.quarantines import release_quarantine
from leadapp.views.answering import Question, answer, signed_in, visible_lead
from leadapp.views.lead.timeline_entries import quarantine_entry


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, pk: int, quarantine_id: int) -> HttpResponse:
    """Let the activities of a quarantine count again."""
    lead = visible_lead(request, pk)
    quarantine = get_object_or_404(Quarantine.objects.select_related("lead"), lead=lead, pk=quarantine_id)
    words = quarantine_entry(quarantine).words
    question = Question(
        title=_("Release these activities?"),
        text=_(
            "%(what)s. They come back to the timeline and give points again. "
            "They are not quarantined a second time."
        )
        % {"what": f"{words.strong}{words.after}"},
        submit=_("Release them"),
        cancel=_("Keep them out"),
        form=forms.Form(request.POST),
    )

    def carry_out(data: dict[str, Any]) -> str:
        release_quarantine(quarantine=quarantine, actor=signed_in(request), now=timezone.now())
        return _("Released. The score follows in a moment.")

    return answer(request, lead, question, carry_out, back=reverse("lead-timeline", args=[lead.pk]))
