"""A draft to work on through the API, and a look at all that scoring stores."""

from typing import Any

from django.utils import timezone

from leadapp.models import Activity, Quarantine
from scoring.models import (
    Publication,
    Rescore,
    RuleCondition,
    RuleGroup,
    ScoreChange,
    ScoringModel,
    ScoringModelVersion,
    ScoringRequest,
    ScoringRule,
)
from scoring.services.publishing import make_draft

PRICING: dict[str, Any] = {
    "name": "Looked at prices",
    "dimension": "engagement",
    "points": 8,
    "activity_types": ["page_view"],
    "conditions": [{"field": "property.path", "operator": "starts_with", "value": "/pricing"}],
    "decay": "half_life",
    "decay_days": 14,
    "max_points": 30,
}


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that a call to the scoring API may write, to show that a refusal wrote nothing."""
    models = [
        Activity,
        Publication,
        Quarantine,
        Rescore,
        RuleCondition,
        RuleGroup,
        ScoreChange,
        ScoringModel,
        ScoringModelVersion,
        ScoringRequest,
        ScoringRule,
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


def the_model() -> ScoringModel:
    """Return the model that drives the list."""
    return ScoringModel.objects.get(is_primary=True)


def live_version() -> ScoringModelVersion:
    """Return the version that scores leads."""
    return ScoringModelVersion.objects.get(model=the_model(), state="live")


def new_draft() -> ScoringModelVersion:
    """Make a draft of the live version."""
    return make_draft(model=the_model(), actor=None, now=timezone.now())
