"""The calls as the OpenAPI schema tells them: parameters, every answer, examples."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from leadapp.api import schema
from leadapp.api.problems import KINDS, MEDIA_TYPE
from leadapp.models import Stage, Status, Temperature

Decorator = Callable[[Any], Any]

ALWAYS = (400, 401, 403, 503)

EVENT_EXAMPLE = {
    "lead": {"email": "jane@example.com", "job_title": "Head of Operations"},
    "type": "content_download",
    "occurred_at": "2026-01-31T09:30:00Z",
    "properties": {"title": "Buyer's guide"},
    "external_id": "download-8841",
}

SUBMISSION_EXAMPLE = {
    "first_name": "Jane",
    "last_name": "Doe",
    "email": "jane@example.com",
    "company": "Example Ltd",
    "message": "Please show us around.",
}


def _answers(success: int, shape: Any, refusals: Sequence[int]) -> dict[Any, Any]:
    answers: dict[Any, Any] = {success: shape}
    for status in refusals:
        answers[(status, MEDIA_TYPE)] = OpenApiResponse(schema.Problem, description=KINDS[status][1])
    return answers


def _query(name: str, description: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **more)


PAGING = [
    _query("limit", "Rows on a page, 1 to 200. Default: 50.", OpenApiTypes.INT),
    _query("cursor", "From the link next or previous of a page."),
]


def _operation(
    name: str,
    *,
    answers: Mapping[Any, Any],
    request: Any = None,
    parameters: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
    tag: str,
) -> Decorator:
    decorate: Decorator = extend_schema(
        operation_id=name,
        request=request,
        responses=dict(answers),
        parameters=list(parameters),
        examples=list(examples),
        tags=[tag],
    )
    return decorate


list_leads = _operation(
    "list_leads",
    answers=_answers(200, schema.LeadPage, (*ALWAYS, 422)),
    parameters=[
        _query("email", "The lead with this address."),
        _query("external_id", "The lead that your system knows by this id."),
        _query("stage", "", enum=Stage.values),
        _query("status", "", enum=Status.values),
        _query("temperature", "", enum=Temperature.values),
        _query("owner", "A user name, `none`, or (signed in) `me`."),
        _query("min_score", "Leads that score at least so much.", OpenApiTypes.INT),
        _query("updated_since", "Changed or scored again since then.", OpenApiTypes.DATETIME),
        *PAGING,
    ],
    tag="leads",
)
create_lead = _operation(
    "create_lead",
    answers=_answers(201, schema.Lead, (*ALWAYS, 409, 411, 413, 415, 422)),
    request=schema.NewLead,
    examples=[
        OpenApiExample(
            "A new lead",
            {"email": "jane@example.com", "first_name": "Jane", "company": {"name": "Example Ltd"}},
            request_only=True,
        )
    ],
    tag="leads",
)
show_lead = _operation("show_lead", answers=_answers(200, schema.Lead, (*ALWAYS, 404, 422)), tag="leads")
change_lead = _operation(
    "change_lead",
    answers=_answers(200, schema.Lead, (*ALWAYS, 404, 409, 411, 413, 415, 422)),
    request=schema.LeadFacts,
    examples=[OpenApiExample("Two facts", {"job_title": "CTO", "country": "DE"}, request_only=True)],
    tag="leads",
)
explain_score = _operation(
    "explain_score", answers=_answers(200, schema.Score, (*ALWAYS, 404, 422)), tag="leads"
)
list_activities = _operation(
    "list_activities",
    answers=_answers(200, schema.ActivityPage, (*ALWAYS, 404, 422)),
    parameters=[_query("lead", "Whose timeline.", OpenApiTypes.INT, required=True), *PAGING],
    tag="events",
)
push_event = _operation(
    "push_event",
    answers=_answers(202, schema.RecordedEvent, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.Event,
    examples=[OpenApiExample("A download", EVENT_EXAMPLE, request_only=True)],
    tag="events",
)
push_batch = _operation(
    "push_batch",
    answers=_answers(202, schema.RecordedBatch, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.Event(many=True),
    # A list is made of it.
    examples=[OpenApiExample("A batch", EVENT_EXAMPLE, request_only=True)],
    tag="events",
)
submit_form = _operation(
    "submit_form",
    answers=_answers(202, schema.Submission, (400, 401, 403, 404, 411, 413, 415, 422, 429, 503)),
    request={
        "application/json": OpenApiTypes.OBJECT,
        "application/x-www-form-urlencoded": OpenApiTypes.OBJECT,
    },
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="With an API key: the submission's id in your system. Sent again, it is stored once.",
        )
    ],
    examples=[
        OpenApiExample("Demo request", SUBMISSION_EXAMPLE, request_only=True, media_type=media_type)
        for media_type in ("application/json", "application/x-www-form-urlencoded")
    ],
    tag="forms",
)
