"""Where the points of a lead come from, as the lead page draws it, and how they go on if nothing happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from leadapp.models import Lead
from leadapp.views.charts import TODAY, ScoreChart, draw_score_chart, past_window
from scoring.engine import Explanation, Line, explain_stored, score_moments
from scoring.models import Dimension, ScoreChange, ScoringModelVersion

# The days ahead that the forecast names.
AHEAD = (7, 14, 30)
MOST_CHANGES = 400


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A line of the breakdown and its bar, in percent of the width, from a zero line."""

    line: Line
    x: float
    width: float
    zero: float

    @property
    def is_up(self) -> bool:
        """Tell whether the line gives points."""
        return self.line.points > 0


@dataclass(frozen=True, kw_only=True)
class Part:
    """Fit or engagement: its bars and what they add up to."""

    label: str
    total: int
    bars: list[Bar]


@dataclass(frozen=True, kw_only=True)
class Rail:
    """The sum as one bar against the thresholds, in percent of the width."""

    fit: float
    engagement: float
    marks: list[tuple[str, float]]


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """The points of one lead, at the moment and by the version that gave it its score."""

    explanation: Explanation
    version: ScoringModelVersion
    parts: list[Part]
    corrections: list[Bar]
    rail: Rail
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What becomes of the score by a date, if nothing happens."""

    at: datetime
    score: int
    shift: int
    words: str


@dataclass(frozen=True, kw_only=True)
class History:
    """The score over time."""

    chart: ScoreChart
    changes: list[ScoreChange]
    ahead: list[Ahead]


def read_breakdown(lead: Lead) -> Breakdown | None:
    """Explain the stored score; None for a lead without one."""
    explanation = explain_stored(lead)
    if explanation is None:
        return None
    zero, span = _scale([line.points for line in explanation.lines])

    def bar(line: Line) -> Bar:
        width = round(float(abs(line.points)) / span * 100, 2)
        return Bar(line=line, x=zero if line.points > 0 else round(zero - width, 2), width=width, zero=zero)

    parts = [
        Part(label=dimension.label, total=total, bars=[bar(line) for line in explanation.lines_of(dimension)])
        for dimension, total in (
            (Dimension.FIT, explanation.fit),
            (Dimension.ENGAGEMENT, explanation.engagement),
        )
    ]
    return Breakdown(
        explanation=explanation,
        version=explanation.version,
        parts=parts,
        corrections=[bar(line) for line in explanation.lines_of("")],
        rail=_rail(explanation, explanation.version),
        is_current=(explanation.fit, explanation.engagement, explanation.score)
        == (lead.fit, lead.engagement, lead.score),
    )


def _scale(points: Sequence[Decimal]) -> tuple[float, float]:
    """Return where the zero line is, in percent, and how many points fit into the width."""
    most = float(max([*points, Decimal(0)]))
    least = float(-min([*points, Decimal(0)]))
    span = (most + least) or 1.0
    return round(least / span * 100, 2), span


def _rail(explanation: Explanation, version: ScoringModelVersion) -> Rail:
    width = max(explanation.score, round(version.threshold * 4 / 3), 1)
    fit = max(0, min(explanation.fit, explanation.score))
    engagement = explanation.score - fit
    marks = [("Warm", version.warm_from), ("Sales", version.threshold)]
    return Rail(
        fit=round(fit / width * 100, 2),
        engagement=round(engagement / width * 100, 2),
        marks=[
            (f"{name} {value}", round(value / width * 100, 2)) for name, value in marks if 0 < value <= width
        ],
    )


def read_history(lead: Lead, *, version: ScoringModelVersion, now: datetime) -> History:
    """Read how the score of a lead that has one came about, and how it goes on by a version."""
    window = past_window(created_at=lead.created_at, now=now)
    newest = ScoreChange.objects.filter(lead=lead, at__gte=now - window).select_related("version")
    changes = list(newest.order_by("-at", "-pk")[:MOST_CHANGES])
    days_drawn = window * (100 - TODAY) / TODAY
    moments = [now + days_drawn * step / 6 for step in range(1, 7)]
    moments += [now + timedelta(days=days) for days in AHEAD]
    scores = {
        at: score.score
        for _, at, score in score_moments(version=version, moments=[(lead.pk, at) for at in moments])
    }
    ahead = _ahead(lead, version, [(at, scores[at]) for at in moments[6:] if at in scores])
    chart = draw_score_chart(
        changes=changes[::-1],
        score=lead.score,
        future=[(at, scores[at]) for at in moments[:6] if at in scores],
        limits=[("Sales", version.threshold), ("Warm", version.warm_from)],
        window=window,
        now=now,
    )
    return History(chart=chart, changes=changes, ahead=ahead)


def _ahead(lead: Lead, version: ScoringModelVersion, scores: list[tuple[datetime, int]]) -> list[Ahead]:
    bands = [
        (version.threshold, "below the sales line"),
        (version.hot_from, "not hot any more"),
        (version.warm_from, "cold"),
    ]
    rows, before = [], lead.score or 0
    for at, score in scores:
        crossed = [words for limit, words in bands if before >= limit > score]
        shift = score - (lead.score or 0)
        rows.append(Ahead(at=at, score=score, shift=shift, words=crossed[-1] if crossed else ""))
        before = score
    return rows
