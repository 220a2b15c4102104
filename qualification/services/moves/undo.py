"""Undo: the last moves of leads are taken back within a few minutes, with all that they brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, key_of, may, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, Status
from qualification.models import Assignment, Deal, DisqualifyReason, Move, StageChange
from qualification.services.announcing import announce_moves
from qualification.services.assignment import end_running
from qualification.services.customers.deals import take_back_deal
from qualification.services.gates.inbox import ask_for_evaluation
from qualification.services.moves.judging import Judged, Outcome, Seen, only_change
from qualification.services.moves.stages import OVERRIDE
from qualification.services.recycling.wake_ups import resume_wake_ups, stop_wake_ups
from qualification.services.texts import cleaned_text, needed_reason

UNDO_WITHIN = timedelta(minutes=10)
SET_ASIDE = (Move.NURTURE, Move.DISQUALIFY)


def undo_move(*, change: StageChange, actor: Actor, now: datetime, reason: str = "") -> StageChange:
    """Take back a lead's last move, by whoever made it, or with a reason by who may override gates.

    The lead, its clock and its deals are as they were before; the history keeps both. Raise Conflict when
    anything came after the move, Invalid when it is too late.
    """
    with transaction.atomic():
        return only_change(undo_moves(changes=[change], actor=actor, now=now, reason=reason))


def undo_moves(
    *,
    changes: Sequence[StageChange],
    actor: Actor,
    now: datetime,
    reason: str = "",
    made_at: datetime | None = None,
) -> list[Outcome]:
    """Take back up to 200 moves, each of another lead, as `undo_move` does; a refusal stops no other one.

    Moves that were made together took a while: `made_at` is when the last of them was made. One
    transaction and a fixed number of queries, and a few more for each deal.
    """
    reason = cleaned_text("reason", reason, longest=500)
    asked = {change.lead_id: change for change in changes}
    with transaction.atomic():
        judged = Judged([Seen(change.lead, None) for change in changes])
        past = _Past.read(judged.standing)

        def guard(lead: Lead, seen: Seen) -> None:
            require_may_work(actor, lead)
            last = past.last[lead.pk]
            _require_last(asked[lead.pk], last)
            if last.move == Move.MERGE:
                raise Invalid(_("It moved because it was merged. Undo the merge."))
            if now - (made_at or last.at) > UNDO_WITHIN:
                minutes = int(UNDO_WITHIN.total_seconds() // 60)
                message = _("A move can be undone within %(minutes)d minutes. Move it back with a reason.")
                raise Invalid(message % {"minutes": minutes})
            if not is_own(last, actor):
                if not may(actor, OVERRIDE):
                    message = _("%(who)s moved this lead. A manager may undo it.")
                    raise NotAllowed(message % {"who": last.who or _("Somebody else")})
                needed_reason(reason, why=_("whoever moved the lead wants to know."))
            _require_nothing_came_after(lead, past)

        judged.judge(guard)
        lasts = [past.last[lead.pk] for lead in judged.standing]
        if not lasts:
            return judged.outcomes([])
        _put_back(judged.standing, lasts, actor, now)
        undone = StageChange.objects.bulk_create(
            StageChange(
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
            for lead, last in zip(judged.standing, lasts, strict=True)
        )
        announce_moves(undone, now=now)
        ask_for_evaluation(lead_ids=[lead.pk for lead in judged.standing], now=now)
        return judged.outcomes(undone)


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
        raise Conflict(_("This move was undone already."))
    if last != change:
        message = _("%(who)s moved this lead since: it is no longer the last move.")
        raise Conflict(message % {"who": last.who or _("Its gate")})
    if not _can_be_undone(last):
        raise Invalid(_("Only a move by hand can be undone. Move the lead back with a reason."))


@dataclass(frozen=True)
class _Past:
    """What happened to locked leads until now, by lead: the last move, who has it, the newest deal."""

    last: Mapping[int, StageChange]
    running: Mapping[int, Assignment]
    deals: Mapping[int, int]

    @classmethod
    def read(cls, leads: Sequence[Lead]) -> "_Past":
        """Read it in three queries."""
        # In the order in which they were written, whatever the clocks of several machines said.
        moves = StageChange.objects.filter(lead__in=leads).order_by("lead", "-pk").distinct("lead")
        running = Assignment.objects.running().filter(lead__in=leads).select_related("owner")
        deals = Deal.objects.filter(lead__in=leads, voided_at=None).order_by("pk")
        return cls(
            {move.lead_id: move for move in moves.select_related("actor", "api_key", "deal")},
            {assignment.lead_id: assignment for assignment in running},
            dict(deals.values_list("lead_id", "pk")),
        )


def _require_nothing_came_after(lead: Lead, past: _Past) -> None:
    last, running = past.last[lead.pk], past.running.get(lead.pk)
    expected = None if last.move in SET_ASIDE else last.assignment_id
    if (running.pk if running else None) != expected:
        whom = (running.owner if running else None) or _("the team queue")
        message = _("Since then this lead went to %(whom)s. Move it back with a reason.")
        raise Conflict(message % {"whom": whom})
    if last.deal and past.deals.get(lead.pk, 0) > last.deal.pk:
        raise Conflict(_("Since then this customer bought again. Move it back with a reason."))


def _put_back(leads: Sequence[Lead], lasts: Sequence[StageChange], actor: Actor, now: datetime) -> None:
    """Restore where the leads stood, their clocks, what would wake them, and that nothing was won."""
    codes = _why_they_were_out(lasts)
    for lead, last in zip(leads, lasts, strict=True):
        lead.stage, lead.status, lead.status_reason = last.from_stage, last.from_status, last.from_reason
        assert last.from_since is not None
        lead.stage_changed_at, lead.disqualify_reason = last.from_since, codes.get(lead.pk)
    Lead.objects.bulk_update(
        leads, ["stage", "stage_changed_at", "status", "status_reason", "disqualify_reason"]
    )
    ended = [last.assignment_id for last in lasts if last.move in SET_ASIDE and last.assignment_id]
    Assignment.objects.filter(pk__in=ended).update(ended_at=None)
    end_running(lead_ids=[last.lead_id for last in lasts if last.move == Move.REOPEN], now=now)
    to_nurture = [last.lead_id for last in lasts if last.to_status == Status.NURTURE]
    stop_wake_ups(lead_ids=to_nurture, now=now)
    resume_wake_ups({last.lead_id: last.at for last in lasts if last.from_status == Status.NURTURE})
    for last in lasts:
        if last.deal:
            take_back_deal(deal=last.deal, actor=actor, now=now)


def _why_they_were_out(lasts: Sequence[StageChange]) -> Mapping[int, DisqualifyReason | None]:
    """Return the codes by which leads were disqualified before these moves."""
    were_out = [last.lead_id for last in lasts if last.from_status == Status.DISQUALIFIED]
    out = StageChange.objects.filter(lead__in=were_out, move=Move.DISQUALIFY)
    newest = out.order_by("lead", "-pk").distinct("lead").select_related("disqualify_reason")
    return {change.lead_id: change.disqualify_reason for change in newest}
