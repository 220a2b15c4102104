"""What all moves share: compare with what the person saw; write where leads stand now, and the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadapp.access import Actor, key_of, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import Lead, Stage, Status
from qualification.models import Assignment, Deal, DisqualifyReason, Move, StageChange
from qualification.services.announcing import announce_moves
from qualification.services.gates.inbox import ask_for_evaluation

STATUS_WORDS: Mapping[str, str] = {
    Status.OPEN: "open",
    Status.NURTURE: "in nurture",
    Status.DISQUALIFIED: "disqualified",
}


@dataclass(frozen=True)
class Standing:
    """Where leads stand after a move: a stage, a status, or both; and by which code they are out."""

    stage: str | None = None
    status: str | None = None
    because: DisqualifyReason | None = None


def compare(lead: Lead, *, seen_stage: str | None, seen_status: str | None = None) -> None:
    """Raise Conflict, naming who moved the locked lead, unless it still stands where the person saw it."""
    for current, seen, names in ((lead.stage, seen_stage, Stage), (lead.status, seen_status, Status)):
        if seen is None or seen == current:
            continue
        if seen not in names.values:
            raise Invalid(f"Choose what you saw from: {', '.join(names.values)}.")
        words = f"it is {names(current).label} now, not {names(seen).label}."
        raise Conflict(f"{_last_mover(lead)} moved this lead meanwhile: {words}")


def write_moves(
    leads: Sequence[Lead],
    *,
    to: Standing,
    move: Move | Mapping[int, Move],
    reason: str,
    actor: Actor,
    now: datetime,
    deal: Deal | None = None,
) -> list[StageChange]:
    """Write where these locked leads stand now, all in the same place, and a row of history each."""
    if not leads:
        return []
    running = dict(Assignment.objects.running().filter(lead__in=leads).values_list("lead_id", "pk"))
    changes = [
        StageChange(
            lead=lead,
            at=now,
            move=move if isinstance(move, Move) else move[lead.pk],
            from_stage=lead.stage,
            to_stage=to.stage or lead.stage,
            from_status=lead.status,
            to_status=to.status or lead.status,
            from_since=lead.stage_changed_at,
            from_reason=lead.status_reason,
            actor=user_of(actor),
            api_key=key_of(actor),
            reason=reason,
            disqualify_reason=to.because,
            score=lead.score,
            assignment_id=running.get(lead.pk),
            deal=deal,
        )
        for lead in leads
    ]
    written: dict[str, object] = {}
    if to.stage is not None:
        written["stage"] = to.stage
    if to.stage is not None or to.status == Status.OPEN:
        written["stage_changed_at"] = now  # a new stay begins
    if to.status is not None:
        written |= {"status": to.status, "status_reason": "" if to.status == Status.OPEN else reason}
        written["disqualify_reason"] = to.because
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(**written)
    StageChange.objects.bulk_create(changes)
    announce_moves(changes, now=now)
    ask_for_evaluation(lead_ids=[lead.pk for lead in leads], now=now)
    return changes


def _last_mover(lead: Lead) -> str:
    last = StageChange.objects.filter(lead=lead).select_related("actor", "api_key").order_by("-pk").first()
    if last is None:
        return "Somebody"
    return last.who or ("Its gate" if last.is_automatic else "Somebody")
