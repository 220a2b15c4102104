"""The rules of a model as sentences, with what the draft changes about what is live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadapp.numbers import whole_number
from scoring.analysis.diff import Difference, compare
from scoring.analysis.overridden import objections_by_rule
from scoring.models import ScoringModelVersion
from scoring.services.scheduling import why_late
from scoring.views.rule_lines import NO_DIFFERENCE, StudioHalf, read_halves
from scoring.views.shell import Studio, find_version, open_studio, studio_page


@dataclass(frozen=True, kw_only=True)
class Saved:
    """When a draft was edited last, and by whom."""

    at: datetime
    by: str


@require_safe
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the rules: of the draft to those who edit, else of what is live, or of the version asked for."""
    studio = open_studio(request, slug, tab="model")
    version = _chosen(request, studio)
    if version is None:
        return studio_page(request, studio, "scoring/rules_empty.html", {})
    difference = _difference(studio, version)
    halves = read_halves(
        version,
        live=studio.live if version.is_draft else None,
        difference=difference,
        objections=objections_by_rule(version, studio.now),
    )
    context = {
        "version": version,
        "halves": halves,
        "has_rules": any(group.rules for half in halves for group in half.groups),
        "difference": difference,
        "late": why_late(version, now=studio.now) if version.is_draft else "",
        "saved": _saved(version, halves) if version.is_draft else None,
        "may_edit_this": version.is_draft and studio.rights.may_edit and version.publish_at is None,
    }
    return studio_page(request, studio, "scoring/rules.html", context)


def _chosen(request: HttpRequest, studio: Studio) -> ScoringModelVersion | None:
    if asked := request.GET.get("version", ""):
        return find_version(studio, whole_number(asked))
    # What counts for leads comes first for people who only look.
    if not studio.rights.may_edit and studio.live is not None:
        return studio.live
    return studio.newest


def _difference(studio: Studio, version: ScoringModelVersion) -> Difference:
    if version.is_draft and studio.live is not None:
        return compare(studio.live, version)
    return NO_DIFFERENCE


def _saved(draft: ScoringModelVersion, halves: Sequence[StudioHalf]) -> Saved:
    """Return the newest edit of a rule of the draft; a rule that was only copied has none."""
    newest = Saved(at=draft.created_at, by=str(draft.created_by or _("Leadapp")))
    for half in halves:
        for group in half.groups:
            for each in group.rules:
                rule = each.line.rule
                if rule.version_id == draft.pk and rule.changed_at and rule.changed_at > newest.at:
                    newest = Saved(at=rule.changed_at, by=rule.changed_by or _("Leadapp"))
    return newest
