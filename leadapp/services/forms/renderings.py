"""The pages on which forms are shown: each is signed, so that what comes back tells which one it was.

A page has a number of its own, under which its submission is kept: sent twice it is the same submission.
It says when it was shown, which consent it asked for, and which fields it left out for whom.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core import signing
from django.db.models import Count, Q

from leadapp.models import Activity, ConsentText, CustomField, FieldType, Form, Lead
from leadapp.services.forms.reading import type_of
from leadapp.services.identity.resolving import Reference, look_up
from qualification.services.evidence.answers import bant_of

SALT = "leadapp.form-page"


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """A form as it was shown to one visitor, once."""

    number: str
    shown_at: datetime
    consent_version: int
    not_asked: tuple[str, ...] = ()
    visitor_id: str = ""
    is_tracked: bool = False


def new_rendering(*, form: Form, visitor_id: str, now: datetime, is_tracked: bool = False) -> Rendering:
    """Return a page of this form; a visitor who is known is not asked again for what is known.

    One who `is_tracked` was handed over by a website: what they did there counts from now on.
    """
    lead = find_visitor(visitor_id) if form.is_progressive and visitor_id else None
    not_asked = known_fields(form, lead, now=now) if lead else ()
    return Rendering(
        number=str(uuid.uuid4()),
        shown_at=now,
        consent_version=form.consent_version if form.asks_consent else 0,
        not_asked=not_asked,
        visitor_id=visitor_id if not_asked or is_tracked else "",
        is_tracked=is_tracked,
    )


def sign_rendering(form: Form, rendering: Rendering) -> str:
    """Return the text that travels with the page."""
    told = {
        "f": form.slug,
        "n": rendering.number,
        "t": int(rendering.shown_at.timestamp() * 1000),
        "c": rendering.consent_version,
        "k": rendering.not_asked,
        "v": rendering.visitor_id,
        "w": rendering.is_tracked,
    }
    return signing.dumps(told, salt=SALT, compress=True)


def read_rendering(text: str, *, form: Form) -> Rendering | None:
    """Return the page that a submission came from, or None if it is not one of ours of this form."""
    try:
        told: Mapping[str, object] = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    if told["f"] != form.slug:
        return None
    return Rendering(
        number=str(told["n"]),
        shown_at=datetime.fromtimestamp(int(str(told["t"])) / 1000, tz=UTC),
        consent_version=int(str(told["c"])),
        not_asked=tuple(told["k"]),  # type: ignore[arg-type]
        visitor_id=str(told["v"]),
        is_tracked=bool(told.get("w")),  # pages that were shown before an update have no such mark
    )


def words_of(form: Form, version: int) -> ConsentText | None:
    """Return the words of consent with which the form asks, or asked, under this version."""
    return ConsentText.objects.filter(form=form, version=version).first()


def words_shown(form: Form, rendering: Rendering) -> str:
    """Return the words beside the box of a page, empty if it has none; they may have changed since."""
    if form.asks_consent and rendering.consent_version == form.consent_version:
        return form.consent_text
    words = words_of(form, rendering.consent_version) if rendering.consent_version else None
    return words.text if words else ""


def find_visitor(visitor_id: str) -> Lead | None:
    """Return the lead that is known by a visitor id."""
    reference = Reference(visitor_id=visitor_id)
    person = look_up([reference]).find(reference)
    return person.lead if person else None


def known_fields(form: Form, lead: Lead, *, now: datetime) -> tuple[str, ...]:
    """Return the fields of the form that need not be asked: all that they become is known.

    What stays with the submission is known once it was answered in this form; long texts are asked for each
    time, for they are about this time.
    """
    fields = [field for field in form.fields if type_of(field) != FieldType.HIDDEN]
    custom = set(CustomField.objects.values_list("key", flat=True))
    is_asked = any(field.get("answer") for field in fields)
    asked = bant_of(lead=lead, now=now) if is_asked else {}
    known, kept = [], []
    for field in fields:
        fact, question = str(field.get("fact") or ""), asked.get(str(field.get("answer") or ""))
        if not fact and question is None:
            kept += [field["name"]] if type_of(field) != FieldType.LONG_TEXT else []
        elif (not fact or _is_known(fact, lead, custom)) and (question is None or not question.is_open):
            known.append(field["name"])
    known += _answered_before(form, lead, kept)
    return tuple(field["name"] for field in fields if field["name"] in known)


def _answered_before(form: Form, lead: Lead, names: Sequence[str]) -> list[str]:
    """Return those of the fields that the lead has answered in this form."""
    if not names:
        return []
    sent = Activity.objects.filter(lead=lead, source=form.slug, voided_at__isnull=True)
    counts = sent.aggregate(
        **{f"n{number}": Count("pk", filter=Q(properties__has_key=name)) for number, name in enumerate(names)}
    )
    return [name for number, name in enumerate(names) if counts[f"n{number}"]]


def _is_known(fact: str, lead: Lead, custom: set[str]) -> bool:
    group, _, name = fact.rpartition(".")
    if group == "attributes":
        return name in custom and lead.attributes.get(name) not in (None, "")
    holder = lead.company if group == "company" else lead
    return bool(name) and getattr(holder, name, None) not in (None, "")
