"""Read what was typed into a form: the answers, and what they say about the person."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import FieldType, Form
from leadapp.services.leads.facts import COMPANY_FACTS, LEAD_FACTS, Facts, clean_facts, custom_fields_for
from leadapp.services.texts import clean_text, text_fault
from qualification.models import BantState
from qualification.services.evidence.answers import FormAnswer

LONGEST_ANSWER = 5_000
# How it is asked for where the form does not say.
USUAL_TYPES = {
    "email": FieldType.EMAIL,
    "phone": FieldType.PHONE,
    "country": FieldType.COUNTRY,
    "company.country": FieldType.COUNTRY,
}
# A visitor can mend an address; nothing else may stand between us and what they wrote.
SOFT_IN_FORMS = frozenset(LEAD_FACTS) - {"email"} | {f"company.{name}" for name in COMPANY_FACTS}
# Where visitors came from rides along with every form, in hidden fields.
CAMPAIGN_FIELDS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "campaign")
# The page on which the form stood, and the page that led to it.
PLACES = ("page", "referrer")
LONGEST_PLACE = 1_000
# What our own pages send beside the answers; no field of a form may be named like that.
RENDERING, HONEYPOT, REMEMBER = "form_page", "contact_by_fax", "remember_me"
CONSENT, CONSENT_VERSION, VISITOR = "consent", "consent_version", "visitor_id"
OWN_FIELDS = (RENDERING, HONEYPOT, REMEMBER, CONSENT, CONSENT_VERSION, VISITOR)
# What a website asks beyond the fields of the form is kept with the activity, within reason.
MOST_EXTRA_FIELDS = 50
LONGEST_FIELD_NAME = 80


def type_of(field: Mapping[str, Any]) -> FieldType:
    """Return how a field is asked for."""
    if field.get("type") in FieldType.values:
        return FieldType(field["type"])
    usual = USUAL_TYPES.get(str(field.get("fact")), FieldType.TEXT)
    return FieldType.LONG_TEXT if field.get("name") == "message" else usual


def read_answers(
    form: Form, answers: Mapping[str, object], *, not_asked: Collection[str] = ()
) -> dict[str, str]:
    """Return what was typed, by field; a website that asks more than the form knows loses no lead.

    Fields that are `not_asked` may be missing even if they are required.
    """
    fields = {field["name"]: field for field in form.fields}
    given = {name: value for name, value in answers.items() if name in fields or name not in OWN_FIELDS}
    extra = [name for name in given if name not in fields and name not in (*CAMPAIGN_FIELDS, *PLACES)]
    errors = _extra_faults(extra)
    typed: dict[str, str] = {}
    for name in (*fields, *CAMPAIGN_FIELDS, *extra):
        try:
            text = _read_answer(given.get(name), name)
        except Invalid as fault:
            errors.update({key: list(texts) for key, texts in fault.errors.items()})
            continue
        if text:
            typed[name] = text
        elif name in fields and fields[name].get("required") and name not in not_asked:
            errors[name] = [_("This field is required.")]
    if errors:
        raise Invalid(_("The form is not filled in correctly."), errors=errors)
    return typed | {name: place for name in PLACES if (place := clean_place(given.get(name)))}


def is_ticked(value: object) -> bool:
    """Tell whether a box was ticked, as browsers and programs say it."""
    return value is True or (
        isinstance(value, str) and value.strip().lower() not in {"", "no", "false", "0", "off"}
    )


def clean_place(value: object) -> str:
    """Return an address without what is secret in it; one that is odd says nothing and stops nobody."""
    if not isinstance(value, str) or text_fault(value, longest=LONGEST_PLACE):
        return ""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


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


def facts_of(form: Form, typed: Mapping[str, str]) -> Facts:
    """Return what the answers say about the person and the company."""
    raw: dict[str, object] = {name: typed[name] for name in CAMPAIGN_FIELDS if name in typed}
    raw |= _origin(typed)
    company: dict[str, object] = {}
    attributes: dict[str, object] = {}
    for field in form.fields:
        fact, answer = field.get("fact"), typed.get(field["name"])
        if not fact or answer is None:
            continue
        group, __, name = fact.rpartition(".")
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
        raise Invalid(_("The form is not filled in correctly."), errors=errors) from fault


def _origin(typed: Mapping[str, str]) -> dict[str, object]:
    """Return where a new lead came from: what the campaign says, else the website that led here."""
    here = urlsplit(typed.get("page", "")).hostname
    led = urlsplit(typed.get("referrer", "")).hostname
    source = typed.get("utm_source") or (led if led and led != here else "")
    campaign = typed.get("campaign") or typed.get("utm_campaign")
    return {name: text for name, text in (("source", source), ("campaign", campaign)) if text}


def answers_of(form: Form, typed: Mapping[str, str]) -> tuple[FormAnswer, ...]:
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


def email_field(form: Form) -> str:
    """Return the name of the field that asks for the address."""
    return next((field["name"] for field in form.fields if field.get("fact") == "email"), "email")
