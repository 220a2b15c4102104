"""Answering what the framework in use asks."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.access import may_work
from leadapp.shipped import shown
from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from qualification.services.evidence.answers import answer_bant, answers_about, bant_of
from qualification.views.conversation import answer_line
from qualification.views.forms import BantForm


@require_http_methods(["GET", "POST"])
def answer_dimension(request: HttpRequest, pk: int, dimension: str) -> HttpResponse:
    """Add an answer to one dimension; the earlier ones stay in the timeline."""
    lead, now = visible_lead(request, pk), timezone.now()
    known = bant_of(lead=lead, now=now).get(dimension)
    if known is None:
        raise Http404(_("There is no such question."))
    asked = known.dimension
    form = BantForm(posted(request), known=known)
    history = answers_about(lead=lead, dimension=asked.key)
    question = Question(
        title=_("%(asked)s: what is known?") % {"asked": shown(asked.label)},
        text=shown(asked.prompts[0]) if asked.prompts else "",
        # Without the right there is nothing to press: what was answered can be read.
        submit=_("Save %(asked)s") % {"asked": asked.name} if may_work(signed_in(request), lead) else "",
        form=form,
        template="qualification/bant_question.html",
        context={
            "known": known,
            "example": _("e.g. %(example)s") % {"example": shown(asked.example)} if asked.example else "",
            "history": [answer_line(one, is_stale=one.has_run_out(now)) for one in history],
        },
    )

    def carry_out(data: dict[str, Any]) -> str:
        expires_at = form.expires_at(now)
        answer_bant(
            lead=lead,
            dimension=asked.key,
            state=data["state"],
            value=data["value"],
            source=data["source"],
            confidence=data["confidence"],
            actor=signed_in(request),
            now=now,
            expires_at=expires_at,
            no_end=expires_at is None,
        )
        return _("%(asked)s is saved.") % {"asked": shown(asked.label)}

    return answer(request, lead, question, carry_out)
