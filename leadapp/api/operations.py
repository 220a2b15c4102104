"""The calls as the OpenAPI schema tells them: parameters, every answer, examples."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from leadapp.api import schema
from leadapp.api.leads import score_schema
from leadapp.api.leads.filters import LISTED, SORTS
from leadapp.api.problems import KINDS, MEDIA_TYPE
from leadapp.api.queries import LARGEST_INTEGER, LARGEST_PAGE
from leadapp.models import Stage, Status, Temperature

Decorator = Callable[[Any], Any]

ALWAYS = (400, 401, 403, 429, 503)

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

# The filters of the lead list; of several values with commas between them one has to hold.
FILTER_WORDS = {
    "stage": f"{', '.join(Stage.values)}; one or more.",
    "status": f"{', '.join(Status.values)}; one or more.",
    "reason": "Disqualified for one of these codes.",
    "advocacy": "fan, reference.",
    "temperature": f"{', '.join(Temperature.values)}; one or more.",
    "grade": "A1 to D4, or A to D for all of that fit; one or more.",
    "score": "A range, such as 50-99 or 100-, or none.",
    "aside": "The score was set aside as too_high or too_low.",
    "due": "waiting: an answer is still to be given.",
    "active": "Did something within so many days.",
    "quiet": "Did nothing for so many days or more.",
    "tag": "Has one of these tags, in capitals or not.",
    "source": "Where it came from; - is not known.",
    "campaign": "The campaign; - is not known.",
    "form": "Came in by this form; - is by none.",
    "created": "Came in within these days: 2026-10-01..2026-10-31, or today.",
    "reached": "Ever came as far as this stage.",
    "mql": "Became MQL within these days.",
    "sql": "Became SQL within these days.",
    "customer": "Became a customer within these days.",
    "mql_score": "A range of the score on becoming MQL.",
    "won": "Bought something within these days.",
    "country": "Two letters; one or more.",
    "industry": "The industry of the company.",
}
SCORE = {"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER}

OVERRIDE_EXAMPLE = {
    "verdict": "too_high",
    "reason": "Works for a competitor.",
    "expires_at": "2026-02-14T23:59:59Z",
}


def answers_of(success: int, shape: Any, refusals: Sequence[int]) -> dict[Any, Any]:
    """Return what a call may answer: its success, and each refusal as a problem document."""
    answers: dict[Any, Any] = {success: shape}
    for status in refusals:
        answers[(status, MEDIA_TYPE)] = OpenApiResponse(schema.Problem, description=KINDS[status][1])
    return answers


def query(name: str, description: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    """Return a parameter behind the question mark."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **more)


def sent_back(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """Return a header of the answers with these statuses."""
    answers = [str(status) for status in statuses]
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, response=answers)


def header(name: str, description: str) -> OpenApiParameter:
    """Return a header that a request may have."""
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


LIMIT = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE}
PAGING = [
    query("limit", "Rows on a page, 1 to 200. Default: 50.", LIMIT),
    query("cursor", "From the link next or previous of a page."),
    sent_back("Link", "The pages around this one, as rel=next and rel=prev (RFC 8288).", 200),
]
FIELDS = query(
    "fields",
    "Only these fields, with commas between them: `id,email,company.name,attributes.plan`. Default: all.",
)
ETAG = sent_back("ETag", "Changes with the lead; for If-Match and If-None-Match.", 200, 201, 304, 412)
LOCATION = sent_back("Location", "The address of what was made.", 201)
CONTENT_LOCATION = sent_back(
    "Content-Location",
    "The lead's own address; another one than was asked for where it was merged.",
    200,
    201,
)
IF_NONE_MATCH = header("If-None-Match", "An ETag: if the lead is still the same, the answer is 304.")
IF_MATCH = header("If-Match", "An ETag: if somebody changed the lead since, nothing is written (412).")

LEAD_FILTERS = [
    query("email", "The lead with this address."),
    query("external_id", "The lead that your system knows by this id."),
    query("owner", "A user name, `none`, or (signed in) `me`."),
    query("min_score", "Leads that score at least so much.", SCORE),
    query("max_score", "Leads that score at most so much.", SCORE),
    query("updated_since", "Changed or scored again since then.", OpenApiTypes.DATETIME),
    *(query(name, FILTER_WORDS[name]) for name in LISTED),
    query("sort", "Default: score. With a minus in front: from the other end.", enum=SORTS),
]


def operation(
    name: str,
    *,
    answers: Mapping[Any, Any],
    request: Any = None,
    parameters: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
    tag: str,
) -> Decorator:
    """Return what tells the schema about a call."""
    decorate: Decorator = extend_schema(
        operation_id=name,
        request=request,
        responses=dict(answers),
        parameters=list(parameters),
        examples=list(examples),
        tags=[tag],
    )
    return decorate


