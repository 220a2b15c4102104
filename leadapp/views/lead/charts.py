"""The score history as a drawing: where the lines of the chart run. Percent across, pixels down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.utils import timezone

from scoring.analysis.history import Move

LONGEST = timedelta(days=90)
SHORTEST = timedelta(days=14)
# The plot: its top, its height, and the part of the width that is the past.
TOP, HEIGHT, TODAY = 10, 140, 75.0


@dataclass(frozen=True, kw_only=True)
class Point:
    """A score at a moment, and its place."""

    at: datetime
    score: int
    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A key event on the line, and what it was."""

    point: Point
    move: Move


@dataclass(frozen=True, kw_only=True)
class Level:
    """A line across: of the grid, or a threshold."""

    label: str
    y: float
    text_y: float


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A date below the axis."""

    at: datetime
    x: float
    anchor: str


@dataclass(frozen=True, kw_only=True)
class ScoreChart:
    """The score of the last weeks, and how it goes on if nothing happens."""

    top: int
    line: str
    area: str
    ahead: str
    height: int
    ceiling: int
    now: Point
    start: Point
    future: list[Point]
    marks: list[Mark]
    grid: list[Level]
    limits: list[Level]
    ticks: list[Tick]


def past_window(*, created_at: datetime, now: datetime) -> timedelta:
    """Return how far back the chart goes: the lead's life, at least two weeks, at most three months."""
    return min(max(now - created_at, SHORTEST), LONGEST)


def draw_score_chart(
    *,
    moves: Sequence[Move],
    score: int,
    future: Sequence[tuple[datetime, int]],
    limits: Sequence[tuple[str, int]],
    window: timedelta,
    now: datetime,
) -> ScoreChart:
    """Draw the chart from the moves within the window, oldest first, and scores to come."""
    begin = now - window
    changes = [move.change for move in moves]
    first = changes[0].score_before if changes else score
    past = [(begin, first or 0), *((change.at, change.score or 0) for change in changes)]
    highest = max([score, *(value for _, value in past), *(value for _, value in future)])
    highest = max(highest, *(value for _, value in limits), 10)
    # Room above the highest line, and a round number at the top.
    ceiling = ceil(highest * 1.05 / 50) * 50

    def across(at: datetime) -> float:
        return round((at - begin) / window * TODAY, 2)

    def down(value: int) -> float:
        return round(TOP + HEIGHT - HEIGHT * value / ceiling, 1)

    def place(at: datetime, value: int) -> Point:
        return Point(at=at, score=value, x=across(at), y=down(value))

    corners = [place(at, value) for at, value in past if at <= now]
    steps = [f"M{corners[0].x} {ceiling - corners[0].score}"]
    # A score holds until it changes: the line goes across, then up or down.
    steps += [f"H{corner.x}V{ceiling - corner.score}" for corner in corners[1:]]
    line = "".join([*steps, f"H{TODAY}"]) + (f"V{ceiling - score}" if corners[-1].score != score else "")
    ahead = [place(at, value) for at, value in future]
    path = "".join(f"L{point.x} {ceiling - point.score}" for point in ahead)
    return ScoreChart(
        top=TOP,
        height=HEIGHT,
        ceiling=ceiling,
        line=line,
        area=f"{line}V{ceiling}H0Z",
        ahead=f"M{TODAY} {ceiling - score}{path}" if ahead else "",
        now=place(now, score),
        start=corners[0],
        future=ahead,
        marks=[
            Mark(point=place(move.change.at, move.change.score or 0), move=move)
            for move in moves
            if move.key_event is not None and move.change.at <= now
        ],
        grid=[_level(str(value), down(value), below=True) for value in (ceiling, ceiling // 2)],
        limits=[_level(f"{name} {value}", down(value), below=False) for name, value in limits],
        ticks=_ticks(begin, window),
    )


def _level(label: str, y: float, *, below: bool) -> Level:
    return Level(label=label, y=y, text_y=y + 12 if below else y - 4)


def _ticks(begin: datetime, window: timedelta) -> list[Tick]:
    return [
        Tick(at=timezone.localtime(begin + window * share / TODAY), x=share, anchor=anchor)
        for share, anchor in ((0.0, "start"), (25.0, "middle"), (50.0, "middle"), (100.0, "end"))
    ]
