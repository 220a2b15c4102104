# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""How a version works out on the leads there are: read from a sample, in a few statements.

The points are those of the engine's own explaining statement. The sample is random and yet the same each
time: the leads whose ids have the smallest hashes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils.translation import ngettext

from leadapp.models import Activity, Lead, Operator
from leadapp.numbers import write_number
from leadapp.words import count_leads
from scoring.engine.conditions import LEAD_AND_COMPANY, compile
from scoring.engine.definition import Definition, Group, Rule
from scoring.engine.fragments import join
from scoring.engine.statement import explaining
from scoring.fields import PROPERTY, Kind, find_field
from scoring.models import Dimension

MOST_LEADS = 5_000
# Below that, shares say nothing.
FEWEST_LEADS = 20
LATELY = timedelta(days=90)
MOST_EVENTS = 50_000

# A few more than wanted, of which the smallest are taken.
PICK = """
SELECT id FROM leadapp_lead
WHERE NOT do_not_score AND (hashint8(id)::bigint & 2147483647) <= %s
ORDER BY hashint8(id)::bigint & 2147483647, id LIMIT %s
"""
PROPERTIES = """
WITH a AS MATERIALIZED (
    SELECT type_id, properties FROM leadapp_activity
    WHERE lead_id = ANY(%s) AND type_id = ANY(%s) AND occurred_at > %s AND occurred_at <= %s
        AND voided_at IS NULL LIMIT %s
)
SELECT type_id, NULL, count(*) FROM a GROUP BY type_id
UNION ALL
SELECT a.type_id, name, count(*) FROM a, jsonb_object_keys(
    CASE jsonb_typeof(a.properties) WHEN 'object' THEN a.properties ELSE '{}' END) AS name
GROUP BY a.type_id, name
"""
# What rounding may hide of a cap that is reached.
ALMOST = 1e-6


@dataclass(frozen=True)
class Use:
    """How a rule works out. Sets of leads are written as bits of a whole number, one for each lead."""

    matched: int  # leads for which it holds
    given: int  # leads that have points of it
    touched: int = 0  # leads with any matching activity, be it fewer than the minimum
    at_cap: int = 0  # leads whose points are held by its cap


@dataclass(frozen=True)
class Held:
    """How many leads a cap or bound holds back, of those that have any points there."""

    held: int
    of: int


@dataclass
class Events:
    """What the activities of one type carried lately."""

    total: int = 0
    names: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """The leads that were looked at, and how rules, caps and fields worked out on them."""

    leads: int
    leads_total: int
    activities: dict[int, int]
    uses: dict[int, Use]
    groups: dict[int, Held]
    upper: dict[Dimension, int]
    lower: dict[Dimension, int]
    floored: int
    filled: dict[str, int]
    events: dict[int, Events]

    @property
    def is_whole(self) -> bool:
        """Tell whether all leads were looked at."""
        return self.leads == self.leads_total

    @property
    def activity_count(self) -> int:
        """Return how many activities the leads have."""
        return sum(self.activities.values())

    @property
    def leads_words(self) -> str:
        """Write how many leads were looked at."""
        return count_leads(self.leads)

    @property
    def activity_words(self) -> str:
        """Write how many activities the leads have."""
        return ngettext("%(count)s activity", "%(count)s activities", self.activity_count) % {
            "count": write_number(self.activity_count)
        }

    def activities_of(self, rule: Rule) -> int:
        """Return how many activities of a rule's types the leads have."""
        return sum(self.activities.get(type_id, 0) for type_id in rule.type_ids)


def read_sample(definition: Definition, now: datetime) -> Sample | None:
    """Look at up to 5,000 leads as of now (up to six statements); None if there are too few of them."""
    total = Lead.objects.filter(do_not_score=False).count()
    if total < FEWEST_LEADS:
        return None
    ids = _pick(total)
    counted = _count(definition, ids, now)
    return Sample(
        leads=len(ids),
        leads_total=max(total, len(ids)),
        activities=_activities(ids, now),
        filled=_filled(definition, ids),
        events=_events(definition, ids, now),
        **counted,
    )


def _pick(total: int) -> list[int]:
    largest = 2**31
    # Six standard deviations above what is wanted, so that there are never fewer.
    share = min(largest, int(largest * (MOST_LEADS + 6 * sqrt(MOST_LEADS)) / max(total, 1)))
    with connection.cursor() as cursor:
        cursor.execute(PICK, [share, MOST_LEADS])
        return [lead_id for (lead_id,) in cursor.fetchall()]


