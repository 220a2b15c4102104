"""Who is meant: find the lead behind each reference, and make those that are new (docs/identity.md).

A reference is known by, in this order, the lead's id, another system's id for it, its email address, its
LinkedIn profile, its phone number. The first of these that is known decides; those that are not known yet
are then kept as further names of that lead. A profile or number decides only where nothing speaks
against it, for people share phones; a visitor id only where nothing else is given, for they share
computers. Any number of references takes the same few statements, and concurrent first requests about
one person make one lead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from leadapp.models import Company, Lead, LeadIdentifier, Merge, User
from leadapp.services.identity.companies import Wanted, fill_gaps, resolve_companies, wanted_company
from leadapp.services.identity.contacts import linkedin_profile
from leadapp.services.inserts import insert_unless_present
from leadapp.services.leads.facts import Facts

EMAIL, EXTERNAL, LINKEDIN, PHONE, VISITOR = (
    LeadIdentifier.Kind.EMAIL.value,
    LeadIdentifier.Kind.EXTERNAL.value,
    LeadIdentifier.Kind.LINKEDIN.value,
    LeadIdentifier.Kind.PHONE.value,
    LeadIdentifier.Kind.VISITOR.value,
)
Key = tuple[str, str]  # kind and value of an identifier


class Overtaken(Exception):
    """A concurrent request named the same person first: look again, then write."""


@dataclass(frozen=True)
class Reference:
    """How a request names a lead, every name in its normal form.

    First and last name call nobody by themselves; they tell apart people who share a phone.
    """

    id: int | None = None
    email: str | None = None
    external_id: str | None = None
    visitor_id: str | None = None
    phone: str = ""
    linkedin: str = ""
    full_name: tuple[str, str] = ("", "")

    @classmethod
    def of(
        cls,
        facts: Facts,
        *,
        id: int | None = None,
        external_id: str | None = None,
        visitor_id: str | None = None,
    ) -> "Reference":
        """Return the names that facts hold, with those that do not belong to the facts."""
        return cls(
            id=id,
            email=facts.email,
            external_id=external_id,
            visitor_id=visitor_id,
            phone=facts.lead.get("phone") or "",
            linkedin=linkedin_profile(facts.lead.get("linkedin_url") or ""),
            full_name=(facts.lead.get("first_name") or "", facts.lead.get("last_name") or ""),
        )

    @property
    def keys(self) -> list[Key]:
        """Return the names that are identifiers, strongest first; an email is one of a lead known by more."""
        named = (
            (EXTERNAL, self.external_id),
            (EMAIL, self.email),
            (LINKEDIN, self.linkedin),
            (PHONE, self.phone),
            (VISITOR, self.visitor_id),
        )
        return [(kind, value) for kind, value in named if value]

    @property
    def can_create(self) -> bool:
        """Tell whether it is enough to make a lead of."""
        return self.id is None and bool(self.email or self.external_id or self.linkedin or self.phone)

    @property
    def is_anonymous(self) -> bool:
        """Tell whether it gives nothing but a visitor id."""
        return self.id is None and bool(self.visitor_id) and not self.can_create

    @property
    def unknown(self) -> str:
        """Say why nobody is meant by it."""
        if self.id is not None:
            return "No lead has this id."
        return "Give at least one of: id, email, external_id, phone, linkedin_url, visitor_id."


@dataclass
class Person:
    """Somebody that references point to: a lead that exists, or one that is being made."""

    lead: Lead
    is_new: bool = False
    facts: list[Facts] = field(default_factory=list)
    email: str | None = None  # that the lead has, or gets from its facts
    names: list[tuple[str, str]] = field(default_factory=list)

    @property
    def full_name(self) -> tuple[str, str]:
        """Return first and last name, as far as they are known by now."""
        known = [(self.lead.first_name, self.lead.last_name), *self.names]
        first, last = zip(*known, strict=True)
        return next(filter(None, first), ""), next(filter(None, last), "")

    def learn_name(self, reference: Reference) -> None:
        """Note what a reference calls them, for those that follow in the same request."""
        if any(reference.full_name):
            self.names.append(reference.full_name)


@dataclass
class People:
    """Everybody that a request is about, and the names by which they are known.

    `at_odds` are leads of which a request spoke as one, and by which kind of name. `seen_visitors` were
    here before anybody knew whose they are.
    """

    by_id: dict[int, Person] = field(default_factory=dict)
    by_email: dict[str, Person] = field(default_factory=dict)
    by_key: dict[Key, Person] = field(default_factory=dict)
    new_keys: dict[Key, Person] = field(default_factory=dict)
    at_odds: list[tuple[Person, Person, str]] = field(default_factory=list)
    seen_visitors: dict[str, Person] = field(default_factory=dict)

    def find(self, reference: Reference) -> Person | None:
        """Return who is meant, as far as it is known: the strongest name that is known decides."""
        if reference.id is not None:
            return self.by_id.get(reference.id)
        strong = (EXTERNAL, reference.external_id), (EMAIL, reference.email)
        for kind, value in strong:
            if value and (known := self._owner((kind, value))):
                return known
        if not reference.external_id:
            weak = (LINKEDIN, reference.linkedin), (PHONE, reference.phone)
            for key in weak:
                if key[1] and (known := self._owner(key)) and _agrees(known, reference):
                    return known
        if reference.can_create:
            return None
        return self.by_key.get((VISITOR, reference.visitor_id or ""))

    def _owner(self, key: Key) -> Person | None:
        kind, value = key
        return (self.by_email.get(value) if kind == EMAIL else None) or self.by_key.get(key)

    def name(self, person: Person, reference: Reference) -> None:
        """Keep the names that are not taken as further names of this person; note those of somebody else."""
        person.learn_name(reference)
        for key in reference.keys:
            owner = self._owner(key)
            if owner is None:
                self._take_name(person, key)
            elif owner is not person and key[0] not in (LINKEDIN, PHONE):  # those are compared anyway
                self.at_odds.append((person, owner, key[0]))

    def _take_name(self, person: Person, key: Key) -> None:
        kind, value = key
        if kind != EMAIL:
            self.by_key[key] = self.new_keys[key] = person
            return
        self.by_email[value] = person
        if person.lead.email is None and person.is_new:
            person.lead.email = value
        elif person.email is None:
            person.email = value  # the facts that come with it fill it in
        elif value not in (person.lead.email, person.email):
            self.new_keys[key] = person

    def take(self, lead: Lead) -> Person:
        """Note a lead that exists."""
        person = self.by_id.setdefault(lead.pk, Person(lead, email=lead.email))
        if lead.email:
            self.by_email[lead.email] = person
        return person


def _agrees(person: Person, reference: Reference) -> bool:
    """Tell whether neither address nor name speaks against somebody who shares a phone or profile."""
    if reference.email and (person.lead.email or person.email) not in (None, reference.email):
        return False
    return all(
        not given or not known or given.casefold() == known.casefold()
        for given, known in zip(reference.full_name, person.full_name, strict=True)
    )


def look_up(references: Iterable[Reference]) -> People:
    """Find everybody who is known already, in two statements, and few more for who is not found by them."""
    references = list(references)
    people = People()
    numbers = {one.id for one in references if one.id is not None}
    emails = {one.email for one in references if one.email}
    owners = _owners(key for one in references for key in one.keys if key[0] != EMAIL)
    _take(people, Q(pk__in=numbers | set(owners.values())) | Q(email__in=emails))
    if unknown := emails - set(people.by_email):
        further = _owners((EMAIL, email) for email in unknown)
        _take(people, Q(pk__in=set(further.values()) - set(people.by_id)))
        owners |= further
    people.by_key.update((key, people.by_id[pk]) for key, pk in owners.items() if pk in people.by_id)
    if gone := numbers - set(people.by_id):
        for old, lead in winners_of(gone).items():
            people.by_id[old] = people.take(lead)
    return people


def _take(people: People, condition: Q) -> None:
    for lead in Lead.objects.filter(condition):  # nothing asked for is no statement
        people.take(lead)


def winners_of(lead_ids: Iterable[int]) -> dict[int, Lead]:
    """Return the leads with which these were united, by the ids that are gone."""
    merges = Merge.objects.filter(loser_id__in=list(lead_ids), undone_at=None).select_related("winner")
    return {merge.loser_id: merge.winner for merge in merges}


def _owners(keys: Iterable[Key]) -> dict[Key, int]:
    keys = set(keys)
    if not keys:
        return {}
    found = LeadIdentifier.objects.filter(
        kind__in={kind for kind, _ in keys}, value__in={value for _, value in keys}, lead__isnull=False
    )
    owners = {(kind, value): lead for kind, value, lead in found.values_list("kind", "value", "lead_id")}
    return {key: owners[key] for key in keys if key in owners}


def create_people(
    people: People,
    persons: Sequence[Person],
    *,
    source: str,
    actor: User | None,
    now: datetime,
    newest_wins: bool = False,
) -> set[int]:
    """Insert the new leads with their facts, and everybody's new names.

    Of several facts about one of them the first is taken, or with `newest_wins` the last. Return the ids
    of companies about which something was learnt, so that those who work there can be scored again.

    Where a concurrent request was first, its lead is taken and `is_new` becomes false. The order
    (companies, addresses, identifiers, then everything else, each sorted) is the same in every request,
    so that no two of them can wait for each other.
    """
    new = [person for person in persons if person.is_new]
    changed = _fill_in(new, source, actor, now, newest_wins)
    with_email = sorted((p for p in new if p.lead.email), key=lambda person: person.lead.email or "")
    _insert_by_email(with_email)
    without_email = [person for person in new if not person.lead.email]
    for person, number in zip(without_email, reserve_ids(len(without_email), "leadapp_lead"), strict=True):
        person.lead.pk = number
    _insert_identifiers(people, now)
    insert_unless_present(
        [person.lead for person in without_email if person.is_new], returning=["id"], with_ids=True
    )
    return changed


def _fill_in(
    new: Sequence[Person], source: str, actor: User | None, now: datetime, newest_wins: bool
) -> set[int]:
    wanted: dict[int, Wanted] = {}
    for person in new:
        lead = person.lead
        lead.created_at = lead.updated_at = lead.stage_changed_at = lead.last_activity_at = now
        for facts in reversed(person.facts) if newest_wins else person.facts:
            for name, value in facts.lead.items():
                if value and not getattr(lead, name):
                    setattr(lead, name, value)
            lead.attributes = {
                **{key: value for key, value in facts.attributes.items() if value is not None},
                **lead.attributes,
            }
        # Who is identified and given a company in one request has several facts; not all name it.
        about = next((facts for facts in person.facts if facts.company), Facts())
        if one := wanted_company(about, email=lead.email):
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
    return fill_gaps(learnt, actor=actor, now=now)


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


def reserve_ids(count: int, table: str) -> list[int]:
    """Take ids off the sequence of a table, for rows that are inserted after what points to them."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
        return [number for (number,) in cursor.fetchall()]


