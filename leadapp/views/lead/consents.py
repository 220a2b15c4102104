"""Writing down what a lead agreed to, or does not want any more."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.models import ConsentRecord, Lead
from leadapp.services.privacy.consents import LONGEST, OPT_OUT, record_consent
from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead

WANTS_NONE = {
    ConsentRecord.Purpose.EMAIL: gettext_lazy("No emails"),
    ConsentRecord.Purpose.PHONE: gettext_lazy("No calls"),
    ConsentRecord.Purpose.SCORING: gettext_lazy("No scoring"),
}


@dataclass(frozen=True, kw_only=True)
class ConsentState:
    """How it stands with one purpose: the newest record of it, if there is one, and the opt-out."""

    purpose: str
    label: str | Promise
    record: ConsentRecord | None
    is_out: bool
    no: str | Promise
    # A question was sent (double opt-in) and is still to be confirmed.
    is_asked: bool = False

    @property
    def way(self) -> str:
        """Say how it was given: on the phone, or through which form."""
        if self.record is None:
            return ""
        if self.record.how:
            return str(self.record.get_how_display())
        return self.record.source


def read_consents(lead: Lead, *, asked: str | None = None) -> list[ConsentState]:
    """Return how it stands with every purpose that people ask for, and with others once they were answered.

    One query.
    """
    newest = ConsentRecord.objects.filter(lead=lead).order_by("purpose", "-recorded_at", "-pk")
    known = {record.purpose: record for record in newest.distinct("purpose").select_related("recorded_by")}
    return [
        ConsentState(
            purpose=purpose,
            label=purpose.label,
            record=known.get(purpose),
            is_out=purpose in OPT_OUT and getattr(lead, OPT_OUT[purpose]),
            no=WANTS_NONE.get(purpose, ""),
            is_asked=purpose == asked,
        )
        for purpose in ConsentRecord.Purpose
        if purpose in OPT_OUT or purpose in known
    ]


class ConsentForm(forms.Form):
    """What the lead said, and how."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("It is about"), choices=[(purpose.value, purpose.label) for purpose in OPT_OUT]
    )
    granted = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices=[("yes", gettext_lazy("Agrees")), ("no", gettext_lazy("Does not want it"))],
        widget=forms.RadioSelect,
    )
    how = forms.ChoiceField(label=gettext_lazy("How it was given"), choices=ConsentRecord.How.choices)
    text = forms.CharField(
        label=gettext_lazy("What was asked, in its words"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Needed for a consent. It is kept as evidence and never changed."),
    )


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a consent, or that it was taken back."""
    lead = visible_lead(request, pk)
    purpose = request.GET.get("purpose", "")
    initial = {"purpose": purpose, "granted": "yes"} if purpose in OPT_OUT else {"granted": "yes"}
    question = Question(
        title=_("What does %(name)s agree to?") % {"name": lead.name},
        submit=_("Record it"),
        form=ConsentForm(posted(request), initial=initial),
    )

    def carry_out(data: dict[str, Any]) -> str:
        record_consent(
            lead=lead,
            purpose=data["purpose"],
            granted=data["granted"] == "yes",
            how=data["how"],
            text=data["text"],
            actor=signed_in(request),
            now=timezone.now(),
        )
        return _("Recorded. It holds from now on.")

    return answer(request, lead, question, carry_out)
