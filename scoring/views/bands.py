"""Bounds, grades, bands and the threshold: shown as a picture, edited in a draft."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.errors import Conflict, Refused
from leadapp.views.answering import posted, replaced, signed_in, tell
from scoring.models import ScoringModelVersion
from scoring.rules import VersionFacts, names_of, version_facts_of
from scoring.services.editing import Stale, change_version
from scoring.views.asking import EDIT, require_right
from scoring.views.bands_picture import draw_bands
from scoring.views.shell import Studio, open_studio, studio_page

LABELS = {
    "fit_min": gettext_lazy("Fit, at least"),
    "fit_max": gettext_lazy("Fit, at most"),
    "engagement_min": gettext_lazy("Engagement, at least"),
    "engagement_max": gettext_lazy("Engagement, at most"),
    "fit_a": gettext_lazy("A from"),
    "fit_b": gettext_lazy("B from"),
    "fit_c": gettext_lazy("C from"),
    "engagement_1": gettext_lazy("1 from"),
    "engagement_2": gettext_lazy("2 from"),
    "engagement_3": gettext_lazy("3 from"),
    "warm_from": gettext_lazy("Warm from"),
    "hot_from": gettext_lazy("Hot from"),
    "threshold": gettext_lazy("Ready for sales from"),
}
NUMBERS = [name for name in names_of(VersionFacts) if name != "note"]


class BandsForm(forms.Form):
    """All numbers of a version and its note, with the revision that the person saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: ScoringModelVersion, **kwargs: Any) -> None:
        facts = asdict(version_facts_of(version))
        seen = {f"seen_{name}": value for name, value in facts.items()}
        kwargs["initial"] = {"revision": version.revision, **facts, **seen}
        super().__init__(*args, **kwargs)
        for name in NUMBERS:
            self.fields[name] = forms.IntegerField(
                label=LABELS[name], error_messages={"invalid": _("Give a whole number.")}
            )
            self.fields[f"seen_{name}"] = forms.IntegerField(widget=forms.HiddenInput, required=False)
        self.fields["note"] = forms.CharField(
            label=_("Why this version exists"),
            max_length=500,
            required=False,
            help_text=_("A sentence. Reps read it in the score history."),
        )
        self.fields["seen_note"] = forms.CharField(widget=forms.HiddenInput, required=False)

    def facts(self) -> VersionFacts:
        """Return what was typed."""
        return VersionFacts(**{name: self.cleaned_data[name] for name in names_of(VersionFacts)})

    def seen(self) -> VersionFacts | None:
        """Return what the person saw, if the form says all of it."""
        seen = {name: self.cleaned_data[f"seen_{name}"] for name in names_of(VersionFacts)}
        return VersionFacts(**seen) if None not in seen.values() else None

    def look_again(self, version: ScoringModelVersion) -> None:
        """Go on from the draft as it is now; what was typed stays."""
        facts = asdict(version_facts_of(version))
        seen = {f"seen_{name}": str(value) for name, value in facts.items()}
        self.data = replaced(self.data, {"revision": str(version.revision), **seen})


@require_http_methods(["GET", "POST"])
def bands(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the bands of the draft, or of what is live; save those of the draft."""
    studio = open_studio(request, slug, tab="bands")
    if request.method == "POST":
        return _save(request, studio)
    version = studio.newest
    if version is None:
        return studio_page(request, studio, "scoring/rules_empty.html", {})
    return _page(request, studio, version)


def _save(request: HttpRequest, studio: Studio) -> HttpResponse:
    draft = studio.need_draft()
    form = BandsForm(posted(request), version=draft)
    if not form.is_valid():
        require_right(request, EDIT)
        return _page(request, studio, draft, form=form, status=422)
    try:
        change_version(
            version=draft,
            facts=form.facts(),
            revision=form.cleaned_data["revision"],
            actor=signed_in(request),
            now=timezone.now(),
            seen=form.seen(),
        )
    except Refused as refused:
        tell(form, refused)
        draft.refresh_from_db()
        if isinstance(refused, Stale):
            form.look_again(draft)
        return _page(request, studio, draft, form=form, status=refused.status, refused=refused)
    messages.success(request, _("Saved in the draft. Leads notice nothing of it."))
    return redirect("scoring-bands", studio.model.slug)


def _page(
    request: HttpRequest,
    studio: Studio,
    version: ScoringModelVersion,
    *,
    form: BandsForm | None = None,
    status: int = 200,
    refused: Refused | None = None,
) -> HttpResponse:
    may_edit = version.is_draft and studio.rights.may_edit and version.publish_at is None
    shown = form or (BandsForm(version=version) if may_edit else None)
    context = {
        "version": version,
        "picture": draw_bands(version),
        "form": shown,
        "refused": refused,
        "is_stale": isinstance(refused, Stale),
        "is_conflict": isinstance(refused, Conflict),
    }
    return studio_page(request, studio, "scoring/bands.html", context, status=status)
