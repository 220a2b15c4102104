"""How far leads came, how long it took, and whether a higher score comes further."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from qualification.analysis.asking import REACHED, SEEN, Asked, select

# Lower ends of the bands of scores; the last one is open.
BANDS = (0, 50, 100, 150, 200)
COHORTS = 12

FUNNEL = f"""
WITH {REACHED}
SELECT lead.created_at >= %(since)s, count(*), count(mql_at), count(sql_at), count(customer_at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY mql_at - lead.created_at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY sql_at - mql_at),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY customer_at - sql_at),
    count(*) FILTER (WHERE lead.status = 'nurture'), count(*) FILTER (WHERE lead.status = 'disqualified')
FROM leadapp_lead lead LEFT JOIN reached ON reached.lead_id = lead.id
WHERE lead.created_at >= %(before)s AND lead.created_at < %(until)s AND {SEEN}
GROUP BY 1
"""  # noqa: S608 - made of constants
BY_BAND = f"""
WITH {REACHED}
SELECT CASE WHEN mql_score IS NULL THEN 0 ELSE width_bucket(mql_score, %(bands)s::int[]) END,
    count(*), count(sql_at), count(customer_at)
FROM reached JOIN leadapp_lead lead ON lead.id = reached.lead_id
WHERE mql_at >= %(since)s AND mql_at < %(until)s AND {SEEN}
GROUP BY 1
"""  # noqa: S608 - made of constants
BY_MONTH = f"""
WITH {REACHED}
SELECT date_trunc('month', lead.created_at AT TIME ZONE %(zone)s)::date,
    count(*), count(mql_at), count(sql_at), count(customer_at),
    count(*) FILTER (WHERE mql_at < lead.created_at + interval '30 days')
FROM leadapp_lead lead LEFT JOIN reached ON reached.lead_id = lead.id
WHERE lead.created_at >= (%(month)s::timestamp AT TIME ZONE %(zone)s) AND {SEEN}
GROUP BY 1 ORDER BY 1 DESC
"""  # noqa: S608 - made of constants


@dataclass(frozen=True)
class Funnel:
    """The leads that came in in a period: how many came how far until today, and median waits."""

    leads: int = 0
    mql: int = 0
    sql: int = 0
    customer: int = 0
    to_mql: timedelta | None = None
    to_sql: timedelta | None = None
    to_customer: timedelta | None = None
    nurture: int = 0
    disqualified: int = 0


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


def funnels(asked: Asked) -> tuple[Funnel, Funnel]:
    """Return the funnel of the leads that came in in the period, and of those in as many days before."""
    found = {is_now: Funnel(*numbers) for is_now, *numbers in select(FUNNEL, asked.values)}
    return found.get(True, Funnel()), found.get(False, Funnel())


def by_band(asked: Asked) -> list[Band]:
    """Return what became of leads that became MQL in the period, by the score that they had at that moment.

    Every band of scores is there, also an empty one; those without a score come last, if there are any.
    """
    found = {number: numbers for number, *numbers in select(BY_BAND, asked.values | {"bands": list(BANDS)})}
    ends: Sequence[int | None] = [*(low - 1 for low in BANDS[1:]), None]
    bands = [
        Band(low, high, *found.get(number, ()))
        for number, (low, high) in enumerate(zip(BANDS, ends, strict=True), start=1)
    ]
    return [*bands, Band(None, None, *found[0])] if 0 in found else bands


def by_month(asked: Asked) -> list[Cohort]:
    """Return the cohorts of the twelve months up to the end of the period, the newest first."""
    last = asked.period.last
    months = last.year * 12 + last.month - COHORTS
    first = date(months // 12, months % 12 + 1, 1)
    rows = select(BY_MONTH, asked.values | {"month": first})
    return [Cohort(*row) for row in rows if row[0] <= last]
