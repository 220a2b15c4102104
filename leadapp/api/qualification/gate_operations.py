"""The calls about gates as the OpenAPI schema tells them."""

from leadapp.api.operations import ALWAYS, answers_of, operation
from leadapp.api.qualification import gate_schema as schema

list_gates = operation("list_gates", answers=answers_of(200, schema.GatePage, (*ALWAYS, 422)), tag="leads")
lead_gates = operation(
    "lead_gates", answers=answers_of(200, schema.LeadGates, (*ALWAYS, 404, 422)), tag="leads"
)
