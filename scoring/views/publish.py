"""Publishing: asks for the note, shows what changes and what the check says, and makes the draft live."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.errors import Conflict, Refused
from leadapp.views.answering import posted, replaced, signed_in, tell
from scoring.analysis.check import blocking, check_version
from scoring.analysis.diff import compare
from scoring.models import ScoringModelVersion
from scoring.services.publishing import publish
from scoring.views.asking import PUBLISH, require_right
from scoring.views.shell import Studio, open_studio, studio_page


class PublishForm(forms.Form):
    """Why the version exists; `seen` is what the person looked at."""

    note = forms.CharField(
        label=gettext_lazy("Why this version exists"),
        max_length=500,
        help_text=gettext_lazy("A sentence. Reps read it in the score history."),
        error_messages={"required": gettext_lazy("Say in a sentence why this version exists.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "POST"])
def publishing(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, then publish and go on to the progress of the leads."""
    studio = open_studio(request, slug)
    if studio.draft is None:
        return _nothing_to_publish(request, studio)
    draft = studio.draft
    form = PublishForm(posted(request), initial={"note": draft.note, "seen": _state_of(draft)})
    if request.method != "POST" or not form.is_valid():
        require_right(request, PUBLISH)
        return _page(request, studio, form, status=422 if form.errors else 200)
    seen = form.cleaned_data["seen"]
    if seen and seen.partition(".")[0] != str(draft.number):
        return _nothing_to_publish(request, studio)
    try:
        _refuse_unseen(draft, seen)
        note = form.cleaned_data["note"]
        publish(version=draft, actor=signed_in(request), note=note, now=timezone.now())
    except Refused as refused:
        tell(form, refused)
        form.data = replaced(form.data, {"seen": _state_of(draft)})
        return _page(request, studio, form, status=refused.status, refused=refused)
    messages.success(
        request, _("v%(number)s is live. The leads are being scored by it.") % {"number": draft.number}
    )
    return redirect("scoring-progress", slug)


def _state_of(draft: ScoringModelVersion) -> str:
    """Return a text that is another one after any edit of the draft: its number, then what counts edits."""
    edits = draft.rules.aggregate(rules=Count("pk"), revisions=Sum("revision"), newest=Max("pk"))
    parts = [draft.number, draft.revision, edits["rules"], edits["revisions"] or 0, edits["newest"] or 0]
    return ".".join(str(part) for part in parts)


def _refuse_unseen(draft: ScoringModelVersion, seen: str) -> None:
    """Refuse to publish what the person has not seen; a form that says nothing was sent by a program."""
    if seen and seen != _state_of(draft):
        raise Conflict(
            _(
                "Somebody edited this draft after you opened the page. Below is what it changes now: "
                "publish again if you mean that."
            )
        )


def _nothing_to_publish(request: HttpRequest, studio: Studio) -> HttpResponse:
    """Go to what went live last: somebody published or discarded the draft."""
    if request.method == "POST":
        messages.warning(
            request, _("This draft is gone: somebody published or discarded it. Nothing was done.")
        )
    return redirect("scoring-progress", studio.model.slug)


def _page(
    request: HttpRequest, studio: Studio, form: PublishForm, *, status: int = 200, refused: Any = None
) -> HttpResponse:
    draft = studio.need_draft()
    findings = check_version(draft, studio.now)
    # The note is asked for here: that it is missing is no news.
    stopping = blocking(findings, note=_("asked for"))
    context = {
        "form": form,
        "refused": refused,
        "difference": compare(studio.live, draft) if studio.live else None,
        "findings": [each for each in findings if each in stopping or not each.is_bad],
        "stopping": stopping,
        "version": draft,
    }
    return studio_page(request, studio, "scoring/publish.html", context, status=status)
