"""What all moves share: compare with what the person saw; write where leads stand now, and the history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.access import Actor, key_of, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import Lead, Stage, Status
from leadapp.words import Text
from qualification.models import Assignment, Deal, DisqualifyReason, Move, StageChange
from qualification.services.announcing import announce_moves
from qualification.services.gates.inbox import ask_for_evaluation

STATUS_WORDS: Mapping[str, Text] = {
    Status.OPEN: gettext_lazy("open"),
    Status.NURTURE: gettext_lazy("in nurture"),
    Status.DISQUALIFIED: gettext_lazy("disqualified"),
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
            raise Invalid(_("Choose what you saw from: %(known)s.") % {"known": ", ".join(names.values)})
        raise Conflict(
            _("%(who)s moved this lead meanwhile: it is %(current)s now, not %(seen)s.")
            % {"who": _last_mover(lead), "current": names(current).label, "seen": names(seen).label}
        )


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
        return _("Somebody")
    return last.who or (_("Its gate") if last.is_automatic else _("Somebody"))
