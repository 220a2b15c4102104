"""Owners: handing over to sales, taking, giving away, and the clock that runs until the first touch."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from types import EllipsisType, MappingProxyType

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from leadapp.access import Actor, may, may_take, require, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, Stage, Status, User
from qualification.models import Assignment
from qualification.services.clock.answers import answer_clocks
from qualification.services.clock.promises import Promises
from qualification.services.clock.requests import Request, open_requests
from qualification.services.clock.times import Times, carry_on, start_clock
from qualification.services.locks import lock_lead, lock_leads
from qualification.services.routing.turns import Turns, available_reps
from qualification.services.texts import needed_reason


def hand_over(*, lead_ids: Collection[int], now: datetime) -> list[Assignment]:
    """Hand these leads over to sales: once per stay in MQL, each to an available rep, with a clock.

    Who has a lead keeps it. While nobody is available it waits in the team queue.
    """
    with transaction.atomic():
        ready = Lead.objects.filter(pk__in=lead_ids, stage=Stage.MQL, status=Status.OPEN)
        lock_leads(lead_ids)
        # Judged by a statement that begins after the locks are held.
        handed_over = Assignment.objects.of_this_stay().filter(lead_id__in=lead_ids, due_at__isnull=False)
        pending = list(
            ready.exclude(pk__in=handed_over.values("lead_id")).select_related("owner").order_by("pk")
        )
        if not pending:
            return []
        assignments = _spread(pending, now)
        return _replace_running(assignments, now)


def give_back(*, lead_ids: Collection[int], why: str, now: datetime) -> list[Assignment]:
    """Give leads that are open again to who had them, with a clock, in the caller's transaction.

    Whoever left or is away is stood in for, as at a handover. They are locked; nobody's leads stay so.
    """
    leads = list(
        Lead.objects.filter(pk__in=lead_ids, owner__isnull=False).select_related("owner").order_by("pk")
    )
    if not leads:
        return []
    return _replace_running(_spread(leads, now, why=why, here_only=True), now)


def answer_requests(*, lead_ids: Collection[int], now: datetime) -> int:
    """Start the clocks of leads that asked for an answer and have none, whatever their stage.

    The clock has run since they asked, so that workers that stood still hide no breach. Who has a lead keeps
    it, else it goes to whoever is next, as at a handover. The leads are locked, in the caller's transaction.
    Return how many clocks were started.
    """
    requests = open_requests(lead_ids=lead_ids, now=now)
    if not requests:
        return 0
    asked = list(Lead.objects.filter(pk__in=requests).select_related("owner").order_by("pk"))
    _replace_running(_spread(asked, now, requests=requests), now)
    # Somebody may have answered before the workers came. What was asked after that is a new request.
    answer_clocks(lead_ids=requests)
    return len(requests) + answer_requests(lead_ids=requests, now=now)


def withdraw_request(*, lead: Lead, asked_at: datetime, now: datetime) -> None:
    """End the clock that a request started which was voided, in the caller's transaction.

    The lead is locked. Its owner keeps it. Once it was answered nothing changes.
    """
    running = Assignment.objects.running().filter(
        lead=lead, clock_started_at=asked_at, answered_at__isnull=True
    )
    if running.exists():
        end_running(lead_ids=[lead.pk], now=now)
        if lead.owner is not None:
            _assignment(lead, lead.owner, "What the lead asked for was voided", now).save(force_insert=True)


def hand_out_queue(*, now: datetime, limit: int = 500) -> list[Assignment]:
    """Give leads of the team queue to reps who are available now, longest waiting first."""
    with transaction.atomic():
        waiting = Assignment.objects.queued().order_by("assigned_at", "pk")
        lead_ids = list(waiting.values_list("lead_id", flat=True)[:limit])
        if not lead_ids or not available_reps().exists():
            return []
        lock_leads(lead_ids)
        queued = list(waiting.filter(lead_id__in=lead_ids).select_related("lead"))
        promises, turns = Promises.read(), Turns.locked(now=now)
        assignments = []
        for item in queued:
            turn = turns.next()
            if turn is not None:
                reason = f"Waited in the team queue; {turn.reason}"
                clock = carry_on(item, owner_id=turn.rep.pk, promises=promises, now=now)
                assignments.append(_assignment(item.lead, turn.rep, reason, now, clock=clock))
        return _replace_running(assignments, now)


def take_lead(*, lead: Lead, actor: Actor, now: datetime) -> Assignment:
    """Make a lead one's own that nobody has, or whose answer is so late that others may take it.

    Raise Conflict if somebody has it. A running clock goes on.
    """
    with transaction.atomic():
        locked = lock_lead(lead)
        if not may(actor, "leadapp.work_own_lead") or not isinstance(actor, User):
            raise NotAllowed("Only sales reps take leads.")
        is_free = Assignment.objects.free_to_take().filter(lead=locked).exclude(owner=actor).exists()
        if locked.owner is not None and not is_free:
            whose = "You have" if locked.owner == actor else f"{locked.owner} has"
            raise Conflict(f"{whose} this lead already.")
        if not may_take(actor, locked, is_free=is_free):
            raise NotAllowed("You cannot take this lead.")
        reason = f"Took it, since {locked.owner} had not answered" if is_free else "Took it"
        return _give(locked, actor, reason, actor, now)


def assign_lead(
    *,
    lead: Lead,
    owner: User,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_owner_id: int | EllipsisType | None = ...,
) -> Assignment:
    """Give a lead to somebody else; raise Conflict if its owner is not the one that was seen.

    Seen was `seen_owner_id`, or else the owner of `lead` as it was loaded. A running clock goes on.
    """
    reason = needed_reason(reason, why="the new owner wants to know.")
    seen = lead.owner_id if seen_owner_id is ... else seen_owner_id
    with transaction.atomic():
        locked = lock_lead(lead)
        if not may(actor, "leadapp.reassign_lead"):
            require_may_work(actor, locked)
            require(actor, "leadapp.work_own_lead", "Only a manager may give this lead to somebody else.")
        if locked.owner_id != seen:
            raise Conflict(f"This lead went to {locked.owner or 'nobody'} meanwhile.")
        if locked.owner_id == owner.pk:
            raise Invalid.field("owner", f"{owner} has this lead already.")
        if not _can_own(owner):
            raise Invalid.field("owner", f"{owner} does not work on leads.")
        return _give(locked, owner, reason, actor, now)


def end_running(*, lead_ids: Collection[int], now: datetime) -> None:
    """End the running assignments of these leads: they were set aside. Their owners keep them."""
    Assignment.objects.running().filter(lead_id__in=lead_ids).update(ended_at=Greatest(F("assigned_at"), now))


def start_again(*, leads: Collection[Lead], actor: Actor, now: datetime) -> None:
    """Start assignments for the owners of leads that are reopened, in the caller's transaction."""
    # Whoever was given a lead while it rested has a running one.
    running = set(Assignment.objects.running().filter(lead__in=leads).values_list("lead_id", flat=True))
    Assignment.objects.bulk_create(
        Assignment(
            lead=lead, owner_id=lead.owner_id, assigned_at=now, assigned_by=user_of(actor), reason="Reopened"
        )
        for lead in leads
        if lead.owner_id is not None and lead.pk not in running
    )


