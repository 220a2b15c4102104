"""Going on with runs over many leads: batch by batch; of a batch that is killed nothing stays."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import ngettext

from leadapp.advisory import one_of
from leadapp.errors import Refused
from leadapp.models import BulkAction, BulkItem, BulkRun
from leadapp.nudging import wake
from leadapp.numbers import write_number
from leadapp.services.bulk.actions import ACTIONS, Done
from leadapp.shipped import shown
from qualification.models import Assignment, NoticeKind
from qualification.services.notices import Telling, tell
from qualification.services.notices.telling import take_back_notices

# How many leads are locked, judged and written together.
BATCH = 200
# How many batches a task does before it lets others have the worker.
BATCHES = 10
# How many runs workers are busy with at a time.
AT_ONCE = 2
# The space of the advisory locks of runs that a worker is busy with.
TAKEN = 7_320_554
WORK = "leadapp.tasks.continue_bulk_runs"

State = BulkItem.State

WRITE = """
UPDATE leadapp_bulkitem i SET state = w.state, reason = w.reason,
    made = CASE WHEN w.state = 'done' THEN w.made::bigint[] ELSE i.made END,
    removed = CASE WHEN w.state = 'done' THEN w.removed::jsonb ELSE i.removed END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS w (id, state, reason, made, removed)
WHERE i.id = w.id
"""


def nudge_runs() -> None:
    """Wake a worker once the transaction is committed; what gets lost, a sweep finds."""
    wake(WORK)


def waiting_runs() -> QuerySet[BulkRun]:
    """Return the runs that workers have still something to do for, oldest first."""
    to_undo = Q(undo_asked_at__isnull=False, undo_finished_at__isnull=True)
    return BulkRun.objects.filter(Q(finished_at__isnull=True) | to_undo).order_by("created_at", "pk")


def is_waiting() -> bool:
    """Tell whether workers have something to do."""
    return waiting_runs().exists()


def continue_runs(*, now: datetime) -> bool:
    """Do some batches of the oldest run that nobody is busy with; tell whether there was one."""
    waiting = list(waiting_runs().values_list("pk", flat=True)[: AT_ONCE + 1])
    with one_of(TAKEN, waiting) as taken:
        if taken is None:
            return False
        for _ in range(BATCHES):
            if not _do_batch(taken, now=now):
                break
    return True


def finish_small(run: BulkRun, *, now: datetime) -> BulkRun:
    """Do at once what a run has to do, if it is one batch and no worker was faster; return it anew."""
    if run.total <= BATCH:
        with one_of(TAKEN, [run.pk]) as taken:
            if taken is not None:
                while _do_batch(run.pk, now=now):
                    pass
    return BulkRun.objects.select_related("actor").get(pk=run.pk)


def forget_items(*, before: datetime) -> int:
    """Forget which leads were in runs that ended before a moment; that there were runs stays."""
    ended = BulkRun.objects.filter(finished_at__lt=before).exclude(pk__in=waiting_runs().values("pk"))
    count, _ = BulkItem.objects.filter(run__in=ended).delete()
    return count


def _do_batch(run_id: int, *, now: datetime) -> bool:
    """Do the next leads of a run, or take them back; tell whether there were any."""
    with transaction.atomic():
        # Whoever asks for an undo waits here until the batch is through.
        run = BulkRun.objects.select_for_update(of=("self",)).select_related("actor").get(pk=run_id)
        if not run.is_running:
            return False
        wanted = State.DONE if run.is_being_undone else State.WAITING
        items = list(run.items.filter(state=wanted).order_by("pk")[:BATCH])
        if items:
            _count(run, _write(items, _outcomes(run, items, now), undo=run.is_being_undone))
        if len(items) < BATCH:
            _finish(run, now=now)
        run.save()
        return len(items) == BATCH


def _outcomes(run: BulkRun, items: Sequence[BulkItem], now: datetime) -> dict[int, Done]:
    """Do it, or take it back. A refusal of all is a refusal of each."""
    action = ACTIONS[run.action]
    try:
        with transaction.atomic():
            if run.is_being_undone:
                done = action.take_back(items, run.actor, now, run.finished_at or now)
            else:
                done = action.carry_out(items, run.asked, run.actor, now)
    except Refused as refused:
        done = [Done(item.lead_id, refused) for item in items]
    return {outcome.lead_id: outcome for outcome in done}


def _write(items: Sequence[BulkItem], outcomes: dict[int, Done], *, undo: bool) -> Counter[str]:
    """Write down how it went with each lead, in one statement; return how often each happened."""
    good, bad = (State.UNDONE, State.KEPT) if undo else (State.DONE, State.REFUSED)
    rows = []
    for item in items:
        # Nothing is known of a lead that was deleted in between.
        outcome = outcomes.get(item.lead_id, Done(item.lead_id))
        refused = outcome.refused
        made = "{" + ",".join(map(str, outcome.made)) + "}"
        rows.append(
            (
                item.pk,
                str(bad if refused else good),
                refused.message[:500] if refused else "",
                made,
                json.dumps(outcome.removed),
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])
    return Counter(row[1] for row in rows)


def _count(run: BulkRun, happened: Counter[str]) -> None:
    run.done += happened[State.DONE]
    run.refused += happened[State.REFUSED]
    run.undone += happened[State.UNDONE]
    run.kept += happened[State.KEPT]


def _finish(run: BulkRun, *, now: datetime) -> None:
    event = f"bulk:{run.pk}"
    if run.undo_asked_at is not None:
        run.undo_finished_at = max(now, run.undo_asked_at)
        take_back_notices(kind=NoticeKind.HANDOVER, events=[event])
        return
    run.finished_at = max(now, run.created_at)
    if run.action == BulkAction.ASSIGN and not run.asked["is_told"]:
        _tell_owners(run, event, now)


def _yours_now(number: int, reason: str) -> str:
    said = ngettext(
        "%(number)s lead is yours now. %(reason)s", "%(number)s leads are yours now. %(reason)s", number
    )
    return said % {"number": write_number(number), "reason": shown(reason)}


def _tell_owners(run: BulkRun, event: str, now: datetime) -> None:
    """Tell everybody once how many leads they were given by somebody else."""
    made = run.items.filter(state=State.DONE).values(first=F("made__0"))
    given = Assignment.objects.filter(pk__in=made, owner__isnull=False).exclude(owner=run.actor_id)
    tell(
        [
            Telling(
                user_id=owner_id,
                kind=NoticeKind.HANDOVER,
                text=partial(_yours_now, number, run.asked["reason"]),
                event=event,
            )
            for owner_id, number in given.values_list("owner").annotate(number=Count("pk")).order_by("owner")
        ],
        now=now,
    )