def _insert_identifiers(people: People, now: datetime) -> None:
    """Insert the names; a new lead that is known by nothing else yields to whoever holds its name.

    Leads without an address are inserted after this, under ids that are reserved: a foreign key is
    checked at the end of the transaction, and so nobody has to be deleted who came second.
    """
    new_keys = people.new_keys
    keys = sorted(new_keys)
    inserted = insert_unless_present(
        [
            LeadIdentifier(lead_id=new_keys[key].lead.pk, kind=key[0], value=key[1], created_at=now)
            for key in keys
        ],
        returning=["kind", "value"],
    )
    taken = set(keys) - set(inserted)
    people.seen_visitors = {value: new_keys[kind, value] for kind, value in taken if kind == VISITOR}
    _yield_to_others(new_keys, taken)


def _yield_to_others(new_keys: Mapping[Key, Person], taken: Iterable[Key]) -> None:
    # A lead with an address is inserted by now, and yields an external id no more than the others.
    shared = _owners(
        key
        for key in taken
        if new_keys[key].is_new
        and (key[0] in (EMAIL, LINKEDIN, PHONE) or (key[0] == EXTERNAL and new_keys[key].lead.email))
    )
    # What was free a moment ago calls somebody else now; a trigger may have named the new lead itself.
    if any(owner != new_keys[key].lead.pk for key, owner in shared.items()):
        raise Overtaken
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
