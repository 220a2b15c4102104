"""Make or change many leads at once, each by itself: a refusal stops no other lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from django.utils.translation import gettext as _

from leadapp.access import Actor
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import Activity, ApiKey, CustomField, Lead
from leadapp.numbers import write_number
from leadapp.services.identity.resolving import (
    EMAIL,
    EXTERNAL,
    LINKEDIN,
    PHONE,
    VISITOR,
    Overtaken,
    People,
    Person,
    Reference,
    look_up,
)
from leadapp.services.intake.arrivals import Arrived, settle
from leadapp.services.intake.events import REFERENCE_FIELDS, read_reference
from leadapp.services.intake.recording import try_again
from leadapp.services.leads.changes import Origin, Overwrite
from leadapp.services.leads.facts import clean_facts, custom_fields_for
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge

MOST_LEADS = 1_000
# By kind of name, the field that it comes in.
FIELDS = {
    EXTERNAL: "external_id",
    EMAIL: "email",
    LINKEDIN: "linkedin_url",
    PHONE: "phone",
    VISITOR: "visitor_id",
}

Result = Literal["created", "updated", "unchanged", "refused"]
RESULTS: tuple[Result, ...] = get_args(Result)


@dataclass(frozen=True)
class Upserted:
    """What became of one item: the lead, or why it was refused."""

    result: Result
    lead_id: int | None = None
    refused: Refused | None = None


def upsert_leads(
    *, raws: object, source: str, actor: Actor, now: datetime, all_or_nothing: bool = False
) -> list[Upserted]:
    """Make the leads that nobody knows yet and change the others; return what became of each, in order.

    An item names its lead as an event does, and its facts replace what is known, as an edit does. With
    `all_or_nothing` the first refusal raises Invalid that names every fault, and nothing is written.
    The number of statements does not grow with the leads.
    """
    if not isinstance(actor, ApiKey):
        raise NotAllowed(_("Batches are pushed with an API key."))
    if ApiKey.Scope.WRITE not in actor.scopes:
        raise NotAllowed(_("This key may not change leads: it lacks the scope write."))
    items = _read(raws)
    origin = Origin(source=source, actor=actor, by="edit", now=now)
    upserted = try_again(lambda: _write(items, origin, all_or_nothing))
    if any(one.result in ("created", "updated") for one in upserted):
        nudge()
    return upserted


def _read(raws: object) -> list[Arrived | Refused]:
    if not isinstance(raws, list) or not 0 < len(raws) <= MOST_LEADS:
        message = _("Must be a list of 1 to %(most)s leads.") % {"most": write_number(MOST_LEADS)}
        raise Invalid(message, errors={"": [message]})
    attributes = custom_fields_for(raw for raw in raws if isinstance(raw, dict))
    return [_read_one(raw, attributes) for raw in raws]


def _read_one(raw: object, custom_fields: dict[str, CustomField]) -> Arrived | Refused:
    if not isinstance(raw, dict):
        return Invalid(_("Must be an object."))
    try:
        named = read_reference(raw, "")
        facts = clean_facts(
            {name: value for name, value in raw.items() if name not in REFERENCE_FIELDS or name == "email"},
            custom_fields=custom_fields,
        )
    except Invalid as fault:
        return fault
    reference = Reference.of(facts, id=named.id, external_id=named.external_id, visitor_id=named.visitor_id)
    return Arrived(reference, facts)


def _write(items: Sequence[Arrived | Refused], origin: Origin, all_or_nothing: bool) -> list[Upserted]:
    judged = _judge(items)
    refused = {index: one for index, one in enumerate(judged) if isinstance(one, Refused)}
    if refused and all_or_nothing:
        raise _all_of(refused, len(items))
    going = [one for one in judged if not isinstance(one, Refused)]
    written = iter(_settle(going, origin) if going else ())
    return [Upserted("refused", refused=one) if isinstance(one, Refused) else next(written) for one in judged]


def _judge(items: Sequence[Arrived | Refused]) -> list[Arrived | Refused]:
    """Refuse what nobody is known by, what belongs to somebody else, and who comes a second time."""
    people = look_up(item.reference for item in items if isinstance(item, Arrived))
    seen: set[int] = set()
    return [item if isinstance(item, Refused) else _allowed(item, people, seen) for item in items]


def _allowed(item: Arrived, people: People, seen: set[int]) -> Arrived | Refused:
    reference = item.reference
    person = people.find(reference)
    if person is None and reference.id is not None:
        return NotFound(reference.unknown, errors={"id": [reference.unknown]})
    if person is None and not reference.can_create:
        message = _("Give at least one of: id, external_id, email, phone, linkedin_url.")
        return Invalid(message, errors={"": [message]})
    if person is None:
        person = Person(Lead(email=reference.email), is_new=True)
    if id(person) in seen:
        message = _("Names a lead that an earlier item names.")
        return Invalid(message, errors={FIELDS[reference.keys[0][0]] if reference.keys else "id": [message]})
    if reference.email and _owner(people, reference.email) not in (None, person):
        message = _("A lead with this email exists already.")
        return Conflict(message, errors={"email": [message]})
    people.name(person, reference)
    seen.add(id(person))
    return item


def _owner(people: People, email: str) -> Person | None:
    return people.by_email.get(email) or people.by_key.get((EMAIL, email))


def _all_of(refused: dict[int, Refused], count: int) -> Invalid:
    errors: dict[str, Sequence[str]] = {}
    for index, one in refused.items():
        for name, texts in (one.errors or {"": [one.message]}).items():
            errors[f"{index}.{name}".rstrip(".")] = texts
    message = _("%(faulty)s of %(count)s leads cannot be taken, so none was.") % {
        "faulty": write_number(len(refused)),
        "count": write_number(count),
    }
    return Invalid(message, errors=errors)


def _settle(going: Sequence[Arrived], origin: Origin) -> list[Upserted]:
    settled = settle(going, origin=origin, overwrite=Overwrite.ALWAYS)
    changed = {record.lead_id for record in Activity.objects.bulk_create(settled.records)}
    if to_score := changed | settled.colleagues:
        request_scoring(lead_ids=sorted(to_score), cause=Cause.FACTS, now=origin.now)
    return [_upserted(person, changed) for person in settled.persons]


def _upserted(person: Person | None, changed: set[int]) -> Upserted:
    if person is None:
        raise Overtaken  # it named somebody a moment ago
    result: Result = "created" if person.is_new else "updated" if person.lead.pk in changed else "unchanged"
    return Upserted(result, person.lead.pk)
