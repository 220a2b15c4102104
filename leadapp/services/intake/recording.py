"""Record events: each once, whoever sends it and however often, and wake the workers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, user_of
from leadapp.errors import NotAllowed
from leadapp.models import Activity, ApiKey, WaitingActivity
from leadapp.services.identity.resolving import Overtaken, Person
from leadapp.services.identity.visitors import facts_as_json, wait
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.arrivals import Arrival, settle
from leadapp.services.intake.events import Event
from leadapp.services.intake.plain_events import UNSUBSCRIBED, record_plain
from leadapp.services.leads.changes import Origin, Overwrite
from leadapp.services.privacy.opt_in.records import keep_consents
from leadapp.services.work.meetings import BOOKED, with_start
from qualification.services.evidence.answers import keep_form_answers
from scoring.tasks import nudge

ATTEMPTS = 3

Name = tuple[str, str]  # source and external id: what makes two events the same event
Result = TypeVar("Result")


@dataclass(frozen=True)
class Recorded:
    """An event that is stored. `is_repeat`: it was there already, and nothing was written.

    Without a lead it waits until somebody says who the visitor is.
    """

    id: int
    lead_id: int | None
    is_repeat: bool = False


def record_activities(
    *,
    events: Sequence[Event],
    source: str,
    actor: Actor,
    now: datetime,
    by: str = "event",
    overwrite: Overwrite = Overwrite.NEVER,
    arrivals: Sequence[Arrival] = (),
) -> list[Recorded]:
    """Store the events, their leads and the requests for scoring, all or nothing; wake a worker.

    An event whose (source, external id) is known is answered with what is stored. One that gives only a
    visitor id whom nobody knows waits. `arrivals` are people who are identified in the same request,
    before or after what they did. `by` says in the record of changed facts who brought them. The number
    of statements does not grow with the events.
    """
    require_may_push(actor)
    origin = Origin(source=source, actor=actor, by=by, now=now)
    recorded = _record_alone(events, arrivals, origin)
    recorded = recorded or try_again(lambda: _record(events, arrivals, origin, overwrite))
    if arrivals or not all(one.is_repeat for one in recorded):
        nudge()
    return recorded


def require_may_push(actor: Actor) -> None:
    """Raise NotAllowed for a key that may not tell what people do."""
    if isinstance(actor, ApiKey) and not {"ingest", "write"} & set(actor.scopes):
        raise NotAllowed(_("This key may not push events: it lacks the scope ingest."))


def try_again(write: Callable[[], Result]) -> Result:
    """Run a function in a transaction, and again when a concurrent request was in its way."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return write()
        except Overtaken:
            if attempt == ATTEMPTS:
                raise
        except (IntegrityError, OperationalError) as error:
            code = getattr(error.__cause__, "pgcode", None)
            # Unique violation, deadlock, a lead that was merged: the next look finds what is there now.
            if code not in {"23505", "40P01", "23503"} or attempt == ATTEMPTS:
                raise
    raise AssertionError("not reached")


def _record_alone(
    events: Sequence[Event], arrivals: Sequence[Arrival], origin: Origin
) -> list[Recorded] | None:
    """Record a single plain event by a statement that is a transaction of its own; None is for the others."""
    if len(events) != 1 or arrivals or connection.in_atomic_block:
        return None
    try:
        stored = record_plain(events, source=origin.source, actor=origin.actor, now=origin.now)
    except IntegrityError:  # the lead was merged or erased meanwhile
        return None
    return [Recorded(*one) for one in stored.values()]


def _record(
    events: Sequence[Event], arrivals: Sequence[Arrival], origin: Origin, overwrite: Overwrite
) -> list[Recorded]:
    stored = record_plain(events, source=origin.source, actor=origin.actor, now=origin.now)
    recorded = {number: Recorded(*one) for number, one in stored.items()}
    others = [number for number in range(len(events)) if number not in recorded]
    if others or arrivals:
        long_way = _record_others([events[number] for number in others], arrivals, origin, overwrite)
        recorded.update(zip(others, long_way, strict=True))
    return [recorded[number] for number in range(len(events))]


def _record_others(
    events: Sequence[Event], arrivals: Sequence[Arrival], origin: Origin, overwrite: Overwrite
) -> list[Recorded]:
    names = [_name(event, origin.source) for event in events]
    stored = _stored([name for name in names if name])
    fresh: dict[int, Event] = {}
    seen = set(stored)
    for index, (event, name) in enumerate(zip(events, names, strict=True)):
        if name is None or name not in seen:
            fresh[index] = _with_consequences(event)
        if name is not None:
            seen.add(name)
    rows = _store(fresh, arrivals, origin, overwrite) if fresh or arrivals else {}
    lost = [index for index, row in rows.items() if row.pk is None]
    stored |= _stored([name for index in lost for name in [names[index]] if name], also_waiting=True)
    for index, row in rows.items():
        if row.pk is not None and (name := names[index]) is not None:
            stored[name] = _recorded(row, is_repeat=True)
    recorded = []
    for index, name in enumerate(names):
        if index in rows and rows[index].pk is not None:
            recorded.append(_recorded(rows[index]))
        elif name is not None:
            recorded.append(stored[name])
    return recorded


