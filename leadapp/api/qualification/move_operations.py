"""The calls that move leads as the OpenAPI schema tells them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from leadapp.api.operations import ALWAYS, PAGING, Decorator, answers_of, operation
from leadapp.api.qualification import move_schema as schema

ACTIONS = ("move", "nurture", "disqualify", "reopen")
WRITE = (*ALWAYS, 404, 409, 411, 413, 415, 422)


def _move(name: str, request: Any, *examples: tuple[str, Any]) -> Decorator:
    return operation(
        name,
        answers=answers_of(201, schema.Move, WRITE),
        request=request,
        examples=[OpenApiExample(title, value, request_only=True) for title, value in examples],
        tag="leads",
    )


list_moves = operation(
    "list_moves",
    answers=answers_of(200, schema.MovePage, (*ALWAYS, 404, 422)),
    parameters=PAGING,
    tag="leads",
)
move_lead = _move(
    "move_lead",
    schema.NewMove,
    ("Forward", {"to_stage": "sql", "seen_stage": "mql"}),
    (
        "Won",
        {
            "to_stage": "customer",
            "seen_stage": "sql",
            "deal": {"value": "58000.00", "currency": "EUR", "won_on": "2026-01-31", "product": "Line 4"},
        },
    ),
    ("Back", {"to_stage": "lead", "seen_stage": "mql", "reason": "No project before spring."}),
)
nurture_lead = _move(
    "nurture_lead",
    schema.NewNurture,
    ("Later", {"seen_stage": "mql", "reason": "Budget in spring.", "wake_score": 150}),
)
disqualify_lead = _move(
    "disqualify_lead",
    schema.NewDisqualification,
    ("Out", {"seen_stage": "mql", "reason_code": "competitor", "reason": "Acme, by price."}),
)
reopen_lead = _move(
    "reopen_lead",
    schema.NewReopening,
    ("Again", {"seen_stage": "mql", "seen_status": "nurture", "reason": "Asked for a quote."}),
)
undo_move = _move("undo_move", schema.NewUndo, ("A slip", {"move": 4711}))
move_leads = operation(
    "move_leads",
    answers=answers_of(200, schema.MoveResults, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.NewMoves,
    examples=[
        OpenApiExample(
            "Two to SQL",
            {
                "action": "move",
                "to_stage": "sql",
                "leads": [{"id": 312, "seen_stage": "mql"}, {"id": 313, "seen_stage": "mql"}],
            },
            request_only=True,
        )
    ],
    tag="leads",
)
