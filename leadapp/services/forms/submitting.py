"""Take submissions of the forms on a website."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from leadapp.access import Actor
from leadapp.errors import Invalid, NotFound
from leadapp.models import Activity, ApiKey, Form, HeldSubmission, Purpose
from leadapp.numbers import whole_number
from leadapp.services.forms.reading import (
    CONSENT,
    CONSENT_VERSION,
    REMEMBER,
    VISITOR,
    answers_of,
    email_field,
    facts_of,
    is_ticked,
    read_answers,
)
from leadapp.services.forms.renderings import Rendering, find_visitor, words_of
from leadapp.services.forms.screening import reasons_to_hold
from leadapp.services.identity.resolving import Reference
from leadapp.services.inserts import insert_unless_present
from leadapp.services.intake.events import Event
from leadapp.services.intake.recording import record_activities
from leadapp.services.leads.changes import Overwrite
from leadapp.services.privacy.opt_in.records import Confirmation, GivenConsent
from leadapp.services.texts import clean_text

# The same answers from the same address within this time are one submission that was sent twice.
SAME_FOR = timedelta(minutes=10)
LONGEST_NAME_KEPT = 150
LARGEST_VERSION = 2**31 - 1
# The words beside the box that lets a device be recognised, as our pages show them. Other words are another
# version: raise the number with them.
REMEMBER_VERSION = 1
REMEMBER_WORDS = gettext_noop("Remember me on this device, so that later forms ask only what is new.")


@dataclass(frozen=True)
class Visit:
    """How a submission came in: the page of ours that it was typed into, and who sent it.

    `address` is the network address; where it is given, answers that are sent twice are kept once.
    """

    rendering: Rendering | None = None
    is_forged: bool = False
    visitor_id: str = ""
    language: str = ""
    address: str = ""


@dataclass(frozen=True)
class Submission:
    """A submission that is stored. The id says nothing about others and is all that visitors learn.

    One that is held has no lead until somebody releases it.
    """

    id: str
    lead_id: int | None = None
    activity_id: int | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether somebody looks at it first."""
        return self.activity_id is None


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A submission that was read: what was typed, and what it came with."""

    form: Form
    number: str
    typed: Mapping[str, str]
    at: datetime
    consent_version: int | None = None
    visitor_id: str = ""
    remembers: bool = False
    language: str = ""


NO_VISIT = Visit()


def find_form(*, slug: str) -> Form:
    """Return the form that takes submissions under this name, or raise NotFound."""
    form = Form.objects.select_related("activity_type").filter(slug=slug, is_active=True).first()
    if form is None:
        raise NotFound(_("There is no such form."))
    return form


def submit_form(
    *,
    form: Form,
    answers: Mapping[str, object],
    actor: Actor,
    now: datetime,
    name: str = "",
    visit: Visit = NO_VISIT,
) -> Submission:
    """Store a submission: the lead, what it said, what it agreed to, and a request to score it.

    The answers stay with the activity as they were typed. What they say about the person fills facts
    that are empty, and replaces those that the same person typed into a form before. What a visitor
    sends is held where it looks like spam. Whoever gives a submission a `name` may send it again.
    """
    rendering = visit.rendering
    not_asked = rendering.not_asked if rendering else ()
    typed = read_answers(form, answers, not_asked=not_asked)
    key = actor if name and isinstance(actor, ApiKey) else None
    taken = Taken(
        form=form,
        number=_number_named(form, answers, key, name) if name else _number(form, typed, visit, now),
        typed=typed,
        at=now,
        consent_version=_agreed_to(form, answers, rendering),
        visitor_id=clean_text(answers.get(VISITOR), VISITOR, longest=200) or visit.visitor_id,
        remembers=form.is_progressive and is_ticked(answers.get(REMEMBER)),
        language=visit.language,
    )
    event = event_of(taken, may_be_known=bool(not_asked))
    reasons = (
        reasons_to_hold(form, answers, typed, rendering=rendering, is_forged=visit.is_forged, now=now)
        if actor is None
        else []
    )
    if reasons:
        return _hold(taken, reasons)
    if key and (known := _kept_by_name_alone(taken, key, name)):
        return Submission(id=name, lead_id=known.lead_id, activity_id=known.pk)
    stored = record(taken, event, actor=actor)
    return replace(stored, id=name) if key else stored


def event_of(taken: Taken, *, may_be_known: bool = False) -> Event:
    """Return the activity that a submission becomes, or raise Invalid where nobody can be meant."""
    form = taken.form
    facts = facts_of(form, taken.typed)
    known = find_visitor(taken.visitor_id) if may_be_known and taken.visitor_id else None
    if facts.email is None and known is None:
        raise Invalid.field(email_field(form), _("Give an email address."))
    return Event(
        reference=Reference.of(
            facts, id=None if facts.email or known is None else known.pk, visitor_id=taken.visitor_id or None
        ),
        facts=facts,
        type=form.activity_type,
        occurred_at=taken.at,
        properties={**taken.typed, "form": form.slug},
        external_id=taken.number,
        answers=answers_of(form, taken.typed),
        consents=_consents(taken, facts.email),
    )


def record(taken: Taken, event: Event, *, actor: Actor, now: datetime | None = None) -> Submission:
    """Store a submission that was read, its lead and what follows from it."""
    (recorded,) = record_activities(
        events=[event],
        source=taken.form.slug,
        actor=actor,
        now=now or taken.at,
        by="form",
        overwrite=Overwrite.OWN_ANSWERS,
    )
    if taken.form.first_submitted_at is None:
        fresh = Form.objects.filter(pk=taken.form.pk, first_submitted_at__isnull=True)
        fresh.update(first_submitted_at=taken.at)
    return Submission(id=taken.number, lead_id=recorded.lead_id, activity_id=recorded.id)


def _number(form: Form, typed: Mapping[str, str], visit: Visit, now: datetime) -> str:
    """Return the name under which it is kept once: that of its page, else what it says and who sent it."""
    if visit.rendering:
        return visit.rendering.number
    if not visit.address:
        return str(uuid.uuid4())
    said = json.dumps([form.slug, visit.address, sorted(typed.items())])
    digest = hashlib.sha256(said.encode()).hexdigest()[:40]
    turn = int(now.timestamp() // SAME_FOR.total_seconds())
    before = f"{digest}-{turn - 1}"
    known = Activity.objects.filter(source=form.slug, external_id=before).only("received_at").first()
    if known and now - known.received_at < SAME_FOR:
        return before
    return f"{digest}-{turn}"


def _number_named(form: Form, answers: Mapping[str, object], key: ApiKey | None, name: str) -> str:
    """Return what a named submission is kept under, for ever: whose name it is, for which form, what it says.

    So the name never hides other answers, another form's, or an event's. Visitors, who are nobody in
    particular, learn from it nothing but what they knew.
    """
    said = json.dumps([key and key.pk, form.slug, name, answers], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return f"{name[:LONGEST_NAME_KEPT]}/{digest[:40]}" if key else str(uuid.UUID(digest[:32]))


def _kept_by_name_alone(taken: Taken, key: ApiKey, name: str) -> Activity | None:
    """Return the same submission if it came when names were not yet those of a form, nor of what it says."""
    same = {**taken.typed, "form": taken.form.slug}
    named = Activity.objects.filter(source=key.name, external_id=name, properties__contains=same)
    return named.filter(type=taken.form.activity_type).first()


def _agreed_to(form: Form, answers: Mapping[str, object], rendering: Rendering | None) -> int | None:
    """Return which version of the words the visitor agreed to: the one that was shown.

    A version that never was is refused: nobody could say later what was agreed to.
    """
    if not is_ticked(answers.get(CONSENT)) or any(field["name"] == CONSENT for field in form.fields):
        return None
    if rendering is not None and not rendering.consent_version:
        return None  # the page had no box
    said = rendering.consent_version if rendering else answers.get(CONSENT_VERSION)
    if said is None or said == "":
        return form.consent_version if form.asks_consent else None
    version = whole_number(str(said), largest=LARGEST_VERSION)
    if version is None or words_of(form, version) is None:
        told = _("The form never asked with these words. Read what it asks now, and agree to that.")
        raise Invalid.field(CONSENT_VERSION, told)
    return version


def _consents(taken: Taken, email: str | None) -> tuple[GivenConsent, ...]:
    consents = []
    form = taken.form
    if taken.consent_version:
        words = words_of(form, taken.consent_version)
        if words is not None:
            confirm = (
                Confirmation(form.pk, words.pk, email or "", taken.language) if form.double_opt_in else None
            )
            consents.append(
                GivenConsent(words.purpose, words.text, words.version, form.slug, taken.at, confirm)
            )
    if taken.remembers:
        with translation.override(taken.language or None):  # as they stood on the page
            shown = _(REMEMBER_WORDS)
        consents.append(GivenConsent(Purpose.RECOGNITION, shown, REMEMBER_VERSION, form.slug, taken.at))
    return tuple(consents)


def _hold(taken: Taken, reasons: list[str]) -> Submission:
    """Keep it for somebody to look at; sent twice it is held once."""
    row = HeldSubmission(
        form=taken.form,
        number=taken.number,
        answers=dict(taken.typed),
        visit={
            "consent_version": taken.consent_version,
            "visitor_id": taken.visitor_id,
            "remembers": taken.remembers,
            "language": taken.language,
        },
        reasons=reasons,
        received_at=taken.at,
    )
    insert_unless_present([row], returning=["number"])
    return Submission(id=taken.number)
