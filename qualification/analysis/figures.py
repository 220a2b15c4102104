"""The figures of a dashboard together, with the moment at which they were counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from qualification.analysis.asking import Asked
from qualification.analysis.counting import Counts, count_leads
from qualification.analysis.sources import Groups, by_origin
from qualification.analysis.standing import Standing, standing

# Figures that took so many seconds to count are good for so long: a million leads take some seconds.
SLOW = 0.5
GOOD_FOR = timedelta(minutes=5)
MOST_KEPT = 200


@dataclass(frozen=True)
class Figures:
    """What was counted, and when. `is_kept` says that it was some minutes ago."""

    counts: Counts
    origins: Groups
    today: Standing
    counted_at: datetime
    is_kept: bool = False


_kept: dict[Asked, Figures] = {}


def read_figures(asked: Asked, *, now: datetime) -> Figures:
    """Count, or return what was counted within the last minutes where counting takes long."""
    known = _kept.get(asked)
    if known is not None and timedelta() <= now - known.counted_at < GOOD_FOR:
        return known
    started = monotonic()
    counts = count_leads(asked)
    found = Figures(counts, by_origin(asked, counts), standing(asked), now)
    if monotonic() - started > SLOW:
        _keep(asked, found)
    return found


def _keep(asked: Asked, found: Figures) -> None:
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[asked] = Figures(found.counts, found.origins, found.today, found.counted_at, is_kept=True)
