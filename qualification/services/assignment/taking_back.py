"""Undo: leads that were given away go back to those who had them, as far as nobody gave them on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, user_of
from leadapp.errors import Conflict, NotAllowed, NotFound, Refused
from leadapp.models import Lead, User
from qualification.models import Assignment, NoticeKind
from qualification.services.announcing import announce_owners
from qualification.services.assignment.owners import Assigned
from qualification.services.assignment.writing import end_running, new_assignment, replace_running
from qualification.services.clock.promises import Promises
from qualification.services.clock.times import carry_on
from qualification.services.locks import lock_leads
from qualification.services.notices.telling import take_back_notices


def undo_assignments(
    *, given: Mapping[int, int], owners: Mapping[int, int | None], actor: Actor, now: datetime
) -> list[Assigned]:
    """Give leads back to who had them: `given` and `owners` say by lead by which assignment, and to whom.

    Each is judged by itself: whoever assigned it, or may reassign, takes it back, unless somebody gave it
    on. A running clock goes on. One transaction, a fixed number of queries.
    """
    with transaction.atomic():
        lock_leads(given)
        # Read by statements that begin after the locks are held.
        leads = Lead.objects.select_related("owner", "company").in_bulk(list(given))
        running = {
            item.lead_id: item
            for item in Assignment.objects.running().filter(lead__in=given).select_related("owner")
        }
        outcomes = []
        for lead_id, assignment_id in given.items():
            lead = leads.get(lead_id)
            refused = _refusal(lead, running.get(lead_id), assignment_id, actor)
            outcomes.append(Assigned(lead or Lead(pk=lead_id), None, refused))
        going = [outcome.lead for outcome in outcomes if outcome.refused is None]
        written = {item.lead_id: item for item in _give_back(going, running, owners, actor, now)}
        take_back_notices(kind=NoticeKind.HANDOVER, events=[f"assignment:{given[lead.pk]}" for lead in going])
        return [replace(outcome, assignment=written.get(outcome.lead.pk)) for outcome in outcomes]


def _refusal(
    lead: Lead | None, running: Assignment | None, assignment_id: int, actor: Actor
) -> Refused | None:
    if lead is None:
        return NotFound(_("This lead does not exist any more."))
    if running is None or running.pk != assignment_id:
        whom = lead.owner or _("nobody")
        return Conflict(_("Since then this lead went to %(whom)s.") % {"whom": whom})
    user = user_of(actor)
    if not may(actor, "leadapp.reassign_lead") and (user is None or running.assigned_by_id != user.pk):
        return NotAllowed(_("Only who gave this lead away, or a manager, takes that back."))
    return None


def _give_back(
    leads: Sequence[Lead],
    running: Mapping[int, Assignment],
    owners: Mapping[int, int | None],
    actor: Actor,
    now: datetime,
) -> list[Assignment]:
    wanted = {owner_id for lead in leads if (owner_id := owners[lead.pk]) is not None}
    people: Mapping[int, User] = User.objects.in_bulk(wanted)
    promises, by = Promises.read(), user_of(actor)
    assignments: list[Assignment] = []
    freed: list[Assignment] = []
    for lead in leads:
        owner: User | None = people.get(owners[lead.pk] or 0)
        clock = carry_on(running[lead.pk], owner_id=owner.pk if owner else None, promises=promises, now=now)
        item = new_assignment(lead, owner, "Taken back", now, by=by, clock=clock)
        # Without an owner and without a clock nothing waits: the lead is nobody's again.
        (assignments if owner or clock else freed).append(item)
    _set_free(freed, now)
    return replace_running(assignments, now, is_told=False)


def _set_free(items: Sequence[Assignment], now: datetime) -> None:
    if not items:
        return
    before = {item.lead_id: item.lead.owner_id for item in items}
    end_running(lead_ids=list(before), now=now)
    Lead.objects.filter(pk__in=before).update(owner=None)
    announce_owners(items, before=before, now=now)
