"""Which version and moment explain a stored score."""

from collections.abc import Iterable
from datetime import datetime

from leadapp.models import Lead
from scoring.engine.scores import published_version
from scoring.models import Cause, Rescore, ScoringModelVersion

Moment = tuple[ScoringModelVersion, datetime]


def stored_moments(leads: Iterable[Lead]) -> dict[int, Moment]:
    """Return per lead the version and the moment at which scoring gives what is stored (one query).

    That is what wrote the numbers; or the live version, if its run over all leads found since then that
    they stay as they are. Leads without a score are left out.
    """
    scored = [lead for lead in leads if lead.score is not None]
    confirming = _confirming() if scored else None
    return {lead.pk: _moment(lead, confirming) for lead in scored}


def _confirming() -> Rescore | None:
    """Return the newest run that scored all leads by the live version, once it is over."""
    finished = Rescore.objects.filter(cause=Cause.PUBLISH, finished_at__isnull=False, leads_total__gt=0)
    live = finished.filter(version__state=ScoringModelVersion.State.LIVE, version__model__is_primary=True)
    return live.order_by("-started_at").first()


def _moment(lead: Lead, confirming: Rescore | None) -> Moment:
    if lead.score_version_id is None or lead.scored_at is None:
        raise ValueError(f"Lead {lead.pk} has a score without a version or date.")
    is_confirmed = (
        confirming is not None
        and confirming.version_id != lead.score_version_id
        and confirming.started_at >= lead.scored_at
    )
    if confirming is not None and is_confirmed:
        return published_version(confirming.version_id), confirming.started_at
    return published_version(lead.score_version_id), lead.scored_at
