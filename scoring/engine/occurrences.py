# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""The single activities behind the points of a rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from json import loads
from typing import Any

from django.db import connection

from scoring.engine.activities import engagement_of
from scoring.engine.definition import Rule
from scoring.engine.explanations import ZERO, Explanation, Line
from scoring.engine.fragments import Fragment
from scoring.engine.imagined import ImaginedLead, moments_of, tables_of
from scoring.engine.scores import STORED_TABLES, compiled
from scoring.engine.statement import ONE_MOMENT
from scoring.models import Counting, Dimension


@dataclass(frozen=True)
class Occurrence:
    """One activity that a rule counted.

    `before` are the points of the rule, `share` what age leaves of them (1 is all), `points` what it gave:
    nothing where a rule counts once and another was stronger, or where there are too few of them. Before the
    cap of the rule.
    """

    activity_id: int
    type: str
    label: str
    channel: str
    occurred_at: datetime
    json: str
    before: int
    share: float
    points: Decimal

    @property
    def properties(self) -> Mapping[str, Any]:
        """Return what came with the activity; read when asked for, because most are only counted."""
        found: Mapping[str, Any] = loads(self.json)
        return found

    @property
    def percent_left(self) -> float:
        """Return the share that is left, in percent."""
        return self.share * 100


def occurrences_of(
    explanation: Explanation, *, imagined: ImaginedLead | None = None, most: int | None = None
) -> dict[int, tuple[Occurrence, ...]]:
    """Return per engagement rule the activities behind its line, newest first; one query.

    The points of a rule's activities sum exactly to `raw` of its line; where it has more than `most`, what is
    left of `raw` is that of the older ones. The explanation is that of a stored lead, or of the imagined one.
    """
    definition = compiled(explanation.version).definition
    rules = definition.of_dimension(Dimension.ENGAGEMENT)
    if not rules:
        return {}
    rows = _rows(explanation, imagined, most)
    lines = {line.rule_id: line for line in explanation.all_lines}
    return {
        rule.id: _of_rule(rule, lines[rule.id], found)
        for rule in rules
        if (found := [row for row in rows if row[f"s{rule.id}"] is not None][:most])
    }


def _rows(explanation: Explanation, imagined: ImaginedLead | None, most: int | None) -> list[dict[str, Any]]:
    definition, lead_id, tables = compiled(explanation.version).definition, explanation.lead_id, STORED_TABLES
    if imagined is not None:
        ((lead_id, _),) = moments_of([imagined], explanation.as_of)
        tables = tables_of([imagined], as_of=explanation.as_of)
    engagement = engagement_of(definition)
    each = engagement.each(f"a.lead_id = {lead_id:d}", ONE_MOMENT)
    if most is not None:
        each = _newest(each, list(engagement.counted), most)
    query = (
        tables + "SELECT t.slug, t.label, t.channel, o.* FROM (" + each + ") o"
        " JOIN leadapp_activitytype t ON t.id = o.type_id ORDER BY o.occurred_at DESC, o.id DESC"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.bind(as_of=explanation.as_of))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _newest(each: Fragment, rule_ids: Sequence[int], most: int) -> Fragment:
    """Keep the activities that are among the newest of any rule."""
    places = ", ".join(f"count(s{rule_id}) OVER newest AS k{rule_id}" for rule_id in rule_ids)
    is_kept = " OR ".join(f"(s{rule_id} IS NOT NULL AND k{rule_id} <= {most:d})" for rule_id in rule_ids)
    return (
        f"SELECT * FROM (SELECT e.*, {places} FROM (" + each + ") e WINDOW newest AS"
        " (ORDER BY e.occurred_at DESC, e.id DESC ROWS UNBOUNDED PRECEDING)) ranked"
        f" WHERE {is_kept}"
    )


def _of_rule(rule: Rule, line: Line, rows: Sequence[dict[str, Any]]) -> tuple[Occurrence, ...]:
    matches = line.matches or 0
    given = _given(rule, [row[f"s{rule.id}"] for row in rows], matches)
    if len(rows) == matches:
        # Each is rounded to six decimals; the newest takes the difference, so that they sum exactly.
        given[0] += line.raw - sum(given, ZERO)
    return tuple(
        Occurrence(
            activity_id=row["id"],
            type=row["slug"],
            label=row["label"],
            channel=row["channel"],
            occurred_at=row["occurred_at"],
            json=row["properties"],
            before=rule.points,
            share=row[f"s{rule.id}"],
            points=points,
        )
        for row, points in zip(rows, given, strict=True)
    )


def _given(rule: Rule, shares: Sequence[float], matches: int) -> list[Decimal]:
    """Return what each of the newest activities gave, of so many."""
    if matches < rule.min_occurrences:
        return [ZERO] * len(shares)
    if rule.counting == Counting.ONCE:
        # Points only ever fade, so the newest is the strongest.
        shares = [shares[0], *[0.0] * (len(shares) - 1)]
    return [Decimal(f"{rule.points * share:.6f}") for share in shares]
