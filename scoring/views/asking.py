"""Questions about a model: asked on a page of their own, carried out by one call of a service.

A refusal is told above the form with its status, what was typed stays, and nothing was saved.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leadapp.access import require
from leadapp.errors import Conflict, NotFound, Refused
from leadapp.views.answering import Question, signed_in, tell
from scoring.views.shell import Studio, studio_page

EDIT = "scoring.change_scoringmodelversion"
PUBLISH = "scoring.publish_version"
MAY_NOT = {
    EDIT: _("Only marketing may change scoring models. You can look, not change."),
    PUBLISH: _("Only marketing may publish scoring models. You can look, not change."),
}


def ask(
    request: HttpRequest,
    studio: Studio,
    question: Question,
    carry_out: Callable[[dict[str, Any]], str],
    *,
    permission: str,
    onward: str = "scoring-model",
    back: str = "",
) -> HttpResponse:
    """Ask the question, or carry out the answer and go on to the page that `onward` names.

    `carry_out` makes the one call of a service and returns the sentence that confirms it.
    """
    back = back or reverse("scoring-model", args=[studio.model.slug])
    if request.method != "POST":
        require_right(request, permission)
        return _page(request, studio, question, back)
    if not question.form.is_valid():
        require_right(request, permission)
        return _page(request, studio, question, back, status=422)
    try:
        done = carry_out(question.form.cleaned_data)
    except NotFound as refused:
        raise Http404(refused.message) from refused
    except Refused as refused:
        tell(question.form, refused)
        return _page(request, studio, question, back, status=refused.status, refused=refused)
    messages.success(request, done)
    return redirect(onward, studio.model.slug)


def require_right(request: HttpRequest, permission: str) -> None:
    """Refuse people without a right a form that the service would refuse anyway."""
    require(signed_in(request), permission, MAY_NOT[permission])


def _page(
    request: HttpRequest,
    studio: Studio,
    question: Question,
    back: str,
    *,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    context = {
        "question": question,
        "form": question.form,
        "refused": refused,
        "is_conflict": isinstance(refused, Conflict),
        "back": back,
        **question.context,
    }
    return studio_page(request, studio, "scoring/question.html", context, status=status)
