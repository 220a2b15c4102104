"""Which model drives the list: asks, says what happens, and starts the run over all leads."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.views.answering import Question, posted, signed_in
from scoring.models import ScoringModel
from scoring.services.primary import make_primary
from scoring.views.asking import PUBLISH, ask
from scoring.views.shell import open_studio


@require_http_methods(["GET", "POST"])
def primary(request: HttpRequest, slug: str) -> HttpResponse:
    """Let this model drive the list."""
    studio = open_studio(request, slug)
    before = ScoringModel.objects.filter(is_primary=True).exclude(pk=studio.model.pk).first()
    question = Question(
        title=_("Let %(model)s drive the list?") % {"model": studio.model},
        submit=_("Make it primary") if studio.live and not studio.model.is_primary else "",
        cancel=_("Leave it as it is"),
        form=forms.Form(posted(request)),
        template="scoring/primary_body.html",
        context={"before": before},
    )

    def carry_out(data: dict[str, Any]) -> str:
        make_primary(model=studio.model, actor=signed_in(request), now=timezone.now())
        return _("%(model)s drives the list. The leads are being scored by it.") % {"model": studio.model}

    return ask(
        request,
        studio,
        question,
        carry_out,
        permission=PUBLISH,
        onward="scoring-progress",
        back=reverse("scoring-home"),
    )
