"""Answering the four questions."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from qualification.models import BantDimension
from qualification.services.bant import GOOD_FOR, answer_bant, bant_of
from qualification.views.forms import BantForm

ASK = {
    BantDimension.BUDGET: ("Amount", "Has money been set aside, and how much?", "€60,000 to €80,000"),
    BantDimension.AUTHORITY: ("Role and name", "Who decides, and who signs?", "Decides with the CFO"),
    BantDimension.NEED: (
        "The pain, in their words",
        "What happens today, and what does it cost?",
        "14 hours of standstill in October",
    ),
    BantDimension.TIMELINE: (
        "Date or event",
        "When should it run, and what happens if it does not?",
        "Live before the spring fair",
    ),
}


@require_http_methods(["GET", "POST"])
def answer_dimension(request: HttpRequest, pk: int, dimension: str) -> HttpResponse:
    """Add an answer to one dimension; the earlier ones stay in the timeline."""
    if dimension not in BantDimension.values:
        raise Http404("There is no such question.")
    lead, asked, now = visible_lead(request, pk), BantDimension(dimension), timezone.now()
    label, ask, example = ASK[asked]
    known = bant_of(lead=lead, now=now)[asked]
    initial = {"good_for": "90" if GOOD_FOR[asked] else ""}
    if known.answer is not None and not known.is_stale:
        initial |= {"state": known.answer.state, "value": known.answer.value}
    form = BantForm(posted(request), initial=initial)
    form.fields["value"].label = label
    question = Question(
        title=f"{asked.label}: what is known?",
        text=ask,
        submit=f"Save {asked.label.lower()}",
        form=form,
        template="qualification/bant_question.html",
        context={"known": known, "example": f"e.g. {example}"},
    )

    def carry_out(data: dict[str, Any]) -> str:
        expires_at = form.expires_at(now)
        answer_bant(
            lead=lead,
            dimension=asked,
            state=data["state"],
            value=data["value"],
            source=data["source"],
            actor=signed_in(request),
            now=now,
            expires_at=expires_at,
            no_end=expires_at is None,
        )
        return f"{asked.label} is saved."

    return answer(request, lead, question, carry_out)
