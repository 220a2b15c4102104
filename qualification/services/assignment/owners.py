"""Owners by hand: taking an unassigned lead, giving leads to somebody else, one or many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import EllipsisType

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, may_take, require, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import Lead, User
from leadapp.numbers import write_number
from leadapp.shipped import shown
from qualification.models import Assignment
from qualification.services.assignment.writing import new_assignment, replace_running
from qualification.services.clock.promises import Promises
from qualification.services.clock.times import carry_on
from qualification.services.locks import lock_lead, lock_leads
from qualification.services.routing.presence import Presence
from qualification.services.routing.router import Route, Router
from qualification.services.texts import needed_reason

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class SeenOwner:
    """A lead that is to be given away, and whose it was when the person looked."""

    lead: Lead
    owner_id: int | None


@dataclass(frozen=True)
class Assigned:
    """How it went with one lead: the assignment, or the refusal."""

    lead: Lead
    assignment: Assignment | None = None
    refused: Refused | None = None


def take_lead(*, lead: Lead, actor: Actor, now: datetime) -> Assignment:
    """Make a lead one's own that nobody has, or whose answer is so late that others may take it.

    Raise Conflict if somebody has it. A running clock goes on.
    """
    with transaction.atomic():
        locked = lock_lead(lead)
        if not may(actor, "leadapp.work_own_lead") or not isinstance(actor, User):
            raise NotAllowed(_("Only sales reps take leads."))
        is_free = Assignment.objects.free_to_take().filter(lead=locked).exclude(owner=actor).exists()
        if locked.owner is not None and not is_free:
            if locked.owner == actor:
                raise Conflict(_("You have this lead already."))
            raise Conflict(_("%(owner)s has this lead already.") % {"owner": locked.owner})
        if not may_take(actor, locked, is_free=is_free):
            raise NotAllowed(_("You cannot take this lead."))
        reason = f"Took it, since {locked.owner} had not answered" if is_free else "Took it"
        return _write([locked], {locked.pk: Route(actor, reason)}, actor, now)[0]


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
    seen = lead.owner_id if seen_owner_id is ... else seen_owner_id
    with transaction.atomic():
        (outcome,) = _assign([SeenOwner(lead, seen)], owner, actor, reason, now)
        if outcome.refused is not None:
            raise outcome.refused
        assert outcome.assignment is not None
        return outcome.assignment


def assign_leads(
    *,
    leads: Sequence[SeenOwner],
    owner: User | None,
    actor: Actor,
    reason: str,
    now: datetime,
    is_told: bool = True,
) -> list[Assigned]:
    """Give up to 200 leads to somebody else, or without an owner each to whom routing finds.

    Each is judged by itself, and a refusal stops no other lead. One transaction, a fixed number of queries.
    The new owners are told of each, unless `is_told` is off, because somebody tells them of all at once.
    """
    if len(leads) > MOST_AT_ONCE:
        raise Invalid(
            _("Assign up to %(most_at_once)s leads at once; these are %(count)s.")
            % {"most_at_once": MOST_AT_ONCE, "count": write_number(len(leads))}
        )
    with transaction.atomic():
        return _assign(leads, owner, actor, reason, now, is_told=is_told)


def can_own(user: User) -> bool:
    """Tell whether somebody works here, and on leads."""
    works = user.has_perm("leadapp.work_own_lead") or user.has_perm("leadapp.work_any_lead")
    return user.is_active and works


def _assign(
    asked: Sequence[SeenOwner],
    owner: User | None,
    actor: Actor,
    reason: str,
    now: datetime,
    *,
    is_told: bool = True,
) -> list[Assigned]:
    reason = needed_reason(reason, why=_("the new owner wants to know."))
    lock_leads(seen.lead.pk for seen in asked)
    # Read by a statement that begins after the locks are held.
    found = Lead.objects.filter(pk__in=[seen.lead.pk for seen in asked]).select_related("owner", "company")
    leads = {lead.pk: lead for lead in found.order_by("pk")}
    refusals: dict[int, Refused] = {}
    fault = _fault_of(owner, now) if owner is not None else None
    for seen in asked:
        try:
            _guard(leads.get(seen.lead.pk), seen, owner, actor, fault)
        except Refused as refusal:
            refusals[seen.lead.pk] = refusal
    standing = [lead for lead in leads.values() if lead.pk not in refusals]
    routes = _routes(standing, owner, reason, now)
    for lead in standing:
        if routes[lead.pk].rep is None:
            refusals[lead.pk] = Invalid.field(
                "owner", _("It stays where it is: %(reason)s.") % {"reason": shown(routes[lead.pk].reason)}
            )
    going = [lead for lead in standing if lead.pk not in refusals]
    written = {item.lead_id: item for item in _write(going, routes, actor, now, is_told=is_told)}
    return [
        Assigned(leads.get(pk, seen.lead), written.get(pk), refusals.get(pk))
        for pk, seen in {seen.lead.pk: seen for seen in asked}.items()
    ]


def _guard(
    lead: Lead | None, seen: SeenOwner, owner: User | None, actor: Actor, fault: Refused | None
) -> None:
    """Raise the refusal unless this locked lead may go to the new owner, whose `fault` is known."""
    if lead is None:
        raise NotFound(_("This lead does not exist any more."))
    if not may(actor, "leadapp.reassign_lead"):
        require_may_work(actor, lead)
        require(actor, "leadapp.work_own_lead", _("Only a manager may give this lead to somebody else."))
    if lead.owner_id != seen.owner_id:
        raise Conflict(_("This lead went to %(owner)s meanwhile.") % {"owner": lead.owner or _("nobody")})
    if owner is not None and lead.owner_id == owner.pk:
        raise Invalid.field("owner", _("%(owner)s has this lead already.") % {"owner": owner})
    if fault is not None:
        raise fault


def _fault_of(owner: User, now: datetime) -> Refused | None:
    """Return why somebody cannot be given a lead now."""
    if not can_own(owner):
        return Invalid.field("owner", _("%(owner)s does not work on leads.") % {"owner": owner})
    presence = Presence.read(now=now)
    if not presence.is_here(owner.pk):
        return Invalid.field(
            "owner",
            _("%(owner)s is %(owner_2)s. Choose somebody who is here.")
            % {"owner": owner, "owner_2": presence.until(owner.pk)},
        )
    return None


def _routes(leads: Sequence[Lead], owner: User | None, reason: str, now: datetime) -> dict[int, Route]:
    if owner is not None:
        return {lead.pk: Route(owner, reason) for lead in leads}
    if not leads:
        return {}
    router = Router.locked(leads, now=now)
    routes = {}
    for lead in leads:
        route = router.route(lead, besides=lead.owner)
        words = route.reason if route.rep is None else f"{reason}; {route.reason}"
        routes[lead.pk] = Route(route.rep, words, route.rule)
    return routes


def _write(
    leads: Sequence[Lead], routes: dict[int, Route], actor: Actor, now: datetime, *, is_told: bool = True
) -> list[Assignment]:
    """Write the new owners of these locked leads; running clocks go on."""
    if not leads:
        return []
    running = {item.lead_id: item for item in Assignment.objects.running().filter(lead__in=leads)}
    promises = Promises.read()
    assignments = []
    for lead in leads:
        route, item = routes[lead.pk], running.get(lead.pk)
        clock = carry_on(item, owner_id=route.rep_id, promises=promises, now=now) if item else None
        assignments.append(
            new_assignment(
                lead, route.rep, route.reason, now, by=user_of(actor), clock=clock, rule=route.rule
            )
        )
    return replace_running(assignments, now, is_told=is_told)
