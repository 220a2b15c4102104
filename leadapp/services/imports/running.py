"""Going on with imports: some thousand rows at a time, each time committed together with how far it is.

A worker that is killed leaves the last rows as if never begun, and the next one goes on from there.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import islice
from time import monotonic

from django.db import transaction
from django.db.models import QuerySet

from leadapp.advisory import one_of
from leadapp.errors import Invalid
from leadapp.languages import speaking_to
from leadapp.models import ImportJob, ImportRow
from leadapp.nudging import wake
from leadapp.services.imports.foreseeing import foresee
from leadapp.services.imports.judging import Judge, Judged
from leadapp.services.imports.rows import copy_rows, join_repeated, note_written
from leadapp.services.imports.tables import read_rows
from leadapp.services.imports.telling import tell_owners
from leadapp.services.imports.undoing import undo_rows
from leadapp.services.imports.writing import Checked, write_rows
from leadapp.services.intake.recording import try_again
from scoring.tasks import nudge

# How many rows are read, judged or written together.
CHUNK = 1_000
# For so many seconds a task goes on before it lets others have the worker.
SECONDS = 20.0
# How many imports workers are busy with at a time.
AT_ONCE = 1
# The space of the advisory locks of imports that a worker is busy with.
TAKEN = 7_320_555
WORK = "leadapp.tasks.continue_imports"

State, Outcome = ImportJob.State, ImportRow.Outcome
FORESEEN = {
    Outcome.CREATE: "to_create",
    Outcome.CHANGE: "to_change",
    Outcome.KEEP: "to_keep",
    Outcome.SKIP: "to_skip",
    Outcome.REFUSE: "to_refuse",
}
DONE = {
    Outcome.CREATE: "created",
    Outcome.CHANGE: "changed",
    Outcome.KEEP: "kept",
    Outcome.SKIP: "skipped",
    Outcome.REFUSE: "refused",
}
Advance = Callable[[ImportJob], object]


def nudge_imports() -> None:
    """Wake a worker once the transaction is committed; what gets lost, a sweep finds."""
    wake(WORK)


def waiting_imports() -> QuerySet[ImportJob]:
    """Return the imports that workers have still something to do for, oldest first."""
    return ImportJob.objects.filter(state__in=ImportJob.AT_WORK).order_by("created_at", "pk")


def is_waiting() -> bool:
    """Tell whether workers have something to do."""
    return waiting_imports().exists()


def continue_imports(*, clock: Callable[[], datetime]) -> bool:
    """Go on for a while with the oldest import that nobody is busy with; tell whether there was one."""
    waiting = list(waiting_imports().values_list("pk", flat=True)[: AT_ONCE + 1])
    with one_of(TAKEN, waiting) as taken:
        if taken is None:
            return False
        until = monotonic() + SECONDS
        go_on(taken, clock=clock, is_enough=lambda: monotonic() > until)
    return True


def finish(
    job: ImportJob, *, clock: Callable[[], datetime], advance: Advance = lambda job: None
) -> ImportJob:
    """Do here and now what workers have to do for an import; return it anew. `advance` is told of each chunk.

    Where a worker is busy with it, that one goes on.
    """
    with one_of(TAKEN, [job.pk]) as taken:
        if taken is not None:
            go_on(taken, clock=clock, is_enough=lambda: False, advance=advance)
    return ImportJob.objects.get(pk=job.pk)


def finish_small(job: ImportJob, *, clock: Callable[[], datetime]) -> ImportJob:
    """Do at once what takes no more than a second or two; the rest is for the workers."""
    until = monotonic() + 1
    with one_of(TAKEN, [job.pk]) as taken:
        if taken is not None:
            go_on(taken, clock=clock, is_enough=lambda: monotonic() > until)
    return ImportJob.objects.get(pk=job.pk)


def go_on(
    job_id: int,
    *,
    clock: Callable[[], datetime],
    is_enough: Callable[[], bool],
    advance: Advance = lambda job: None,
) -> None:
    """Do chunk after chunk of whatever an import is at, until it is over or enough."""
    job = ImportJob.objects.select_related("created_by").get(pk=job_id)
    if not job.is_at_work:
        return
    with speaking_to(job.created_by) if job.created_by else nullcontext():
        steps = {State.CHECKING: _check, State.IMPORTING: _import, State.UNDOING: _undo}
        for current in steps[State(job.state)](job, clock):
            advance(current)
            if is_enough():
                break


def _locked(job_id: int, state: str) -> ImportJob | None:
    """Lock an import until the transaction ends; None where it is at something else by now.

    Whoever stops it waits here until the chunk is through.
    """
    found: ImportJob | None = (
        ImportJob.objects.select_for_update(of=("self",))
        .select_related("created_by", "bought_list", "consent_text")
        .filter(pk=job_id, state=state)
        .first()
    )
    return found


def _check(job: ImportJob, clock: Callable[[], datetime]) -> Iterator[ImportJob]:
    percent = [job.percent_read]
    try:
        judge = Judge(job)
        rows = islice(read_rows(job, lambda read: percent.__setitem__(0, read)), job.rows_read, None)
        while True:
            # Read and judged before the lock is taken: nobody waits for that.
            judged = [judge.judge(number, cells) for number, cells in islice(rows, CHUNK)]
            with transaction.atomic():
                locked = _locked(job.pk, State.CHECKING)
                if locked is None:
                    return
                _check_chunk(locked, judged, percent[0])
            yield locked
            if locked.state != State.CHECKING:
                return
    except Invalid as fault:
        texts = [text for texts in fault.errors.values() for text in texts] or [fault.message]
        failed = {"state": State.FAILED, "failure": " ".join(texts)[:500]}
        ImportJob.objects.filter(pk=job.pk, state=State.CHECKING).update(**failed)


def _check_chunk(job: ImportJob, judged: Sequence[Judged], percent: int) -> None:
    outcomes = foresee(judged, job=job, actor=job.created_by) if judged else []
    copy_rows(job, judged, outcomes)
    for outcome, number in Counter(outcomes).items():
        name = FORESEEN[Outcome(outcome)]
        setattr(job, name, getattr(job, name) + number)
    job.rows_read += len(judged)
    job.percent_read = max(job.percent_read, percent)
    if len(judged) < CHUNK:
        for outcome, number in join_repeated(job).items():
            job.to_create -= number
            setattr(job, FORESEEN[Outcome(outcome)], getattr(job, FORESEEN[Outcome(outcome)]) + number)
        job.rows_total, job.percent_read, job.state = job.rows_read, 100, State.CHECKED
    job.save()


def _import(job: ImportJob, clock: Callable[[], datetime]) -> Iterator[ImportJob]:
    while True:
        current = try_again(lambda: _import_chunk(job.pk, clock()))
        if current is None:
            return
        nudge()
        yield current
        if current.state != State.IMPORTING:
            return


def _import_chunk(job_id: int, now: datetime) -> ImportJob | None:
    job = _locked(job_id, State.IMPORTING)
    if job is None:
        return None
    following = job.rows.filter(number__gt=job.position).order_by("number")
    rows = [Checked(*row) for row in following.values_list(*Checked._fields)[:CHUNK]]
    if rows:
        written = write_rows(rows, job=job, actor=job.created_by, now=now)
        note_written(written, now=now)
        for outcome, number in Counter(one.outcome for one in written).items():
            setattr(job, DONE[Outcome(outcome)], getattr(job, DONE[Outcome(outcome)]) + number)
        job.position = rows[-1].number
    if len(rows) < CHUNK:
        job.state, job.finished_at = State.DONE, max(now, job.started_at or now)
        tell_owners(job, now=now)
    job.save()
    return job


def _undo(job: ImportJob, clock: Callable[[], datetime]) -> Iterator[ImportJob]:
    while True:
        current = try_again(lambda: _undo_chunk(job.pk, clock()))
        if current is None:
            return
        nudge()
        yield current
        if current.state != State.UNDOING:
            return


def _undo_chunk(job_id: int, now: datetime) -> ImportJob | None:
    job = _locked(job_id, State.UNDOING)
    if job is None:
        return None
    if undo_rows(job, actor=job.created_by, now=now) == 0:
        job.state, job.undo_finished_at = State.UNDONE, max(now, job.undo_asked_at or now)
    job.save()
    return job
