"""Record events: each once, whoever sends it and however often, and wake the workers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from leadapp.access import Actor, user_of
from leadapp.errors import Invalid, NotAllowed
from leadapp.models import Activity, ApiKey, Lead
from leadapp.services.changes import (
    Applied,
    Change,
    Origin,
    Overwrite,
    announce_new,
    apply_facts,
    brings_news,
    records_of_new,
    who_works_at,
)
from leadapp.services.events import Event
from leadapp.services.facts import Facts
from leadapp.services.identity import People, Person, create_people, look_up
from leadapp.services.inserts import insert_unless_present
from leadapp.services.meetings import BOOKED, with_start
from leadapp.services.opt_in.records import keep_consents
from qualification.services.evidence.answers import keep_form_answers
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

UNSUBSCRIBED = "unsubscribed"
ATTEMPTS = 3

Name = tuple[str, str]  # source and external id: what makes two events the same event
Result = TypeVar("Result")


@dataclass(frozen=True)
class Recorded:
    """An event that is stored. `is_repeat`: it was there already, and nothing was written."""

    id: int
    lead_id: int
    is_repeat: bool = False


def record_activities(
    *,
    events: Sequence[Event],
    source: str,
    actor: Actor,
    now: datetime,
    by: str = "event",
    overwrite: Overwrite = Overwrite.NEVER,
) -> list[Recorded]:
    """Store the events, their leads and the requests for scoring, all or nothing; wake a worker.

    An event whose (source, external id) is known is answered with what is stored. `by` says in the
    record of changed facts who brought them. The number of statements does not grow with the events.
    """
    if isinstance(actor, ApiKey) and not {"ingest", "write"} & set(actor.scopes):
        raise NotAllowed("This key may not push events: it lacks the scope ingest.")
    origin = Origin(source=source, actor=actor, by=by, now=now)
    recorded = try_again(lambda: _record(events, origin, overwrite))
    if not all(one.is_repeat for one in recorded):
        nudge()
    return recorded


def try_again(write: Callable[[], Result]) -> Result:
    """Run a function in a transaction, and again when a concurrent request was in its way."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return write()
        except (IntegrityError, OperationalError) as error:
            code = getattr(error.__cause__, "pgcode", None)
            # Unique violation, deadlock: the next look finds what the other request wrote.
            if code not in {"23505", "40P01"} or attempt == ATTEMPTS or connection.in_atomic_block:
                raise
    raise AssertionError("not reached")


def _record(events: Sequence[Event], origin: Origin, overwrite: Overwrite) -> list[Recorded]:
    names = [_name(event, origin.source) for event in events]
    stored = _stored([name for name in names if name])
    fresh: dict[int, Event] = {}
    seen = set(stored)
    for index, (event, name) in enumerate(zip(events, names, strict=True)):
        if name is None or name not in seen:
            fresh[index] = _with_consequences(event)
        if name is not None:
            seen.add(name)
    rows = dict(zip(fresh, _store(list(fresh.values()), origin, overwrite), strict=True)) if fresh else {}
    stored |= _stored(
        [name for index, row in rows.items() if row.pk is None for name in [names[index]] if name]
    )
    for index, row in rows.items():
        if row.pk is not None and (name := names[index]) is not None:
            stored[name] = Recorded(row.pk, row.lead_id, is_repeat=True)
    recorded = []
    for index, name in enumerate(names):
        if index in rows and rows[index].pk is not None:
            recorded.append(Recorded(rows[index].pk, rows[index].lead_id))
        elif name is not None:
            recorded.append(stored[name])
    return recorded


def _name(event: Event, source: str) -> Name | None:
    return (event.source or source, event.external_id) if event.external_id else None


def _stored(names: Iterable[Name]) -> dict[Name, Recorded]:
    names = set(names)
    if not names:
        return {}
    found = Activity.objects.filter(
        source__in={source for source, _ in names}, external_id__in={number for _, number in names}
    ).values_list("source", "external_id", "id", "lead_id")
    known = {(source, number): Recorded(pk, lead, is_repeat=True) for source, number, pk, lead in found}
    return {name: known[name] for name in names if name in known}


