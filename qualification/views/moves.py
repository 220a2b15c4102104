"""Moving a lead: through a gate, past it, back, to nurture, out, and in again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leadapp.access import may
from leadapp.models import Lead, Stage, Status
from leadapp.shipped import shown
from leadapp.views.answering import Done, Question, SeenForm, answer, posted, signed_in, visible_lead
from leadapp.words import lower_first
from qualification.models import StageChange
from qualification.services import moves
from qualification.services.gates.checklists import STEP_FROM, GateCheck, check_gates
from qualification.views.forms import (
    DealForm,
    DealOverrideForm,
    DisqualifyForm,
    MoveForm,
    NurtureForm,
    ReasonForm,
    in_three_months,
)

ORDER = list(Stage)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """Move a lead to a stage: forward through its gate or past it with a reason, or backward."""
    if stage not in Stage.values:
        raise Http404(_("There is no such stage."))
    lead, to_stage, now = visible_lead(request, pk), Stage(stage), timezone.now()
    seen = Stage(request.POST["seen_stage"]) if request.POST.get("seen_stage") in Stage.values else None
    question = _move_question(request, lead, seen or Stage(lead.stage), to_stage)

    def carry_out(data: dict[str, Any]) -> Done:
        form = question.form
        change = moves.move_lead(
            lead=lead,
            to_stage=to_stage,
            seen_stage=data["seen_stage"],
            actor=signed_in(request),
            now=now,
            reason=data.get("reason", ""),
            deal=form.deal if isinstance(form, DealForm) else None,
        )
        return Done(
            _("%(lead)s is %(to_stage)s now.") % {"lead": lead.name, "to_stage": stage_words(to_stage)},
            undo_url(change),
        )

    return answer(request, lead, question, carry_out)


def _move_question(request: HttpRequest, lead: Lead, seen: Stage, to_stage: Stage) -> Question:
    """Build the question for a move from the stage that the person sees."""
    data = posted(request)
    if ORDER.index(to_stage) <= ORDER.index(seen):
        return Question(
            title=_("Move back to %(to_stage)s?") % {"to_stage": to_stage.label},
            text=_back_words(seen),
            submit=_("Move back to %(to_stage)s") % {"to_stage": to_stage.label},
            cancel=_("Keep as %(seen)s") % {"seen": seen.label},
            form=ReasonForm(data, lead=lead),
        )
    check = _check_towards(lead, to_stage)
    is_customer = to_stage == Stage.CUSTOMER
    if check is None or (check.passes_with_move if is_customer else check.passes):
        return Question(
            title=_("Won %(lead)s as a customer?") % {"lead": lead.name}
            if is_customer
            else _("Move to %(to_stage)s?") % {"to_stage": to_stage.label},
            text=_("Everything that the gate asks for holds."),
            submit=_("Make a customer")
            if is_customer
            else _("Move to %(to_stage)s") % {"to_stage": to_stage.label},
            cancel=_("Keep as %(seen)s") % {"seen": seen.label},
            form=(DealForm if is_customer else MoveForm)(data, lead=lead),
        )
    holds = _("%(count)s of %(all)s hold.") % {"count": len(check.holding), "all": len(check.items)}
    may_override = may(signed_in(request), "qualification.override_gate")
    form: SeenForm = MoveForm(data, lead=lead)
    if may_override:
        form = (DealOverrideForm if is_customer else ReasonForm)(data, lead=lead)
    return Question(
        title=_("Move to %(to_stage)s without the gate?") % {"to_stage": to_stage.label}
        if may_override
        else _("Not ready for %(to_stage)s") % {"to_stage": to_stage.label},
        text=holds,
        # Without the right there is nothing to press; a request that comes anyway is refused by the service.
        submit=_("Move to %(to_stage)s") % {"to_stage": to_stage.label} if may_override else "",
        cancel=_("Keep as %(seen)s") % {"seen": seen.label} if may_override else _("Back to the lead"),
        form=form,
        context={"check": check},
    )


def _back_words(seen: Stage) -> str:
    facts = {"seen": seen.label}
    if seen == Stage.CUSTOMER:
        return (
            _(
                "It is %(seen)s now. The gates ahead have to be passed again."
                " Its deals stay: void what was not won."
            )
            % facts
        )
    return _("It is %(seen)s now. The gates ahead have to be passed again.") % facts


def _check_towards(lead: Lead, to_stage: Stage) -> GateCheck | None:
    step = STEP_FROM.get(ORDER[ORDER.index(to_stage) - 1])
    return check_gates(lead=lead, now=timezone.now()).get(step) if step else None


@require_http_methods(["GET", "POST"])
def nurture(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a lead rest until it wakes, or somebody wakes it."""
    lead = visible_lead(request, pk)
    form = NurtureForm(posted(request), lead=lead, initial={"wake_on": in_three_months()})
    question = Question(
        title=_("Move %(lead)s to nurture?") % {"lead": lead.name},
        text=_("It keeps its stage and its score, and leaves the list of open leads until it wakes."),
        submit=_("Move to nurture"),
        cancel=_("Keep it open"),
        form=form,
    )

    def carry_out(data: dict[str, Any]) -> Done:
        change = moves.nurture_lead(
            lead=lead,
            seen_stage=data["seen_stage"],
            seen_status=data["seen_status"],
            actor=signed_in(request),
            reason=data["reason"],
            waking=form.waking,
            now=timezone.now(),
        )
        return Done(_("Moved to nurture."), undo_url(change))

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def disqualify(request: HttpRequest, pk: int) -> HttpResponse:
    """End the work on a lead."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Disqualify %(lead)s?") % {"lead": lead.name},
        text=_("Nobody will be asked to call it any more. It can be reopened."),
        submit=_("Disqualify"),
        cancel=_("Keep it open"),
        form=DisqualifyForm(posted(request), lead=lead),
        ends_something=True,
    )

    def carry_out(data: dict[str, Any]) -> Done:
        change = moves.disqualify_lead(
            lead=lead,
            seen_stage=data["seen_stage"],
            seen_status=data["seen_status"],
            actor=signed_in(request),
            reason_code=data["reason_code"],
            reason=data["reason"],
            now=timezone.now(),
        )
        return Done(_("Disqualified."), undo_url(change))

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Work on a lead again."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Reopen %(lead)s?") % {"lead": lead.name},
        text=f"{lead.get_status_display()}: {shown(lead.status_reason)}" if not lead.is_open else "",
        submit=_("Reopen"),
        cancel=_("Leave it %(status)s") % {"status": lower_first(lead.get_status_display())},
        form=ReasonForm(posted(request), lead=lead),
    )

    def carry_out(data: dict[str, Any]) -> Done:
        change = moves.reopen_lead(
            lead=lead,
            seen_stage=data["seen_stage"],
            seen_status=data["seen_status"],
            actor=signed_in(request),
            reason=data["reason"],
            now=timezone.now(),
        )
        return Done(_("Reopened."), undo_url(change))

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: int, change_id: int) -> HttpResponse:
    """Take back the last move of a lead; somebody else's with a reason."""
    lead = visible_lead(request, pk)
    change = get_object_or_404(StageChange.objects.filter(lead=lead), pk=change_id)
    is_own = moves.is_own(change, signed_in(request))
    question = Question(
        title=_("Undo this move?"),
        text=_("%(lead)s is %(from_stage)s again.")
        % {"lead": lead.name, "from_stage": standing_words(change.from_stage, change.from_status)},
        submit=_("Undo the move"),
        cancel=_("Leave it"),
        form=(MoveForm if is_own else ReasonForm)(posted(request), lead=lead),
    )

    def carry_out(data: dict[str, Any]) -> str:
        moves.undo_move(
            change=change, actor=signed_in(request), now=timezone.now(), reason=data.get("reason", "")
        )
        return _("Undone: %(lead)s is %(from_stage)s again.") % {
            "lead": lead.name,
            "from_stage": standing_words(change.from_stage, change.from_status),
        }

    return answer(request, lead, question, carry_out)


def undo_url(change: StageChange) -> str:
    """Return the address that takes a move back."""
    return reverse("lead-undo", args=[change.lead_id, change.pk])


def stage_words(stage: str) -> str:
    """Return a stage as it stands in a sentence."""
    return _("a customer") if stage == Stage.CUSTOMER else str(Stage(stage).label)


def standing_words(stage: str, status: str) -> str:
    """Return where a lead stands as it stands in a sentence."""
    return stage_words(stage) if status == Status.OPEN else str(moves.STATUS_WORDS[status])
