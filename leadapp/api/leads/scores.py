"""/api/v1/leads/<id>/score: why a lead has its score, had it, or would have it; and its history."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api import operations
from leadapp.api.access import find_lead
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.leads.leads import SCOPES
from leadapp.api.leads.score_representations import (
    forecast_as_json,
    move_as_json,
    past_as_json,
    score_as_json,
    ways_as_json,
)
from leadapp.api.queries import Parameters
from leadapp.api.views import ApiView
from leadapp.models import Lead
from scoring.analysis.forecast import forecast
from scoring.analysis.history import moves_of
from scoring.analysis.time_travel import Past, look_back
from scoring.analysis.ways import ways_from
from scoring.engine import Explanation, explain_leads, explain_stored
from scoring.engine.occurrences import occurrences_of
from scoring.engine.versions import live_versions
from scoring.models import ScoreChange, ScoringModelVersion
from scoring.services.overrides import overrides_of

ASKED = ("as_of", "model", "version")


class LeadScore(ApiView):
    """Why a lead has its score."""

    scopes = SCOPES

    @operations.explain_score
    def get(self, request: Request, pk: int) -> Response:
        """Explain the score of a lead, line by line; also at a moment in the past, or by another version."""
        now = timezone.now()
        parameters = Parameters(request, ASKED)
        as_of = parameters.moment("as_of")
        if as_of is not None and as_of > now:
            parameters.errors["as_of"] = ["Is still to come. The forecast says what it may bring."]
        version = _version(parameters)
        parameters.check()
        lead = find_lead(request, pk)
        if as_of is not None:
            return Response(_in_the_past(lead, as_of, version))
        if version is not None:
            explanation = explain_leads(version=version, moments={lead.pk: now}).get(lead.pk)
            return Response(_explained(lead, explanation, is_stored=False))
        return Response(_stored(lead, now))


class LeadScoreHistory(ApiView):
    """How the score of a lead came about."""

    scopes = SCOPES

    @operations.score_history
    def get(self, request: Request, pk: int) -> Response:
        """List the changes of the score with what moved it, newest first."""
        parameters = Parameters(request, ("limit", "cursor"))
        limit = parameters.limit()
        parameters.check()
        lead = find_lead(request, pk)
        changes = ScoreChange.objects.filter(lead=lead).select_related("version__model")
        page = read_page(
            changes,
            order=newest_first("id"),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([move_as_json(move) for move in moves_of(lead, page.rows)])


def _version(parameters: Parameters) -> ScoringModelVersion | None:
    """Return the version that is asked for: the live one of a model, or any that was published."""
    slug, number = parameters.text("model"), parameters.number("version", smallest=1)
    if slug is None and (number is None or "version" in parameters.errors):
        return None
    versions = ScoringModelVersion.objects.filter(published_at__isnull=False).select_related("model")
    versions = versions.filter(model__slug=slug) if slug else versions.filter(model__is_primary=True)
    found = versions.filter(number=number) if number else versions.filter(state="live")
    version = found.first()
    if version is None and slug is not None and not versions.exists():
        parameters.errors["model"] = ["There is no scoring model with this slug that was ever published."]
    elif version is None and number is not None:
        parameters.errors["version"] = ["There is no published version with this number."]
    elif version is None:
        parameters.errors["model"] = ["No version of this model is live."]
    return version


def _stored(lead: Lead, now: datetime) -> dict[str, Any]:
    """Explain what is stored, and say what may become of it and what others make of it."""
    explanation = explain_stored(lead)
    told = _explained(lead, explanation, is_stored=True)
    if explanation is None:
        return told
    version = explanation.version
    return {
        **told,
        "forecast": forecast_as_json(forecast(lead=lead, version=version, now=now)),
        "ways_up": ways_as_json(ways_from(explanation, lead=lead)),
        "models": [_by(version, lead, now) for version in live_versions()],
    }


def _by(version: ScoringModelVersion, lead: Lead, now: datetime) -> dict[str, Any]:
    """Return the numbers of one live model; those of the primary are the stored ones."""
    told: Any = lead
    if not version.model.is_primary:
        told = explain_leads(version=version, moments={lead.pk: now}).get(lead.pk)
    names = ("score", "fit", "engagement", "grade", "temperature")
    return {
        "model": version.model.slug,
        "name": version.model.name,
        "version": version.number,
        "is_primary": version.model.is_primary,
        **{name: getattr(told, name, None) for name in names},
    }


def _in_the_past(lead: Lead, as_of: datetime, version: ScoringModelVersion | None) -> dict[str, Any]:
    past = look_back(lead=lead, at=as_of, version=version)
    return {**_explained(lead, past.explanation, is_stored=False, past=past), "then": past_as_json(past)}


def _explained(
    lead: Lead, explanation: Explanation | None, *, is_stored: bool, past: Past | None = None
) -> dict[str, Any]:
    imagined = past.imagined if past else None
    found = occurrences_of(explanation, imagined=imagined) if explanation else {}
    override = overrides_of([lead.pk], now=timezone.now()).get(lead.pk)
    return score_as_json(lead, explanation, found, is_stored=is_stored, override=override)