def _with_consequences(event: Event) -> Event:
    if event.type.slug == UNSUBSCRIBED:
        facts = replace(event.facts, lead={**event.facts.lead, "do_not_email": True})
        return replace(event, facts=facts)
    return event


def _store(events: Sequence[Event], origin: Origin, overwrite: Overwrite) -> list[Activity]:
    """Insert new events with everything that comes with them; a row that lost a race has no pk."""
    persons, companies = _identify(events, origin)
    applied = _write_facts(persons, origin, overwrite)
    rows = [
        Activity(
            lead=person.lead,
            type=event.type,
            occurred_at=event.occurred_at,
            received_at=origin.now,
            source=event.source or origin.source,
            external_id=event.external_id,
            properties=_properties(event),
            actor=user_of(origin.actor),
        )
        for event, person in zip(events, persons, strict=True)
    ]
    _insert([*applied.records, *rows])
    _keep_answers(events, rows, origin.now)
    _keep_consents(events, rows, origin.now)
    lead_ids = {person.lead.pk for person in persons}
    request_scoring(lead_ids=sorted(lead_ids), cause=Cause.ACTIVITY, now=origin.now)
    if colleagues := (applied.to_score | who_works_at(companies)) - lead_ids:
        request_scoring(lead_ids=sorted(colleagues), cause=Cause.FACTS, now=origin.now)
    return rows


def _keep_answers(events: Sequence[Event], rows: Sequence[Activity], now: datetime) -> None:
    """Keep what was answered, with the activity that says so; one that lost a race has said it before."""
    answers = [
        (row.lead_id, answer)
        for event, row in zip(events, rows, strict=True)
        if row.pk is not None
        for answer in event.answers
    ]
    if answers:
        keep_form_answers(answers=answers, now=now)


def _keep_consents(events: Sequence[Event], rows: Sequence[Activity], now: datetime) -> None:
    """Keep what was agreed to; an activity that lost a race has brought it before."""
    given = [
        (row.lead_id, consent)
        for event, row in zip(events, rows, strict=True)
        if row.pk is not None
        for consent in event.consents
    ]
    if given:
        keep_consents(given=given, now=now)


def _properties(event: Event) -> dict[str, object]:
    """Keep what could not be read as a fact: it must not be lost, and nobody should take it for known."""
    properties = event.properties
    if event.facts.not_understood:
        properties = {**properties, "not_understood": event.facts.not_understood}
    return with_start(properties) if event.type.slug == BOOKED else properties


def _identify(events: Sequence[Event], origin: Origin) -> tuple[list[Person], set[int]]:
    """Return who did each event, and the companies about which something was learnt."""
    people = look_up([event.reference for event in events])
    persons: list[Person] = []
    errors: dict[str, list[str]] = {}
    for event in events:
        reference = event.reference
        person = people.find(reference)
        if person is None and not reference.can_create:
            errors[f"{event.path}lead"] = [reference.unknown]
            continue
        if person is None:
            person = Person(Lead(email=reference.email), is_new=True)
        people.name(person, reference)
        person.facts.append(_own_facts(event.facts, person, people))
        persons.append(person)
    if errors:
        raise Invalid("Nobody is known by the name that was given.", errors=errors)
    companies = create_people(people, _once_each(persons), source=origin.source, now=origin.now)
    return persons, companies


def _own_facts(facts: Facts, person: Person, people: People) -> Facts:
    """Leave out an address that belongs to somebody else: a stronger name decided who is meant."""
    if facts.email and people.by_email.get(facts.email) is not person:
        return replace(facts, lead={name: fact for name, fact in facts.lead.items() if name != "email"})
    return facts


def _once_each(persons: Iterable[Person]) -> list[Person]:
    return list({id(person): person for person in persons}.values())


def _write_facts(persons: Sequence[Person], origin: Origin, overwrite: Overwrite) -> Applied:
    unique = _once_each(persons)
    changes = [
        Change(person.lead.pk, facts, overwrite)
        for person in unique
        if not person.is_new
        for facts in person.facts
        if brings_news(person.lead, facts, overwrite)
    ]
    applied = apply_facts(changes=changes, origin=origin)
    new = [person.lead for person in unique if person.is_new]
    if new:
        announce_new(new, origin)
        applied.records = [*records_of_new(new, origin), *applied.records]
    return applied


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
