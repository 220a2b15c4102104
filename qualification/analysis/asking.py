"""What a dashboard is about: a period, and whose leads."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.access import may, require
from leadapp.models import User
from leadapp.periods import Period

# How many months are shown, up to the end of the period.
COHORTS = 12
SEEN = "(%(owner)s::bigint IS NULL OR lead.owner_id = %(owner)s)"


@dataclass(frozen=True)
class Asked:
    """Which period, and whose leads: a rep's own (by the id of the owner), or those of everybody.

    Its days begin at midnight in `zone`, the one of whoever asks, as days do in the lists behind the figures.
    """

    period: Period
    owner_id: int | None
    with_costs: bool
    zone: str = field(default_factory=timezone.get_current_timezone_name)

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the statements."""
        last = self.period.last
        months = last.year * 12 + last.month - COHORTS
        return {
            "owner": self.owner_id,
            "since": self.period.since,
            "until": self.period.until,
            "before": self.period.before.since,
            # The first of the months that are shown.
            "month": date(months // 12, months % 12 + 1, 1),
            "first": self.period.first,
            "last": self.period.last,
            "zone": self.zone,
        }


def ask(*, user: User, period: Period) -> Asked:
    """Return what this person may see of a period; raise NotAllowed for who may not see leads."""
    require(user, "leadapp.view_lead", _("The dashboard is for those who may see leads."))
    is_rep = may(user, "leadapp.work_own_lead") and not may(user, "leadapp.work_any_lead")
    return Asked(period, user.pk if is_rep else None, may(user, "qualification.view_cost"))


def select(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
