"""How assignments are written: the running one ends, the next one begins, and its owner is told."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from functools import partial

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from leadapp.access import Actor, user_of
from leadapp.models import Lead, User
from leadapp.shipped import shown
from qualification.models import Assignment, NoticeKind, RoutingRule
from qualification.services.announcing import announce_owners
from qualification.services.clock.times import Times
from qualification.services.notices import Telling, tell


def new_assignment(
    lead: Lead,
    owner: User | None,
    reason: str,
    now: datetime,
    *,
    by: User | None = None,
    clock: Times | None = None,
    rule: RoutingRule | None = None,
    absence_id: int | None = None,
) -> Assignment:
    """Build an assignment; without an owner the lead waits in the team queue."""
    times = asdict(clock) if clock else {}
    return Assignment(
        lead=lead,
        owner=owner,
        # Whoever waited for the locks may have looked at the watch before somebody started the clock.
        assigned_at=max(now, clock.clock_started_at) if clock else now,
        assigned_by=by,
        reason=reason[:500],
        rule=rule,
        absence_id=absence_id,
        **times,
    )


def replace_running(
    assignments: Collection[Assignment], now: datetime, *, is_told: bool = True
) -> list[Assignment]:
    """Write these assignments and owners in place of the running ones. The leads are locked.

    The owners are told, unless `is_told` is off, because somebody tells them of all at once.
    """
    if not assignments:
        return []
    end_running(lead_ids=[assignment.lead_id for assignment in assignments], now=now)
    before = {}
    for assignment in assignments:
        if assignment.lead.owner_id != assignment.owner_id:
            before[assignment.lead_id] = assignment.lead.owner_id
            assignment.lead.owner = assignment.owner
    Lead.objects.bulk_update([item.lead for item in assignments if item.lead_id in before], ["owner"])
    written = Assignment.objects.bulk_create(assignments)
    announce_owners(written, before=before, now=now)
    if is_told:
        _tell_owners(written, now)
    return written


def end_running(*, lead_ids: Collection[int], now: datetime) -> None:
    """End the running assignments of these leads: they were set aside. Their owners keep them."""
    Assignment.objects.running().filter(lead_id__in=lead_ids).update(ended_at=Greatest(F("assigned_at"), now))


def start_again(*, leads: Collection[Lead], actor: Actor, now: datetime) -> None:
    """Start assignments for the owners of leads that are reopened, in the caller's transaction."""
    # Whoever was given a lead while it rested has a running one.
    running = set(Assignment.objects.running().filter(lead__in=leads).values_list("lead_id", flat=True))
    Assignment.objects.bulk_create(
        Assignment(
            lead=lead,
            owner_id=lead.owner_id,
            assigned_at=now,
            assigned_by=user_of(actor),
            reason="Reopened",
        )
        for lead in leads
        if lead.owner_id is not None and lead.pk not in running
    )


def _yours(lead: str, reason: str) -> str:
    return _("%(lead)s is yours now. %(reason)s") % {"lead": lead, "reason": shown(reason)}


def _tell_owners(assignments: Collection[Assignment], now: datetime) -> None:
    """Tell everybody who was given a lead by somebody else."""
    tell(
        [
            Telling(
                user_id=item.owner_id,
                kind=NoticeKind.HANDOVER,
                text=partial(_yours, item.lead.name, item.reason),
                event=f"assignment:{item.pk}",
                lead_id=item.lead_id,
            )
            for item in assignments
            if item.owner_id is not None and item.owner_id != item.assigned_by_id
        ],
        now=now,
    )
