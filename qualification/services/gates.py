"""Gates: what holds, what is missing, and who would pass; one query for any number of leads."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from leadapp.models import Lead, Match, Stage
from qualification.models import Gate, GateCriterion, Step
from qualification.services.criteria import NEVER, leads_sql, test_sql, value_sql
from qualification.services.wording import Item, ItemState, Reading, item_of
from scoring.engine.fragments import Fragment, join

# The step that leads out of a stage.
STEP_FROM: Mapping[str, Step] = {
    Stage.LEAD: Step.TO_MQL,
    Stage.MQL: Step.TO_SQL,
    Stage.SQL: Step.TO_CUSTOMER,
}


@dataclass(frozen=True)
class GateCheck:
    """A gate as a checklist for one lead."""

    step: Step
    passes: bool
    is_automatic: bool
    match: str
    items: tuple[Item, ...]

    @property
    def holding(self) -> list[Item]:
        """Return the lines that hold."""
        return [item for item in self.items if item.holds]

    @property
    def missing(self) -> list[Item]:
        """Return the lines that do not hold, whatever the reason."""
        return [item for item in self.items if not item.holds]

    @property
    def passes_with_move(self) -> bool:
        """Tell whether it would pass once the move itself has written what it brings: the deal."""
        lines = [item.holds or item.comes_with_move for item in self.items]
        return any(lines) if self.match == Match.ANY and lines else all(lines)


@dataclass(frozen=True)
class _Line:
    """One line of the checklist: a criterion, or several of which one is enough."""

    alternatives: tuple[GateCriterion, ...]

    @cached_property
    def test(self) -> Fragment:
        tests = [test_sql(criterion) for criterion in self.alternatives]
        return _joined(tests, " OR ")


@dataclass(frozen=True)
class GateLines:
    """A gate with its lines, as read from the database at one moment."""

    gate: Gate
    lines: tuple[_Line, ...]

    @cached_property
    def test(self) -> Fragment:
        """Return the condition that tells whether a lead passes."""
        return _joined([line.test for line in self.lines], " OR " if self._is_any else " AND ")

    @property
    def _is_any(self) -> bool:
        return self.gate.match == Match.ANY

    @property
    def reason(self) -> str:
        """Return why leads that passed were moved, for the history."""
        number = len(self.lines)
        if number == 1:
            return "The one criterion held"
        return f"One of {number} criteria held" if self._is_any else f"All {number} criteria held"

    def passes(self, lines: Iterable[bool]) -> bool:
        """Tell whether the gate passes, given which of its lines hold."""
        return any(lines) if self._is_any and self.lines else all(lines)


def check_gates(*, lead: Lead, now: datetime) -> dict[Step, GateCheck]:
    """Return the checklists of all steps for one lead."""
    return check_many(lead_ids=[lead.pk], steps=list(Step), now=now).get(lead.pk, {})


def check_many(
    *, lead_ids: Collection[int], steps: Collection[Step], now: datetime
) -> dict[int, dict[Step, GateCheck]]:
    """Return the checklists of these steps for any number of leads, in a fixed number of queries."""
    gates = _load(steps)
    singles = [
        criterion for lines in gates.values() for line in lines.lines for criterion in line.alternatives
    ]
    columns = [column for item in singles for column in (test_sql(item), value_sql(item))]
    columns.append(Fragment("evidence.states"))
    readable = {criterion.pk: test_sql(criterion) != NEVER for criterion in singles}
    checks: dict[int, dict[Step, GateCheck]] = {}
    for lead_id, *values in _select(columns, lead_ids, now):
        states = json.loads(values.pop())
        readings = {
            criterion.pk: Reading(
                criterion, bool(holds), json.loads(value or "null"), states, readable[criterion.pk]
            )
            for criterion, holds, value in zip(singles, values[::2], values[1::2], strict=True)
        }
        checks[lead_id] = {step: _check(step, lines, readings) for step, lines in gates.items()}
    return checks


def passing(*, step: Step, lead_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of these leads pass the gate of this step.

    A gate without criteria holds nobody back; evaluation never moves leads through it by itself.
    """
    return passing_gate(_load([step])[step], lead_ids=lead_ids, now=now)


def automatic_gates() -> dict[Step, GateLines]:
    """Return the gates that leads take by themselves; one without criteria never is among them."""
    gates = _load(list(Step))
    return {step: gate for step, gate in gates.items() if gate.gate.is_automatic and gate.lines}


def read_gates() -> dict[Step, GateLines]:
    """Return the gates of all steps as they are now (two queries)."""
    return _load(list(Step))


def passing_gate(gate: GateLines, *, lead_ids: Collection[int], now: datetime) -> set[int]:
    """Return which of these leads pass a gate that was read before, in one query."""
    return {lead_id for lead_id, passes in _select([gate.test], lead_ids, now) if passes}


def _load(steps: Collection[Step]) -> dict[Step, GateLines]:
    """Return the gates of these steps; a step whose gate was deleted has one without criteria."""
    stored = {
        gate.step: gate for gate in Gate.objects.filter(step__in=list(steps)).prefetch_related("criteria")
    }
    gates: dict[Step, GateLines] = {}
    for step in Step:
        if step in steps:
            gate = stored.get(step)
            gates[step] = GateLines(gate, _lines(gate)) if gate else GateLines(Gate(step=step), ())
    return gates


def _lines(gate: Gate) -> tuple[_Line, ...]:
    lines: dict[str, list[GateCriterion]] = {}
    for criterion in sorted(gate.criteria.all(), key=lambda item: (item.position, item.pk)):
        lines.setdefault(criterion.one_of or f"#{criterion.pk}", []).append(criterion)
    return tuple(_Line(tuple(group)) for group in lines.values())


def _check(step: Step, lines: GateLines, readings: Mapping[int, Reading]) -> GateCheck:
    items = tuple(
        item_of([readings[criterion.pk] for criterion in line.alternatives]) for line in lines.lines
    )
    return GateCheck(
        step=step,
        passes=lines.passes(item.state == ItemState.HOLDS for item in items),
        is_automatic=lines.gate.is_automatic,
        match=lines.gate.match,
        items=items,
    )


def _joined(tests: list[Fragment], word: str) -> Fragment:
    return "(" + join(word, tests) + ")" if tests else Fragment("TRUE")


def _select(columns: Iterable[Fragment], lead_ids: Collection[int], now: datetime) -> list[tuple[Any, ...]]:
    """Return the id and these columns for each of the leads: the one query behind every gate."""
    tables = leads_sql(now)
    selected = join(", ", [Fragment("l.id"), *columns])
    # Every value is a parameter; the text comes from the code of conditions and fields.
    query = "SELECT " + selected + " FROM " + tables + " WHERE l.id = ANY(%s) ORDER BY l.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query.sql, [*query.bind(), list(lead_ids)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
