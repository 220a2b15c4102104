"""What the rows of the company list say beside the company: one query for each kind, never one a row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Q

from leadapp.models import Company, Lead, Stage, Status, User
from qualification.services.customers.deals import Total, totals_by_company


@dataclass(frozen=True)
class Standing:
    """What the leads of a company come to, as far as somebody may see them."""

    leads: int = 0
    mqls: int = 0
    sqls: int = 0
    best: int | None = None
    last_activity_at: datetime | None = None
    won: Sequence[Total] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A company in the list."""

    company: Company
    standing: Standing


def rows_of(companies: Sequence[Company], user: User) -> list[Row]:
    """Read what the list shows of these companies; two queries."""
    known = standings_of([company.pk for company in companies], user)
    return [Row(company, known.get(company.pk, Standing())) for company in companies]


def standings_of(ids: Sequence[int], user: User) -> dict[int, Standing]:
    """Sum up the leads of these companies that this person may see; companies without any are left out."""
    leads = Lead.objects.visible_to(user).filter(company__in=ids)
    won = totals_by_company(leads)
    is_open = Q(status=Status.OPEN)
    sums = (
        leads.order_by()
        .values_list("company")
        .annotate(
            leads=Count("pk"),
            mqls=Count("pk", filter=is_open & Q(stage=Stage.MQL)),
            sqls=Count("pk", filter=is_open & Q(stage=Stage.SQL)),
            best=Max("score"),
            last=Max("last_activity_at"),
        )
    )
    return {
        company_id: Standing(number, mqls, sqls, best, last, won.get(company_id, []))
        for company_id, number, mqls, sqls, best, last in sums
        if company_id is not None
    }
