"""Moves: guard, compare with what the person saw, write the new stage and the history in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from leadapp.access import Actor, may, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, Stage, Status
from qualification.models import Deal, Move, StageChange
from qualification.services.assignment import end_running, start_again
from qualification.services.deals import DealFacts, write_deal
from qualification.services.gates import STEP_FROM, GateCheck, check_many
from qualification.services.inbox import ask_for_evaluation
from qualification.services.locks import lock_lead
from qualification.services.texts import cleaned_text, needed_reason

STAGES = list(Stage)
STATUS_WORDS: Mapping[str, str] = {
    Status.OPEN: "open",
    Status.NURTURE: "in nurture",
    Status.DISQUALIFIED: "disqualified",
}


class GateClosed(Invalid):
    """The gate of this step does not pass; `check` holds the whole checklist."""

    def __init__(self, check: GateCheck) -> None:
        self.check = check
        missing = "; ".join(_missing_line(item.label, item.detail) for item in check.missing)
        super().__init__(f"Missing for {check.step.label}: {missing}.", errors={"to_stage": [missing]})


def move_lead(
    *,
    lead: Lead,
    to_stage: str,
    seen_stage: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    deal: DealFacts | None = None,
) -> StageChange:
    """Move a lead one stage forward through its gate, or back; raise Conflict if its stage changed meanwhile.

    A reason is needed to go back, and to go past a gate that does not pass (which takes the right to).
    The deal is written with the move to customer.
    """
    if to_stage not in Stage.values:
        raise Invalid.field("to_stage", f"Choose one of: {', '.join(Stage.values)}.")
    reason = cleaned_text("reason", reason, longest=500)
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        _compare(locked.stage, seen_stage, Stage)
        if not locked.is_open:
            raise Invalid(f"This lead is {STATUS_WORDS[locked.status]}. Reopen it first.")
        distance = STAGES.index(Stage(to_stage)) - STAGES.index(Stage(locked.stage))
        if distance == 0:
            raise Invalid.field("to_stage", f"It is {Stage(to_stage).label} already.")
        if deal is not None and (distance < 0 or to_stage != Stage.CUSTOMER):
            raise Invalid.field("deal", "A deal belongs to the move to customer.")
        if distance < 0:
            needed_reason(reason, why="the history keeps why a lead went back.")
            move = Move.BACKWARD
        else:
            move = _forward(locked, to_stage, actor, now, reason, deal)
        return _write(locked, actor, now, move=move, reason=reason, stage=to_stage)


def nurture_lead(
    *,
    lead: Lead,
    seen_stage: str,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_status: str | None = None,
) -> StageChange:
    """Set an open lead aside until it is ready; its owner keeps it, its clock stops."""
    return _set_aside(lead, Move.NURTURE, Status.NURTURE, seen_stage, seen_status, actor, reason, now)


def disqualify_lead(
    *,
    lead: Lead,
    seen_stage: str,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_status: str | None = None,
) -> StageChange:
    """End the work on a lead that will not buy; its owner keeps it, its clock stops."""
    return _set_aside(lead, Move.DISQUALIFY, Status.DISQUALIFIED, seen_stage, seen_status, actor, reason, now)


def reopen_lead(
    *,
    lead: Lead,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_status: str | None = None,
    seen_stage: str | None = None,
) -> StageChange:
    """Work on a lead again that was set aside or disqualified; it is in the stage it was in."""
    reason = needed_reason(reason, why="the history keeps why a lead was reopened.")
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        _compare(locked.stage, seen_stage, Stage)
        _compare(locked.status, seen_status, Status)
        if locked.is_open:
            raise Conflict("This lead is open already.")
        change = _write(locked, actor, now, move=Move.REOPEN, reason=reason, status=Status.OPEN)
        start_again(lead=locked, actor=actor, now=now)
        return change


def _set_aside(
    lead: Lead,
    move: Move,
    status: Status,
    seen_stage: str,
    seen_status: str | None,
    actor: Actor,
    reason: str,
    now: datetime,
) -> StageChange:
    reason = needed_reason(reason, why="whoever meets this lead next wants to know.")
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        _compare(locked.stage, seen_stage, Stage)
        _compare(locked.status, seen_status, Status)
        if locked.status == status:
            raise Conflict(f"This lead is {STATUS_WORDS[status]} already.")
        if locked.status == Status.DISQUALIFIED:
            raise Invalid("This lead is disqualified. Reopen it first.")
        if locked.stage == Stage.CUSTOMER:
            raise Invalid("This lead is a customer. Move it back first, if that was a mistake.")
        change = _write(locked, actor, now, move=move, reason=reason, status=status)
        end_running(lead_ids=[locked.pk], now=now)
        return change


def _forward(
    lead: Lead, to_stage: str, actor: Actor, now: datetime, reason: str, deal: DealFacts | None
) -> Move:
    """Check the one step forward, write the deal it brings, and tell what kind of move it is."""
    step = STEP_FROM[lead.stage]
    following = STAGES[STAGES.index(Stage(lead.stage)) + 1]
    if to_stage != following:
        raise Invalid.field(
            "to_stage", f"One stage at a time: {following.label} comes after {lead.get_stage_display()}."
        )
    if to_stage == Stage.CUSTOMER:
        _bring_deal(lead, deal, actor, now)
    # The deal is written before the gate is asked, since the gate counts it. A refusal takes it back.
    check = check_many(lead_ids=[lead.pk], steps=[step], now=now)[lead.pk][step]
    if check.passes:
        return Move.FORWARD
    if not reason:
        raise GateClosed(check)
    if not may(actor, "qualification.override_gate"):
        raise NotAllowed("Only a manager may move a lead past a gate that does not pass.")
    return Move.OVERRIDE


def _bring_deal(lead: Lead, deal: DealFacts | None, actor: Actor, now: datetime) -> None:
    if deal is not None:
        write_deal(lead=lead, deal=deal, actor=actor, now=now)
    elif not Deal.objects.filter(lead=lead).exists():
        raise Invalid(
            "A customer has a won value and a date.",
            errors={"value": ["Give the value of the deal."], "won_on": ["Give the date it was won."]},
        )


def _compare(current: str, seen: str | None, names: type[Stage] | type[Status]) -> None:
    """Raise Conflict unless the lead still is what the person saw."""
    if seen is not None and seen not in names.values:
        raise Invalid(f"Choose what you saw from: {', '.join(names.values)}.")
    if seen is not None and current != seen:
        raise Conflict(
            f"Somebody moved this lead meanwhile: it is {names(current).label} now, not {names(seen).label}."
        )


def _write(
    lead: Lead,
    actor: Actor,
    now: datetime,
    *,
    move: Move,
    reason: str,
    stage: str | None = None,
    status: str | None = None,
) -> StageChange:
    """Write the lead's new stage or status and the row of history. The lead is locked."""
    change = StageChange(
        lead=lead,
        at=now,
        move=move,
        from_stage=lead.stage,
        to_stage=stage or lead.stage,
        from_status=lead.status,
        to_status=status or lead.status,
        actor=user_of(actor),
        reason=reason,
        score=lead.score,
    )
    if stage is not None:
        lead.stage = stage
    if stage is not None or status == Status.OPEN:
        lead.stage_changed_at = now  # a new stay begins
    if status is not None:
        lead.status = status
        lead.status_reason = "" if status == Status.OPEN else reason
    lead.save(update_fields=["stage", "stage_changed_at", "status", "status_reason"])
    change.save(force_insert=True)
    ask_for_evaluation(lead_ids=[lead.pk], now=now)
    return change


def _missing_line(label: str, detail: str) -> str:
    lowered = label[:1].lower() + label[1:]
    return f"{lowered} ({detail})" if detail else lowered
