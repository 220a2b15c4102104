"""Why a lead has its score, as the admin shows it: compact, and only to be read."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from leadapp.models import Lead
from leadapp.views.lead.looking import OtherScore, read_other_scores
from scoring.analysis.forecast import Forecast, forecast
from scoring.analysis.ways import Way, ways_from
from scoring.engine import Explanation, explain_stored

WAYS = 3


@dataclass(frozen=True, kw_only=True)
class ScorePanel:
    """A score with its lines, what may become of it, and what other models make of the lead."""

    explanation: Explanation
    forecast: Forecast | None
    ways: tuple[Way, ...]
    others: list[OtherScore]

    @property
    def total(self) -> Decimal:
        """Return what the lines add up to."""
        return sum((line.points for line in self.explanation.lines), Decimal(0))


def read_score_panel(lead: Lead, *, now: datetime) -> ScorePanel | None:
    """Explain the stored score; None for a lead without one."""
    explanation = explain_stored(lead)
    if explanation is None:
        return None
    return ScorePanel(
        explanation=explanation,
        forecast=forecast(lead=lead, version=explanation.version, now=now),
        ways=ways_from(explanation, lead=lead).ways[:WAYS],
        others=read_other_scores(lead, now=now),
    )
