# ruff: noqa: S608 - the text is built of our own conditions and of numbers; values are parameters
"""Who would pass a gate today if an edit of it were saved. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from leadapp.models import Lead
from qualification.models import Gate, GateCriterion, Step
from qualification.services.gates.checklists import GateLines, lines_of, read_gates
from qualification.services.gates.criteria import leads_asked_by
from qualification.services.gates.steps import behind_sql, in_front_sql, is_left_alone_sql
from scoring.engine.fragments import FENCE, join

NAMED = 20
# As the prioritised list does.
ORDER = "ORDER BY priority DESC, last_activity_at DESC, id DESC"


@dataclass(frozen=True)
class Lacking:
    """The line of a gate that most of those lack who fail; for `alone` of them it is all they lack."""

    label: str
    leads: int
    alone: int


@dataclass(frozen=True)
class Trial:
    """How many open leads in front of a gate pass as it is stored and as it is edited, and who differs.

    `moving` would take the step by themselves on saving. `below` are behind the gate and hold no longer by
    the edit, where it takes leads back; they stay nevertheless.
    """

    step: Step
    is_automatic: bool
    has_criteria: bool
    leads: int
    passing_now: int
    passing: int
    gained: int
    lost: int
    gained_leads: Sequence[Lead]
    lost_leads: Sequence[Lead]
    moving: int
    below: int
    lacking: Lacking | None

    @property
    def failing(self) -> int:
        """Return how many do not pass the edited gate."""
        return self.leads - self.passing


def edited_gate(gate: Gate, criteria: Sequence[GateCriterion]) -> GateLines:
    """Return a gate as somebody edited it, without saving it; the criteria in their order."""
    return GateLines(gate, lines_of(criteria))


def try_gate(edited: GateLines, *, now: datetime) -> Trial:
    """Compare the stored gate with an edit, over all open leads in front of it (at most five queries)."""
    step = edited.step
    stored = read_gates()[step]
    counts = _count(stored, edited, now)
    gained, lost = counts.pop(), counts.pop()
    leads, passing_now, passing, newly, no_longer, moving, *lines = counts
    named = Lead.objects.select_related("company").in_bulk([*gained, *lost])
    return Trial(
        step=step,
        is_automatic=edited.gate.is_automatic,
        has_criteria=bool(edited.lines),
        leads=leads,
        passing_now=passing_now,
        passing=passing,
        gained=newly,
        lost=no_longer,
        gained_leads=[named[pk] for pk in gained if pk in named],
        lost_leads=[named[pk] for pk in lost if pk in named],
        moving=moving if edited.gate.is_automatic and edited.lines else 0,
        below=_below(edited, now) if edited.takes_back else 0,
        lacking=_most_lacked(edited, lines),
    )


def _count(stored: GateLines, edited: GateLines, now: datetime) -> list[Any]:
    """Return all counts, then those of each line, then the ids of who passes no longer, and newly."""
    # Lines that the edit left as they were are asked once.
    tests = {repr(line.test): line.test for line in (*stored.lines, *edited.lines)}
    names = {key: f"line_{number}" for number, key in enumerate(tests)}
    columns = join("", (", " + test + f" AS {names[key]}" for key, test in tests.items()))
    lines = _lines(edited, names)
    left_alone = is_left_alone_sql(edited.step, now)
    among = in_front_sql(edited.step)
    if edited.step == Step.HANDOVER:
        among += " AND NOT " + left_alone
    filters = [
        "true",
        "before",
        "after",
        "after AND NOT before",
        "before AND NOT after",
        f"after AND NOT {left_alone}",
        *(f"NOT after AND NOT {line}" for line in lines),
        *(" AND ".join(["NOT after", f"NOT {line}", *(o for o in lines if o != line)]) for line in lines),
    ]
    counted = ", ".join(f"count(*) FILTER (WHERE {each})" for each in filters)
    named = ", ".join(
        f"ARRAY(SELECT id FROM tried WHERE {each} {ORDER} LIMIT {NAMED})"
        for each in ("before AND NOT after", "after AND NOT before")
    )
    query = (
        f"WITH tried AS MATERIALIZED (SELECT *, {_joined(stored, names)} AS before,"
        f" {_joined(edited, names)} AS after FROM ("
        + "SELECT l.id, l.priority, l.last_activity_at, l.stage_changed_at" + columns
        + " FROM " + leads_asked_by(columns, now) + " WHERE " + among + FENCE + ") t)"
        + f" SELECT {counted}, {named} FROM tried l"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.bind())
        return list(cursor.fetchone())


def _joined(gate: GateLines, names: Mapping[str, str]) -> str:
    """Return whether a gate passes, out of the columns that tell which lines hold."""
    held = _lines(gate, names)
    return f"({(' OR ' if gate.is_any else ' AND ').join(held)})" if held else "true"


def _lines(gate: GateLines, names: Mapping[str, str]) -> list[str]:
    return [names[repr(line.test)] for line in gate.lines]


def _below(edited: GateLines, now: datetime) -> int:
    query = (
        "SELECT count(*) FROM " + leads_asked_by(edited.staying, now)
        + " WHERE " + behind_sql(edited.step) + " AND " + edited.staying + " IS NOT TRUE"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.bind())
        return int(cursor.fetchone()[0])


def _most_lacked(edited: GateLines, counts: Sequence[int]) -> Lacking | None:
    """Return the line that most lack; where one line is enough, all that fail lack all of them."""
    number = len(edited.lines)
    if not number or (edited.is_any and number > 1):
        return None
    lacking = [
        Lacking(str(line.alternatives[0]), leads, alone)
        for line, leads, alone in zip(edited.lines, counts[:number], counts[number:], strict=True)
    ]
    most = max(lacking, key=lambda each: each.leads)
    return most if most.leads else None
