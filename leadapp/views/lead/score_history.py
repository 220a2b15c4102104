"""How the score of a lead came about, and how it goes on if nothing happens."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.models import Lead
from leadapp.views.lead.charts import TODAY, ScoreChart, draw_score_chart, past_window
from scoring.analysis.forecast import NAMED, Forecast, forecast
from scoring.analysis.history import Move, moves_of
from scoring.models import ScoreChange, ScoringModelVersion

MOST_CHANGES = 400
# How many of the largest moves are told beside the chart.
TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """What becomes of the score by a date, if nothing happens."""

    at: datetime
    score: int
    shift: int


@dataclass(frozen=True, kw_only=True)
class History:
    """The score over time, what moved it, and what becomes of it."""

    chart: ScoreChart
    moves: list[Move]
    ahead: list[Ahead]
    forecast: Forecast | None

    @property
    def told(self) -> list[Move]:
        """Return the largest moves, newest first."""
        largest = sorted(self.moves, key=lambda move: (move.key_event is None, -abs(move.shift)))[:TOLD]
        return [move for move in self.moves if move in largest and move.shift]


def read_history(lead: Lead, *, version: ScoringModelVersion, now: datetime) -> History:
    """Read how the score of a lead that has one came about, and how it goes on by a version."""
    window = past_window(created_at=lead.created_at, now=now)
    newest = ScoreChange.objects.filter(lead=lead, at__gte=now - window).select_related("version__model")
    changes = list(newest.order_by("-at", "-pk")[:MOST_CHANGES])
    moves = moves_of(lead, changes)
    found = forecast(lead=lead, version=version, now=now)
    days = found.days if found else ()
    drawn_until = now + window * (100 - TODAY) / TODAY
    chart = draw_score_chart(
        moves=moves[::-1],
        score=lead.score or 0,
        future=[(at, score.score) for at, score in days if at <= drawn_until],
        limits=[(_("Sales"), version.threshold), (_("Warm"), version.warm_from)],
        window=window,
        now=now,
    )
    return History(chart=chart, moves=moves, ahead=_ahead(lead, found, now), forecast=found)


def _ahead(lead: Lead, found: Forecast | None, now: datetime) -> list[Ahead]:
    today = timezone.localtime(now).date()
    return [
        Ahead(at=at, score=score.score, shift=score.score - (lead.score or 0))
        for at, score in (found.days if found else ())
        if (timezone.localtime(at).date() - today).days in NAMED
    ]
