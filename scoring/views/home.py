"""The models: which one drives the list, what is live, what is being edited, what is running."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadapp.models import Lead
from scoring.models import Rescore, ScoringModel, ScoringModelVersion
from scoring.views.shell import State, StudioRights, require_view


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One model of the list."""

    model: ScoringModel
    live: ScoringModelVersion | None
    draft: ScoringModelVersion | None
    leads_scored: int | None
    rescore: Rescore | None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """List the models (a fixed number of queries)."""
    user = require_view(request)
    context = {"rows": read_models(), "rights": StudioRights.of(user)}
    return render(request, "scoring/home.html", context)


def read_models() -> list[ModelRow]:
    """Read every model with its live version, draft and running rescore; the primary one first."""
    running: dict[int, dict[str, Any]] = defaultdict(dict)
    versions = ScoringModelVersion.objects.filter(state__in=[State.LIVE, State.DRAFT])
    counted = versions.select_related("created_by", "published_by").annotate(
        rule_total=Count("rules", filter=Q(rules__is_active=True))
    )
    for version in counted:
        running[version.model_id][version.state] = version
    rescores = {
        rescore.version_id: rescore for rescore in Rescore.objects.filter(finished_at=None).order_by("pk")
    }
    scored = Lead.objects.filter(score__isnull=False).count()

    def row(model: ScoringModel) -> ModelRow:
        live = running[model.pk].get(State.LIVE)
        return ModelRow(
            model=model,
            live=live,
            draft=running[model.pk].get(State.DRAFT),
            leads_scored=scored if model.is_primary and live else None,
            rescore=rescores.get(live.pk) if live else None,
        )

    return [row(model) for model in ScoringModel.objects.order_by("-is_primary", "name")]
