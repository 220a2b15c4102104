"""The versions of a model: who made them, why, when they were live, and what differs between any two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from leadapp.words import lower_first
from scoring.analysis.diff import Difference, compare
from scoring.models import Publication, ScoringModelVersion
from scoring.views.shell import PEOPLE, Studio, find_version, open_studio, studio_page

ON_A_PAGE = 30


class DiffForm(forms.Form):
    """Which two versions are compared."""

    before = forms.TypedChoiceField(label=pgettext_lazy("range", "From"), coerce=int)
    after = forms.TypedChoiceField(label=pgettext_lazy("range", "To"), coerce=int)

    def __init__(self, *args: Any, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("before", "after"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two versions and what differs."""

    before: ScoringModelVersion
    after: ScoringModelVersion
    difference: Difference


@require_safe
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """List the versions, newest first, and compare two of them."""
    studio = open_studio(request, slug, tab="versions")
    form = _diff_form(request, studio)
    context = {
        "page": _page_of(request, studio),
        "form": form,
        "compared": _compared(studio, form) if form.is_bound and form.is_valid() else None,
    }
    return studio_page(request, studio, "scoring/versions.html", context)


def _page_of(request: HttpRequest, studio: Studio) -> Page[Any]:
    publications = Publication.objects.select_related("actor", "api_key").order_by("-at", "-pk")
    rows = (
        ScoringModelVersion.objects.filter(model=studio.model)
        .select_related(*PEOPLE)
        .prefetch_related(Prefetch("publications", publications))
        .annotate(rule_total=Count("rules"))
        .order_by("-number")
    )
    return Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))


def _diff_form(request: HttpRequest, studio: Studio) -> DiffForm:
    numbers = ScoringModelVersion.objects.filter(model=studio.model).order_by("-number")
    choices = [
        (
            number,
            f"v{number}, {lower_first(str(ScoringModelVersion.State(state).label))}"
            if state != ScoringModelVersion.State.RETIRED
            else f"v{number}",
        )
        for number, state in numbers.values_list("number", "state")
    ]
    asked = "before" in request.GET or "after" in request.GET
    return DiffForm(request.GET if asked else None, choices=choices, initial=_usual(studio, choices))


def _usual(studio: Studio, choices: Sequence[tuple[int, str]]) -> dict[str, int]:
    """Offer what is live and the draft; else the two newest."""
    if studio.live and studio.draft:
        return {"before": studio.live.number, "after": studio.draft.number}
    numbers = [number for number, _ in choices[:2]]
    return {"before": numbers[-1], "after": numbers[0]} if numbers else {}


def _compared(studio: Studio, form: DiffForm) -> Compared:
    before = find_version(studio, form.cleaned_data["before"])
    after = find_version(studio, form.cleaned_data["after"])
    return Compared(before=before, after=after, difference=compare(before, after))
