"""Which version scores the leads."""

from scoring.models import ScoringModelVersion


def live_version() -> ScoringModelVersion | None:
    """Return the live version of the primary model, which drives the list."""
    return ScoringModelVersion.objects.filter(
        state=ScoringModelVersion.State.LIVE, model__is_primary=True
    ).first()
