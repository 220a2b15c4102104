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
    """Return the run that scored all leads by the live version, once it is over.

    Only the newest run can be that: one that was given up for another is finished as well, and its version
    may be live again after a rollback.
    """
    runs = Rescore.objects.filter(cause=Cause.PUBLISH, leads_total__gt=0)
    newest = runs.select_related("version__model").order_by("-started_at", "-id").first()
    if newest is None or newest.finished_at is None:
        return None
    return newest if newest.version.is_live and newest.version.model.is_primary else None


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
