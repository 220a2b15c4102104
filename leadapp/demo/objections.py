"""Let reps set some scores aside, as they do when they know more than the rules."""

from datetime import datetime, timedelta

from leadapp.models import Lead, Status
from scoring.models import Verdict
from scoring.services.overrides import end_override, set_aside

# Place among the leads that reps have, by priority; what is said; how many days ago, and for how many.
OBJECTIONS = (
    (4, Verdict.TOO_HIGH, "Writes a thesis about us. No budget, no project.", 3, 30),
    (9, Verdict.TOO_HIGH, "Works for a competitor and reads our prices.", 11, 60),
    (17, Verdict.TOO_HIGH, "Asked for a demo to compare it with the one they bought in spring.", 6, 45),
    (26, Verdict.TOO_HIGH, "Budget is frozen until next year.", 20, 14),
    (38, Verdict.TOO_HIGH, "Only wants the webinar slides.", 2, 14),
    (90, Verdict.TOO_LOW, "Met the managing director at the fair; they decide this month.", 1, 21),
    (115, Verdict.TOO_LOW, "Sister company of a customer; they called us.", 8, 30),
)
# This one turned out to be wrong.
ENDED = 38


def set_some_aside(*, now: datetime) -> int:
    """Let the owners object to some scores; one objection was taken back."""
    owned = Lead.objects.filter(owner__isnull=False, score__isnull=False, status=Status.OPEN)
    leads = list(owned.select_related("owner").prioritised()[: OBJECTIONS[-1][0] + 1])
    said = 0
    for place, verdict, reason, days_ago, days in OBJECTIONS:
        if place >= len(leads):
            break
        lead = leads[place]
        at = max(now - timedelta(days=days_ago), lead.created_at)
        set_aside(
            lead=lead,
            verdict=verdict,
            reason=reason,
            expires_at=at + timedelta(days=days),
            actor=lead.owner,
            now=at,
        )
        said += 1
        if place == ENDED:
            end_override(lead=lead, actor=lead.owner, now=now)
    return said
