"""Moves between the stages: forward through a gate, past one with a reason, and back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, require_may_work
from leadapp.errors import Invalid, NotAllowed
from leadapp.models import Lead, Stage
from qualification.models import Deal, Move, StageChange, Step
from qualification.services.customers.deals import DealFacts, won_in_this_round, write_deal
from qualification.services.gates.checklists import STEP_FROM, GateCheck, check_many
from qualification.services.moves.judging import Judged, Outcome, Seen, only_change
from qualification.services.moves.writing import STATUS_WORDS, Standing, compare, write_moves
from qualification.services.texts import cleaned_text, needed_reason

STAGES = list(Stage)
OVERRIDE = "qualification.override_gate"


class GateClosed(Invalid):
    """The gate of this step does not pass; `check` holds the whole checklist."""

    def __init__(self, check: GateCheck) -> None:
        self.check = check
        lines = missing_lines(check)
        super().__init__(
            _("Missing for %(step)s: %(lines)s.") % {"step": check.step.label, "lines": "; ".join(lines)},
            errors={"to_stage": lines},
        )


@dataclass(frozen=True, kw_only=True)
class _Way:
    """Where leads are to go, and what comes along."""

    to_stage: Stage
    actor: Actor
    now: datetime
    reason: str
    past_gates: bool
    deal: DealFacts | None = None


def move_lead(
    *,
    lead: Lead,
    to_stage: str,
    seen_stage: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    deal: DealFacts | None = None,
    seen_status: str | None = None,
    past_gate: bool | None = None,
) -> StageChange:
    """Move a lead one stage forward through its gate, or back; raise Conflict if it moved meanwhile.

    A reason is needed to go back, and to go past a gate that does not pass, which takes the right to. With
    `past_gate` None a reason asks for that; False never does. The deal is written with the move to customer.
    """
    past_gates = bool(reason.strip()) if past_gate is None else past_gate
    way = _way(to_stage, actor, now, reason, past_gates=past_gates, deal=deal)
    with transaction.atomic():
        return only_change(_move([Seen(lead, seen_stage, seen_status)], way))


def move_leads(
    *,
    leads: Sequence[Seen],
    to_stage: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    past_gates: bool = False,
) -> list[Outcome]:
    """Move up to 200 leads to a stage; each is judged by itself, and a refusal stops no other lead.

    One transaction and a fixed number of queries. A reason alone moves no lead past a gate that does not
    pass: that takes `past_gates` as well, and the right to. Customers need a deal that there is already.
    """
    way = _way(to_stage, actor, now, reason, past_gates=past_gates)
    with transaction.atomic():
        return _move(leads, way)


def missing_lines(check: GateCheck) -> list[str]:
    """Return what a gate still asks for, such as "score at least 50 (38 now; 12 more would do)"."""
    return [_missing_line(item.label, item.detail) for item in check.missing]


def _way(
    to_stage: str,
    actor: Actor,
    now: datetime,
    reason: str,
    *,
    past_gates: bool,
    deal: DealFacts | None = None,
) -> _Way:
    if to_stage not in Stage.values:
        raise Invalid.field("to_stage", _("Choose one of: %(known)s.") % {"known": ", ".join(Stage.values)})
    reason = cleaned_text("reason", reason, longest=500)
    return _Way(
        to_stage=Stage(to_stage), actor=actor, now=now, reason=reason, past_gates=past_gates, deal=deal
    )


def _move(asked: Sequence[Seen], way: _Way) -> list[Outcome]:
    judged = Judged(asked)
    judged.judge(lambda lead, seen: _guard(lead, seen, way))
    kinds = {lead.pk: Move.BACKWARD for lead in judged.standing if _distance(lead, way) < 0}
    forward = [lead for lead in judged.standing if lead.pk not in kinds]
    # The deal is written before the gate is asked, since the gate counts it. A refusal takes it back.
    deal = _bring_deal(judged, forward, way) if way.to_stage == Stage.CUSTOMER else None
    forward = [lead for lead in forward if lead.pk not in judged.refusals]
    checks = _checks(forward, way.now)

    def pass_gate(lead: Lead, seen: Seen) -> None:
        kinds[lead.pk] = _pass_gate(checks[lead.pk], way)

    judged.judge(pass_gate, only=forward)
    moving = judged.standing
    if not moving:
        return judged.outcomes([])
    return judged.outcomes(
        write_moves(
            moving,
            to=Standing(stage=way.to_stage),
            move=kinds,
            reason=way.reason,
            actor=way.actor,
            now=way.now,
            deal=deal,
        )
    )


def _guard(lead: Lead, seen: Seen, way: _Way) -> None:
    """Refuse what no gate has to be asked for."""
    require_may_work(way.actor, lead)
    compare(lead, seen_stage=seen.stage, seen_status=seen.status)
    if not lead.is_open:
        raise Invalid(
            _("This lead is %(status_words)s. Reopen it first.") % {"status_words": STATUS_WORDS[lead.status]}
        )
    distance = _distance(lead, way)
    if distance == 0:
        raise Invalid.field("to_stage", _("It is %(to_stage)s already.") % {"to_stage": way.to_stage.label})
    if way.deal is not None and (distance < 0 or way.to_stage != Stage.CUSTOMER):
        raise Invalid.field("deal", _("A deal belongs to the move to customer."))
    if distance < 0:
        needed_reason(way.reason, why=_("the history keeps why a lead went back."))
    elif distance > 1:
        following = STAGES[STAGES.index(Stage(lead.stage)) + 1]
        raise Invalid.field(
            "to_stage",
            _("One stage at a time: %(following)s comes after %(stage)s.")
            % {"following": following.label, "stage": lead.get_stage_display()},
        )


def _distance(lead: Lead, way: _Way) -> int:
    return STAGES.index(way.to_stage) - STAGES.index(Stage(lead.stage))


def _bring_deal(judged: Judged, leads: Sequence[Lead], way: _Way) -> Deal | None:
    """Write the deal that comes with the move, or refuse leads that have none of this round."""
    if way.deal is not None:
        return write_deal(lead=leads[0], deal=way.deal, actor=way.actor, now=way.now) if leads else None
    won = won_in_this_round([lead.pk for lead in leads]) if leads else set()

    def has_deal(lead: Lead, seen: Seen) -> None:
        if lead.pk not in won:
            raise Invalid(
                _("A customer has a won value and a date."),
                errors={
                    "value": [_("Give the value of the deal.")],
                    "won_on": [_("Give the date it was won.")],
                },
            )

    judged.judge(has_deal, only=leads)
    return None


def _checks(leads: Sequence[Lead], now: datetime) -> Mapping[int, GateCheck]:
    """Return the checklist of the step that each of these leads is about to take."""
    by_step: dict[Step, list[int]] = defaultdict(list)
    for lead in leads:
        by_step[STEP_FROM[lead.stage]].append(lead.pk)
    return {
        lead_id: checks[step]
        for step, lead_ids in by_step.items()
        for lead_id, checks in check_many(lead_ids=lead_ids, steps=[step], now=now).items()
    }


def _pass_gate(check: GateCheck, way: _Way) -> Move:
    """Return what kind of move it is through, or past, this gate."""
    if check.passes:
        return Move.FORWARD
    if not way.past_gates:
        raise GateClosed(check)
    if not may(way.actor, OVERRIDE):
        closed = GateClosed(check)
        raise NotAllowed(
            _("Only a manager may move a lead past a gate that does not pass. %(message)s")
            % {"message": closed.message},
            errors=closed.errors,
        )
    needed_reason(way.reason, why=_("the history keeps why a lead went past its gate."))
    return Move.OVERRIDE


def _missing_line(label: str, detail: str) -> str:
    lowered = label[:1].lower() + label[1:]
    return f"{lowered} ({detail})" if detail else lowered
