"""The one thing to do now with a lead: first what is late, then what is ready, then what is missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.models import Lead, Stage
from leadapp.shipped import shown
from leadapp.times import write_moment, write_work
from qualification.models import Task
from qualification.services.clock.clocks import Clock
from qualification.services.evidence.answers import BantView
from qualification.services.gates.checklists import GateCheck


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What to do, why, and where."""

    strong: str
    text: str = ""
    url: str = ""
    action: str = ""
    icon: str = ""
    opens_dialog: bool = True


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the choice depends on."""

    lead: Lead
    may_work: bool
    clock: Clock | None
    gate: GateCheck | None
    target: Stage | None
    bant: list[BantView]
    task: Task | None
    resting: str
    now: datetime

    @property
    def open_question(self) -> BantView | None:
        """Return the first dimension of the framework that somebody should still ask about."""
        return next((view for view in self.bant if view.is_open), None)

    def url(self, name: str, *args: object) -> str:
        """Return the address of an action on this lead."""
        return reverse(name, args=[self.lead.pk, *args])


def choose_next_step(here: Situation) -> NextStep | None:
    """Choose the first step that applies."""
    if not here.lead.is_open:
        return _reopen(here)
    if not here.may_work:
        return None
    chosen = (choose(here) for choose in (_answer, _do_task, _move, _ask, _fill_in))
    return next((step for step in chosen if step is not None), None)


def _reopen(here: Situation) -> NextStep:
    return NextStep(
        strong=f"{here.lead.get_status_display()}: {shown(here.lead.status_reason).removesuffix('.')}.",
        text=here.resting,
        url=here.url("lead-reopen") if here.may_work else "",
        action=_("Reopen…"),
        icon="undo",
    )


def _answer(here: Situation) -> NextStep | None:
    clock = here.clock
    if clock is None or clock.is_answered:
        return None
    span = write_work(abs(clock.left))
    may_call = bool(here.lead.phone) and not here.lead.do_not_call
    if may_call:
        strong = _("Call now, %(span)s late.") if clock.is_late else _("Call within %(span)s.")
    else:
        strong = _("Write now, %(span)s late.") if clock.is_late else _("Write within %(span)s.")
    question = here.open_question
    return NextStep(
        strong=strong % {"span": span},
        text=_("Ask about %(what)s.") % {"what": question.dimension.name} if question else "",
        url=here.url("lead-call") if may_call else here.url("lead-log", "email"),
        opens_dialog=not may_call,
        action=_("Start the call") if may_call else _("Log the email"),
        icon="phone" if may_call else "mail",
    )


def _do_task(here: Situation) -> NextStep | None:
    task = here.task
    if task is None or task.due_at > here.now + timedelta(days=1):
        return None
    due = _("Overdue since: %(when)s.") if task.due_at < here.now else _("Due: %(when)s.")
    return NextStep(
        strong=task.text,
        text=due % {"when": write_moment(task.due_at, now=here.now)},
        url=here.url("lead-notes"),
        action=_("Open tasks"),
        icon="check",
        opens_dialog=False,
    )


def _move(here: Situation) -> NextStep | None:
    gate, target = here.gate, here.target
    if gate is None or target is None or gate.is_automatic or not (gate.passes or gate.passes_with_move):
        return None
    return NextStep(
        strong=_("Won? Enter the deal.")
        if target == Stage.CUSTOMER
        else _("Everything holds for %(stage)s.") % {"stage": target.label},
        url=here.url("lead-move", target.value),
        action=_("Move to %(stage)s") % {"stage": target.label},
        icon="arrow-right",
    )


def _ask(here: Situation) -> NextStep | None:
    question = here.open_question
    if question is None or here.lead.stage not in (Stage.MQL, Stage.SQL):
        return None
    return NextStep(
        strong=_("Settle %(what)s.") % {"what": question.dimension.name},
        text=_("The answer has run out.") if question.is_stale else _("Nobody has asked yet."),
        url=here.url("lead-bant", question.dimension.key),
        action=_("Answer"),
        icon="edit",
    )


def _fill_in(here: Situation) -> NextStep | None:
    if here.gate is None or not here.gate.missing:
        return None
    item = here.gate.missing[0]
    return NextStep(
        strong=_("Missing: %(what)s.") % {"what": f"{item.label[:1].lower()}{item.label[1:]}"},
        text=item.hint or item.detail,
    )
