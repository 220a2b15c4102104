"""Who has the other leads of a company: its next lead goes to them."""

from collections.abc import Collection

from django.db.models import Count, Max

from leadapp.models import Lead, Status, User


def account_owners(company_ids: Collection[int]) -> dict[int, User]:
    """Return who has most open leads of each company, customers among them; the newest decides a tie.

    Two queries, whatever the number of companies.
    """
    if not company_ids:
        return {}
    owned = (
        Lead.objects.filter(
            company__in=company_ids,
            status=Status.OPEN,
            owner__is_active=True,
            owner__groups__name="rep",
        )
        .values_list("company_id", "owner_id")
        .annotate(number=Count("pk"), newest=Max("stage_changed_at"))
        .order_by("-number", "-newest", "owner_id")
    )
    first: dict[int, int] = {}
    for company_id, owner_id, _, _ in owned:
        first.setdefault(company_id, owner_id)
    users = User.objects.in_bulk(set(first.values()))
    return {company_id: users[owner_id] for company_id, owner_id in first.items()}
