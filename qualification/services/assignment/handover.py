"""Handing over to sales: once per stay in MQL, each lead to whom routing finds, or into the team queue."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from leadapp.models import Lead, Stage, Status
from qualification.models import Assignment
from qualification.services.assignment.writing import end_running, new_assignment, replace_running
from qualification.services.clock.answers import answer_clocks
from qualification.services.clock.promises import Promise, Promises
from qualification.services.clock.requests import Request, open_requests
from qualification.services.clock.times import carry_on, start_clock
from qualification.services.locks import lock_leads
from qualification.services.routing.alert import tell_that_leads_wait
from qualification.services.routing.router import Route, Router
from qualification.services.routing.turns import available_reps

# So many leads of the team queue are looked at, at once, for those that somebody could take.
LONGEST_QUEUE = 10_000


def hand_over(*, lead_ids: Collection[int], now: datetime) -> list[Assignment]:
    """Hand these leads over to sales: once per stay in MQL, each to an available rep, with a clock.

    Who has a lead keeps it; whoever is away is stood in for. While nobody is available it waits in the
    team queue.
    """
    with transaction.atomic():
        ready = Lead.objects.filter(pk__in=lead_ids, stage=Stage.MQL, status=Status.OPEN)
        lock_leads(lead_ids)
        # Judged by a statement that begins after the locks are held.
        handed_over = Assignment.objects.of_this_stay().filter(lead_id__in=lead_ids, due_at__isnull=False)
        pending = ready.exclude(pk__in=handed_over.values("lead_id"))
        leads = list(pending.select_related("owner", "company").order_by("pk"))
        return _spread(leads, now=now)


def give_back(*, lead_ids: Collection[int], why: str, now: datetime) -> list[Assignment]:
    """Give leads that are open again to who had them, with a clock, in the caller's transaction.

    Whoever left, is away or not available is stood in for. They are locked; nobody's leads stay so. Whoever
    gets them is told by the caller.
    """
    owned = Lead.objects.filter(pk__in=lead_ids, owner__isnull=False)
    leads = list(owned.select_related("owner", "company").order_by("pk"))
    return _spread(leads, now=now, why=why, to_available=True, is_told=False)


def answer_requests(*, lead_ids: Collection[int], now: datetime) -> int:
    """Start the clocks of leads that asked for an answer and have none, whatever their stage.

    The clock has run since they asked, so that workers that stood still hide no breach. Who has a lead keeps
    it, else it goes to whoever is next, as at a handover. The leads are locked, in the caller's transaction.
    Return how many clocks were started.
    """
    requests = open_requests(lead_ids=lead_ids, now=now)
    if not requests:
        return 0
    asked = Lead.objects.filter(pk__in=requests).select_related("owner", "company").order_by("pk")
    _spread(list(asked), now=now, requests=requests)
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
            reason = "What the lead asked for was voided"
            new_assignment(lead, lead.owner, reason, now).save(force_insert=True)


def _spread(
    leads: Sequence[Lead],
    *,
    now: datetime,
    why: str = "Handed over",
    requests: Mapping[int, Request] = MappingProxyType({}),
    to_available: bool = False,
    is_told: bool = True,
) -> list[Assignment]:
    """Give each of these locked leads an owner and a clock, and say why. Clocks run since the requests."""
    if not leads:
        return []
    waiting = Assignment.objects.running().filter(lead__in=leads, answered_at__isnull=True)
    running = {item.lead_id: item for item in waiting.filter(due_at__isnull=False)}
    router, promises = Router.locked(leads, now=now), Promises.read()
    assignments = []
    for lead in leads:
        route, absence_id = _way_of(lead, router, to_available=to_available)
        request = requests.get(lead.pk)
        # Who waits for an answer already, waits on.
        clock = (
            carry_on(running[lead.pk], owner_id=route.rep_id, promises=promises, now=now)
            if lead.pk in running
            else start_clock(_promise(route, promises), at=request.waits_since if request else now)
        )
        said = request.what if request else why if lead.score is None else f"{why} at {lead.score} points"
        assignments.append(
            new_assignment(
                lead,
                route.rep,
                f"{said}; {route.reason}",
                now,
                clock=clock,
                rule=route.rule,
                absence_id=absence_id,
            )
        )
    written = replace_running(assignments, now, is_told=is_told)
    if any(item.owner_id is None for item in written):
        tell_that_leads_wait(now=now)
    return written


def hand_out_queue(*, now: datetime, limit: int = 500) -> list[Assignment]:
    """Give leads of the team queue to reps who are available now, longest waiting first.

    Each goes by the rules as they are now. While leads wait, managers are told.
    """
    with transaction.atomic():
        waiting = Assignment.objects.queued().order_by("assigned_at", "pk")
        lead_ids = list(waiting.values_list("lead_id", flat=True)[:LONGEST_QUEUE])
        if not lead_ids:
            return []
        going = _who_could_go(lead_ids, now)[:limit]
        lock_leads(going)
        # Judged by a statement that begins after the locks are held.
        queued = waiting.filter(lead_id__in=going).select_related("lead__company") if going else []
        written = _hand_out(list(queued), now)
        if len(written) < len(lead_ids):
            tell_that_leads_wait(now=now)
        return written


def _who_could_go(lead_ids: Sequence[int], now: datetime) -> list[int]:
    """Return those of these leads that somebody could take now, in the same order."""
    if not available_reps().exists():
        return []
    leads = Lead.objects.only("company_id").in_bulk(lead_ids)
    router = Router.read(list(leads.values()), now=now)
    return [lead_id for lead_id in lead_ids if lead_id in leads and router.has_room_for(leads[lead_id])]


def _hand_out(queued: Sequence[Assignment], now: datetime) -> list[Assignment]:
    if not queued:
        return []
    router, promises = Router.locked([item.lead for item in queued], now=now), Promises.read()
    assignments = []
    for item in queued:
        route = router.route(item.lead)
        if route.rep is None:
            continue
        assignments.append(
            new_assignment(
                item.lead,
                route.rep,
                f"Waited in the team queue; {route.reason}",
                now,
                clock=carry_on(item, owner_id=route.rep.pk, promises=promises, now=now),
                rule=route.rule,
                absence_id=item.absence_id,
            )
        )
    return replace_running(assignments, now)


def _way_of(lead: Lead, router: Router, *, to_available: bool) -> tuple[Route, int | None]:
    """Return who gets a lead that may have an owner, and for whose absence it is on loan."""
    owner = lead.owner
    if owner is None or not owner.is_active:
        return router.route(lead), None
    absence = router.turns.presence.away.get(owner.pk)
    if absence is not None:
        return router.instead_of(lead, owner), absence.pk
    if to_available and not owner.is_available:
        return router.route(lead, besides=owner), None
    return Route(owner, f"{owner} has this lead"), None


def _promise(route: Route, promises: Promises) -> Promise:
    if route.rep is not None:
        return promises.of_person(route.rep.pk)
    return promises.of_team(route.rule.team_id if route.rule else None)
