"""The strongest reasons for a score, as the list shows them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

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
MOST_KEPT = 20_000

# A rule, with the facts that it found, or with how many activities and the newest of them.
Told = tuple[Rule, Any]
Moment = tuple[int, int, datetime]

# By lead, version and moment. What a score came from never changes, and those at the top of the list, which
# everybody looks at, came from thousands of activities each.
_known: dict[Moment, list[list[Told]]] = {}


def reasons_for(leads: Iterable[Lead], *, now: datetime | None = None) -> dict[int, list[str]]:
    """Return up to three short sentences per lead, strongest first.

    Two queries for any number of leads (one more per version while a new one is being rolled out), at the
    moments and by the versions that explain the scores that are shown; one, where all are known already.
    """
    leads, now = list(leads), now or timezone.now()
    told: dict[int, list[list[Told]]] = {}
    unknown: dict[ScoringModelVersion, list[tuple[int, datetime]]] = defaultdict(list)
    for lead_id, (version, as_of) in stored_moments(leads).items():
        known = _known.get((lead_id, version.pk, as_of))
        if known is None:
            unknown[version].append((lead_id, as_of))
        else:
            told[lead_id] = known
    for version, moments in unknown.items():
        told |= _learn(version, moments)
    return {lead.pk: [_words(reason, now=now) for reason in told.get(lead.pk, [])] for lead in leads}


def _learn(version: ScoringModelVersion, moments: list[tuple[int, datetime]]) -> dict[int, list[list[Told]]]:
    """Read what the scores of these leads came from, and keep it."""
    definition = compiled(version).definition
    rows = explained_rows(version=version, moments=moments)
    if len(_known) + len(rows) > MOST_KEPT:
        _known.clear()
    found = {}
    for row in rows:
        found[row["lead_id"]] = strongest(definition, row)
        _known[row["lead_id"], version.pk, row["as_of"]] = found[row["lead_id"]]
    return found


def strongest(definition: Definition, row: Row) -> list[list[Told]]:
    """Return the strongest reasons of one score. What is known of a lead makes a single one."""
    # Only rules that gave or took points: most rules of most leads did not.
    rules = [(rule, points) for rule in definition.rules if (points := row[f"r{rule.id}"])]
    facts = sorted(
        ((rule, points) for rule, points in rules if rule.is_fit and points > 0), key=lambda item: -item[1]
    )
    best = facts[:FACTS_IN_A_REASON]
    reasons = [(abs(points), [rule]) for rule, points in rules if not (rule.is_fit and points > 0)]
    if best:
        reasons.append((sum(points for _, points in best), [rule for rule, _ in best]))
    reasons.sort(key=lambda item: -item[0])
    return [[(rule, _found(rule, row)) for rule in each] for _, each in reasons[:REASONS]]


def _found(rule: Rule, row: Row) -> Any:
    return row[f"f{rule.id}"] if rule.is_fit else (row[f"n{rule.id}"], row[f"t{rule.id}"])


def _words(reason: list[Told], *, now: datetime) -> str:
    return ", ".join(_reason(rule, found, now=now) for rule, found in reason)


def _reason(rule: Rule, found: Any, *, now: datetime) -> str:
    if rule.is_fit:
        return fact_reason(rule, found)
    matches, newest = found
    return activity_reason(activity_name(rule, matches=matches), matches=matches, newest=newest, now=now)
