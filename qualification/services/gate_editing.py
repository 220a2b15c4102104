"""When marketing edits a gate, the leads in front of it are looked at again."""

from datetime import datetime

from django.db import connection, transaction

from leadapp.access import Actor, require
from leadapp.models import Stage, Status
from qualification.models import Gate, Step
from qualification.services.inbox import ask_for_evaluation

IN_FRONT_OF = {
    Step.TO_MQL: Stage.LEAD,
    Step.HANDOVER: Stage.MQL,
    Step.TO_SQL: Stage.MQL,
    Step.TO_CUSTOMER: Stage.SQL,
}
INSERT = """
INSERT INTO scoring_scoredlead (lead_id, scored_at)
SELECT id, %s FROM leadapp_lead WHERE stage = %s AND status = %s
"""


def open_gate(*, gate_id: int, actor: Actor) -> Gate:
    """Lock a gate for an edit in the caller's transaction: two edits wait for each other."""
    require(actor, "qualification.change_gate", "Only marketing may edit gates.")
    return Gate.objects.select_for_update().get(pk=gate_id)


def look_again(*, gate: Gate, now: datetime) -> None:
    """Let the workers look at every open lead in front of an automatic gate that was edited."""
    if not gate.is_automatic:
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [now, IN_FRONT_OF[Step(gate.step)], Status.OPEN])
        ask_for_evaluation(lead_ids=[], now=now)
