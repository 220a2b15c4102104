"""Who came: find or make the leads that are meant, write what came along about them, and keep who they are.

In the caller's transaction. What is recorded of it, and who is to be scored, the caller writes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from leadapp.access import user_of
from leadapp.errors import Invalid
from leadapp.models import Activity, Lead
from leadapp.services.duplicates.asking import suspect
from leadapp.services.identity.resolving import People, Person, Reference, create_people, look_up
from leadapp.services.identity.visitors import join_waiting
from leadapp.services.leads.changes import (
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
from leadapp.services.leads.facts import Facts
from scoring.models import Cause
from scoring.services.queue import request_scoring


class Arrival(Protocol):
    """Somebody that a request speaks of, and what it says. `path` goes in front of its fields in errors."""

    @property
    def reference(self) -> Reference:
        """Return how they are named."""

    @property
    def facts(self) -> Facts:
        """Return what is said about them."""

    @property
    def path(self) -> str:
        """Return where in the request it stands."""


@dataclass(frozen=True)
class Arrived:
    """Somebody who is identified without doing anything."""

    reference: Reference
    facts: Facts = field(default_factory=Facts)
    path: str = ""


@dataclass
class Settled:
    """Who is meant by each arrival (None: a visitor whom nobody knows) and what has still to be written."""

    persons: list[Person | None]
    records: list[Activity] = field(default_factory=list)
    colleagues: set[int] = field(default_factory=set)

    @property
    def lead_ids(self) -> set[int]:
        """Return the leads that are meant."""
        return {person.lead.pk for person in self.persons if person}

    def request_scoring(self, *, now: datetime) -> None:
        """Let the leads, and those whose company was learnt about, wait for their score."""
        if self.lead_ids:
            request_scoring(lead_ids=sorted(self.lead_ids), cause=Cause.ACTIVITY, now=now)
        if colleagues := self.colleagues - self.lead_ids:
            request_scoring(lead_ids=sorted(colleagues), cause=Cause.FACTS, now=now)


def settle(
    arrivals: Sequence[Arrival],
    *,
    origin: Origin,
    overwrite: Overwrite,
    same: Sequence[tuple[Reference, Reference]] = (),
    make_ready: Callable[[Sequence[Person | None]], object] | None = None,
) -> Settled:
    """Find or make the leads; write their names and facts; let what waited for them join them.

    `same` are pairs of references of which somebody says that they are one person; they are settled after
    the arrivals. What the visitor of an arrival did before becomes activities of the lead, whichever of
    the two came first. `make_ready` gets the persons before those that are new are inserted.
    """
    references = [one.reference for one in arrivals]
    people = look_up([*references, *(one for pair in same for one in pair)])
    persons = who_is_meant(arrivals, people)
    persons += [_one_of(pair, people) for pair in same]
    if make_ready is not None:
        make_ready(persons)
    found = _once_each(person for person in persons if person)
    newest_wins = overwrite is Overwrite.IMPORT
    companies = create_people(
        people,
        found,
        source=origin.source,
        actor=user_of(origin.actor),
        now=origin.now,
        newest_wins=newest_wins,
    )
    applied = _write_facts(found, origin, overwrite)
    joined = join_waiting(people.seen_visitors, origin=origin)
    suspect(people.at_odds, now=origin.now)
    return Settled(
        persons=persons,
        records=[*applied.records, *joined.records],
        colleagues=applied.to_score | joined.to_score | who_works_at(companies),
    )


def who_is_meant(arrivals: Sequence[Arrival], people: People) -> list[Person | None]:
    """Return who each arrival is; those who give only a visitor id are looked for last.

    Their names and facts are noted with the person. Raise Invalid where an id calls nobody.
    """
    persons: list[Person | None] = [None] * len(arrivals)
    errors: dict[str, list[str]] = {}
    for index, arrival in _in_order(arrivals):
        reference = arrival.reference
        person = people.find(reference)
        if person is None and reference.is_anonymous:
            continue
        if person is None and not reference.can_create:
            errors[f"{arrival.path}lead"] = [reference.unknown]
            continue
        if person is None:
            person = Person(Lead(email=reference.email), is_new=True)
        people.name(person, reference)
        person.facts.append(_own_facts(arrival.facts, person, people))
        persons[index] = person
    if errors:
        raise Invalid("Nobody is known by the name that was given.", errors=errors)
    return persons


def _in_order(arrivals: Sequence[Arrival]) -> list[tuple[int, Arrival]]:
    return sorted(enumerate(arrivals), key=lambda pair: pair[1].reference.is_anonymous)


def _one_of(pair: tuple[Reference, Reference], people: People) -> Person | None:
    """Let the names of both call one lead, unless each calls one of its own already."""
    person = next(filter(None, map(people.find, pair)), None)
    if person is None:
        for reference in pair:
            if reference.id is not None:
                raise Invalid.field("id", reference.unknown)
        named = next((reference for reference in pair if reference.can_create), None)
        if named is None:
            return None
        person = Person(Lead(email=named.email), is_new=True)
    for reference in pair:
        people.name(person, reference)
    return person


def _own_facts(facts: Facts, person: Person, people: People) -> Facts:
    """Leave out an address that belongs to somebody else: a stronger name decided who is meant."""
    if facts.email and people.by_email.get(facts.email) is not person:
        return replace(facts, lead={name: fact for name, fact in facts.lead.items() if name != "email"})
    return facts


def _once_each(persons: Iterable[Person]) -> list[Person]:
    return list({id(person): person for person in persons}.values())


def _write_facts(persons: Sequence[Person], origin: Origin, overwrite: Overwrite) -> Applied:
    changes = [
        Change(person.lead.pk, facts, overwrite)
        for person in persons
        if not person.is_new
        for facts in person.facts
        if brings_news(person.lead, facts, overwrite)
    ]
    applied = apply_facts(changes=changes, origin=origin)
    new = [person.lead for person in persons if person.is_new]
    if new:
        announce_new(new, origin)
        applied.records = [*records_of_new(new, origin), *applied.records]
    return applied
