"""Take submissions of the forms on a website."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadapp.access import Actor
from leadapp.errors import Invalid, NotFound
from leadapp.models import ApiKey, Form
from leadapp.services.changes import Overwrite
from leadapp.services.events import Event
from leadapp.services.facts import COMPANY_FACTS, LEAD_FACTS, Facts, clean_facts, custom_fields_for
from leadapp.services.identity import Reference
from leadapp.services.recording import record_activities
from leadapp.services.texts import clean_text, text_fault
from qualification.models import BantState
from qualification.services.evidence.answers import FormAnswer

LONGEST_ANSWER = 5_000
# A visitor can mend an address; nothing else may stand between us and what they wrote.
SOFT_IN_FORMS = frozenset(LEAD_FACTS) - {"email"} | {f"company.{name}" for name in COMPANY_FACTS}
# Where visitors came from rides along with every form, in hidden fields.
CAMPAIGN_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "campaign")
# What a website asks beyond the fields of the form is kept with the activity, within reason.
MOST_EXTRA_FIELDS = 50
LONGEST_FIELD_NAME = 80


@dataclass(frozen=True)
class Submission:
    """A submission that is stored. The id says nothing about others and is all that visitors learn."""

    id: str
    lead_id: int
    activity_id: int


def find_form(*, slug: str) -> Form:
    """Return the form that takes submissions under this name, or raise NotFound."""
    form = Form.objects.select_related("activity_type").filter(slug=slug, is_active=True).first()
    if form is None:
        raise NotFound("There is no such form.")
    return form


def submit_form(
    *, form: Form, answers: Mapping[str, object], actor: Actor, now: datetime, submission_id: str = ""
) -> Submission:
    """Store a submission: the lead, what it said, and a request to score it.

    The answers stay with the activity as they were typed. What they say about the person fills facts
    that are empty, and replaces those that the same person typed into a form before.
    """
    typed = _read_answers(form, answers)
    facts = _facts(form, typed)
    if facts.email is None:
        raise Invalid.field(_email_field(form), "Give an email address.")
    number = submission_id or str(uuid.uuid4())
    event = Event(
        reference=Reference(email=facts.email),
        facts=facts,
        type=form.activity_type,
        occurred_at=now,
        properties={**typed, "form": form.slug},
        external_id=number,
        answers=_answers(form, typed),
    )
    source = actor.name if isinstance(actor, ApiKey) and submission_id else form.slug
    (recorded,) = record_activities(
        events=[event], source=source, actor=actor, now=now, by="form", overwrite=Overwrite.OWN_ANSWERS
    )
    return Submission(id=number, lead_id=recorded.lead_id, activity_id=recorded.id)


def _read_answers(form: Form, answers: Mapping[str, object]) -> dict[str, str]:
    """Return what was typed, by field; a website that asks more than the form knows loses no lead."""
    fields = {field["name"]: field for field in form.fields}
    extra = [name for name in answers if name not in fields and name not in CAMPAIGN_FIELDS]
    errors = _extra_faults(extra)
    typed: dict[str, str] = {}
    for name in (*fields, *CAMPAIGN_FIELDS, *extra):
        try:
            text = _read_answer(answers.get(name), name)
        except Invalid as fault:
            errors.update({key: list(texts) for key, texts in fault.errors.items()})
            continue
        if text:
            typed[name] = text
        elif name in fields and fields[name].get("required"):
            errors[name] = ["This field is required."]
    if errors:
        raise Invalid("The form is not filled in correctly.", errors=errors)
    return typed


def _extra_faults(names: Sequence[str]) -> dict[str, list[str]]:
    """Say what is wrong with the names of fields that the form does not know."""
    if len(names) > MOST_EXTRA_FIELDS:
        return {"": [f"At most {MOST_EXTRA_FIELDS} fields beyond those of the form."]}
    faults = {name: text_fault(name, longest=LONGEST_FIELD_NAME) for name in names}
    return {name: [f"The name of the field: {fault}"] for name, fault in faults.items() if fault}


def _read_answer(value: object, name: str) -> str:
    """Return an answer as text: several ticked boxes are joined, a lone tick is yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return clean_text(str(value), name, longest=LONGEST_ANSWER)
    if isinstance(value, list) and len(value) <= 50 and all(isinstance(one, str) for one in value):
        return clean_text(", ".join(value), name, longest=LONGEST_ANSWER)
    return clean_text(value, name, longest=LONGEST_ANSWER)


def _facts(form: Form, typed: Mapping[str, str]) -> Facts:
    raw: dict[str, object] = {name: typed[name] for name in CAMPAIGN_FIELDS if name in typed}
    company: dict[str, object] = {}
    attributes: dict[str, object] = {}
    for field in form.fields:
        fact, answer = field.get("fact"), typed.get(field["name"])
        if not fact or answer is None:
            continue
        group, _, name = fact.rpartition(".")
        {"": raw, "company": company, "attributes": attributes}[group][name] = answer
    if company:
        raw["company"] = company
    if attributes:
        raw["attributes"] = attributes
    custom_fields = custom_fields_for([raw])
    soft = SOFT_IN_FORMS | {f"attributes.{key}" for key in custom_fields}
    try:
        return clean_facts(raw, custom_fields=custom_fields, soft=soft)
    except Invalid as fault:
        # The visitor knows the fields by the form's names.
        names = {field.get("fact"): field["name"] for field in form.fields}
        errors = {names.get(name, name): texts for name, texts in fault.errors.items()}
        raise Invalid("The form is not filled in correctly.", errors=errors) from fault


def _answers(form: Form, typed: Mapping[str, str]) -> tuple[FormAnswer, ...]:
    """Return what was typed about the dimensions that fields of the form ask about."""
    return tuple(
        FormAnswer(
            dimension=field["answer"], state=_state(field, typed[field["name"]]), value=typed[field["name"]]
        )
        for field in form.fields
        if field.get("answer") and field["name"] in typed
    )


def _state(field: Mapping[str, object], text: str) -> str:
    """Return what a text says: whoever answers something else than what is listed has it."""
    for state in (BantState.RULED_OUT, BantState.UNKNOWN):
        listed = field.get(state)
        if isinstance(listed, list) and text.casefold() in {str(option).casefold() for option in listed}:
            return state
    return BantState.CONFIRMED


def _email_field(form: Form) -> str:
    return next((field["name"] for field in form.fields if field.get("fact") == "email"), "email")
