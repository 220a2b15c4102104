"""The strongest reasons for a score, as the list shows them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from leadapp.models import Lead
from scoring.engine.explanations import Explanation, explain_moments
from scoring.engine.scores import published_version

REASONS = 3
FACTS_IN_A_REASON = 2


def reasons_for(leads: Iterable[Lead], *, now: datetime | None = None) -> dict[int, list[str]]:
    """Return up to three short sentences per lead, strongest first.

    One query for any number of leads (one more per version while a new one is being rolled out), at each
    lead's own scored_at and version, so that they fit the score that is shown.
    """
    found: dict[int, list[str]] = {}
    by_version: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for lead in leads:
        found[lead.pk] = []
        if lead.score is not None and lead.score_version_id and lead.scored_at:
            by_version[lead.score_version_id].append((lead.pk, lead.scored_at))
    for version_id, moments in by_version.items():
        for explanation in explain_moments(version=published_version(version_id), moments=moments):
            found[explanation.lead_id] = strongest(explanation, now=now or timezone.now())
    return found


def strongest(explanation: Explanation, *, now: datetime) -> list[str]:
    """Return the strongest reasons of one explanation. What is known of a lead makes a single one."""
    facts = [line for line in explanation.lines if line.rule_id and line.matches is None and line.points > 0]
    facts.sort(key=lambda line: -line.points)
    told: list[tuple[Decimal, str]] = []
    if facts:
        best = facts[:FACTS_IN_A_REASON]
        told.append(
            (
                sum((line.points for line in best), Decimal(0)),
                ", ".join(line.reason(now=now) for line in best),
            )
        )
    others = [line for line in explanation.lines if line.rule_id and line not in facts]
    told += [(abs(line.points), line.reason(now=now)) for line in others]
    told.sort(key=lambda item: -item[0])
    return [text for _, text in told[:REASONS]]
