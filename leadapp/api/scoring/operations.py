"""The calls of the scoring API as the OpenAPI schema tells them."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from leadapp.api.operations import ALWAYS, PAGING, Decorator, answers_of, operation, query
from leadapp.api.scoring import preview_schema, schema
from scoring.models import ScoringModelVersion

BODY = (*ALWAYS, 411, 413, 415, 422)
REVISION = query(
    "revision", "The one that you saw; 409 if somebody else was quicker.", OpenApiTypes.INT, required=True
)
RULE = {
    "name": "Pricing page view",
    "dimension": "engagement",
    "points": 8,
    "activity_types": ["page_view"],
    "conditions": [{"field": "property.path", "operator": "starts_with", "value": "/pricing"}],
    "decay": "half_life",
    "decay_days": 14,
    "max_points": 30,
}

IMAGINED = {
    "facts": {"job_title": "Head of Operations", "company.industry": "Machinery"},
    "activities": [{"type": "demo_requested", "occurred_at": "2026-01-31T09:30:00Z"}],
    "as_of": "2026-02-01T09:30:00Z",
}
EXPORT = {
    "format": "leadapp-scoring-model",
    "format_version": 1,
    "name": "Prices",
    "settings": {"hot_from": 60, "warm_from": 20, "threshold": 80},
    "groups": [{"name": "Website", "dimension": "engagement", "cap": 40}],
    "rules": [{**RULE, "group": "Website"}],
}


def _read(
    name: str, shape: Any, *, parameters: Sequence[OpenApiParameter] = (), more: Sequence[int] = ()
) -> Decorator:
    return operation(
        name, answers=answers_of(200, shape, (*ALWAYS, 404, *more, 422)), parameters=parameters, tag="scoring"
    )


def _write(
    name: str,
    shape: Any,
    *,
    request: Any = None,
    example: tuple[str, Any] | None = None,
    status: int = 200,
    tag: str = "scoring",
) -> Decorator:
    examples = [OpenApiExample(*example, request_only=True)] if example else []
    return operation(
        name,
        answers=answers_of(status, shape, (*BODY, 404, 409)),
        request=request,
        examples=examples,
        tag=tag,
    )


def _delete(name: str, *, parameters: Sequence[OpenApiParameter] = ()) -> Decorator:
    return operation(
        name, answers=answers_of(204, None, (*ALWAYS, 404, 409, 422)), parameters=parameters, tag="scoring"
    )


list_models = _read("list_scoring_models", schema.ScoringModelPage)
show_model = _read("show_scoring_model", schema.ScoringModel)
create_model = _write(
    "create_scoring_model",
    schema.ScoringModel,
    request=schema.NewModel,
    example=("Of a start", {"name": "Services", "start": "agency"}),
    status=201,
)
import_version = _write(
    "import_version", schema.Version, request=schema.Export, example=("A small model", EXPORT), status=201
)
export_version = _read("export_version", schema.Export)
list_starts = _read("list_starts", schema.StartPage)
show_start = _read("show_start", schema.Export)
make_primary = _write("make_scoring_model_primary", schema.MadePrimary, status=202)
propose_thresholds = _read("propose_thresholds", schema.Proposal, more=(409,))
set_capacity = _write(
    "set_weekly_capacity",
    schema.Proposal,
    request=schema.Capacity,
    example=("Forty leads a week", {"weekly_capacity": 40}),
)

list_versions = _read(
    "list_versions",
    schema.VersionPage,
    parameters=[query("state", "", enum=ScoringModelVersion.State.values), *PAGING],
)
make_draft = _write(
    "make_draft", schema.Version, request=schema.NewDraft, example=("Of the live version", {}), status=201
)
show_version = _read("show_version", schema.Version)
change_version = _write(
    "change_version",
    schema.Version,
    request=schema.ChangedVersion,
    example=("A higher threshold", {"threshold": 160, "revision": 1}),
)
discard_draft = _write("discard_draft", None, status=204)
check_version = _read("check_version", schema.Check)
compare_versions = _read(
    "compare_versions",
    schema.Difference,
    parameters=[query("against", "The version before. Default: the live one.", OpenApiTypes.INT)],
)
publish_version = _write(
    "publish_version",
    schema.WentLive,
    request=schema.Note,
    example=("With a note", {"note": "Pricing counts more"}),
    status=202,
)
roll_back = _write(
    "roll_back",
    schema.WentLive,
    request=schema.Note,
    example=("With a note", {"note": "Too many leads were hot"}),
    status=202,
)
schedule_publish = _write(
    "schedule_publish",
    schema.Version,
    request=schema.Schedule,
    example=("On New Year's Day", {"at": "2027-01-01T06:00:00Z", "note": "New year, new rules"}),
)
cancel_schedule = _write("cancel_schedule", schema.Version)
preview_version = _write(
    "preview_version",
    preview_schema.Preview,
    request=preview_schema.PreviewToken,
    example=("From the beginning", {}),
)
test_version = _write(
    "test_version",
    preview_schema.TestResult,
    request=preview_schema.TestLead,
    example=("An imagined lead", IMAGINED),
)
show_rescore = _read("show_rescore", schema.Rescore)

list_rules = _read("list_rules", schema.RulePage)
add_rule = _write("add_rule", schema.Rule, request=schema.RuleSettings, example=("Pricing", RULE), status=201)
show_rule = _read("show_rule", schema.Rule)
replace_rule = _write(
    "replace_rule", schema.Rule, request=schema.SeenRule, example=("Pricing", {**RULE, "revision": 1})
)
change_rule = _write(
    "change_rule",
    schema.Rule,
    request=schema.SeenRule,
    example=("More points", {"points": 12, "revision": 1}),
)
delete_rule = _delete("delete_rule", parameters=[REVISION])
duplicate_rule = _write("duplicate_rule", schema.Rule, status=201)
move_rule = _write("move_rule", schema.Rule, request=schema.Place, example=("To the front", {"place": 0}))
list_groups = _read("list_groups", schema.GroupPage)
add_group = _write(
    "add_group",
    schema.Group,
    request=schema.GroupSettings,
    example=("At most 40 points", {"name": "Prices", "dimension": "engagement", "cap": 40}),
    status=201,
)
show_group = _read("show_group", schema.Group)
change_group = _write(
    "change_group",
    schema.Group,
    request=schema.SeenGroup,
    example=("A higher cap", {"cap": 60, "revision": 1}),
)
delete_group = _delete("delete_group", parameters=[REVISION])

list_quarantines = operation(
    "list_quarantines",
    answers=answers_of(200, preview_schema.HeldBurstPage, (*ALWAYS, 404, 422)),
    parameters=PAGING,
    tag="events",
)
release_quarantine = _write("release_quarantine", preview_schema.HeldBurst, tag="events")
