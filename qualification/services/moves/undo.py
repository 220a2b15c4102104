"""Undo: the last move of a lead is taken back within a few minutes, with all that it brought."""

from datetime import datetime, timedelta

from django.db import transaction

from leadapp.access import Actor, key_of, may, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, Status
from qualification.models import Assignment, Deal, DisqualifyReason, Move, StageChange
from qualification.services.announcing import announce_moves
from qualification.services.assignment import end_running
from qualification.services.customers.deals import take_back_deal
from qualification.services.gates.inbox import ask_for_evaluation
from qualification.services.locks import lock_lead
from qualification.services.moves.stages import OVERRIDE
from qualification.services.recycling.wake_ups import resume_wake_up, stop_wake_ups
from qualification.services.texts import cleaned_text, needed_reason

UNDO_WITHIN = timedelta(minutes=10)
SET_ASIDE = (Move.NURTURE, Move.DISQUALIFY)


def undo_move(*, change: StageChange, actor: Actor, now: datetime, reason: str = "") -> StageChange:
    """Take back a lead's last move, by whoever made it, or with a reason by who may override gates.

    The lead, its clock and its deals are as they were before; the history keeps both. Raise Conflict when
    anything came after the move, Invalid when it is too late.
    """
    reason = cleaned_text("reason", reason, longest=500)
    with transaction.atomic():
        lead = lock_lead(change.lead)
        require_may_work(actor, lead)
        # In the order in which they were written, whatever the clocks of several machines said.
        last = StageChange.objects.filter(lead=lead).select_related("actor", "api_key", "deal").latest("pk")
        _require_last(change, last)
        if now - last.at > UNDO_WITHIN:
            minutes = int(UNDO_WITHIN.total_seconds() // 60)
            raise Invalid(f"A move can be undone within {minutes} minutes. Move it back with a reason.")
        if not is_own(last, actor):
            if not may(actor, OVERRIDE):
                raise NotAllowed(f"{last.who or 'Somebody else'} moved this lead. A manager may undo it.")
            reason = needed_reason(reason, why="whoever moved the lead wants to know.")
        _require_nothing_came_after(lead, last)
        _put_back(lead, last, actor, now)
        undone = StageChange.objects.create(
            lead=lead,
            at=now,
            move=Move.UNDO,
            undoes=last,
            from_stage=last.to_stage,
            to_stage=last.from_stage,
            from_status=last.to_status,
            to_status=last.from_status,
            actor=user_of(actor),
            api_key=key_of(actor),
            reason=reason,
            score=lead.score,
        )
        announce_moves([undone], now=now)
        ask_for_evaluation(lead_ids=[lead.pk], now=now)
        return undone


def may_undo(change: StageChange, *, actor: Actor, now: datetime) -> bool:
    """Tell whether to offer the undo of a lead's newest move to who may work on the lead."""
    is_fresh = _can_be_undone(change) and now - change.at <= UNDO_WITHIN
    return is_fresh and (is_own(change, actor) or may(actor, OVERRIDE))


def is_own(change: StageChange, actor: Actor) -> bool:
    """Tell whether it is the actor's own move."""
    user, key = user_of(actor), key_of(actor)
    return (user is not None and change.actor_id == user.pk) or (
        key is not None and change.api_key_id == key.pk
    )


def _can_be_undone(change: StageChange) -> bool:
    """Tell whether it is a move by hand that has what is needed to put the lead back."""
    return change.move != Move.UNDO and not change.is_automatic and change.from_since is not None


def _require_last(change: StageChange, last: StageChange) -> None:
    if last.undoes_id == change.pk:
        raise Conflict("This move was undone already.")
    if last != change:
        raise Conflict(f"{last.who or 'Its gate'} moved this lead since: it is no longer the last move.")
    if not _can_be_undone(last):
        raise Invalid("Only a move by hand can be undone. Move the lead back with a reason.")


def _require_nothing_came_after(lead: Lead, last: StageChange) -> None:
    running = Assignment.objects.running().filter(lead=lead).select_related("owner").first()
    expected = None if last.move in SET_ASIDE else last.assignment_id
    if (running.pk if running else None) != expected:
        whom = running.owner if running else None
        raise Conflict(
            f"Since then this lead went to {whom or 'the team queue'}. Move it back with a reason."
        )
    if last.deal and Deal.objects.filter(lead=lead, pk__gt=last.deal.pk, voided_at=None).exists():
        raise Conflict("Since then this customer bought again. Move it back with a reason.")


def _put_back(lead: Lead, last: StageChange, actor: Actor, now: datetime) -> None:
    """Restore where the lead stood, its clock, what would wake it, and that nothing was won."""
    Lead.objects.filter(pk=lead.pk).update(
        stage=last.from_stage,
        stage_changed_at=last.from_since,
        status=last.from_status,
        status_reason=last.from_reason,
        disqualify_reason=_why_it_was_out(last),
    )
    if last.move in SET_ASIDE and last.assignment_id:
        Assignment.objects.filter(pk=last.assignment_id).update(ended_at=None)
    if last.move == Move.REOPEN:
        end_running(lead_ids=[lead.pk], now=now)
    if last.to_status == Status.NURTURE:
        stop_wake_ups(lead_ids=[lead.pk], now=now)
    if last.from_status == Status.NURTURE:
        resume_wake_up(lead_id=lead.pk, ended_at=last.at)
    if last.deal:
        take_back_deal(deal=last.deal, actor=actor, now=now)


def _why_it_was_out(last: StageChange) -> DisqualifyReason | None:
    """Return the code by which the lead was disqualified before this move."""
    if last.from_status != Status.DISQUALIFIED:
        return None
    out = StageChange.objects.filter(lead=last.lead_id, move=Move.DISQUALIFY).order_by("-pk")
    newest = out.select_related("disqualify_reason").first()
    return newest.disqualify_reason if newest else None
