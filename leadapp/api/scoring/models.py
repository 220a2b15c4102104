"""/api/v1/scoring/models: the scoring models, which of them drives the list, and how much sales can call."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.bodies import KILOBYTE
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import Body
from leadapp.api.scoring.finding import SCOPES, find_model, models, require_sight, versions
from leadapp.api.scoring.representations import (
    capacity_as_json,
    model_as_json,
    rescore_as_json,
    whole_list,
)
from leadapp.api.views import ApiView
from leadapp.errors import Conflict, Invalid
from scoring.analysis.capacity import propose_thresholds
from scoring.models import ScoringModel
from scoring.services.capacity import set_weekly_capacity
from scoring.services.primary import make_primary
from scoring.services.transfer import import_version, list_starts, read_start
from scoring.tasks import nudge_rescore

LARGEST_IMPORT = 1024 * KILOBYTE


class ScoringModels(ApiView):
    """All models."""

    scopes = SCOPES
    largest_body = LARGEST_IMPORT

    @operations.list_models
    def get(self, request: Request) -> Response:
        """List the models: the one that drives the list first, then by name."""
        require_sight(request)
        Parameters(request, ()).check()
        return Response(
            whole_list(model_as_json(model) for model in models().order_by("-is_primary", "name", "id"))
        )

    @operations.create_model
    def post(self, request: Request) -> Response:
        """Make a model with a draft: of one of the starts that ship, or of an export."""
        require_sight(request)
        body = Body(request, ("name", "start", "data"))
        name = body.text("name", longest=100, needed="Give the model a name.")
        data = _data(body)
        body.check()
        try:
            draft = import_version(name=name, data=data, actor=actor_of(request), now=timezone.now())
        except Invalid as refusal:
            # What is wrong with the export is named by its place in the body.
            errors = {key if key == "name" else f"data.{key}": texts for key, texts in refusal.errors.items()}
            raise Invalid(refusal.message, errors=errors) from refusal
        address = f"/api/v1/scoring/models/{draft.model.slug}"
        return Response(_model(draft.model), status=201, headers={"Location": address})


class OneScoringModel(ApiView):
    """One model."""

    scopes = SCOPES

    @operations.show_model
    def get(self, request: Request, slug: str) -> Response:
        """Show a model."""
        Parameters(request, ()).check()
        return Response(model_as_json(find_model(request, slug)))


class PrimaryModel(ApiView):
    """Which model drives the list."""

    scopes = SCOPES

    @operations.make_primary
    def post(self, request: Request, slug: str) -> Response:
        """Let a model drive the list; all leads are scored by it."""
        model = find_model(request, slug)
        Body(request, ()).check()
        rescore = make_primary(model=model, actor=actor_of(request), now=timezone.now())
        nudge_rescore()
        return Response({"model": _model(model), "rescore": rescore_as_json(rescore)}, status=202)


class ModelCapacity(ApiView):
    """How many leads sales can call per week, and the thresholds that fit."""

    scopes = SCOPES

    @operations.propose_thresholds
    def get(self, request: Request, slug: str) -> Response:
        """Propose thresholds of the live version from what came in lately."""
        Parameters(request, ()).check()
        return Response(_capacity(find_model(request, slug)))

    @operations.set_capacity
    def put(self, request: Request, slug: str) -> Response:
        """Say how many leads sales can call per week."""
        model = find_model(request, slug)
        body = Body(request, ("weekly_capacity",))
        leads = body.whole("weekly_capacity", smallest=1, largest=1_000_000)
        if not body.has("weekly_capacity"):
            body.errors["weekly_capacity"] = ["Say how many leads; null takes the number away."]
        body.check()
        set_weekly_capacity(model=model, leads_per_week=leads, actor=actor_of(request), now=timezone.now())
        return Response(_capacity(find_model(request, slug)))


def _model(model: ScoringModel) -> dict[str, Any]:
    return model_as_json(models().get(pk=model.pk))


def _data(body: Body) -> Any:
    """Return the export that was sent, or the start that was named; exactly one of them."""
    start, data = body.text("start", longest=50), body.data.get("data")
    if start and data is None:
        if start in {each.slug for each in list_starts()}:
            return read_start(start)
        body.errors["start"] = ["There is no such start."]
    elif start or not isinstance(data, dict):
        body.errors["data"] = ["Send either an export, which is an object, or the name of a start."]
    return data


def _capacity(model: ScoringModel) -> dict[str, Any]:
    version = versions().filter(model=model, state="live").first()
    if version is None:
        raise Conflict(f"{model} has no live version from which thresholds could be proposed.")
    proposal = propose_thresholds(version=version, weekly_capacity=model.weekly_capacity, now=timezone.now())
    return capacity_as_json(proposal)
