"""What becomes of open work while somebody is away: over when the absence begins, back when it ends.

One transaction per absence. Locks are taken in this order: the absence, leads by id, tasks by id, and last
the lock for turns.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from leadapp.models import Activity, Lead, Stage, Status, User
from qualification.models import Absence, Assignment, BantAnswer, StageChange, Task
from qualification.services.absences.telling import Went, tell_of_going, tell_of_return
from qualification.services.assignment import new_assignment, replace_running
from qualification.services.clock.promises import Promises
from qualification.services.clock.times import carry_on
from qualification.services.locks import lock_leads
from qualification.services.routing.presence import ONE_DAY, Presence, end_of_day, today_of
from qualification.services.routing.router import Router

WAITING = Q(due_at__isnull=False, answered_at__isnull=True)


def look_after_absences(*, now: datetime) -> int:
    """Hand over the work of absences that began, and back that of those that ended; return how many.

    May run twice, late, or at once in several workers: each absence is locked by one of them.
    """
    handled = 0
    for absence_id in _due(now):
        with transaction.atomic():
            rows = Absence.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            absence = rows.select_related("user__membership__team").filter(pk=absence_id).first()
            if absence is not None and absence.handed_back_at is None:
                settle(absence, now=now)
                handled += 1
    return handled


def settle(absence: Absence, *, now: datetime) -> None:
    """Do what the day asks for, in the caller's transaction: nothing yet, hand over, or hand back.

    The absence is locked.
    """
    today = today_of(absence.user, now)
    if today > absence.last_day:
        end_absence(absence, now=now)
    elif today >= absence.first_day:
        _hand_over(absence, now)


def end_absence(absence: Absence, *, now: datetime) -> None:
    """Hand back what nobody has worked on meanwhile, in the caller's transaction. The absence is locked."""
    lead_ids = list(_loans(absence).values_list("lead_id", flat=True))
    lock_leads(lead_ids)
    tasks = _lock_tasks(Task.objects.filter(absence=absence, done_at__isnull=True))
    absence.handed_over_at = absence.handed_over_at or now
    absence.handed_back_at = now
    absence.save(update_fields=["handed_over_at", "handed_back_at"])
    following = Presence.read(now=now).away.get(absence.user_id)
    if following is not None:
        # Away again at once: what is on loan stays so.
        _loans(absence).update(absence=following)
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(absence=following)
        return
    if absence.user.is_active:
        _hand_back(absence, tasks, now)


def _due(now: datetime) -> list[int]:
    """Return the absences that something is to be done about now, oldest first."""
    tomorrow = now.astimezone(UTC).date() + ONE_DAY
    unfinished = Absence.objects.filter(handed_back_at__isnull=True, first_day__lte=tomorrow)
    waiting = Assignment.objects.running().filter(WAITING, owner=OuterRef("user"), assigned_by__isnull=True)
    begun = unfinished.select_related("user__membership__team").annotate(has_leads=Exists(waiting))
    due = []
    for absence in begun.order_by("first_day", "pk"):
        today = today_of(absence.user, now)
        is_new = absence.handed_over_at is None and today >= absence.first_day
        # A lead may still come to somebody who is away: one that wakes up, or was given a moment before.
        is_left = absence.handed_over_at is not None and absence.has_leads
        if is_new or is_left or today > absence.last_day:
            due.append(absence.pk)
    return due


def _hand_over(absence: Absence, now: datetime) -> None:
    """Give the open work to the stand-in, or to whom routing finds."""
    is_first = absence.handed_over_at is None
    lock_leads(list(_open_leads(absence, is_first).values_list("pk", flat=True)))
    tasks = _lock_tasks(_tasks_due(absence)) if is_first else []
    # Judged by a statement that begins after the locks are held.
    leads = list(_open_leads(absence, is_first).select_related("company", "owner").order_by("pk"))
    running = {
        item.lead_id: item
        for item in Assignment.objects.running().filter(lead__in=leads).select_related("absence")
    }
    router, promises = Router.locked(leads, now=now), Promises.read()
    given = []
    for lead in leads:
        item = running.get(lead.pk)
        route = router.instead_of(lead, absence.user)
        clock = carry_on(item, owner_id=route.rep_id, promises=promises, now=now) if item else None
        if route.rep is None and clock is None:
            continue  # nobody waits for an answer: it can wait for its owner
        given.append(
            new_assignment(
                lead,
                route.rep,
                route.reason,
                now,
                clock=clock,
                rule=route.rule,
                absence_id=_origin(item, absence),
            )
        )
    replace_running(given, now, is_told=False)
    stand_in = router.turns.presence.stand_in_for(absence.user_id)
    moved = _give_tasks(tasks, given, stand_in, absence)
    if is_first:
        absence.handed_over_at = now
        absence.save(update_fields=["handed_over_at"])
    tell_of_going(absence, Went(given, moved), now=now)


