# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""How many leads and activities a rule matches, while it is being edited.

The engine's own SQL for the rule is counted; there is no second reading of conditions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from leadapp.models import ActivityType
from leadapp.numbers import write_number
from scoring.cleaning import clean_rule
from scoring.engine.activities import engagement_of
from scoring.engine.definition import Definition, Rule
from scoring.engine.facts import fit_of
from scoring.engine.fragments import Fragment, Later
from scoring.models import ScoringRule
from scoring.rules import RuleFacts, facts_of

# Above this many leads a sample is looked at, and the answer is an estimate.
MOST_LEADS, SAMPLE = 20_000, 5_000
# So is it where few leads have very many activities: those of so many pages are read.
MOST_PAGES = 40_000

AS_OF, LEAD_IDS = Later("as_of"), Later("lead_ids")
MOMENT = Fragment("(SELECT %s::timestamptz AS as_of) m", (AS_OF,))
SIZES = """
SELECT (SELECT count(*) FROM leadapp_lead WHERE NOT do_not_score),
    pg_relation_size('leadapp_activity') / current_setting('block_size')::int
"""
# Whole pages are quick to read; the same ones each time, so that the number stays while one types.
PICK = """
SELECT id FROM leadapp_lead TABLESAMPLE SYSTEM (%s) REPEATABLE (7) WHERE NOT do_not_score LIMIT %s
"""


@dataclass(frozen=True)
class Matches:
    """How many leads a rule gives points to, of how many, and for how many of their activities.

    `looked_at` is how many leads were counted; fewer than `of` make the other numbers an estimate.
    """

    leads: int
    of: int
    activities: int
    looked_at: int
    counts_activities: bool

    @property
    def is_estimate(self) -> bool:
        """Tell whether only a sample was looked at."""
        return self.looked_at < self.of

    @property
    def text(self) -> str:
        """Return the sentence for the page: "Matches 312 of 2,000 leads, 1,204 activities"."""
        if not self.of:
            return _("There are no leads yet")
        facts = {
            "leads": write_number(_round(self.leads, self.is_estimate)),
            "of": write_number(self.of),
            "activities": write_number(_round(self.activities, self.is_estimate)),
            "looked_at": write_number(self.looked_at),
        }
        match self.is_estimate, self.counts_activities:
            case True, True:
                text = _(
                    "Matches about %(leads)s of %(of)s leads, about %(activities)s activities"
                    " (estimated from %(looked_at)s leads)"
                )
            case True, False:
                text = _("Matches about %(leads)s of %(of)s leads (estimated from %(looked_at)s leads)")
            case False, True:
                text = _("Matches %(leads)s of %(of)s leads, %(activities)s activities")
            case _neither:
                text = _("Matches %(leads)s of %(of)s leads")
        return text % facts


def count_matches(rule: ScoringRule | RuleFacts, *, now: datetime) -> Matches:
    """Count the leads to whom a rule gives points now, stored or not; before caps, whether on or off.

    Leads that opted out of scoring do not count. Above 20,000 leads a sample is looked at, so that it stays
    quick. Raises Invalid for facts that make no sense.
    """
    facts = clean_rule(facts_of(rule) if isinstance(rule, ScoringRule) else rule)
    definition = _definition_of(facts)
    total, pages = _fetch(SIZES, [])[0]
    ids = _pick(total, pages)
    statement = _count(definition, "= ANY(%s)" if ids is not None else "IS NOT NULL")
    [(leads, activities)] = _fetch(statement.sql, statement.bind(as_of=now, lead_ids=ids))
    share = len(ids) / total if ids is not None else 1.0
    return Matches(
        leads=round(leads / share) if share else 0,
        of=total,
        activities=round(int(activities) / share) if share else 0,
        looked_at=total if ids is None else len(ids),
        counts_activities=not definition.rules[0].is_fit,
    )


def _pick(total: int, pages: int) -> list[int] | None:
    """Return the leads to look at, or None for all."""
    most = min(SAMPLE if total > MOST_LEADS else total, total * MOST_PAGES // max(pages, MOST_PAGES))
    if most >= total:
        return None
    # Pages are not equally full: a little more than needed is picked, then cut.
    return [lead_id for (lead_id,) in _fetch(PICK, [min(100.0, 110.0 * most / total), most])]


def _count(definition: Definition, which: str) -> Fragment:
    """Return a SELECT of the leads with points and their activities, of the leads that `which` picks."""
    rule = definition.rules[0]
    ids = (LEAD_IDS,) if "%s" in which else ()
    if rule.is_fit:
        fit = fit_of(definition)
        return (
            "SELECT count(*) FILTER (WHERE " + fit.raw[rule.id] + " <> 0), 0 FROM " + MOMENT
            + " JOIN leadapp_lead l ON NOT l.do_not_score AND " + Fragment(f"l.id {which}", ids) + fit.source
        )  # fmt: skip
    engagement = engagement_of(definition)
    matching = "count(*)" + engagement.counted[rule.id].filter
    activities = engagement.needed.select(Fragment(f"a.lead_id {which}", ids), MOMENT)
    enough = f"FILTER (WHERE e.n >= {rule.min_occurrences})"
    return (
        f"SELECT count(*) {enough}, COALESCE(sum(e.n) {enough}, 0) FROM (SELECT x.lead_id, " + matching
        + " AS n FROM (" + activities + ") x GROUP BY x.lead_id) e"
        + " JOIN leadapp_lead l ON l.id = e.lead_id AND NOT l.do_not_score"
    )  # fmt: skip


def _definition_of(facts: RuleFacts) -> Definition:
    """Return a definition of this one rule; bounds and bands do not matter here."""
    types = ActivityType.objects.filter(slug__in=facts.activity_types).values_list("pk", flat=True)
    rule = Rule(
        id=1,
        name=facts.name,
        dimension=facts.dimension,
        group_id=None,
        points=facts.points,
        match=facts.match,
        conditions=tuple((each.field, each.operator, each.value) for each in facts.conditions),
        type_ids=tuple(sorted(types)),
        counting=facts.counting,
        min_occurrences=facts.min_occurrences,
        window_days=facts.window_days,
        decay=facts.decay,
        decay_days=facts.decay_days,
        max_points=None,
    )
    return Definition(
        rules=(rule,),
        groups=(),
        fit_bounds=(0, 1),
        engagement_bounds=(0, 1),
        fit_grades=(3, 2, 1),
        engagement_grades=(3, 2, 1),
        hot_from=2,
        warm_from=1,
    )


def _fetch(sql: str, params: list[Any]) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[int, ...]] = cursor.fetchall()
    return rows


def _round(number: int, is_estimate: bool) -> int:
    """Keep two digits of an estimate: more would promise too much."""
    return round(number, 2 - len(str(number))) if is_estimate else number
