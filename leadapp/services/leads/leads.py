"""Make, change and find leads."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Activity, ApiKey, Lead
from leadapp.services.identity.contacts import normal_email
from leadapp.services.identity.resolving import Person, Reference, create_people, look_up
from leadapp.services.identity.visitors import join_waiting
from leadapp.services.intake.events import REFERENCE_FIELDS, read_reference
from leadapp.services.intake.recording import try_again
from leadapp.services.leads.changes import (
    Change,
    Origin,
    Overwrite,
    announce_new,
    apply_facts,
    records_of_new,
    who_works_at,
)
from leadapp.services.leads.facts import Facts, clean_facts, custom_fields_for
from qualification.services.locks import lock_lead
from scoring.models import Cause
from scoring.services.queue import request_scoring
from scoring.tasks import nudge


def create_lead(*, facts: Mapping[str, object], source: str, actor: Actor, now: datetime) -> Lead:
    """Make a lead. `facts` are as a client gives them; also external_id and visitor_id are taken.

    Refused when somebody is known by one of the names already: use `update_lead`, or push events.
    """
    _require_may_create(actor)
    reference, cleaned = _read(facts)
    origin = Origin(source=source, actor=actor, by="edit", now=now)

    def write() -> Lead:
        people = look_up([reference])
        if people.find(reference) is not None:
            raise _taken(reference)
        person = Person(Lead(email=reference.email), is_new=True, facts=[cleaned])
        people.name(person, reference)
        companies = create_people(people, [person], source=source, actor=user_of(actor), now=now)
        if not person.is_new:
            raise _taken(reference)
        Activity.objects.bulk_create(records_of_new([person.lead], origin))
        announce_new([person.lead], origin)
        joined = join_waiting(people.seen_visitors, origin=origin)
        Activity.objects.bulk_create(joined.records)
        to_score = {person.lead.pk} | joined.to_score | who_works_at(companies)
        request_scoring(lead_ids=sorted(to_score), cause=Cause.FACTS, now=now)
        return person.lead

    lead = try_again(write)
    nudge()
    return lead


def update_lead(
    *,
    lead: Lead,
    facts: Mapping[str, object],
    source: str,
    actor: Actor,
    now: datetime,
    check: Callable[[Lead], None] | None = None,
) -> Lead:
    """Change facts of a lead: those that are given replace what is known, null or "" empties them.

    What changed is kept as an activity with before and after; facts that stay the same write nothing.
    `check` is called with the lead once it is locked, to refuse if it is not what the caller saw.
    """
    return change_lead(lead=lead, facts=facts, source=source, actor=actor, now=now, check=check)[0]


def change_lead(
    *,
    lead: Lead,
    facts: Mapping[str, object],
    source: str,
    actor: Actor,
    now: datetime,
    by: str = "edit",
    check: Callable[[Lead], None] | None = None,
) -> tuple[Lead, Activity | None]:
    """Change facts of a lead as `update_lead` does; return also the record of what changed, if anything did.

    `by` says in the record how it came: an edit, or the undoing of one.
    """
    require_may_work(actor, lead)
    cleaned = clean_facts(facts, custom_fields=custom_fields_for([facts]), home=lead.country)
    origin = Origin(source=source, actor=actor, by=by, now=now)

    def write() -> tuple[Lead, Activity | None]:
        if check is not None:
            check(lock_lead(lead))
        applied = apply_facts(changes=[Change(lead.pk, cleaned, Overwrite.ALWAYS)], origin=origin)
        if lead.pk not in applied.leads:
            raise Conflict(_("This lead does not exist any more."))
        if applied.records:
            Activity.objects.bulk_create(applied.records)
            applied.to_score.add(lead.pk)
        if applied.to_score:
            request_scoring(lead_ids=sorted(applied.to_score), cause=Cause.FACTS, now=now)
        return applied.leads[lead.pk], applied.records[0] if applied.records else None

    try:
        with transaction.atomic():
            changed, record = write()
    except IntegrityError as error:
        if "lead_email_unique" in str(error):
            raise _taken(Reference(email=cleaned.email)) from error
        raise
    nudge()
    return changed, record


def find_lead(
    *, id: int | None = None, email: str | None = None, external_id: str | None = None
) -> Lead | None:
    """Return the lead that is known by this name, or None."""
    reference = Reference(id=id, email=normal_email(email) if email else None, external_id=external_id)
    person = look_up([reference]).find(reference)
    return person.lead if person else None


def _require_may_create(actor: Actor) -> None:
    if isinstance(actor, ApiKey):
        if ApiKey.Scope.WRITE not in actor.scopes:
            raise NotAllowed(_("This key may not create leads: it lacks the scope write."))
    elif actor is not None and not (
        actor.has_perm("leadapp.work_own_lead") or actor.has_perm("leadapp.work_any_lead")
    ):
        raise NotAllowed(_("You may not create leads."))


def _read(raw: Mapping[str, object]) -> tuple[Reference, Facts]:
    named = read_reference(raw, "")
    if named.id is not None:
        raise Invalid.field("id", _("Is given by Leadapp."))
    facts = clean_facts(
        {name: value for name, value in raw.items() if name == "email" or name not in REFERENCE_FIELDS},
        custom_fields=custom_fields_for([raw]),
    )
    if not (facts.email or named.external_id or any(facts.lead.get(name) for name in NAMES)):
        raise Invalid(_("Give at least a name, an email, a phone number or an external_id."))
    # Who types a lead in means a new person, even one who shares a phone or profile with another.
    return Reference(None, facts.email, named.external_id, named.visitor_id), facts


NAMES = ("first_name", "last_name", "phone", "linkedin_url")


def _taken(reference: Reference) -> Conflict:
    person = look_up([reference]).find(reference)
    by = "email" if person and person.lead.email == reference.email else "external_id"
    says = {
        "email": _("A lead with this email exists already."),
        "external_id": _("A lead with this external id exists already."),
    }
    message = says[by]
    if person:
        message = _("%(message)s It has the id %(id)s.") % {"message": message, "id": person.lead.pk}
    return Conflict(message, errors={by: [message]})
