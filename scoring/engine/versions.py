"""Which version was live when, and which ones are now."""

from datetime import datetime

from scoring.models import Publication, ScoringModel, ScoringModelVersion


def version_at(model: ScoringModel, at: datetime) -> ScoringModelVersion | None:
    """Return the version of a model that was live at a moment; None before the first one was published."""
    published = Publication.objects.filter(version__model=model, at__lte=at)
    newest = published.select_related("version__model").order_by("-at", "-id").first()
    return newest.version if newest else None


def live_versions() -> list[ScoringModelVersion]:
    """Return the live version of each model that has one, with its model: the primary first, then by name."""
    live = ScoringModelVersion.objects.filter(state=ScoringModelVersion.State.LIVE)
    return list(live.select_related("model").order_by("-model__is_primary", "model__name", "id"))
