"""Leads that came through a gate by themselves go back by themselves once they hold no longer.

Only what a lead was seen to hold can it cease to hold: when marketing edits a gate, or publishes other
rules, the line crosses the lead, and nobody goes back. A lead goes back when it was seen on the right side of
the gate as it is now (`GateHold`) and then changed itself: it did something, its facts changed, time passed.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from leadapp.models import Lead, Status
from leadapp.shipped import in_english
from qualification.models import Move, StageChange
from qualification.services.announcing import announce_moves
from qualification.services.gates.checklists import GateLines, read_criteria, select_leads
from qualification.services.gates.criteria import leads_asked_by
from qualification.services.gates.steps import AROUND, behind_sql
from qualification.services.gates.wording import say_fall
from qualification.services.locks import Standing
from scoring.engine.fragments import Fragment

# A person who moved or reopened the lead decided that it belongs where it is; what was undone never was.
# Waking up is no way through a gate.
CAME_BY_ITSELF = """(
    SELECT s.is_automatic AND s.to_stage = l.stage FROM qualification_stagechange s
    WHERE s.lead_id = l.id AND s.undoes_id IS NULL AND NOT (s.move = 'reopen' AND s.is_automatic)
        AND NOT EXISTS (SELECT FROM qualification_stagechange u WHERE u.undoes_id = s.id)
    ORDER BY s.at DESC, s.id DESC LIMIT 1
)"""

# Somebody owes an answer, or has set a task.
WORKED_ON = """(EXISTS (
    SELECT FROM qualification_assignment w
    WHERE w.lead_id = l.id AND w.ended_at IS NULL AND w.due_at IS NOT NULL AND w.answered_at IS NULL
) OR EXISTS (SELECT FROM qualification_task t WHERE t.lead_id = l.id AND t.done_at IS NULL)"""
# Or has found something out, beyond what a form was told.
CONFIRMED = """ OR EXISTS (
    SELECT FROM qualification_bantanswer b
    WHERE b.lead_id = l.id AND b.state = 'confirmed' AND b.source <> 'form'
        AND (b.expires_at IS NULL OR b.expires_at > m.as_of)
        AND NOT EXISTS (
            SELECT FROM qualification_bantanswer n WHERE n.lead_id = b.lead_id
                AND n.dimension_id = b.dimension_id AND (n.answered_at, n.id) > (b.answered_at, b.id)
        )
)"""

# Scores that changed while a version went out to all leads changed by the rules, not by the lead.
HELD = """EXISTS (
    SELECT FROM qualification_gatehold h
    WHERE h.lead_id = l.id AND h.gate_id = %s AND h.edited_at = %s::timestamptz
        AND h.stay_began_at = l.stage_changed_at
        AND NOT EXISTS (
            SELECT FROM scoring_scorechange x JOIN scoring_rescore r ON r.version_id = x.version_id
            WHERE x.lead_id = l.id AND x.id > h.score_change_id AND r.cause = 'publish'
                AND x.at >= r.started_at AND (r.finished_at IS NULL OR x.at <= r.finished_at)
        )
)"""

NOTE = """
INSERT INTO qualification_gatehold (lead_id, gate_id, edited_at, stay_began_at, score_change_id)
SELECT l.id, %s, %s::timestamptz, l.stage_changed_at,
    COALESCE((SELECT max(x.id) FROM scoring_scorechange x WHERE x.lead_id = l.id), 0)
FROM """
AGAIN = """
ON CONFLICT (lead_id, gate_id) DO UPDATE SET edited_at = EXCLUDED.edited_at,
    stay_began_at = EXCLUDED.stay_began_at, score_change_id = EXCLUDED.score_change_id
"""


def take_back(leads: Collection[Standing], gate: GateLines, *, now: datetime) -> None:
    """Move those of these locked leads back that hold no longer; note those that hold now."""
    before, after = AROUND[gate.step]
    behind = {lead.pk: lead for lead in leads if lead.stage == after and lead.is_open}
    if not behind:
        return
    columns = [leaves_sql(gate, now), _holds(gate) + " AND NOT " + _held(gate)]
    rows = select_leads(columns, lead_ids=behind, now=now)
    note_holding(gate, lead_ids=[lead_id for lead_id, _, is_new in rows if is_new], now=now)
    leaving = [lead_id for lead_id, leaves, _ in rows if leaves]
    if not leaving:
        return
    reasons = _reasons(gate, leaving, now)
    Lead.objects.filter(pk__in=leaving).update(stage=before, stage_changed_at=now)
    changes = StageChange.objects.bulk_create(
        StageChange(
            lead_id=lead_id,
            at=now,
            move=Move.BACKWARD,
            from_stage=after,
            to_stage=before,
            from_status=Status.OPEN,
            to_status=Status.OPEN,
            is_automatic=True,
            reason=reasons[lead_id],
            score=behind[lead_id].score,
        )
        for lead_id in leaving
    )
    announce_moves(changes, now=now)
    for lead_id in leaving:
        behind[lead_id].stage = before


def note_holding(gate: GateLines, *, now: datetime, lead_ids: Collection[int] | None = None) -> None:
    """Note which of these leads, or of all that are behind the gate, hold now; in one statement."""
    if lead_ids is not None and not lead_ids:
        return
    everybody = Fragment(behind_sql(gate.step))
    among = everybody if lead_ids is None else Fragment("l.id = ANY(%s)", (list(lead_ids),))
    statement = (
        Fragment(NOTE, (gate.gate.pk, gate.gate.edited_at.isoformat()))
        + leads_asked_by(gate.staying, now) + " WHERE " + among + " AND " + _holds(gate) + AGAIN
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.bind())


def leaves_sql(gate: GateLines, now: datetime) -> Fragment:
    """Return the condition under which an open lead behind the gate goes back."""
    came_before = (now - gate.gate.minimum_stay).isoformat()
    long_enough = Fragment("l.stage_changed_at <= %s::timestamptz", (came_before,))
    return (
        "(" + gate.staying + " IS NOT TRUE AND " + long_enough + " AND " + came_and_held_sql(gate)
        + " AND NOT " + worked_on_sql(gate) + ")"
    )  # fmt: skip


def came_and_held_sql(gate: GateLines) -> Fragment:
    """Return the condition that tells whether a lead came by itself and was seen to hold since."""
    return f"({CAME_BY_ITSELF} IS TRUE AND " + _held(gate) + ")"


def _holds(gate: GateLines) -> Fragment:
    return "(" + gate.staying + f" AND {CAME_BY_ITSELF} IS TRUE)"


def _held(gate: GateLines) -> Fragment:
    return Fragment(HELD, (gate.gate.pk, gate.gate.edited_at.isoformat()))


def worked_on_sql(gate: GateLines) -> Fragment:
    """Return the condition that tells whether a person is at work on a lead.

    Where the gate itself asks for evidence, it is for the gate to judge it.
    """
    asks = any(criterion.field.startswith("bant.") for criterion in gate.criteria)
    return Fragment(WORKED_ON + ("" if asks else CONFIRMED) + ")")


@in_english()
def _reasons(gate: GateLines, lead_ids: Collection[int], now: datetime) -> dict[int, str]:
    """Return in words what each of these leads ceased to hold."""
    found = read_criteria(gate.criteria, lead_ids=lead_ids, now=now, staying=True)
    reasons = {}
    for lead_id, readings in found.items():
        lines = [[readings[criterion.pk] for criterion in line.alternatives] for line in gate.lines]
        fallen = [line[0] for line in lines if not any(reading.holds for reading in line)]
        reasons[lead_id] = "; ".join(say_fall(reading) for reading in fallen)[:500]
    return reasons
