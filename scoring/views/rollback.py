"""Back to an earlier version: asks for a note, says what changes back, and starts the run over all leads."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.views.answering import Question, posted, signed_in
from scoring.analysis.diff import compare
from scoring.services.publishing import roll_back
from scoring.views.asking import PUBLISH, ask
from scoring.views.shell import find_version, open_studio

TEXT = gettext_lazy(
    "v{number} becomes live again exactly as it was, v{live} retires, and every lead is scored anew by "
    "v{number}. At the same facts every lead gets the score that v{number} gave it. This is what changes:"
)
NOTHING_LIVE = gettext_lazy("v{number} becomes live again exactly as it was, and every lead is scored by it.")


class NoteForm(forms.Form):
    """Why."""

    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        help_text=gettext_lazy("Reps read it in the score history."),
        strip=True,
    )


@require_http_methods(["GET", "POST"])
def roll(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Make an earlier version live again."""
    studio = open_studio(request, slug, tab="versions")
    target = find_version(studio, number)
    live = studio.live
    text = (TEXT if live else NOTHING_LIVE).format(number=number, live=live.number if live else "")
    question = Question(
        title=_("Roll back to v%(number)s?") % {"number": number},
        text=text,
        submit=_("Roll back to v%(number)s") % {"number": number},
        cancel=_("Leave it as it is"),
        form=NoteForm(posted(request)),
        is_wide=True,
        template="scoring/question_body.html",
        context={"difference": compare(live, target) if live else None},
    )

    def carry_out(data: dict[str, Any]) -> str:
        roll_back(version=target, actor=signed_in(request), note=data["note"], now=timezone.now())
        return _("v%(number)s is live again. The leads are being scored by it.") % {"number": number}

    return ask(
        request,
        studio,
        question,
        carry_out,
        permission=PUBLISH,
        onward="scoring-progress",
        back=reverse("scoring-versions", args=[slug]),
    )
