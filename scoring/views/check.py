"""The rule check of a version: what stops a publish, what to look at, and what reps said against scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadapp.numbers import whole_number
from scoring.analysis.check import Finding, Severity, check
from scoring.analysis.overridden import LATELY, objections_of_model
from scoring.models import ScoringModelVersion
from scoring.views.shell import Studio, find_version, open_studio, studio_page

MOST_RULES = 10


@dataclass(frozen=True)
class Part:
    """The findings of one severity."""

    anchor: str
    title: str
    findings: Sequence[Finding]


@require_safe
def check_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Check the draft, else what is live, or the version asked for, against the leads as they are now."""
    studio = open_studio(request, slug, tab="check")
    version = _chosen(request, studio)
    objections = objections_of_model(studio.model, studio.now)
    context: dict[str, Any] = {
        "version": version,
        "others": [each for each in (studio.draft, studio.live) if each is not None and each != version],
        "objections": objections[:MOST_RULES],
        "more_objections": max(0, len(objections) - MOST_RULES),
        "lately": LATELY.days,
    }
    if version is not None:
        found = check(version, studio.now)
        context |= {"check": found, "parts": _parts(version, found.findings)}
    return studio_page(request, studio, "scoring/check.html", context)


def _chosen(request: HttpRequest, studio: Studio) -> ScoringModelVersion | None:
    asked = request.GET.get("version", "")
    if not asked:
        return studio.newest
    return find_version(studio, whole_number(asked))


def _parts(version: ScoringModelVersion, findings: Sequence[Finding]) -> list[Part]:
    titles = {
        Severity.BAD: _("Must be settled before publishing") if version.is_draft else _("Wrong"),
        Severity.WARN: _("Warnings"),
        Severity.INFO: _("Good to know"),
    }
    parts = [
        Part(
            f"h-{severity}",
            title,
            [finding for finding in findings if finding.severity == severity],
        )
        for severity, title in titles.items()
    ]
    return [part for part in parts if part.findings]
