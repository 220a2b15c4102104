"""What a version would do: to the leads there are, and to one that is picked or imagined."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import find_lead, seen_by
from leadapp.api.bodies import KILOBYTE
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import Body, read_moment
from leadapp.api.scoring.finding import SCOPES, find_version, versions
from leadapp.api.scoring.representations import explanation_as_json, preview_as_json
from leadapp.api.views import ApiView
from leadapp.errors import Invalid
from leadapp.numbers import LARGEST_ID
from leadapp.services.previews import begin_preview, continue_preview
from scoring.analysis.preview import Preview, from_json, to_json
from scoring.engine.imagined import ImaginedActivity, ImaginedLead, explain_imagined
from scoring.models import ScoringModelVersion

# A piece takes a second or so; after this long the answer says how to go on.
PATIENCE = 10.0
LONGEST_TOKEN = 200 * KILOBYTE
SALT = "leadapp.api.scoring.preview"
KEPT_FOR = 3600  # seconds


class VersionPreview(ApiView):
    """A version beside the one that is live, on all leads."""

    scopes = SCOPES
    largest_body = LONGEST_TOKEN + KILOBYTE

    @operations.preview_version
    def post(self, request: Request, pk: int) -> Response:
        """Say what publishing would do. Nothing is written; after a while the answer has a token to go on."""
        version = find_version(request, pk)
        body = Body(request, ("token",), longest_text=LONGEST_TOKEN)
        token = body.text("token", longest=LONGEST_TOKEN)
        body.check()
        end = time.monotonic() + PATIENCE
        preview = _read(token, version) if token else begin_preview(draft=version, now=timezone.now())
        preview = continue_preview(preview)
        while not preview.is_done and time.monotonic() < end:
            preview = continue_preview(preview)
        leads = [named.lead_id for named in preview.named]
        visible = set(seen_by(request).filter(pk__in=leads).values_list("pk", flat=True))
        answer = preview_as_json(preview, visible=visible)
        answer["token"] = None if preview.is_done else _write(preview)
        return Response(answer)


class VersionTest(ApiView):
    """A version on one lead."""

    scopes = SCOPES

    @operations.test_version
    def post(self, request: Request, pk: int) -> Response:
        """Score a lead that is picked, imagined, or both, by this version and by the live one."""
        version = find_version(request, pk)
        body = Body(request, ("lead", "facts", "activities", "as_of"))
        number = body.whole("lead", smallest=1, largest=LARGEST_ID)
        as_of = body.moment("as_of") or timezone.now()
        facts = _facts(body)
        activities = _activities(body, as_of)
        if number is None and not facts and not activities:
            body.errors.setdefault("lead", ["Pick a lead, or give facts or activities of an imagined one."])
        body.check()
        picked = find_lead(request, number) if number else None
        lead = ImaginedLead(facts=facts, activities=activities, copy_of=picked)
        live = versions().filter(model=version.model, state="live").first()
        sides = {"version": version, "live": live if live != version else None}
        answer: dict[str, Any] = {"as_of": as_of}
        for name, side in sides.items():
            answer[name] = _explained(side, lead, as_of) if side else None
        return Response(answer)


def _write(preview: Preview) -> str:
    return signing.dumps(to_json(preview), salt=SALT, compress=True)


def _read(token: str, version: ScoringModelVersion) -> Preview:
    """Return the preview that an earlier answer told of; nobody else can make one up."""
    try:
        preview = from_json(signing.loads(token, salt=SALT, max_age=KEPT_FOR))
    except signing.BadSignature as error:
        raise Invalid.field("token", "Is not the token of a preview, or older than an hour.") from error
    if preview.draft_id != version.pk:
        raise Invalid.field("token", "Belongs to the preview of another version.")
    return preview


def _facts(body: Body) -> Mapping[str, Any]:
    facts = body.data.get("facts", {})
    if not isinstance(facts, dict):
        body.errors["facts"] = ['Must be an object, such as {"job_title": "Head of Sales"}.']
        return {}
    return facts


def _activities(body: Body, as_of: datetime) -> list[ImaginedActivity]:
    listed = body.data.get("activities", [])
    if not isinstance(listed, list):
        body.errors["activities"] = ["Must be a list of activities."]
        return []
    return [_activity(body, each, f"activities.{index}", as_of) for index, each in enumerate(listed)]


def _activity(body: Body, each: object, path: str, as_of: datetime) -> ImaginedActivity:
    if not isinstance(each, dict):
        body.errors[path] = ["Must be an object of type, occurred_at and properties."]
        return ImaginedActivity(type="", occurred_at=as_of)
    for name in each:
        if name not in ("type", "occurred_at", "properties"):
            body.errors[f"{path}.{name}"] = ["Is not a field of an activity."]
    kind, properties = each.get("type"), each.get("properties", {})
    if not isinstance(kind, str):
        body.errors[f"{path}.type"] = ["Name the type, such as page_view."]
    if not isinstance(properties, dict):
        body.errors[f"{path}.properties"] = ["Must be an object."]
    at: datetime | None = as_of
    if (text := each.get("occurred_at")) is not None:
        at = read_moment(text) if isinstance(text, str) else None
        if at is None:
            body.errors[f"{path}.occurred_at"] = ["Must be a date and time, such as 2026-01-31T09:30:00Z."]
    return ImaginedActivity(type=str(kind), occurred_at=at or as_of, properties=properties)


def _explained(version: ScoringModelVersion, lead: ImaginedLead, as_of: datetime) -> dict[str, Any]:
    try:
        return explanation_as_json(explain_imagined(version=version, lead=lead, as_of=as_of))
    except Invalid as refusal:
        # Facts are at fault by their own names; in the body they have a place.
        errors = {
            name if name.startswith("activities.") or name == "activities" else f"facts.{name}": texts
            for name, texts in refusal.errors.items()
        }
        raise Invalid(refusal.message, errors=errors) from refusal
