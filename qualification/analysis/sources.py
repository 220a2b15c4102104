"""What comes from where: leads, stages, revenue and costs by source, campaign and landing form."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from qualification.analysis.asking import SEEN, Asked, select
from qualification.analysis.counting import Counts
from qualification.models import Cost

WON = f"""
SELECT
    CASE GROUPING(source, campaign, form) WHEN 3 THEN 'source' WHEN 5 THEN 'campaign' WHEN 6 THEN 'form'
        ELSE 'total' END,
    coalesce(source, campaign, form, ''), currency, sum(value)
FROM (
    SELECT lead.source, lead.campaign, coalesce(landed.form, '') AS form, deal.currency, deal.value
    FROM qualification_deal deal
    JOIN leadapp_lead lead ON lead.id = deal.lead_id
    LEFT JOIN LATERAL (
        SELECT properties ->> 'form' AS form FROM leadapp_activity
        WHERE lead_id = lead.id AND properties ? 'form' AND voided_at IS NULL
        ORDER BY occurred_at, id LIMIT 1
    ) landed ON TRUE
    WHERE deal.voided_at IS NULL AND deal.won_on BETWEEN %(first)s AND %(last)s AND {SEEN}
) won
GROUP BY GROUPING SETS ((currency), (source, currency), (campaign, currency), (form, currency))
"""  # noqa: S608 - made of constants
MOST_ROWS = 20

Money = dict[str, Decimal]


@dataclass
class Group:
    """A source, a campaign or a form: what happened in the period with leads of it.

    Leads came in; the others became MQL, SQL or customers for the first time. Money is per currency.
    """

    key: str
    leads: int = 0
    mql: int = 0
    sql: int = 0
    customer: int = 0
    revenue: Money = field(default_factory=dict)
    cost: Money = field(default_factory=dict)

    @property
    def cost_per_lead(self) -> Money:
        """Return the cost of a lead that came in; nothing where none came."""
        return {code: amount / self.leads for code, amount in self.cost.items()} if self.leads else {}


@dataclass(frozen=True)
class Groups:
    """The total, and the largest groups of each kind; `hidden` says how many smaller ones there are."""

    total: Group
    sources: list[Group]
    campaigns: list[Group]
    forms: list[Group]
    hidden: dict[str, int]


def by_origin(asked: Asked, counts: Counts) -> Groups:
    """Return what came from where in the period."""
    kinds = ("total", "source", "campaign", "form")
    found = {kind: {key: Group(key, *line.numbers) for key, line in counts[kind].items()} for kind in kinds}
    for kind, key, currency, amount in select(WON, asked.values):
        found[kind].setdefault(key, Group(key)).revenue[currency] = amount
    if asked.with_costs:
        for (kind, key), amounts in _costs(asked).items():
            found[kind].setdefault(key, Group(key)).cost = dict(amounts)
    return Groups(
        total=found["total"].get("", Group("")),
        sources=_largest(found["source"]),
        campaigns=_largest(found["campaign"]),
        forms=_largest(found["form"]),
        hidden={kind: max(0, len(groups) - MOST_ROWS) for kind, groups in found.items()},
    )


def _largest(groups: dict[str, Group]) -> list[Group]:
    """Return the groups with most customers, then SQL, then leads; those that are not known come last."""
    rank = sorted(
        groups.values(),
        key=lambda one: (not one.key, -one.customer, -one.sql, -one.leads, one.key.casefold()),
    )
    return rank[:MOST_ROWS]


def _costs(asked: Asked) -> dict[tuple[str, str], Money]:
    """Return what was spent in the period; of a cost that reaches beyond it, the part of its days."""
    first, last = asked.period.first, asked.period.last
    spent: dict[tuple[str, str], Money] = defaultdict(lambda: defaultdict(Decimal))
    for cost in Cost.objects.filter(first_day__lte=last, last_day__gte=first).order_by("pk"):
        within = (min(last, cost.last_day) - max(first, cost.first_day)).days + 1
        part = cost.amount * within / ((cost.last_day - cost.first_day).days + 1)
        for kind, key in (("total", ""), ("source", cost.source), ("campaign", cost.campaign)):
            if key or kind == "total":
                spent[kind, key][cost.currency] += part
    return spent
