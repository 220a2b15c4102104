"""Discovery calls: everything that a call brought is written together, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import require_may_work
from leadapp.errors import Invalid
from leadapp.models import Activity, ActivityType, Lead, User
from leadapp.services.work.activities import OWN_PAGES, log_activity
from leadapp.shipped import in_english
from leadapp.words import Text
from qualification.models import BantAnswer
from qualification.services.evidence.answers import NewAnswer, answer_all, answer_rows
from qualification.services.evidence.call_drafts import discard_draft
from qualification.services.gates.checklists import STEP_FROM, GateCheck, check_gates
from qualification.services.locks import lock_lead
from qualification.services.moves import move_lead
from qualification.services.work import add_note, add_task

REACHED = "reached"
# How a call can end, and what is logged: only who was reached was answered.
OUTCOMES: Mapping[str, Text] = {
    REACHED: gettext_lazy("Reached"),
    "no_answer": gettext_lazy("Not reached"),
    "voicemail": gettext_lazy("Voicemail"),
    "wrong_number": gettext_lazy("Wrong number"),
    "call_back": gettext_lazy("Call back later"),
}


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """What is to be done next, by whoever called."""

    text: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that was held. `call_id` names it: asked to save it again, nothing is written."""

    call_id: UUID
    outcome: str
    answers: tuple[NewAnswer, ...] = ()
    note: str = ""
    follow_up: FollowUp | None = None

    @property
    def name(self) -> str:
        """Return what the activity is called outside."""
        return f"call-{self.call_id}"

    @property
    def activity(self) -> tuple[str, dict[str, str]]:
        """Return the type and the properties of the activity that the call was."""
        if self.outcome == REACHED:
            return "call_connected", {}
        with in_english():
            return "call_attempted", {"outcome": str(OUTCOMES[self.outcome]).lower()}


def is_saved(*, lead: Lead, call_id: UUID) -> bool:
    """Tell whether this call was saved before."""
    name = Call(call_id=call_id, outcome=REACHED).name
    return Activity.objects.filter(source=OWN_PAGES, external_id=name, lead=lead).exists()


def save_call(
    *, lead: Lead, call: Call, actor: User, now: datetime, move_to: str = "", seen_stage: str = ""
) -> bool:
    """Write the call, its answers, its note and its follow-up, and move the lead if asked to; all or nothing.

    Return False, and write nothing, when it was saved before. The draft goes with it.
    """
    if call.outcome not in OUTCOMES:
        raise Invalid.field("outcome", _("Choose one of: %(known)s.") % {"known": ", ".join(OUTCOMES)})
    with transaction.atomic():
        # Who saves twice at once waits here, and finds it saved.
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        if is_saved(lead=locked, call_id=call.call_id):
            discard_draft(lead=locked, author=actor)
            return False
        slug, properties = call.activity
        log_activity(
            lead=locked, type_slug=slug, properties=properties, actor=actor, now=now, external_id=call.name
        )
        if call.answers:
            answer_all(lead=locked, answers=call.answers, actor=actor, now=now)
        if call.note.strip():
            add_note(lead=locked, text=call.note, actor=actor, now=now)
        if task := call.follow_up:
            add_task(lead=locked, owner=actor, text=task.text, due_at=task.due_at, actor=actor, now=now)
        if move_to:
            move_lead(lead=locked, to_stage=move_to, seen_stage=seen_stage, actor=actor, now=now)
        discard_draft(lead=locked, author=actor)
    return True


def gate_after(*, lead: Lead, call: Call, now: datetime) -> GateCheck | None:
    """Return how the gate ahead would stand if the call were saved now; nothing is written.

    What the call would write is written and taken back, so that the gate itself is asked.
    """
    step = STEP_FROM.get(lead.stage)
    if step is None:
        return None
    with transaction.atomic():
        BantAnswer.objects.bulk_create(answer_rows(lead=lead, answers=call.answers, author=None, now=now))
        slug, properties = call.activity
        Activity.objects.create(
            lead=lead,
            type=ActivityType.objects.get(slug=slug),
            occurred_at=now,
            received_at=now,
            source=OWN_PAGES,
            properties=properties,
        )
        check = check_gates(lead=lead, now=now).get(step)
        transaction.set_rollback(True)
    return check