def _keeper(owner: User | None, turns: Turns, *, here_only: bool) -> tuple[User | None, str]:
    """Return who keeps a lead because it is theirs already, and why; who is away may be stood in for."""
    if owner is None or not owner.is_active:
        return None, ""
    if not here_only or (owner.is_available and turns.presence.is_here(owner.pk)):
        return owner, f"{owner} has this lead"
    stand_in = turns.presence.stand_in_for(owner.pk)
    return stand_in, f"{stand_in} stands in for {owner}"


def _spread(
    leads: Collection[Lead],
    now: datetime,
    *,
    requests: Mapping[int, Request] = MappingProxyType({}),
    why: str = "Handed over",
    here_only: bool = False,
) -> list[Assignment]:
    """Find an owner for each of these leads, who are locked, and say why. Clocks run since the requests."""
    waiting = Assignment.objects.running().filter(lead__in=leads, answered_at__isnull=True)
    running = {item.lead_id: item for item in waiting.filter(due_at__isnull=False)}
    promises, turns = Promises.read(), Turns.locked(now=now)
    assignments = []
    for lead in leads:
        request = requests.get(lead.pk)
        said = request.what if request else why if lead.score is None else f"{why} at {lead.score} points"
        rep, because = _keeper(lead.owner, turns, here_only=here_only)
        if rep is None:
            turn = turns.next()
            rep, because = (turn.rep, turn.reason) if turn else (None, "nobody was available")
        owner_id = rep.pk if rep else None
        # Who waits for an answer already, waits on.
        clock = (
            carry_on(running[lead.pk], owner_id=owner_id, promises=promises, now=now)
            if lead.pk in running
            else start_clock(promises.of_person(owner_id), at=request.waits_since if request else now)
        )
        assignments.append(_assignment(lead, rep, f"{said}; {because}", now, clock=clock))
    return assignments


def _give(lead: Lead, owner: User, reason: str, actor: Actor, now: datetime) -> Assignment:
    running = Assignment.objects.running().filter(lead=lead).first()
    clock = None
    if running is not None:
        clock = carry_on(running, owner_id=owner.pk, promises=Promises.read(), now=now)
    assignment = _assignment(lead, owner, reason, now, by=user_of(actor), clock=clock)
    return _replace_running([assignment], now)[0]


def _replace_running(assignments: list[Assignment], now: datetime) -> list[Assignment]:
    """Write these assignments and owners in place of the running ones. The leads are locked."""
    if not assignments:
        return []
    end_running(lead_ids=[assignment.lead_id for assignment in assignments], now=now)
    changed = []
    for assignment in assignments:
        if assignment.lead.owner_id != assignment.owner_id:
            assignment.lead.owner = assignment.owner
            changed.append(assignment.lead)
    Lead.objects.bulk_update(changed, ["owner"])
    return Assignment.objects.bulk_create(assignments)


def _assignment(
    lead: Lead,
    owner: User | None,
    reason: str,
    now: datetime,
    *,
    by: User | None = None,
    clock: Times | None = None,
) -> Assignment:
    times = asdict(clock) if clock else {}
    return Assignment(lead=lead, owner=owner, assigned_at=now, assigned_by=by, reason=reason[:500], **times)


def _can_own(user: User) -> bool:
    works = user.has_perm("leadapp.work_own_lead") or user.has_perm("leadapp.work_any_lead")
    return user.is_active and works
