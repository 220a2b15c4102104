"""A year of scores, written by the real scoring services at moments in the past: honest numbers."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadapp.demo.population import Prospect
from scoring.models import Cause, ScoredLead
from scoring.services.queue import request_scoring, score_waiting

# When scores are written: every four weeks, the last quarter every other week, then every day or two.
DAYS_BACK = (*range(336, 84, -28), *range(84, 7, -14), 7, 5, 3, 2, 1, 0)
FADED = timedelta(days=200)


def score_the_year(
    prospects: Sequence[Prospect], *, now: datetime, advance: Callable[[], None] = lambda: None
) -> None:
    """Let time pass: at each moment score every lead that existed then."""
    before = now - timedelta(days=3650)
    for moment in (now - timedelta(days=days) for days in DAYS_BACK):
        known = [prospect for prospect in prospects if prospect.lead.created_at <= moment]
        active = {
            prospect.lead.pk
            for prospect in known
            if any(before < event.at <= moment for event in prospect.events)
        }
        quiet = [
            prospect.lead.pk
            for prospect in known
            if prospect.lead.pk not in active and (moment == now or _still_fades(prospect, moment))
        ]
        request_scoring(lead_ids=sorted(active), cause=Cause.ACTIVITY, now=moment)
        request_scoring(lead_ids=quiet, cause=Cause.DECAY, now=moment)
        # What the gates would have said then is part of the story already (selling).
        ScoredLead.objects.all().delete()
        while score_waiting(now=moment, limit=len(known) or 1):
            pass
        before = moment
        advance()


def _still_fades(prospect: Prospect, moment: datetime) -> bool:
    """Tell whether decay can still change the score: points older than that have all but gone."""
    return any(moment - FADED < event.at <= moment for event in prospect.events)