def _count(definition: Definition, ids: Sequence[int], now: datetime) -> dict[str, Any]:
    """Score the leads with all parts, and sum up in the database."""
    columns: dict[tuple[str, Any], str] = {}
    for rule in definition.rules:
        columns |= _columns_of_rule(rule)
    for group in definition.groups:
        columns |= _columns_of_group(definition, group)
    for dimension, (low, high) in _bounds(definition):
        columns["upper", dimension] = _number_of(f"s.{dimension}_sum >= {high}")
        columns["lower", dimension] = _number_of(f"s.{dimension}_sum <= {low}")
    columns["floored", None] = _number_of("s.fit < 0 AND s.fit + s.engagement < 0")
    statement = explaining(definition)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(columns.values()) + " FROM (" + statement.sql + ") s",
            statement.bind(lead_ids=list(ids), as_ofs=[now] * len(ids)),
        )
        row = dict(zip(columns, cursor.fetchone() or (), strict=True))
    return {
        "uses": {
            rule.id: Use(
                matched=_bits(row["matched", rule.id]),
                given=_bits(row["given", rule.id]),
                touched=row.get(("touched", rule.id), 0),
                at_cap=row.get(("at_cap", rule.id), 0),
            )
            for rule in definition.rules
        },
        "groups": {
            group.id: Held(row["held", group.id], row["of", group.id])
            for group in definition.groups
            if ("held", group.id) in row
        },
        "upper": {dimension: row["upper", dimension] for dimension in Dimension},
        "lower": {dimension: row["lower", dimension] for dimension in Dimension},
        "floored": row["floored", None],
    }


def _bounds(definition: Definition) -> list[tuple[Dimension, tuple[int, int]]]:
    return [
        (Dimension.FIT, definition.fit_bounds),
        (Dimension.ENGAGEMENT, definition.engagement_bounds),
    ]


def _columns_of_rule(rule: Rule) -> dict[tuple[str, Any], str]:
    matched = f"s.r{rule.id} <> 0" if rule.is_fit else f"s.n{rule.id} >= {rule.min_occurrences}"
    columns = {
        ("matched", rule.id): _bits_of(matched),
        ("given", rule.id): _bits_of(f"s.r{rule.id} <> 0"),
    }
    if not rule.is_fit:
        columns["touched", rule.id] = _number_of(f"s.n{rule.id} > 0")
    if rule.max_points is not None:
        columns["at_cap", rule.id] = _number_of(f"abs(s.r{rule.id}) >= {rule.max_points - ALMOST}")
    return columns


def _columns_of_group(definition: Definition, group: Group) -> dict[tuple[str, Any], str]:
    members = [
        rule for rule in definition.rules if rule.group_id == group.id and rule.dimension == group.dimension
    ]
    if group.cap is None or not members:
        return {}
    points = " + ".join(f"s.r{rule.id}" for rule in members)
    return {
        ("held", group.id): _number_of(f"abs({points}) >= {group.cap - ALMOST}"),
        ("of", group.id): _number_of(" OR ".join(f"s.r{rule.id} <> 0" for rule in members)),
    }


def _number_of(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _bits_of(condition: str) -> str:
    # All sums of one pass see the leads in the same order, so that bits of two rules can be compared.
    return f"string_agg(CASE WHEN {condition} THEN '1' ELSE '0' END, '')"


def _bits(text: str | None) -> int:
    return int(text, 2) if text else 0


def _activities(ids: Sequence[int], now: datetime) -> dict[int, int]:
    counted = Activity.objects.filter(lead__in=ids, occurred_at__lte=now, voided_at__isnull=True)
    return dict(counted.order_by().values("type").annotate(n=Count("pk")).values_list("type", "n"))


def _filled(definition: Definition, ids: Sequence[int]) -> dict[str, int]:
    """Count for how many leads each field has a value that the conditions look at."""
    keys = list(dict.fromkeys(key for rule in definition.rules for key, _, _ in rule.conditions))
    fields = [key for key in keys if _may_be_empty(key)]
    if not fields:
        return {}
    columns = join(
        ", ", ("count(*) FILTER (WHERE " + compile(key, Operator.IS_SET, None) + ")" for key in fields)
    )
    statement = "SELECT " + columns + f" FROM {LEAD_AND_COMPANY} WHERE l.id = ANY(%s)"
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, [*statement.bind(), list(ids)])
        return dict(zip(fields, cursor.fetchone() or (), strict=True))


def _may_be_empty(key: str) -> bool:
    found = find_field(key)
    return found is not None and not key.startswith((PROPERTY, "activity.")) and found.kind != Kind.BOOLEAN


def _events(definition: Definition, ids: Sequence[int], now: datetime) -> dict[int, Events]:
    """Count what the activities of the last 90 days carried, for types of which rules read properties."""
    types = {
        type_id
        for rule in definition.rules
        for type_id in rule.type_ids
        if any(key.startswith(PROPERTY) for key, _, _ in rule.conditions)
    }
    if not types:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PROPERTIES, [list(ids), sorted(types), now - LATELY, now, MOST_EVENTS])
        return _by_type(cursor.fetchall())


def _by_type(rows: Iterable[tuple[int, str | None, int]]) -> dict[int, Events]:
    events: dict[int, Events] = defaultdict(Events)
    for type_id, name, times in rows:
        if name is None:
            events[type_id].total = times
        else:
            events[type_id].names[name] = times
    return dict(events)
