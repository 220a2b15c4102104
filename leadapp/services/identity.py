"""Who is meant: find the lead behind each reference, and make those that are new.

A reference is known by, in this order, the lead's id, another system's id for it, or its email address.
The first of these that is known decides; those that are not known yet are then kept as further names of
that lead. A visitor id counts only where nothing else is given, for people share computers. Any number
of references takes the same few statements, and concurrent first requests about one person make one
lead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from leadapp.models import Company, Lead, LeadIdentifier
from leadapp.services.companies import Wanted, fill_gaps, resolve_companies, wanted_company
from leadapp.services.facts import Facts
from leadapp.services.inserts import insert_unless_present

EXTERNAL, VISITOR = LeadIdentifier.Kind.EXTERNAL, LeadIdentifier.Kind.VISITOR
Key = tuple[str, str]  # kind and value of an identifier


@dataclass(frozen=True)
class Reference:
    """How a request names a lead."""

    id: int | None = None
    email: str | None = None
    external_id: str | None = None
    visitor_id: str | None = None

    @property
    def keys(self) -> list[Key]:
        """Return the identifiers that it gives, strongest first."""
        named = ((EXTERNAL.value, self.external_id), (VISITOR.value, self.visitor_id))
        return [(kind, value) for kind, value in named if value]

    @property
    def can_create(self) -> bool:
        """Tell whether it is enough to make a lead of."""
        return self.id is None and bool(self.email or self.external_id)

    @property
    def unknown(self) -> str:
        """Say why nobody is meant by it."""
        if self.id is not None:
            return "No lead has this id."
        if self.visitor_id:
            return "Nobody is known by this visitor id yet. Give an email or external_id with it."
        return "Give at least one of: id, email, external_id, visitor_id."


@dataclass
class Person:
    """Somebody that references point to: a lead that exists, or one that is being made."""

    lead: Lead
    is_new: bool = False
    facts: list[Facts] = field(default_factory=list)


@dataclass
class People:
    """Everybody that a request is about, and the names by which they are known."""

    by_id: dict[int, Person] = field(default_factory=dict)
    by_email: dict[str, Person] = field(default_factory=dict)
    by_key: dict[Key, Person] = field(default_factory=dict)
    new_keys: dict[Key, Person] = field(default_factory=dict)

    def find(self, reference: Reference) -> Person | None:
        """Return who is meant, as far as it is known."""
        if reference.id is not None:
            return self.by_id.get(reference.id)
        external = self.by_key.get((EXTERNAL.value, reference.external_id or ""))
        known = external or self.by_email.get(reference.email or "")
        if known or reference.can_create:
            return known
        return self.by_key.get((VISITOR.value, reference.visitor_id or ""))

    def name(self, person: Person, reference: Reference) -> None:
        """Keep the names that are not taken as further names of this person."""
        if reference.email and reference.email not in self.by_email:
            if person.is_new and person.lead.email is None:
                person.lead.email = reference.email
            if person.lead.email in (None, reference.email):
                self.by_email[reference.email] = person
        for key in reference.keys:
            if key not in self.by_key:
                self.by_key[key] = self.new_keys[key] = person

    def take(self, lead: Lead) -> Person:
        """Note a lead that exists."""
        person = self.by_id.setdefault(lead.pk, Person(lead))
        if lead.email:
            self.by_email[lead.email] = person
        return person


def look_up(references: Iterable[Reference]) -> People:
    """Find everybody who is known already, in two statements at most."""
    references = list(references)
    people = People()
    keys = {key for reference in references for key in reference.keys}
    owners = _owners(keys)
    ids = {reference.id for reference in references if reference.id is not None} | set(owners.values())
    emails = {reference.email for reference in references if reference.email}
    found = Lead.objects.filter(Q(pk__in=ids) | Q(email__in=emails)) if ids or emails else ()
    for lead in found:
        people.take(lead)
    people.by_key.update((key, people.by_id[pk]) for key, pk in owners.items() if pk in people.by_id)
    return people


def _owners(keys: Iterable[Key]) -> dict[Key, int]:
    keys = set(keys)
    if not keys:
        return {}
    found = LeadIdentifier.objects.filter(
        kind__in={kind for kind, _ in keys}, value__in={value for _, value in keys}
    )
    owners = {(kind, value): lead for kind, value, lead in found.values_list("kind", "value", "lead_id")}
    return {key: owners[key] for key in keys if key in owners}


def create_people(people: People, persons: Sequence[Person], *, source: str, now: datetime) -> set[int]:
    """Insert the new leads with their facts, and everybody's new names.

    Return the ids of companies about which something was learnt, so that those who work there can be
    scored again.

    Where a concurrent request was first, its lead is taken and `is_new` becomes false. The order
    (companies, addresses, identifiers, then everything else, each sorted) is the same in every
    request, so that no two of them can wait for each other.
    """
    new = [person for person in persons if person.is_new]
    changed = _fill_in(new, source, now)
    with_email = sorted((p for p in new if p.lead.email), key=lambda person: person.lead.email or "")
    _insert_by_email(with_email)
    without_email = [person for person in new if not person.lead.email]
    for person, number in zip(without_email, _reserve_ids(len(without_email)), strict=True):
        person.lead.pk = number
    _insert_identifiers(people.new_keys, now)
    insert_unless_present(
        [person.lead for person in without_email if person.is_new], returning=["id"], with_ids=True
    )
    return changed


def _fill_in(new: Sequence[Person], source: str, now: datetime) -> set[int]:
    wanted: dict[int, Wanted] = {}
    for person in new:
        lead = person.lead
        lead.created_at = lead.updated_at = lead.stage_changed_at = lead.last_activity_at = now
        for facts in person.facts:
            for name, value in facts.lead.items():
                if value and not getattr(lead, name):
                    setattr(lead, name, value)
            lead.attributes = {
                **{key: value for key, value in facts.attributes.items() if value is not None},
                **lead.attributes,
            }
            if id(person) not in wanted and (facts.company or lead.email):
                one = wanted_company(facts, email=lead.email)
                if one is not None:
                    wanted[id(person)] = one
        lead.source = lead.source or source
    companies = resolve_companies(list(wanted.values()), now=now)
    learnt: list[tuple[Company, dict[str, Any]]] = []
    for person in new:
        one = wanted.get(id(person))
        company = companies.find(one) if one else None
        if one and company:
            person.lead.company = company
            learnt.append((company, one.facts))
    return fill_gaps(learnt)


def _insert_by_email(new: Sequence[Person]) -> None:
    ids = (
        dict(insert_unless_present([person.lead for person in new], returning=["email", "id"])) if new else {}
    )
    lost = [person for person in new if person.lead.email not in ids]
    for person in new:
        person.lead.pk = ids.get(person.lead.email)
    winners = {lead.email: lead for lead in _leads(email__in=[person.lead.email for person in lost])}
    for person in lost:
        person.lead = winners[person.lead.email]
        person.is_new = False


def _leads(**condition: object) -> Iterable[Lead]:
    return Lead.objects.filter(**condition) if all(condition.values()) else ()


def _reserve_ids(count: int) -> list[int]:
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('leadapp_lead', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [number for (number,) in cursor.fetchall()]


def _insert_identifiers(new_keys: Mapping[Key, Person], now: datetime) -> None:
    """Insert the names; a new lead that is known by nothing else yields to whoever holds its name.

    Leads without an address are inserted after this, under ids that are reserved: a foreign key is
    checked at the end of the transaction, and so nobody has to be deleted who came second.
    """
    keys = sorted(new_keys)
    inserted = insert_unless_present(
        [
            LeadIdentifier(lead_id=new_keys[key].lead.pk, kind=key[0], value=key[1], created_at=now)
            for key in keys
        ],
        returning=["kind", "value"],
    )
    taken = set(keys) - set(inserted)
    yielding = {
        key: person
        for key in taken
        if key[0] == EXTERNAL and (person := new_keys[key]).is_new and not person.lead.email
    }
    if not yielding:
        return
    owners = _owners(yielding)
    winners = {lead.pk: lead for lead in Lead.objects.filter(pk__in=set(owners.values()))}
    for key, person in yielding.items():
        if person.is_new:
            LeadIdentifier.objects.filter(lead_id=person.lead.pk).update(lead_id=owners[key])
            person.lead = winners[owners[key]]
            person.is_new = False
