"""The strongest reasons for a score, as the list shows them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from leadapp.models import Lead
from scoring.engine.definition import Definition, Rule
from scoring.engine.explanations import Row, explained_rows
from scoring.engine.scores import compiled
from scoring.engine.stored import stored_moments
from scoring.engine.wording import activity_name, activity_reason, fact_reason
from scoring.models import ScoringModelVersion

REASONS = 3
FACTS_IN_A_REASON = 2


def reasons_for(leads: Iterable[Lead], *, now: datetime | None = None) -> dict[int, list[str]]:
    """Return up to three short sentences per lead, strongest first.

    Two queries for any number of leads (one more per version while a new one is being rolled out), at the
    moments and by the versions that explain the scores that are shown.
    """
    leads = list(leads)
    found: dict[int, list[str]] = {lead.pk: [] for lead in leads}
    by_version: dict[ScoringModelVersion, list[tuple[int, datetime]]] = defaultdict(list)
    for lead_id, (version, as_of) in stored_moments(leads).items():
        by_version[version].append((lead_id, as_of))
    for version, moments in by_version.items():
        definition = compiled(version).definition
        for row in explained_rows(version=version, moments=moments):
            found[row["lead_id"]] = strongest(definition, row, now=now or timezone.now())
    return found


def strongest(definition: Definition, row: Row, *, now: datetime) -> list[str]:
    """Return the strongest reasons of one score. What is known of a lead makes a single one."""
    # Only rules that gave or took points: most rules of most leads did not.
    rules = [(rule, points) for rule in definition.rules if (points := row[f"r{rule.id}"])]
    facts = sorted(
        ((rule, points) for rule, points in rules if rule.is_fit and points > 0), key=lambda item: -item[1]
    )
    others = [(abs(points), [rule]) for rule, points in rules if not (rule.is_fit and points > 0)]
    best = facts[:FACTS_IN_A_REASON]
    if best:
        others.append((sum(points for _, points in best), [rule for rule, _ in best]))
    others.sort(key=lambda item: -item[0])
    # Words are found for those alone that are told: a list of leads has hundreds of others.
    return [", ".join(_reason(rule, row, now=now) for rule in told) for _, told in others[:REASONS]]


def _reason(rule: Rule, row: Row, *, now: datetime) -> str:
    if rule.is_fit:
        return fact_reason(rule, row[f"f{rule.id}"])
    matches = row[f"n{rule.id}"]
    name = activity_name(rule, matches=matches)
    return activity_reason(name, matches=matches, newest=row[f"t{rule.id}"], now=now)
