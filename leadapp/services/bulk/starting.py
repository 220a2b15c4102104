"""Choosing leads for a run, whatever their number, and asking for its undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.utils.translation import gettext as _

from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import BulkAction, BulkItem, BulkRun, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.bulk.actions import ACTIONS, Asked
from leadapp.services.bulk.running import nudge_runs

# As long as a single move can be undone.
UNDO_WITHIN = timedelta(minutes=10)

# In the order of the leads, so that a batch holds neighbours.
CHOOSE = """
INSERT INTO leadapp_bulkitem
    (run_id, lead_id, seen_stage, seen_status, seen_owner_id, state, reason, made, removed)
SELECT %s, id, stage, status, owner_id, 'waiting', '', '{{}}', '[]' FROM ({leads}) chosen ORDER BY id
"""


@dataclass(frozen=True)
class Chosen:
    """A lead that was ticked, as the person saw it."""

    lead_id: int
    stage: str
    status: str
    owner_id: int | None


def start_run(
    *,
    action: str,
    asked: Asked,
    actor: User,
    now: datetime,
    leads: LeadQuerySet | None = None,
    ticked: Sequence[Chosen] = (),
) -> BulkRun:
    """Ask for the same with many leads: those ticked, or all that `leads` finds at this moment.

    Workers do it; `finish_small` does at once what is little. Raise Invalid where what is asked of all
    makes no sense, or where there is no lead.
    """
    if action not in ACTIONS:
        raise NotFound(_("There is no such thing to do with many leads."))
    if action == BulkAction.ASSIGN:
        asked = {"is_told": leads is None and len(ticked) == 1, **asked}
    # What is asked of all is checked by the service itself, without a lead.
    ACTIONS[action].carry_out([], asked, actor, now)
    with transaction.atomic():
        run = BulkRun.objects.create(action=action, asked=asked, actor=actor, created_at=now)
        run.total = _choose(run, leads) if leads is not None else _tick(run, ticked)
        if not run.total:
            raise Invalid(_("Choose leads first."))
        run.save(update_fields=["total"])
        nudge_runs()
    return run


def undo_run(*, run: BulkRun, actor: User, now: datetime) -> BulkRun:
    """Ask that what a run did is taken back, as far as it still stands; what still waits is left."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update().get(pk=run.pk)
        if run.actor_id != actor.pk:
            raise NotFound(_("There is no such run."))
        if run.undo_asked_at is not None:
            raise Conflict(_("This was undone already."))
        if not may_undo_run(run, now=now):
            minutes = int(UNDO_WITHIN.total_seconds() // 60)
            raise Invalid(_("This can be undone within %(minutes)d minutes.") % {"minutes": minutes})
        run.undo_asked_at = max(now, run.created_at)
        run.finished_at = run.finished_at or run.undo_asked_at
        run.save(update_fields=["undo_asked_at", "finished_at"])
        nudge_runs()
    return run


def may_undo_run(run: BulkRun, *, now: datetime) -> bool:
    """Tell whether to offer the undo of a run to whoever asked for it."""
    is_fresh = run.finished_at is None or now - run.finished_at <= UNDO_WITHIN
    return is_fresh and run.undo_asked_at is None and run.done > 0


def _choose(run: BulkRun, leads: LeadQuerySet) -> int:
    """Write down the leads of a filter as of now, in one statement."""
    columns = leads.order_by().values("id", "stage", "status", "owner_id").distinct()
    try:
        sql, params = columns.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(CHOOSE.format(leads=sql), [run.pk, *params])
        return int(cursor.rowcount)


def _tick(run: BulkRun, ticked: Sequence[Chosen]) -> int:
    by_lead = {chosen.lead_id: chosen for chosen in ticked}
    BulkItem.objects.bulk_create(
        BulkItem(
            run=run,
            lead_id=pk,
            seen_stage=chosen.stage,
            seen_status=chosen.status,
            seen_owner_id=chosen.owner_id,
        )
        for pk, chosen in sorted(by_lead.items())
    )
    return len(by_lead)
