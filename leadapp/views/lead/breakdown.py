"""Where the points of a lead come from, as the lead page draws it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.views.lead.activity_words import Words, words_of
from leadapp.views.lead.looking import Look
from scoring.engine import Explanation, Line
from scoring.engine.occurrences import Occurrence, occurrences_of
from scoring.models import Dimension, ScoringModelVersion

# How many activities of a rule are listed; what the older ones gave is summed up.
LISTED = 12


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One activity behind a line, in words."""

    occurrence: Occurrence
    words: Words


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A line of the breakdown and its bar, in percent of the width, from a zero line."""

    line: Line
    x: float
    width: float
    zero: float
    evidence: tuple[Evidence, ...] = ()
    older: int = 0
    older_points: Decimal = Decimal(0)

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
    """The points of one lead, at a moment and by a version."""

    explanation: Explanation
    version: ScoringModelVersion
    parts: list[Part]
    corrections: list[Bar]
    rail: Rail
    is_current: bool


def read_breakdown(lead: Lead, look: Look) -> Breakdown | None:
    """Draw the score that is looked at; None for a lead without one. One query."""
    explanation = look.explanation
    if explanation is None:
        return None
    imagined = look.past.imagined if look.past else None
    occurrences = occurrences_of(explanation, imagined=imagined, most=LISTED)
    bar = _drawer(explanation, occurrences)
    parts = [
        Part(
            label=str(dimension.label),
            total=total,
            bars=[bar(line) for line in explanation.lines_of(dimension)],
        )
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
        is_current=not look.is_present
        or (explanation.fit, explanation.engagement, explanation.score)
        == (lead.fit, lead.engagement, lead.score),
    )


def _drawer(
    explanation: Explanation, occurrences: Mapping[int, Sequence[Occurrence]]
) -> Callable[[Line], Bar]:
    zero, span = _scale([line.points for line in explanation.lines])

    def bar(line: Line) -> Bar:
        width = round(float(abs(line.points)) / span * 100, 2)
        found = occurrences.get(line.rule_id or 0, ())
        older = (line.matches or 0) - len(found)
        return Bar(
            line=line,
            x=zero if line.points > 0 else round(zero - width, 2),
            width=width,
            zero=zero,
            evidence=tuple(_told(each) for each in found),
            older=older,
            older_points=line.raw - sum((each.points for each in found), Decimal(0)) if older else Decimal(0),
        )

    return bar


def _told(occurrence: Occurrence) -> Evidence:
    words = words_of(occurrence.type, occurrence.label, occurrence.channel, occurrence.properties)
    return Evidence(occurrence=occurrence, words=words)


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
    marks = [(_("Warm"), version.warm_from), (_("Sales"), version.threshold)]
    return Rail(
        fit=round(fit / width * 100, 2),
        engagement=round(engagement / width * 100, 2),
        marks=[
            (f"{name} {value}", round(value / width * 100, 2)) for name, value in marks if 0 < value <= width
        ],
    )
