# ruff: noqa: S608 - the text is built of identifiers and whole numbers only; values are parameters
"""One piece of a preview as a single statement: all leads of a range by every version, counted at once.

Only leads that some version scores differently are looked at for lines and gates.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from scoring.analysis.preview.sides import Sides
from scoring.analysis.preview.state import HOT, READY, WARM
from scoring.engine.comparison import comparing
from scoring.engine.fragments import Fragment, join
from scoring.engine.statement import in_range

NUMBERS = ("fit", "engagement", "score", "grade", "temperature")
LINES = (HOT, WARM, READY)


class Gates(Protocol):
    """Gates that scores open. What is above this layer knows them (qualification.services.gate_preview)."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the steps of the gates, with what people call them."""

    def select(self, *, numbers: str, threshold: int, leads: Fragment) -> Fragment:
        """Return lead_id, side, passes_<step> and moves_<step> of a table of numbers.

        `leads` narrows down the leads `r` that are in it.
        """


def piece(sides: Sides, edges: Sequence[int], gates: Gates | None, named: int) -> Fragment:
    """Return the statement for leads from `first_id` to `last_id` at `as_of`: one row with one JSON value.

    It holds `leads`, `bands` ([before, after, leads]), `changes` ([points, leads]), `lines` (per side: moved,
    then up and down for hot, warm and ready), `gates` (per side: its number, then up and down per gate), and
    `named` (lead, before, after, and per gate +1, 0 or -1).
    """
    steps = list(gates.labels) if gates else []
    gated = _gated(sides, gates) if gates and steps else Fragment("")
    parts = {
        "leads": "(SELECT count(*) FROM compared)",
        "bands": _bands(edges),
        "changes": _rows(
            "score_1 - score, count(*)", "changed WHERE score_1 <> score GROUP BY score_1 - score"
        ),
        "lines": _lines(sides),
        "gates": _gates(steps) if steps else "'[]'::jsonb",
        "named": _named(steps, named),
    }
    answer = ", ".join(f"'{name}', {sql}" for name, sql in parts.items())
    differ = " OR ".join(_differs(sides, number) for number in range(1, len(sides.all)))
    return (
        "WITH compared AS MATERIALIZED (" + comparing([side.definition for side in sides.all])
        + f"), changed AS MATERIALIZED (SELECT * FROM compared WHERE {differ})" + gated
        + f" SELECT jsonb_build_object({answer})"
    )  # fmt: skip


def _suffix(number: int) -> str:
    return f"_{number}" if number else ""


def _differs(sides: Sides, number: int) -> str:
    """Return whether anything about a lead is different by a side."""
    ours = ", ".join(NUMBERS)
    theirs = ", ".join(f"{name}{_suffix(number)}" for name in NUMBERS)
    ready = f"(score >= {sides.before.threshold}) <> (score_{number} >= {sides.all[number].threshold})"
    return f"(({ours}) IS DISTINCT FROM ({theirs}) OR {ready})"


def _bands(edges: Sequence[int]) -> str:
    array = f"ARRAY[{', '.join(map(str, edges))}]"
    columns = f"width_bucket(score, {array}), width_bucket(score_1, {array}), count(*)"
    # Grouped as in a SELECT: by the first two.
    return _rows(columns, f"compared GROUP BY width_bucket(score, {array}), width_bucket(score_1, {array})")


def _rows(columns: str, source: str) -> str:
    """Return the rows of a SELECT as a JSON list of lists."""
    select = f"SELECT jsonb_build_array({columns}) AS row FROM {source}"
    return f"(SELECT COALESCE(jsonb_agg(row), '[]') FROM ({select}) q)"


def _lines(sides: Sides) -> str:
    """Count per side the scores that move and the lines that are crossed."""
    each = []
    for number, side in enumerate(sides.all):
        if not number:
            continue
        above = {
            HOT: ("temperature = 'hot'", f"temperature_{number} = 'hot'"),
            WARM: ("temperature <> 'cold'", f"temperature_{number} <> 'cold'"),
            READY: (f"score >= {sides.before.threshold}", f"score_{number} >= {side.threshold}"),
        }
        counts = [f"count(*) FILTER (WHERE score <> score_{number})"]
        for line in LINES:
            before, after = above[line]
            counts += [
                f"count(*) FILTER (WHERE {after} AND NOT ({before}))",
                f"count(*) FILTER (WHERE {before} AND NOT ({after}))",
            ]
        each.append(f"jsonb_build_array({', '.join(counts)})")
    return f"(SELECT jsonb_build_array({', '.join(each)}) FROM changed)"


def _gated(sides: Sides, gates: Gates) -> Fragment:
    """Return the tables that say which leads pass which gates, by each side that scores them differently."""
    by_threshold: dict[int, list[int]] = {}
    for number, side in enumerate(sides.all):
        by_threshold.setdefault(side.threshold, []).append(number)
    tables, selects = "", []
    for index, (threshold, numbers) in enumerate(by_threshold.items()):
        rows = " UNION ALL ".join(_numbers(sides, number) for number in numbers)
        tables += f", sides{index} AS ({rows})"
        selects.append(
            "(" + gates.select(numbers=f"sides{index}", threshold=threshold, leads=in_range("r.id")) + ")"
        )
    return tables + ", gated AS MATERIALIZED (" + join(" UNION ALL ", selects) + ")"


def _numbers(sides: Sides, number: int) -> str:
    columns = ", ".join(f"{name}{_suffix(number)} AS {name}" for name in NUMBERS)
    which = f" WHERE {_differs(sides, number)}" if number else ""
    return f"SELECT lead_id, {number} AS side, {columns} FROM changed{which}"


def _gates(steps: Sequence[str]) -> str:
    """Count per side who would go through a gate, and who would no longer pass."""
    counts = [
        f"count(*) FILTER (WHERE g.moves_{step} AND NOT b.moves_{step}),"
        f" count(*) FILTER (WHERE b.passes_{step} AND NOT g.passes_{step})"
        for step in steps
    ]
    return _rows(
        f"g.side, {', '.join(counts)}",
        "gated g JOIN gated b ON b.lead_id = g.lead_id AND b.side = 0 WHERE g.side > 0 GROUP BY g.side",
    )


def _named(steps: Sequence[str], most: int) -> str:
    """Return the leads that change most, and which gates open (1) or close (-1) for them."""
    top = (
        "SELECT lead_id, score, score_1 FROM changed WHERE score <> score_1"
        f" ORDER BY abs(score_1 - score) DESC, lead_id LIMIT {most}"
    )
    if not steps:
        return _rows("lead_id, score, score_1", f"({top}) c")
    crosses = ", ".join(
        f"CASE WHEN g.moves_{step} AND NOT b.moves_{step} THEN 1"
        f" WHEN b.passes_{step} AND NOT g.passes_{step} THEN -1 ELSE 0 END"
        for step in steps
    )
    return _rows(
        f"c.lead_id, c.score, c.score_1, {crosses}",
        f"({top}) c LEFT JOIN gated b ON b.lead_id = c.lead_id AND b.side = 0"
        " LEFT JOIN gated g ON g.lead_id = c.lead_id AND g.side = 1",
    )