def _recorded(row: Activity | WaitingActivity, *, is_repeat: bool = False) -> Recorded:
    return Recorded(row.pk, row.lead_id if isinstance(row, Activity) else None, is_repeat)


def _name(event: Event, source: str) -> Name | None:
    return (event.source or source, event.external_id) if event.external_id else None


def _stored(names: Iterable[Name], *, also_waiting: bool = False) -> dict[Name, Recorded]:
    names = set(names)
    if not names:
        return {}
    which = {"source__in": {source for source, _ in names}, "external_id__in": {one for _, one in names}}
    found = Activity.objects.filter(**which).values_list("source", "external_id", "id", "lead_id")
    known = {(source, number): Recorded(pk, lead, is_repeat=True) for source, number, pk, lead in found}
    if also_waiting:
        waiting = WaitingActivity.objects.filter(**which).values_list("source", "external_id", "id")
        known |= {(source, number): Recorded(pk, None, is_repeat=True) for source, number, pk in waiting}
    return {name: known[name] for name in names if name in known}


def _with_consequences(event: Event) -> Event:
    if event.type.slug == UNSUBSCRIBED:
        facts = replace(event.facts, lead={**event.facts.lead, "do_not_email": True})
        return replace(event, facts=facts)
    return event


def _store(
    fresh: Mapping[int, Event], arrivals: Sequence[Arrival], origin: Origin, overwrite: Overwrite
) -> dict[int, Activity | WaitingActivity]:
    """Insert new events with everything that comes with them; a row that lost a race has no pk."""
    settled = settle([*fresh.values(), *arrivals], origin=origin, overwrite=overwrite)
    known: dict[int, Activity] = {}
    waiting: dict[int, WaitingActivity] = {}
    for (index, event), person in zip(fresh.items(), settled.persons, strict=False):
        if person is None:
            waiting[index] = _waiting(event, origin)
        else:
            known[index] = _activity(event, person, origin)
    wait(
        list(waiting.values()), [fresh[index].reference.visitor_id or "" for index in waiting], now=origin.now
    )
    _insert([*settled.records, *known.values()])
    _keep_answers([(fresh[index], row) for index, row in known.items()], origin.now)
    _keep_consents([(fresh[index], row) for index, row in known.items()], origin.now)
    settled.request_scoring(now=origin.now)
    return {**known, **waiting}


def _activity(event: Event, person: Person, origin: Origin) -> Activity:
    return Activity(
        lead=person.lead,
        type=event.type,
        occurred_at=event.occurred_at,
        received_at=origin.now,
        source=event.source or origin.source,
        external_id=event.external_id,
        properties=_properties(event),
        actor=user_of(origin.actor),
    )


def _waiting(event: Event, origin: Origin) -> WaitingActivity:
    return WaitingActivity(
        type=event.type,
        occurred_at=event.occurred_at,
        received_at=origin.now,
        source=event.source or origin.source,
        external_id=event.external_id,
        properties=_properties(event),
        facts=facts_as_json(event.facts),
    )


def _keep_answers(stored: Iterable[tuple[Event, Activity]], now: datetime) -> None:
    """Keep what was answered, with the activity that says so; one that lost a race has said it before."""
    answers = [
        (row.lead_id, answer) for event, row in stored if row.pk is not None for answer in event.answers
    ]
    if answers:
        keep_form_answers(answers=answers, now=now)


def _keep_consents(stored: Iterable[tuple[Event, Activity]], now: datetime) -> None:
    """Keep what was agreed to; an activity that lost a race has brought it before."""
    given = [
        (row.lead_id, consent) for event, row in stored if row.pk is not None for consent in event.consents
    ]
    if given:
        keep_consents(given=given, now=now)


def _properties(event: Event) -> dict[str, object]:
    """Keep what could not be read as a fact: it must not be lost, and nobody should take it for known."""
    properties = event.properties
    if event.facts.not_understood:
        properties = {**properties, "not_understood": event.facts.not_understood}
    return with_start(properties) if event.type.slug == BOOKED else properties


def _insert(rows: Sequence[Activity]) -> None:
    """Insert the rows and set their pk, but for those that a concurrent request has just stored."""
    plain = [row for row in rows if row.external_id is None]
    named = sorted(
        (row for row in rows if row.external_id is not None),
        key=lambda row: (row.source, row.external_id or ""),
    )
    inserted = insert_unless_present([*plain, *named], returning=["id", "source", "external_id"])
    # PostgreSQL returns rows in the order in which it inserts them; those without a name never conflict.
    numbers = iter([pk for pk, _, external_id in inserted if external_id is None])
    for row in plain:
        row.pk = next(numbers)
    by_name = {(source, external_id): pk for pk, source, external_id in inserted}
    for row in named:
        row.pk = by_name.get((row.source, row.external_id))
