"""Columns as a picture: places in percent across and in pixels down, so that labels keep their size."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadapp.numbers import write_number

TOP, FOOT = 10, 150
# How much of a column's share of the width is drawn: one of two, and one alone.
HALF, ALONE = 0.36, 0.6
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Column:
    """A column, by the class that gives its colour."""

    code: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Label:
    """A word below a column."""

    text: str
    x: float


@dataclass(frozen=True)
class Line:
    """A line with its words: of the scale at a height, or upright at a place."""

    text: str
    at: float


@dataclass(frozen=True)
class Columns:
    """All that is drawn."""

    columns: tuple[Column, ...]
    labels: tuple[Label, ...]
    grid: tuple[Line, ...]
    across: tuple[float, ...]
    upright: tuple[Line, ...]
    sentence: str


def draw_columns(
    pairs: Sequence[tuple[float, float | None]],
    labels: Sequence[str],
    *,
    unit: str,
    sentence: str,
    across: Sequence[float] = (),
    upright: Sequence[tuple[str, int]] = (),
) -> Columns:
    """Draw pairs of columns, grey and blue; without a second one the first is blue.

    `across` are dashed lines at values, which the key explains; `upright` ones stand before a column.
    """
    values = [value for pair in pairs for value in pair if value is not None]
    # Room above the highest, for the words of the scale.
    ceiling = _ceiling(1.1 * max([*values, *across, 1]))
    share = 100 / max(1, len(pairs))
    columns: list[Column] = []
    for number, (first, second) in enumerate(pairs):
        left = number * share
        if second is None:
            columns.append(_column("col-1", left + share * 0.1, share * ALONE, first, ceiling))
            continue
        columns.append(_column("col-2", left + share * 0.11, share * HALF, first, ceiling))
        columns.append(_column("col-1", left + share * (0.13 + HALF), share * HALF, second, ceiling))
    return Columns(
        columns=tuple(columns),
        labels=tuple(Label(text, round(number * share, 2)) for number, text in enumerate(labels)),
        grid=(
            Line(f"{write_number(ceiling)} {unit}", TOP),
            Line(write_number(ceiling / 2, 0 if ceiling > 1 else 1), (TOP + FOOT) / 2),
        ),
        across=tuple(round(FOOT - (FOOT - TOP) * value / ceiling, 1) for value in across),
        upright=tuple(Line(text, round(number * share, 2)) for text, number in upright),
        sentence=sentence,
    )


def _column(code: str, x: float, width: float, value: float, ceiling: float) -> Column:
    # Few are not none: a thin line remains.
    height = max(1.5, (FOOT - TOP) * value / ceiling) if value else 0.0
    return Column(code, round(x, 2), round(width, 2), round(FOOT - height, 1), round(height, 1))


def _ceiling(highest: float) -> int:
    """Return the next round number that is not below."""
    size = 1
    while True:
        for step in STEPS:
            if step * size >= highest:
                return step * size
        size *= 10
