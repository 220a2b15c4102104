"""Columns of a chart: where they stand. Percent across, pixels down."""

from collections.abc import Sequence
from dataclasses import dataclass

TOP, BASE, TALLEST = 10, 150, 124


@dataclass(frozen=True)
class Bar:
    """A value that is drawn: what stands over it and below it."""

    value: float
    over: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its place, its height, and its words."""

    bar: Bar
    x: float
    width: float
    middle: float
    y: float
    height: float


def columns_of(bars: Sequence[Bar]) -> list[Column]:
    """Draw columns side by side; the largest value is the tallest."""
    most = max((bar.value for bar in bars), default=0) or 1
    room = 100 / max(len(bars), 1)
    return [
        Column(
            bar=bar,
            x=round(room * (number + 0.16), 2),
            width=round(room * 0.68, 2),
            middle=round(room * (number + 0.5), 2),
            y=round(BASE - TALLEST * bar.value / most, 1),
            height=round(TALLEST * bar.value / most, 1),
        )
        for number, bar in enumerate(bars)
    ]
