"""When marketing edits a gate, it is checked as a whole, and the leads in front of it are looked at again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require
from leadapp.errors import Invalid
from qualification.models import Gate, GateCriterion, Step
from qualification.services.gates.checklists import read_gates
from qualification.services.gates.criteria import field_label, leads_sql
from qualification.services.gates.inbox import ask_about, ask_for_evaluation
from qualification.services.gates.leaving import note_holding
from qualification.services.gates.steps import in_front_sql

TAKING_BACK = (Step.TO_MQL, Step.TO_SQL)
# Time alone moves these: without a far side leads at the line would go in and out.
FADING = frozenset(
    {
        "lead.score",
        "lead.engagement",
        "lead.engagement_grade",
        "lead.temperature",
        "lead.ready_for_sales",
    }
)


def open_gate(*, gate_id: int, actor: Actor) -> Gate:
    """Lock a gate for an edit in the caller's transaction: two edits wait for each other."""
    require(actor, "qualification.change_gate", _("Only marketing may edit gates."))
    return Gate.objects.select_for_update().get(pk=gate_id)


def faults_of_gate(gate: Gate) -> dict[str, list[str]]:
    """Return what makes no sense about how a gate works, by field."""
    faults: dict[str, list[str]] = {}
    if gate.is_automatic and gate.step == Step.TO_CUSTOMER:
        faults["is_automatic"] = [_("A deal has a value and a date, which only a person knows.")]
    if gate.takes_back and gate.step not in TAKING_BACK:
        faults["takes_back"] = [_("Only MQLs and SQLs go back by themselves.")]
    elif gate.takes_back and not gate.is_automatic:
        faults["takes_back"] = [
            _("Only leads that came by themselves go back by themselves: make it automatic.")
        ]
    return faults


def fault_of_criterion(gate: Gate, criterion: GateCriterion) -> str:
    """Return why a criterion does not suit a gate that takes leads back; nothing where it does."""
    if not gate.takes_back or criterion.field not in FADING or criterion.leave_value is not None:
        return ""
    name = field_label(criterion.field)
    if criterion.field in ("lead.score", "lead.engagement"):
        return _("%(name)s fades: say at which value leads go back, or let them not go back.") % {
            "name": name
        }
    return _("%(name)s fades, and leads at its line would go in and out. Ask for the score instead.") % {
        "name": name
    }


def record_edit(*, gate: Gate, now: datetime) -> None:
    """Finish an edit, in the caller's transaction: nobody goes back by it, and who passes now moves on.

    Raise Invalid if the gate makes no sense as a whole. Open leads behind a gate that takes leads back are
    noted if they hold now: from here on they can cease to. Those in front of an automatic one wait to be
    looked at.
    """
    with transaction.atomic():
        Gate.objects.filter(pk=gate.pk).update(edited_at=now)
        edited = read_gates()[Step(gate.step)]
        _require_sense(edited.gate, edited.criteria)
        if edited.takes_back:
            note_holding(edited, now=now)
        if not edited.gate.is_automatic:
            return
        ask_about(leads_sql(now, with_evidence=False), in_front_sql(Step(gate.step)))
        ask_for_evaluation(lead_ids=[], now=now)


def _require_sense(gate: Gate, criteria: Iterable[GateCriterion]) -> None:
    if faults := faults_of_gate(gate):
        raise Invalid(next(iter(faults.values()))[0], errors=faults)
    for criterion in criteria:
        if fault := fault_of_criterion(gate, criterion):
            raise Invalid.field("leave_value", f"{criterion.label}: {fault}")
