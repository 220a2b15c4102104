"""What comes from where: leads, stages, revenue and costs by source, campaign and landing form."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from qualification.analysis.asking import LANDED, REACHED, SEEN, Asked, select
from qualification.models import Cost

# One pass gives the numbers of all groups. GROUPING has a bit per column that is not of the group.
COUNTED = f"""
WITH {REACHED}, {LANDED}, counted AS (
    SELECT lead.source, lead.campaign, coalesce(landed.form, '') AS form,
        lead.created_at >= %(since)s AND lead.created_at < %(until)s AS is_new,
        coalesce(mql_at >= %(since)s AND mql_at < %(until)s, FALSE) AS is_mql,
        coalesce(sql_at >= %(since)s AND sql_at < %(until)s, FALSE) AS is_sql,
        coalesce(customer_at >= %(since)s AND customer_at < %(until)s, FALSE) AS is_customer
    FROM leadapp_lead lead
    LEFT JOIN reached ON reached.lead_id = lead.id
    LEFT JOIN landed ON landed.lead_id = lead.id
    WHERE {SEEN}
)
SELECT GROUPING(source, campaign, form), coalesce(source, campaign, form, ''),
    count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_mql),
    count(*) FILTER (WHERE is_sql), count(*) FILTER (WHERE is_customer)
FROM counted WHERE is_new OR is_mql OR is_sql OR is_customer
GROUP BY GROUPING SETS ((), (source), (campaign), (form))
"""  # noqa: S608 - made of constants
WON = f"""
WITH {LANDED}
SELECT GROUPING(source, campaign, form), coalesce(source, campaign, form, ''), currency, sum(value)
FROM (
    SELECT lead.source, lead.campaign, coalesce(landed.form, '') AS form, deal.currency, deal.value
    FROM qualification_deal deal
    JOIN leadapp_lead lead ON lead.id = deal.lead_id
    LEFT JOIN landed ON landed.lead_id = lead.id
    WHERE deal.voided_at IS NULL AND deal.won_on BETWEEN %(first)s AND %(last)s AND {SEEN}
) won
GROUP BY GROUPING SETS ((currency), (source, currency), (campaign, currency), (form, currency))
"""  # noqa: S608 - made of constants
TOTAL, BY_SOURCE, BY_CAMPAIGN, BY_FORM = 0b111, 0b011, 0b101, 0b110
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
    hidden: dict[int, int]


def by_origin(asked: Asked) -> Groups:
    """Return what came from where in the period."""
    found: dict[int, dict[str, Group]] = {kind: {} for kind in (TOTAL, BY_SOURCE, BY_CAMPAIGN, BY_FORM)}
    for kind, key, *numbers in select(COUNTED, asked.values):
        found[kind][key] = Group(key, *numbers)
    for kind, key, currency, amount in select(WON, asked.values):
        found[kind].setdefault(key, Group(key)).revenue[currency] = amount
    if asked.with_costs:
        for (kind, key), amounts in _costs(asked).items():
            found[kind].setdefault(key, Group(key)).cost = dict(amounts)
    largest = {kind: _largest(groups) for kind, groups in found.items()}
    return Groups(
        total=found[TOTAL].get("", Group("")),
        sources=largest[BY_SOURCE],
        campaigns=largest[BY_CAMPAIGN],
        forms=largest[BY_FORM],
        hidden={kind: max(0, len(groups) - MOST_ROWS) for kind, groups in found.items()},
    )


def _largest(groups: dict[str, Group]) -> list[Group]:
    """Return the groups with most customers, then SQL, then leads; those that are not known come last."""
    rank = sorted(
        groups.values(),
        key=lambda one: (not one.key, -one.customer, -one.sql, -one.leads, one.key.casefold()),
    )
    return rank[:MOST_ROWS]


def _costs(asked: Asked) -> dict[tuple[int, str], Money]:
    """Return what was spent in the period; of a cost that reaches beyond it, the part of its days."""
    first, last = asked.period.first, asked.period.last
    spent: dict[tuple[int, str], Money] = defaultdict(lambda: defaultdict(Decimal))
    for cost in Cost.objects.filter(first_day__lte=last, last_day__gte=first).order_by("pk"):
        within = (min(last, cost.last_day) - max(first, cost.first_day)).days + 1
        part = cost.amount * within / ((cost.last_day - cost.first_day).days + 1)
        for kind, key in ((TOTAL, ""), (BY_SOURCE, cost.source), (BY_CAMPAIGN, cost.campaign)):
            if key or kind == TOTAL:
                spent[kind, key][cost.currency] += part
    return spent
