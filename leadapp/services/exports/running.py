"""Going on with exports: part by part, each committed together with where the file stands.

A worker that is killed leaves its part as if never begun, and the next one writes it.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.access import may
from leadapp.advisory import one_of
from leadapp.models import Export, ExportPart, ExportRun, User
from leadapp.nudging import wake
from leadapp.numbers import write_number
from leadapp.services.exports.files import writer_of
from leadapp.services.exports.reading import read_some
from leadapp.services.exports.records import EXPORT
from leadapp.services.lists.columns import columns_of
from qualification.models import NoticeKind
from qualification.services.notices import Telling, tell

# For so many seconds a task goes on before it lets others have the worker.
SECONDS = 20.0
# How many exports workers are busy with at a time.
AT_ONCE = 1
# The space of the advisory locks of exports that a worker is busy with.
TAKEN = 7_320_556
WORK = "leadapp.tasks.continue_exports"

State = ExportRun.State


def nudge_exports() -> None:
    """Wake a worker once the transaction is committed; what gets lost, a sweep finds."""
    wake(WORK)


def waiting_exports() -> QuerySet[ExportRun]:
    """Return the exports that workers have still something to do for, oldest first."""
    return ExportRun.objects.filter(state=State.RUNNING).order_by("pk")


def is_waiting() -> bool:
    """Tell whether workers have something to do."""
    return waiting_exports().exists()


def continue_exports(*, clock: Callable[[], datetime]) -> bool:
    """Go on for a while with the oldest export that nobody is busy with; tell whether there was one."""
    waiting = list(waiting_exports().values_list("pk", flat=True)[: AT_ONCE + 1])
    with one_of(TAKEN, waiting) as taken:
        if taken is None:
            return False
        until = monotonic() + SECONDS
        while _write_part(taken, now=clock()) and monotonic() < until:
            pass
    return True


def _write_part(run_id: int, *, now: datetime) -> bool:
    """Write the next part of a file; tell whether there are more."""
    with transaction.atomic():
        # Whoever stops it, or erases a lead, waits here until the part is through.
        found = ExportRun.objects.select_for_update(of=("self",)).select_related("export__user")
        run = found.filter(pk=run_id, state=State.RUNNING).first()
        if run is None:
            return False
        with translation.override(run.language):
            user = run.export.user
            if user is not None and may(user, EXPORT):
                _go_on(run, user, now)
            else:
                give_up(run, _("You may not export leads any more."), now=now)
        run.save()
    return run.is_running


def _go_on(run: ExportRun, user: User, now: datetime) -> None:
    export = run.export
    parts = list(run.parts.filter(number__gte=run.position).order_by("number")[:2])
    writer = writer_of(export.file_format, head=export.columns, place=run.place)
    pieces = [writer.begin()] if run.position == 0 else []
    # As of the moment at which it was asked for, whenever its parts are written.
    rows = read_some(parts[0].lead_ids, columns_of(run.columns), user=user, now=export.at)
    if rows:
        pieces.append(writer.add(rows))
    if len(parts) == 1:
        pieces.append(writer.end())
    data = b"".join(pieces)
    ExportPart.objects.filter(pk=parts[0].pk).update(data=data)
    run.position, run.place, run.size = run.position + 1, writer.place, run.size + len(data)
    run.gone_through += len(parts[0].lead_ids)
    run.rows += len(rows)
    if len(parts) == 1:
        _finish(run, user, now)


def _finish(run: ExportRun, user: User, now: datetime) -> None:
    run.state, run.ended_at = State.DONE, max(now, run.export.at)
    Export.objects.filter(pk=run.pk).update(rows=run.rows, finished_at=run.ended_at)
    ready = partial(_is_ready, run.rows)
    tell([Telling(user.pk, NoticeKind.EXPORT, ready, event=f"export:{run.pk}")], now=now)


def give_up(run: ExportRun, why: str, *, now: datetime) -> None:
    """End an export without a file, in the caller's transaction, which saves it."""
    run.state, run.failure = State.FAILED, why[:500]
    run.ended_at = run.forgotten_at = max(now, run.export.at)
    run.parts.all().delete()


def _is_ready(number: int) -> str:
    said = ngettext(
        "The file with %(number)s lead is ready.", "The file with %(number)s leads is ready.", number
    )
    return said % {"number": write_number(number)}
