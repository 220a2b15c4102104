"""Where leads stand before each step, where they are after it, and who takes it by themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leadapp.models import Stage, Status
from qualification.models import Move, Step

# A handover changes the owner, not the stage.
AROUND: Mapping[Step, tuple[Stage, Stage]] = {
    Step.TO_MQL: (Stage.LEAD, Stage.MQL),
    Step.HANDOVER: (Stage.MQL, Stage.MQL),
    Step.TO_SQL: (Stage.MQL, Stage.SQL),
    Step.TO_CUSTOMER: (Stage.SQL, Stage.CUSTOMER),
}

# The step that leads into a stage.
STEP_INTO: Mapping[str, Step] = {
    Stage.MQL: Step.TO_MQL,
    Stage.SQL: Step.TO_SQL,
    Stage.CUSTOMER: Step.TO_CUSTOMER,
}

# What somebody moved back is left to people for a while; else the next score would undo it. Who went back by
# itself comes in again once it reaches the line, which is further up than the one it fell below.
REST_AFTER_STEP_BACK = timedelta(days=30)
TABLE = "qualification_stagechange"


def in_front_sql(step: Step) -> str:
    """Return the condition for the open leads in front of a step."""
    before, _ = AROUND[step]
    return f"(l.stage = '{before}' AND l.status = '{Status.OPEN}')"


def behind_sql(step: Step) -> str:
    """Return the condition for the open leads that have taken a step."""
    _, after = AROUND[step]
    return f"(l.stage = '{after}' AND l.status = '{Status.OPEN}')"


def is_left_alone_sql(step: Step, now: datetime, *, lead_id: str = "l.id") -> str:
    """Return the condition for leads that do not take a step by themselves although they pass.

    They were handed over in this stay already, or somebody moved them back lately. Back also went who took
    back a step forward; a step back that was taken back is none.
    """
    if step == Step.HANDOVER:
        return (
            "EXISTS (SELECT FROM qualification_assignment o WHERE o.lead_id = l.id"
            " AND o.due_at IS NOT NULL AND o.assigned_at >= l.stage_changed_at)"
        )
    rested = (now - REST_AFTER_STEP_BACK).isoformat()
    return (
        f"EXISTS (SELECT FROM qualification_stagechange o WHERE o.lead_id = {lead_id}"  # noqa: S608
        f" AND NOT o.is_automatic AND o.at > '{rested}'::timestamptz AND CASE o.move"
        f" WHEN '{Move.BACKWARD}' THEN NOT EXISTS (SELECT FROM {TABLE} u WHERE u.undoes_id = o.id)"
        f" WHEN '{Move.UNDO}' THEN EXISTS (SELECT FROM {TABLE} f WHERE f.id = o.undoes_id"
        f" AND f.move IN ('{Move.FORWARD}', '{Move.OVERRIDE}')) ELSE false END)"
    )
