"""Gates: what holds, what is missing, and who would pass; one query for any number of leads."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from leadapp.models import Lead, Match, Stage
from qualification.models import Gate, GateCriterion, Step
from qualification.services.evidence.frameworks import Questions, read_questions
from qualification.services.gates.criteria import (
    NEVER,
    NOTHING,
    leads_sql,
    staying_sql,
    test_sql,
    value_sql,
)
from qualification.services.gates.fields import dimension_of
from qualification.services.gates.happened import ACTIVITY
from qualification.services.gates.wording import Item, Reading
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
    gate: "GateLines"

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
class Line:
    """One line of the checklist: a criterion, or several of which one is enough."""

    alternatives: tuple[GateCriterion, ...]

    @cached_property
    def test(self) -> Fragment:
        """Return the condition that tells whether it holds."""
        return _joined([test_sql(criterion) for criterion in self.alternatives], " OR ")

    @cached_property
    def staying(self) -> Fragment:
        """Return the condition that tells whether it still holds, by the far sides."""
        return _joined([staying_sql(criterion) for criterion in self.alternatives], " OR ")


@dataclass(frozen=True)
class GateLines:
    """A gate with its lines, as read from the database at one moment."""

    gate: Gate
    lines: tuple[Line, ...]

    @cached_property
    def test(self) -> Fragment:
        """Return the condition that tells whether a lead passes."""
        return _joined([line.test for line in self.lines], " OR " if self.is_any else " AND ")

    @cached_property
    def staying(self) -> Fragment:
        """Return the condition that tells whether a lead that has passed still holds, by the far sides."""
        return _joined([line.staying for line in self.lines], " OR " if self.is_any else " AND ")

    @property
    def step(self) -> Step:
        """Return the step that it guards."""
        return Step(self.gate.step)

    @property
    def criteria(self) -> list[GateCriterion]:
        """Return all criteria, in order."""
        return [criterion for line in self.lines for criterion in line.alternatives]

    @property
    def takes_back(self) -> bool:
        """Tell whether leads that hold no longer go back by themselves."""
        return self.gate.takes_back and bool(self.lines)

    @property
    def is_any(self) -> bool:
        """Tell whether one line is enough."""
        return self.gate.match == Match.ANY

    @property
    def reason(self) -> str:
        """Return why leads that passed were moved, for the history."""
        number = len(self.lines)
        if number == 1:
            return "The one criterion held"
        return f"One of {number} criteria held" if self.is_any else f"All {number} criteria held"

    def passes(self, lines: Iterable[bool]) -> bool:
        """Tell whether the gate passes, given which of its lines hold."""
        return any(lines) if self.is_any and self.lines else all(lines)


def check_gates(*, lead: Lead, now: datetime, questions: Questions | None = None) -> dict[Step, GateCheck]:
    """Return the checklists of all steps for one lead."""
    return check_many(lead_ids=[lead.pk], steps=list(Step), now=now, questions=questions).get(lead.pk, {})


def check_many(
    *, lead_ids: Collection[int], steps: Collection[Step], now: datetime, questions: Questions | None = None
) -> dict[int, dict[Step, GateCheck]]:
    """Return the checklists of these steps for any number of leads, in a fixed number of queries."""
    gates = _load(steps)
    criteria = [criterion for lines in gates.values() for criterion in lines.criteria]
    found = read_criteria(criteria, lead_ids=lead_ids, now=now, questions=questions)
    return {
        lead_id: {step: _check(step, lines, readings) for step, lines in gates.items()}
        for lead_id, readings in found.items()
    }


def check_ahead(leads: Mapping[Step, Collection[int]], *, now: datetime) -> dict[int, GateCheck]:
    """Return the checklist of one step for each lead: a query for each step that has leads, and three.

    The newest activity behind a line is not looked up, which only details tell: of leads that did a lot it
    takes as long as all the rest.
    """
    gates, questions = _load(list(leads)), read_questions()
    return {
        lead_id: _check(step, gates[step], readings)
        for step, lead_ids in leads.items()
        if lead_ids
        for lead_id, readings in read_criteria(
            gates[step].criteria, lead_ids=lead_ids, now=now, questions=questions, with_newest=False
        ).items()
    }


def read_criteria(
    criteria: Sequence[GateCriterion],
    *,
    lead_ids: Collection[int],
    now: datetime,
    staying: bool = False,
    questions: Questions | None = None,
    with_newest: bool = True,
) -> dict[int, dict[int, Reading]]:
    """Return how each of these leads stands to each of these criteria, by their ids, in one query.

    In two, unless the questions are given.
    """
    questions = questions or read_questions()
    tests = [staying_sql(criterion) if staying else test_sql(criterion) for criterion in criteria]
    values = [
        value_sql(criterion) if with_newest or criterion.field != ACTIVITY else NOTHING
        for criterion in criteria
    ]
    found: dict[int, dict[int, Reading]] = {}
    for lead_id, states, *row in select_leads(
        [Fragment("evidence.states"), *tests, *values], lead_ids=lead_ids, now=now
    ):
        bant = json.loads(states)
        found[lead_id] = {
            criterion.pk: Reading(
                criterion,
                bool(holds),
                json.loads(value or "null"),
                bant,
                questions,
                is_readable=test != NEVER and not (dimension_of(criterion.field) and value is None),
            )
            for criterion, test, holds, value in zip(
                criteria, tests, row[: len(criteria)], row[len(criteria) :], strict=True
            )
        }
    return found


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
    return {lead_id for lead_id, passes in select_leads([gate.test], lead_ids=lead_ids, now=now) if passes}


def lines_of(criteria: Iterable[GateCriterion]) -> tuple[Line, ...]:
    """Return the lines of a checklist: criteria with the same word in `one_of` are one."""
    lines: dict[str, list[GateCriterion]] = {}
    for number, criterion in enumerate(criteria):
        lines.setdefault(criterion.one_of or f"#{number}", []).append(criterion)
    return tuple(Line(tuple(group)) for group in lines.values())


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


def _lines(gate: Gate) -> tuple[Line, ...]:
    return lines_of(sorted(gate.criteria.all(), key=lambda item: (item.position, item.pk)))


def _check(step: Step, lines: GateLines, readings: Mapping[int, Reading]) -> GateCheck:
    items = tuple(
        Item(tuple(readings[criterion.pk] for criterion in line.alternatives)) for line in lines.lines
    )
    return GateCheck(
        step=step,
        passes=lines.passes(item.holds for item in items),
        is_automatic=lines.gate.is_automatic,
        match=lines.gate.match,
        items=items,
        gate=lines,
    )


def _joined(tests: list[Fragment], word: str) -> Fragment:
    return "(" + join(word, tests) + ")" if tests else Fragment("TRUE")


def select_leads(
    columns: Iterable[Fragment], *, lead_ids: Collection[int], now: datetime
) -> list[tuple[Any, ...]]:
    """Return the id and these columns for each of the leads: the one query behind every gate."""
    tables = leads_sql(now)
    selected = join(", ", [Fragment("l.id"), *columns])
    # Every value is a parameter; the text comes from the code of conditions and fields.
    query = "SELECT " + selected + " FROM " + tables + " WHERE l.id = ANY(%s) ORDER BY l.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query.sql, [*query.bind(), list(lead_ids)])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
