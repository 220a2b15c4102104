"""How far leads came, how long it took, and whether a higher score comes further."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from qualification.analysis.counting import BANDS, Counts


@dataclass(frozen=True)
class Funnel:
    """The leads that came in in a period: how many came how far until today, and median waits."""

    leads: int = 0
    mql: int = 0
    sql: int = 0
    customer: int = 0
    nurture: int = 0
    disqualified: int = 0
    to_mql: timedelta | None = None
    to_sql: timedelta | None = None
    to_customer: timedelta | None = None


@dataclass(frozen=True)
class Band:
    """Leads that became MQL with a score of a band: how many became SQL and customers since.

    `low` is None for those that had no score then; `high` is None where the band is open.
    """

    low: int | None
    high: int | None
    mql: int = 0
    sql: int = 0
    customer: int = 0

    @property
    def won(self) -> float | None:
        """Return how many of a hundred became customers."""
        return share(self.customer, self.mql)


@dataclass(frozen=True)
class Cohort:
    """The leads that came in in a month, and how far they came until today."""

    month: date
    leads: int
    mql: int
    sql: int
    customer: int
    mql_soon: int


def share(part: int, whole: int) -> float | None:
    """Return how many of a hundred a part is; None of nothing."""
    return 100 * part / whole if whole else None


def funnels(counts: Counts) -> tuple[Funnel, Funnel]:
    """Return the funnel of the leads that came in in the period, and of those in as many days before."""
    found = {key: Funnel(*line.numbers, *line.waits) for key, line in counts["funnel"].items()}
    return found.get("true", Funnel()), found.get("false", Funnel())


def by_band(counts: Counts) -> list[Band]:
    """Return what became of leads that became MQL in the period, by the score that they had at that moment.

    Every band of scores is there, also an empty one; those without a score come last, if there are any.
    """
    found = {int(number): line.numbers for number, line in counts["band"].items()}
    ends: Sequence[int | None] = [*(low - 1 for low in BANDS[1:]), None]
    bands = [
        Band(low, high, *found.get(number, ()))
        for number, (low, high) in enumerate(zip(BANDS, ends, strict=True), start=1)
    ]
    return [*bands, Band(None, None, *found[0])] if 0 in found else bands


def by_month(counts: Counts, *, last: date) -> list[Cohort]:
    """Return the cohorts of the twelve months up to the last day, the newest first."""
    months = sorted(counts["month"].items(), reverse=True)
    found = [Cohort(date.fromisoformat(month), *line.numbers) for month, line in months]
    return [cohort for cohort in found if cohort.month <= last]