def _hand_back(absence: Absence, tasks: list[Task], now: datetime) -> None:
    # Judged by a statement that begins after the locks are held.
    loans = list(
        _loans(absence)
        .filter(lead__status=Status.OPEN)
        .annotate(is_worked_on=_worked_on())
        .select_related("lead", "owner")
        .order_by("lead_id")
    )
    promises = Promises.read()
    back, kept = [], []
    for item in loans:
        if item.is_worked_on:
            kept.append(item)
            continue
        who = f"{item.owner} had not worked on it" if item.owner else "nobody had taken it"
        clock = carry_on(item, owner_id=absence.user_id, promises=promises, now=now)
        reason = f"{absence.user} is back; {who}"
        back.append((item, new_assignment(item.lead, absence.user, reason, now, clock=clock)))
    replace_running([assignment for _, assignment in back], now, is_told=False)
    staying = {item.lead_id: item.owner_id for item in kept}
    returned = [task for task in tasks if staying.get(task.lead_id) != task.owner_id]
    Task.objects.filter(pk__in=[task.pk for task in returned]).update(owner=absence.user)
    tell_of_return(absence, Went([item for item, _ in back], returned), kept=kept, now=now)


def _open_leads(absence: Absence, is_first: bool) -> QuerySet[Lead]:
    """Return the leads that cannot wait: at first all that are worked on, later those that came in."""
    waiting = Assignment.objects.running().filter(WAITING, lead=OuterRef("pk"), owner=absence.user)
    mine = Lead.objects.filter(owner=absence.user, status=Status.OPEN)
    if is_first:
        return mine.filter(Q(stage__in=[Stage.MQL, Stage.SQL]) | Exists(waiting))
    return mine.filter(Exists(waiting.filter(assigned_by__isnull=True)))


def _tasks_due(absence: Absence) -> QuerySet[Task]:
    until = end_of_day(absence.user, absence.last_day)
    return Task.objects.filter(owner=absence.user, done_at__isnull=True, due_at__lt=until)


def _lock_tasks(tasks: QuerySet[Task]) -> list[Task]:
    locked = list(tasks.select_for_update(no_key=True).order_by("pk"))
    prefetch_related_objects(locked, "owner")
    return locked


def _loans(absence: Absence) -> QuerySet[Assignment]:
    return Assignment.objects.running().filter(absence=absence)


def _origin(running: Assignment | None, absence: Absence) -> int:
    """Return whose absence a lead is on loan for: a colleague's, if it was on loan already."""
    lent = running.absence if running else None
    is_elsewhere = lent is not None and lent.handed_back_at is None
    return lent.pk if lent is not None and is_elsewhere else absence.pk


def _worked_on() -> Q:
    """Tell whether the lead was answered, or whoever has it did anything with it."""
    since = {"lead": OuterRef("lead")}
    by = OuterRef("owner")
    return (
        Q(answered_at__isnull=False)
        | Q(Exists(Activity.objects.filter(**since, actor=by, received_at__gte=OuterRef("assigned_at"))))
        | Q(Exists(StageChange.objects.filter(**since, actor=by, at__gte=OuterRef("assigned_at"))))
        | Q(Exists(BantAnswer.objects.filter(**since, author=by, answered_at__gte=OuterRef("assigned_at"))))
    )


def _give_tasks(
    tasks: Collection[Task], given: Iterable[Assignment], stand_in: User | None, absence: Absence
) -> list[Task]:
    """Give each task to who has its lead now, else to the stand-in; without either it stays."""
    owners = {item.lead_id: item.owner for item in given}
    moved = []
    for task in tasks:
        owner = owners.get(task.lead_id) or stand_in
        if owner is not None:
            task.owner, task.absence_id = owner, task.absence_id or absence.pk
            moved.append(task)
    Task.objects.bulk_update(moved, ["owner", "absence"])
    return moved
