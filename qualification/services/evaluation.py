"""Automatic moves: leads whose score or evidence changed go through the gates that they pass."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from leadapp.models import Lead, Stage, Status
from qualification.models import Move, StageChange, Step
from qualification.services.assignment import hand_over
from qualification.services.gates import GateLines, automatic_gates, passing_gate
from qualification.services.locks import Standing, lock_leads
from scoring.models import ScoredLead

# What somebody moved back is left to people for a while; else the next score would undo it.
REST_AFTER_STEP_BACK = timedelta(days=30)

STAGES_OF: Mapping[Step, tuple[Stage, Stage]] = {
    Step.TO_MQL: (Stage.LEAD, Stage.MQL),
    Step.TO_SQL: (Stage.MQL, Stage.SQL),
}


def evaluate_waiting(*, now: datetime, limit: int = 500) -> int:
    """Evaluate the gates of up to `limit` waiting leads and return how many rows were served.

    The newest first, so that who has just asked for a demo does not wait behind a rescore of all leads.
    One transaction and a fixed number of queries, whatever the number of leads. A worker that is killed
    leaves everything as it was; one that comes second finds nothing left to do.
    """
    with transaction.atomic():
        rows = ScoredLead.objects.select_for_update(skip_locked=True, of=("self",)).order_by("-pk")
        claimed = dict(rows.values_list("pk", "lead_id")[:limit])
        if claimed:
            ScoredLead.objects.filter(pk__in=claimed).delete()
            evaluate_leads(lead_ids=set(claimed.values()), now=now)
        return len(claimed)


def evaluate_leads(*, lead_ids: Collection[int], now: datetime) -> None:
    """Move these leads through the automatic gates that they pass, and hand over those that are ready."""
    with transaction.atomic():
        # The gates are asked by statements that begin after the locks are held.
        leads = lock_leads(lead_ids)
        gates = automatic_gates()
        for step in (Step.TO_MQL, Step.HANDOVER, Step.TO_SQL):
            if step not in gates:
                continue
            if step == Step.HANDOVER:
                _hand_over(leads, gates[step], now)
            else:
                _move(leads, step, gates[step], now)


def _move(leads: list[Standing], step: Step, gate: GateLines, now: datetime) -> None:
    from_stage, to_stage = STAGES_OF[step]
    candidates = {lead.pk: lead for lead in leads if lead.stage == from_stage and lead.is_open}
    # Back also went who took back a step forward; a step back that was taken back is none.
    back = Q(move=Move.BACKWARD, undone_by=None) | Q(undoes__move__in=[Move.FORWARD, Move.OVERRIDE])
    resting = StageChange.objects.filter(
        back, lead_id__in=candidates, at__gt=now - REST_AFTER_STEP_BACK
    ).values_list("lead_id", flat=True)
    moved = passing_gate(gate, lead_ids=candidates.keys() - set(resting), now=now) if candidates else set()
    if not moved:
        return
    Lead.objects.filter(pk__in=moved).update(stage=to_stage, stage_changed_at=now)
    for lead_id in moved:
        candidates[lead_id].stage = to_stage
    StageChange.objects.bulk_create(
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


def _hand_over(leads: list[Standing], gate: GateLines, now: datetime) -> None:
    candidates = [lead.pk for lead in leads if lead.stage == Stage.MQL and lead.is_open]
    ready = passing_gate(gate, lead_ids=candidates, now=now) if candidates else set()
    if ready:
        hand_over(lead_ids=ready, now=now)
