"""/api/v1/gates and /api/v1/leads/<id>/gates: what each step asks for, and what a lead still lacks."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.access import require
from leadapp.api.access import actor_of, find_lead
from leadapp.api.qualification import gate_operations as operations
from leadapp.api.queries import Parameters
from leadapp.api.scoring.representations import whole_list
from leadapp.api.views import ApiView
from leadapp.models import User
from qualification.models import GateCriterion
from qualification.services.gates.checklists import GateCheck, GateLines, check_gates, read_gates
from qualification.services.gates.steps import AROUND, STEP_INTO
from qualification.services.gates.way_back import WayBack, way_back
from qualification.services.gates.words import say_criteria


class Gates(ApiView):
    """The gates, in the order of the steps."""

    scopes = {"GET": ("read", "scoring")}

    @operations.list_gates
    def get(self, request: Request) -> Response:
        """List what each step asks for."""
        actor = actor_of(request)
        if isinstance(actor, User):
            require(actor, "qualification.view_gate", "You may not see gates.")
        Parameters(request, ()).check()
        gates = read_gates()
        texts = say_criteria(gates.values())
        return Response(whole_list(gate_as_json(gate, texts) for gate in gates.values()))


class LeadGates(ApiView):
    """The checklists of a lead."""

    scopes = {"GET": ("read",)}

    @operations.lead_gates
    def get(self, request: Request, pk: int) -> Response:
        """Say for each step whether the lead passes its gate, line by line."""
        Parameters(request, ()).check()
        lead, now = find_lead(request, pk), timezone.now()
        checks = check_gates(lead=lead, now=now)
        passed = checks.get(STEP_INTO[lead.stage]) if lead.stage in STEP_INTO else None
        back = way_back(lead=lead, gate=passed.gate, now=now) if passed else None
        return Response(
            {
                "lead": lead.pk,
                "stage": lead.stage,
                "status": lead.status,
                "way_back": way_back_as_json(back),
                "gates": [check_as_json(check) for check in checks.values()],
            }
        )


def gate_as_json(gate: GateLines, texts: dict[int, str]) -> dict[str, Any]:
    """Return a gate as it is stored, each criterion also in words."""
    return {
        **_step_as_json(gate),
        "takes_back": gate.takes_back,
        "minimum_stay_hours": gate.gate.minimum_stay_hours,
        "edited_at": gate.gate.edited_at,
        "lines": [
            {
                "label": line.alternatives[0].label,
                "alternatives": [_criterion_as_json(each, texts[each.pk]) for each in line.alternatives],
            }
            for line in gate.lines
        ],
    }


def check_as_json(check: GateCheck) -> dict[str, Any]:
    """Return the checklist of one step."""
    return {
        **_step_as_json(check.gate),
        "passes": check.passes,
        "passes_with_move": check.passes_with_move,
        "items": [
            {
                "label": item.label,
                "state": item.state.value,
                "detail": item.detail,
                "hint": item.hint,
                "comes_with_move": item.comes_with_move,
            }
            for item in check.items
        ],
    }


def way_back_as_json(back: WayBack | None) -> dict[str, Any] | None:
    """Return when a lead would go back by itself; nothing where it would not."""
    if back is None:
        return None
    return {
        "to_stage": back.to_stage.value,
        "text": back.text,
        "not_before": back.not_before,
        "is_worked_on": back.is_worked_on,
    }


def _step_as_json(gate: GateLines) -> dict[str, Any]:
    before, after = AROUND[gate.step]
    return {
        "step": gate.step.value,
        "label": gate.step.label,
        "from_stage": before.value,
        "to_stage": after.value,
        "is_automatic": gate.gate.is_automatic,
        "match": gate.gate.match,
    }


def _criterion_as_json(criterion: GateCriterion, text: str) -> dict[str, Any]:
    names = ("label", "field", "operator", "value", "leave_value", "min_occurrences", "window_days")
    return {**{name: getattr(criterion, name) for name in names}, "text": text}
