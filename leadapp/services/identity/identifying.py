"""Say who somebody is: public functions for what collects data (forms, tracker, APIs)."""

from datetime import datetime

from leadapp.access import Actor
from leadapp.errors import Invalid
from leadapp.models import Activity
from leadapp.services.identity.resolving import Reference
from leadapp.services.identity.visitors import link, see
from leadapp.services.intake.arrivals import Arrived, settle
from leadapp.services.intake.recording import require_may_push, try_again
from leadapp.services.leads.changes import Origin, Overwrite
from leadapp.services.leads.facts import Facts
from scoring.tasks import nudge


def identify(
    *,
    reference: Reference,
    facts: Facts,
    source: str,
    actor: Actor,
    now: datetime,
    by: str = "event",
    overwrite: Overwrite = Overwrite.NEVER,
) -> int | None:
    """Say who a visitor is, and what is known about them; return the lead's id.

    The lead is found by the strongest name that is known, or made. All names call it from now on, and
    what the visitor did before becomes activities of the lead, with a request to score it in the same
    transaction. Doing so again changes nothing; events that come late find the lead by themselves. With
    nothing but a visitor id whom nobody knows it returns None: there is nobody yet.

    Many at once, together with events: `record_activities(events=…, arrivals=[Arrived(…), …])`.
    """
    require_may_push(actor)
    origin = Origin(source=source, actor=actor, by=by, now=now)

    def write() -> int | None:
        settled = settle([Arrived(reference, facts)], origin=origin, overwrite=overwrite)
        Activity.objects.bulk_create(settled.records)
        settled.request_scoring(now=now)
        (person,) = settled.persons
        if person is None:
            see([reference.visitor_id or ""], now=now)
        return person.lead.pk if person else None

    lead_id = try_again(write)
    nudge()
    return lead_id


def alias(*, previous: Reference, current: Reference, source: str, actor: Actor, now: datetime) -> int | None:
    """Say that two names are one person's; return the lead's id, or None while nobody knows who it is.

    - One of them is known: the other becomes a further name of that lead, and what waited joins it.
    - None is known: two visitor ids become one visitor; any other name makes the lead.
    - Both are known as two leads: neither changes. They become candidates for a merge, which people
      decide; returned is the lead of `current`.
    """
    require_may_push(actor)
    for name, reference in (("previous", previous), ("current", current)):
        if not reference.keys and reference.id is None:
            raise Invalid.field(name, reference.unknown)
    origin = Origin(source=source, actor=actor, by="event", now=now)

    def write() -> int | None:
        settled = settle([], origin=origin, overwrite=Overwrite.NEVER, same=[(current, previous)])
        Activity.objects.bulk_create(settled.records)
        settled.request_scoring(now=now)
        (person,) = settled.persons
        if person is None:
            link([previous.visitor_id or "", current.visitor_id or ""], now=now)
        return person.lead.pk if person else None

    lead_id = try_again(write)
    nudge()
    return lead_id