list_leads = operation(
    "list_leads",
    answers=answers_of(200, schema.LeadPage, (*ALWAYS, 422)),
    parameters=[*LEAD_FILTERS, FIELDS, *PAGING],
    tag="leads",
)
create_lead = operation(
    "create_lead",
    answers=answers_of(201, schema.Lead, (*ALWAYS, 409, 411, 413, 415, 422)),
    request=schema.NewLead,
    parameters=[ETAG, CONTENT_LOCATION, LOCATION],
    examples=[
        OpenApiExample(
            "A new lead",
            {"email": "jane@example.com", "first_name": "Jane", "company": {"name": "Example Ltd"}},
            request_only=True,
        )
    ],
    tag="leads",
)
upsert_leads = operation(
    "upsert_leads",
    answers=answers_of(200, schema.UpsertedLeads, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.LeadReference(many=True),
    parameters=[
        query("all_or_nothing", "If one is refused none is stored. Default: false.", OpenApiTypes.BOOL)
    ],
    examples=[
        OpenApiExample(
            "As another system knows it",
            {"external_id": "crm-7", "email": "jane@example.com", "job_title": "Head of Operations"},
            request_only=True,
        )
    ],
    tag="leads",
)
show_lead = operation(
    "show_lead",
    answers=answers_of(200, schema.Lead, (*ALWAYS, 404, 422))
    | {304: OpenApiResponse(description="The lead is as If-None-Match says.")},
    parameters=[FIELDS, IF_NONE_MATCH, ETAG, CONTENT_LOCATION],
    tag="leads",
)
change_lead = operation(
    "change_lead",
    answers=answers_of(200, schema.Lead, (*ALWAYS, 404, 409, 411, 412, 413, 415, 422)),
    request=schema.LeadFacts,
    parameters=[IF_MATCH, ETAG, CONTENT_LOCATION],
    examples=[OpenApiExample("Two facts", {"job_title": "CTO", "country": "DE"}, request_only=True)],
    tag="leads",
)
change_tags = operation(
    "change_tags",
    answers=answers_of(200, schema.LeadTags, (*ALWAYS, 404, 411, 413, 415, 422)),
    request=schema.TagChange,
    examples=[
        OpenApiExample("After a fair", {"add": ["Hannover 2026"], "remove": ["Invited"]}, request_only=True)
    ],
    tag="leads",
)
explain_score = operation(
    "explain_score",
    answers=answers_of(200, score_schema.Score, (*ALWAYS, 404, 422)),
    parameters=[
        query(
            "as_of",
            "The score of that moment: by the version that was live then, and what was known then.",
            OpenApiTypes.DATETIME,
        ),
        query("model", "By the live version of the scoring model with this slug."),
        query(
            "version",
            "By the version with this number, of `model` or of the model that drives the list.",
            OpenApiTypes.INT,
        ),
    ],
    tag="leads",
)
score_history = operation(
    "score_history",
    answers=answers_of(200, score_schema.ScoreHistoryPage, (*ALWAYS, 404, 422)),
    parameters=PAGING,
    tag="leads",
)
set_score_aside = operation(
    "set_score_aside",
    answers=answers_of(201, schema.ScoreOverride, (*ALWAYS, 404, 409, 411, 413, 415, 422)),
    request=schema.NewScoreOverride,
    examples=[OpenApiExample("For two weeks", OVERRIDE_EXAMPLE, request_only=True)],
    tag="leads",
)
end_override = operation("end_override", answers=answers_of(204, None, (*ALWAYS, 404, 422)), tag="leads")
list_activities = operation(
    "list_activities",
    answers=answers_of(200, schema.ActivityPage, (*ALWAYS, 404, 422)),
    parameters=[query("lead", "Whose timeline.", OpenApiTypes.INT, required=True), *PAGING],
    tag="events",
)
push_event = operation(
    "push_event",
    answers=answers_of(202, schema.RecordedEvent, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.Event,
    examples=[OpenApiExample("A download", EVENT_EXAMPLE, request_only=True)],
    tag="events",
)
push_batch = operation(
    "push_batch",
    answers=answers_of(202, schema.RecordedBatch, (*ALWAYS, 411, 413, 415, 422)),
    request=schema.Event(many=True),
    # A list is made of it.
    examples=[OpenApiExample("A batch", EVENT_EXAMPLE, request_only=True)],
    tag="events",
)
submit_form = operation(
    "submit_form",
    answers=answers_of(202, schema.Submission, (400, 401, 403, 404, 411, 413, 415, 422, 429, 503)),
    request={
        "application/json": OpenApiTypes.OBJECT,
        "application/x-www-form-urlencoded": OpenApiTypes.OBJECT,
    },
    examples=[
        OpenApiExample("Demo request", SUBMISSION_EXAMPLE, request_only=True, media_type=media_type)
        for media_type in ("application/json", "application/x-www-form-urlencoded")
    ],
    tag="forms",
)
