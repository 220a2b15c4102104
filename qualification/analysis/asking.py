"""What a dashboard is about, and the statements that all its figures begin with."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from leadapp.access import may, require
from leadapp.models import User
from leadapp.periods import Period

# When each lead first came to a stage, or past it, and the score that it had on becoming MQL. Moves that were
# taken back do not count. The same as StageChangeQuerySet.first_arrivals, for three stages in one pass.
REACHED = """
reached AS (
    SELECT lead_id,
        min(at) FILTER (WHERE from_stage = 'lead' AND to_stage <> 'lead') AS mql_at,
        min(at) FILTER (WHERE from_stage IN ('lead', 'mql') AND to_stage IN ('sql', 'customer')) AS sql_at,
        min(at) FILTER (WHERE from_stage <> 'customer' AND to_stage = 'customer') AS customer_at,
        (array_agg(score ORDER BY at, id) FILTER (WHERE from_stage = 'lead' AND to_stage <> 'lead'))[1]
            AS mql_score
    FROM qualification_stagechange change
    WHERE move <> 'undo' AND from_stage <> to_stage AND NOT EXISTS (
        SELECT FROM qualification_stagechange undo WHERE undo.undoes_id = change.id
    )
    GROUP BY lead_id
)"""
# The form that each lead came through first.
LANDED = """
landed AS (
    SELECT DISTINCT ON (lead_id) lead_id, properties ->> 'form' AS form
    FROM leadapp_activity WHERE properties ? 'form' AND voided_at IS NULL
    ORDER BY lead_id, occurred_at, id
)"""
SEEN = "(%(owner)s::bigint IS NULL OR lead.owner_id = %(owner)s)"


@dataclass(frozen=True)
class Asked:
    """Which period, and whose leads: a rep's own (by the id of the owner), or those of everybody."""

    period: Period
    owner_id: int | None
    with_costs: bool

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of the statements."""
        before = self.period.before
        return {
            "owner": self.owner_id,
            "since": self.period.since,
            "until": self.period.until,
            "before": before.since,
            "first": self.period.first,
            "last": self.period.last,
            "zone": settings.TIME_ZONE,
        }


def ask(*, user: User, period: Period) -> Asked:
    """Return what this person may see of a period; raise NotAllowed for who may not see leads."""
    require(user, "leadapp.view_lead", "The dashboard is for those who may see leads.")
    is_rep = may(user, "leadapp.work_own_lead") and not may(user, "leadapp.work_any_lead")
    return Asked(period, user.pk if is_rep else None, may(user, "qualification.view_cost"))


def select(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
