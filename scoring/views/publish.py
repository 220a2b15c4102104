"""Publishing: asks for the note, shows what changes and what the check says, and makes the draft live."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from leadapp.errors import Refused
from leadapp.views.answering import posted, signed_in
from scoring.analysis.check import blocking, check_version
from scoring.analysis.diff import compare
from scoring.services.publishing import publish
from scoring.views.asking import PUBLISH, require_right, tell
from scoring.views.shell import Studio, open_studio, studio_page


class PublishForm(forms.Form):
    """Why the version exists; `seen` is the number of the draft that the person looked at."""

    note = forms.CharField(
        label="Why this version exists",
        max_length=500,
        help_text="A sentence. Reps read it in the score history.",
        error_messages={"required": "Say in a sentence why this version exists."},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "POST"])
def publishing(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, then publish and go on to the progress of the leads."""
    studio = open_studio(request, slug)
    if studio.draft is None:
        return _nothing_to_publish(request, studio)
    draft = studio.draft
    form = PublishForm(posted(request), initial={"note": draft.note, "seen": draft.number})
    if request.method != "POST" or not form.is_valid():
        require_right(request, PUBLISH)
        return _page(request, studio, form, status=422 if form.errors else 200)
    seen = form.cleaned_data["seen"]
    if seen is not None and seen != draft.number:
        return _nothing_to_publish(request, studio)
    try:
        note = form.cleaned_data["note"]
        publish(version=draft, actor=signed_in(request), note=note, now=timezone.now())
    except Refused as refused:
        tell(form, refused)
        return _page(request, studio, form, status=refused.status, refused=refused)
    messages.success(request, f"v{draft.number} is live. The leads are being scored by it.")
    return redirect("scoring-progress", slug)


def _nothing_to_publish(request: HttpRequest, studio: Studio) -> HttpResponse:
    """Go to what went live last: somebody published or discarded the draft."""
    if request.method == "POST":
        messages.warning(request, "This draft is gone: somebody published or discarded it. Nothing was done.")
    return redirect("scoring-progress", studio.model.slug)


def _page(
    request: HttpRequest, studio: Studio, form: PublishForm, *, status: int = 200, refused: Any = None
) -> HttpResponse:
    draft = studio.need_draft()
    findings = check_version(draft, studio.now)
    # The note is asked for here: that it is missing is no news.
    stopping = blocking(findings, note="asked for")
    context = {
        "form": form,
        "refused": refused,
        "difference": compare(studio.live, draft) if studio.live else None,
        "findings": [each for each in findings if each in stopping or not each.is_bad],
        "stopping": stopping,
        "version": draft,
    }
    return studio_page(request, studio, "scoring/publish.html", context, status=status)
