"""What every page of the studio starts from: the model, its live version and draft, and who is looking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.access import may, require
from leadapp.models import User
from leadapp.views.answering import signed_in
from scoring.models import ScoringModel, ScoringModelVersion

State = ScoringModelVersion.State
PEOPLE = ("created_by", "published_by", "scheduled_by", "based_on")


@dataclass(frozen=True, kw_only=True)
class StudioRights:
    """What the person who looks may do with scoring models."""

    may_edit: bool
    may_publish: bool

    @classmethod
    def of(cls, user: User) -> "StudioRights":
        """Ask the same questions that the services ask."""
        return cls(
            may_edit=may(user, "scoring.change_scoringrule")
            and may(user, "scoring.change_scoringmodelversion"),
            may_publish=may(user, "scoring.publish_version"),
        )


@dataclass(frozen=True, kw_only=True)
class Studio:
    """The frame of the pages of one model."""

    model: ScoringModel
    live: ScoringModelVersion | None
    draft: ScoringModelVersion | None
    rights: StudioRights
    tab: str
    rule_count: int
    version_count: int
    now: datetime

    @property
    def newest(self) -> ScoringModelVersion | None:
        """Return what is being worked on: the draft, else what is live."""
        return self.draft or self.live

    def need_draft(self) -> ScoringModelVersion:
        """Return the draft; without one the page does not exist."""
        if self.draft is None:
            raise Http404(_("There is no draft."))
        return self.draft


def require_view(request: HttpRequest) -> User:
    """Return who looks; refuse people who may not see scoring models."""
    user = signed_in(request)
    require(user, "scoring.view_scoringmodelversion", _("You may not see scoring models."))
    return user


def open_studio(request: HttpRequest, slug: str, *, tab: str = "") -> Studio:
    """Find the model of a page and what its frame shows (two queries beside the person's rights)."""
    user = require_view(request)
    counted = ScoringModel.objects.annotate(version_total=Count("versions"))
    model: Any = get_object_or_404(counted, slug=slug)
    running = ScoringModelVersion.objects.filter(model=model, state__in=[State.LIVE, State.DRAFT])
    versions: dict[str, Any] = {}
    for version in running.select_related(*PEOPLE).annotate(rule_total=Count("rules")):
        version.model = model  # no query for what is here already
        versions[version.state] = version
    newest = versions.get(State.DRAFT) or versions.get(State.LIVE)
    return Studio(
        model=model,
        live=versions.get(State.LIVE),
        draft=versions.get(State.DRAFT),
        rights=StudioRights.of(user),
        tab=tab,
        rule_count=newest.rule_total if newest else 0,
        version_count=model.version_total,
        now=timezone.now(),
    )


def find_version(studio: Studio, number: int | None) -> ScoringModelVersion:
    """Return a version of the model by its number, or answer 404."""
    for known in (studio.draft, studio.live):
        if known is not None and known.number == number:
            return known
    versions = ScoringModelVersion.objects.filter(model=studio.model).select_related(*PEOPLE)
    found = versions.filter(number=number).first() if number is not None else None
    if found is None:
        raise Http404(_("There is no such version."))
    found.model = studio.model
    return found


def studio_page(
    request: HttpRequest, studio: Studio, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Draw a page in the frame of the studio: a template that extends scoring/shell.html."""
    return render(request, template, {"studio": studio, **context}, status=status)
