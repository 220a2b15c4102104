"""A year of scores, written by the real scoring services at moments in the past: honest numbers."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadapp.demo.population import Prospect
from scoring.models import Cause
from scoring.services.queue import request_scoring, score_waiting


def moments_until(now: datetime) -> list[datetime]:
    """Return when to score: every four weeks, the last quarter every week, the last week every day."""
    days = [*range(336, 84, -28), *range(84, 7, -7), *range(7, 0, -1), 0]
    return [now - timedelta(days=day) for day in days]


def score_the_year(
    prospects: Sequence[Prospect], *, now: datetime, advance: Callable[[], None] = lambda: None
) -> None:
    """Let time pass: at each moment score every lead that existed then."""
    before = now - timedelta(days=3650)
    for moment in moments_until(now):
        known = [prospect for prospect in prospects if prospect.lead.created_at <= moment]
        active = {
            prospect.lead.pk
            for prospect in known
            if any(before < event.at <= moment for event in prospect.events)
        }
        quiet = [prospect.lead.pk for prospect in known if prospect.lead.pk not in active]
        request_scoring(lead_ids=sorted(active), cause=Cause.ACTIVITY, now=moment)
        request_scoring(lead_ids=quiet, cause=Cause.DECAY, now=moment)
        while score_waiting(now=moment, limit=len(known) or 1):
            pass
        before = moment
        advance()
