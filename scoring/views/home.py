"""The models: which one drives the list, what is live, what is being edited, what is running."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from leadapp.models import Lead, Temperature
from scoring.models import Rescore, ScoringModel, ScoringModelVersion
from scoring.views.shell import State, StudioRights, require_view


@dataclass(frozen=True)
class BandCount:
    """How many leads are hot, warm or cold."""

    label: str
    count: int


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One model of the list."""

    model: ScoringModel
    live: ScoringModelVersion | None
    draft: ScoringModelVersion | None
    bands: list[BandCount]
    rescore: Rescore | None

    @property
    def leads_scored(self) -> int:
        """Return how many leads have a score."""
        return sum(band.count for band in self.bands)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """List the models (a fixed number of queries)."""
    user = require_view(request)
    context = {"rows": read_models(), "rights": StudioRights.of(user), "now": timezone.now()}
    return render(request, "scoring/home.html", context)


def read_models() -> list[ModelRow]:
    """Read every model with its live version, draft and running rescore; the primary one first."""
    running: dict[int, dict[str, Any]] = defaultdict(dict)
    versions = ScoringModelVersion.objects.filter(state__in=[State.LIVE, State.DRAFT])
    counted = versions.select_related("created_by", "published_by").annotate(rule_total=Count("rules"))
    for version in counted:
        running[version.model_id][version.state] = version
    rescores = {
        rescore.version_id: rescore for rescore in Rescore.objects.filter(finished_at=None).order_by("pk")
    }
    bands = _count_bands()

    def row(model: ScoringModel) -> ModelRow:
        live = running[model.pk].get(State.LIVE)
        return ModelRow(
            model=model,
            live=live,
            draft=running[model.pk].get(State.DRAFT),
            bands=bands if model.is_primary and live else [],
            rescore=rescores.get(live.pk) if live else None,
        )

    return [row(model) for model in ScoringModel.objects.order_by("-is_primary", "name")]


def _count_bands() -> list[BandCount]:
    """Count the scored leads by temperature, the hot ones first; nothing if none is scored."""
    rows = Lead.objects.filter(score__isnull=False).order_by().values_list("temperature")
    counts = dict(rows.annotate(total=Count("pk")))
    return [BandCount(str(band.label), counts[band]) for band in Temperature if counts.get(band)]
