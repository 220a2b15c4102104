"""The calls about deals, advocates and reasons as the OpenAPI schema tells them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

from leadapp.api.operations import ALWAYS, Decorator, answers_of, operation
from leadapp.api.qualification import customer_schema as schema
from leadapp.api.qualification import move_schema

WRITE = (*ALWAYS, 404, 409, 411, 413, 415, 422)


def _write(name: str, status: int, shape: Any, request: Any, title: str, value: Any) -> Decorator:
    return operation(
        name,
        answers=answers_of(status, shape, WRITE),
        request=request,
        examples=[OpenApiExample(title, value, request_only=True)],
        tag="leads",
    )


list_deals = operation("list_deals", answers=answers_of(200, schema.Deals, (*ALWAYS, 404, 422)), tag="leads")
add_deal = _write(
    "add_deal",
    201,
    schema.WonDeal,
    move_schema.Deal,
    "Bought again",
    {"value": "1200.50", "currency": "EUR", "won_on": "2026-01-31", "product": "Training"},
)
void_deal = _write(
    "void_deal", 200, schema.WonDeal, schema.NewVoid, "Wrong", {"reason": "Sent twice by the shop."}
)
new_opportunity = _write(
    "new_opportunity",
    201,
    move_schema.Move,
    schema.NewOpportunity,
    "A second plant",
    {"to_stage": "sql", "seen_stage": "customer", "reason": "They build a second plant."},
)
set_advocacy = _write(
    "set_advocacy",
    201,
    schema.AdvocacyChange,
    schema.NewAdvocacy,
    "A reference",
    {"advocacy": "reference", "note": "Takes calls from prospects, but not in December."},
)
list_disqualify_reasons = operation(
    "list_disqualify_reasons", answers=answers_of(200, schema.Reasons, (*ALWAYS, 422)), tag="leads"
)
