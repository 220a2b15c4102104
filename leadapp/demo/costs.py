"""What the demo's marketing spent in the year, so that the dashboard has a cost per lead."""

from calendar import monthrange
from datetime import date, datetime
from decimal import Decimal

from qualification.models import Cost

# In EUR a month. What came from the website or a partner cost nothing.
A_MONTH = {
    "Google Ads": 2_400,
    "LinkedIn Ads": 2_900,
    "Webinar": 900,
    "Content syndication": 650,
    "Newsletter": 120,
}
FAIR = ("Trade fair", "q2-hannover-fair", 14_500)
MONTHS = 12


def spend(*, now: datetime) -> None:
    """Enter the costs of the last twelve months, and of a fair within them."""
    months = [_month(now.date(), back) for back in range(MONTHS)]
    costs = [
        Cost(source=source, first_day=first, last_day=last, amount=Decimal(amount), created_at=now)
        for first, last in months
        for source, amount in A_MONTH.items()
    ]
    source, campaign, amount = FAIR
    first, last = months[1]
    costs.append(
        Cost(
            source=source,
            campaign=campaign,
            first_day=first,
            last_day=last,
            amount=Decimal(amount),
            note="Stand, travel, give-aways",
            created_at=now,
        )
    )
    Cost.objects.bulk_create(costs)


def _month(day: date, back: int) -> tuple[date, date]:
    """Return the first and the last day of the month so many months ago."""
    year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
    first = date(year, month + 1, 1)
    return first, first.replace(day=monthrange(first.year, first.month)[1])
