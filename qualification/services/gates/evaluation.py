"""Automatic moves: leads whose score or evidence changed go through the gates that they pass."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from leadapp.models import Lead, Stage, Status
from qualification.models import Move, StageChange, Step
from qualification.services.announcing import announce_moves
from qualification.services.assignment import answer_requests, hand_over
from qualification.services.clock.answers import answer_clocks
from qualification.services.gates.checklists import GateLines, automatic_gates, passing_gate, select_leads
from qualification.services.gates.leaving import note_holding, take_back
from qualification.services.gates.steps import AROUND, is_left_alone_sql
from qualification.services.locks import Standing, lock_leads
from qualification.services.notices.hot import tell_hot
from qualification.services.recycling.wake_ups import wake_by_score
from scoring.models import ScoredLead

# The steps that change the stage of a lead.
STEPS = (Step.TO_MQL, Step.TO_SQL)


def evaluate_waiting(*, now: datetime, limit: int = 500) -> int:
    """Evaluate the gates of up to `limit` waiting leads and return how many rows were served.

    The newest first, so that who has just asked for a demo does not wait behind a rescore of all leads.
    One transaction and a fixed number of queries, whatever the number of leads. A worker that is killed
    leaves everything as it was; one that comes second finds nothing left to do.
    """
    with transaction.atomic():
        rows = ScoredLead.objects.select_for_update(skip_locked=True, of=("self",)).order_by("-pk")
        claimed = list(rows.values_list("pk", "lead_id", "scored_at")[:limit])
        if claimed:
            ScoredLead.objects.filter(pk__in=[pk for pk, _, _ in claimed]).delete()
            # Who gets a lead below is told of that, not that it was hot by then.
            tell_hot(scored={(lead_id, at) for _, lead_id, at in claimed}, now=now)
            evaluate_leads(lead_ids={lead_id for _, lead_id, _ in claimed}, now=now)
        return len(claimed)


def evaluate_leads(*, lead_ids: Collection[int], now: datetime) -> None:
    """Wake those that reached their score, move leads through automatic gates, hand over who is ready."""
    with transaction.atomic():
        # The gates are asked by statements that begin after the locks are held.
        leads = lock_leads(lead_ids)
        wake_by_score(leads, now=now)
        # Touches that another system recorded, and requests, before a handover starts a clock of its own.
        answer_clocks(lead_ids=lead_ids)
        answer_requests(lead_ids=lead_ids, now=now)
        gates = automatic_gates()
        for step in (Step.TO_MQL, Step.HANDOVER, Step.TO_SQL):
            if step not in gates:
                continue
            if step == Step.HANDOVER:
                _hand_over(leads, gates[step], now)
            else:
                _move(leads, step, gates[step], now)
        for step in STEPS:
            if step in gates and gates[step].takes_back:
                take_back(leads, gates[step], now=now)


def _move(leads: list[Standing], step: Step, gate: GateLines, now: datetime) -> None:
    from_stage, to_stage = AROUND[step]
    candidates = {lead.pk: lead for lead in leads if lead.stage == from_stage and lead.is_open}
    if not candidates:
        return
    # What somebody moved back lately is left to people.
    takes_it = "(" + gate.test + " AND NOT " + is_left_alone_sql(step, now) + ")"
    moved = {pk for pk, takes in select_leads([takes_it], lead_ids=candidates, now=now) if takes}
    if not moved:
        return
    Lead.objects.filter(pk__in=moved).update(stage=to_stage, stage_changed_at=now)
    for lead_id in moved:
        candidates[lead_id].stage = to_stage
    changes = StageChange.objects.bulk_create(
        StageChange(
            lead_id=lead_id,
            at=now,
            move=Move.FORWARD,
            from_stage=from_stage,
            to_stage=to_stage,
            from_status=Status.OPEN,
            to_status=Status.OPEN,
            is_automatic=True,
            reason=gate.reason,
            score=candidates[lead_id].score,
        )
        for lead_id in sorted(moved)
    )
    announce_moves(changes, now=now)
    if gate.takes_back:
        note_holding(gate, lead_ids=moved, now=now)


def _hand_over(leads: list[Standing], gate: GateLines, now: datetime) -> None:
    candidates = [lead.pk for lead in leads if lead.stage == Stage.MQL and lead.is_open]
    ready = passing_gate(gate, lead_ids=candidates, now=now) if candidates else set()
    if ready:
        hand_over(lead_ids=ready, now=now)
