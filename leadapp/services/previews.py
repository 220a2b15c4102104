"""Previews of drafts together with the gates that their scores would open."""

from datetime import datetime

from qualification.services.gates.preview import scored_gates
from scoring.analysis.preview import Preview, begin, step
from scoring.models import ScoringModel, ScoringModelVersion


def live_version_of(model: ScoringModel) -> ScoringModelVersion | None:
    """Return the version of a model that is live, which a draft is compared with."""
    versions = ScoringModelVersion.objects.select_related("model")
    return versions.filter(model=model, state=ScoringModelVersion.State.LIVE).first()


def begin_preview(*, draft: ScoringModelVersion, now: datetime) -> Preview:
    """Begin to look at what publishing the draft would do; nothing is written, now or later."""
    return begin(before=live_version_of(draft.model), draft=draft, now=now)


def continue_preview(preview: Preview) -> Preview:
    """Look at the next leads; raise Conflict if the draft or what is live changed since the beginning.

    Gates ask for the scores of the primary model only, so that those of another one open none.
    """
    drives_gates = ScoringModelVersion.objects.filter(pk=preview.draft_id, model__is_primary=True).exists()
    return step(preview, gates=scored_gates(now=preview.as_of) if drives_gates else None)
