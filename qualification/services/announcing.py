"""What other systems hear of the work on leads: moves, owners, deals. In the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leadapp.models import EventType, User
from leadapp.outbox import announce
from qualification.models import Assignment, Deal, StageChange


def announce_moves(changes: Sequence[StageChange], *, now: datetime) -> None:
    """Announce where these leads, all different ones, have gone, and the deals that the moves brought."""
    moves = {change.lead_id: _move(change) for change in changes}
    announce(type=EventType.STAGE_CHANGED, details=moves, now=now)
    won = {change.lead_id: {"deal": _deal(change.deal)} for change in changes if change.deal is not None}
    announce(type=EventType.WON, details=won, now=now)


def announce_deal(deal: Deal, *, now: datetime) -> None:
    """Announce that a customer bought (again), without a move."""
    announce(type=EventType.WON, details={deal.lead_id: {"deal": _deal(deal)}}, now=now)


def announce_owners(
    assignments: Sequence[Assignment], *, before: Mapping[int, int | None], now: datetime
) -> None:
    """Announce who has these leads now; `before` tells by lead whose those were that changed hands."""
    had_them = {pk for pk in before.values() if pk is not None}
    people = User.objects.in_bulk(had_them) if had_them else {}
    details = {
        item.lead_id: {
            "before": _person(people.get(before[item.lead_id] or 0)),
            "after": _person(item.owner),
            "reason": item.reason,
            "by": item.assigned_by and item.assigned_by.username,
            "due_at": item.due_at and item.due_at.isoformat(timespec="seconds"),
        }
        for item in assignments
        if item.lead_id in before
    }
    announce(type=EventType.ASSIGNED, details=details, now=now)


def _move(change: StageChange) -> dict[str, Any]:
    return {
        "move": change.move,
        "before": {"stage": change.from_stage, "status": change.from_status},
        "after": {"stage": change.to_stage, "status": change.to_status},
        "reason": change.reason,
        "is_automatic": change.is_automatic,
        "by": change.who or None,
    }


def _deal(deal: Deal) -> dict[str, Any]:
    return {
        "id": deal.pk,
        "value": str(deal.value),
        "currency": deal.currency,
        "won_on": deal.won_on.isoformat(),
        "product": deal.product,
    }


def _person(user: User | None) -> dict[str, Any] | None:
    return {"id": user.pk, "username": user.username} if user else None
