"""Find what an address of the scoring API names, for who may see it."""

from typing import TypeVar

from django.db.models import Model, Prefetch, QuerySet
from rest_framework.request import Request

from leadapp.access import require
from leadapp.api.access import actor_of
from leadapp.errors import NotFound
from leadapp.numbers import LARGEST_ID
from scoring.models import Publication, Rescore, RuleGroup, ScoringModel, ScoringModelVersion, ScoringRule

# Keys need the scope scoring for everything here, also to look.
SCOPES = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), ("scoring",))
Row = TypeVar("Row", bound=Model)

SEE = "scoring.view_scoringmodelversion"


def require_sight(request: Request) -> None:
    """Raise NotAllowed unless the caller may see scoring models."""
    require(actor_of(request), SEE, "You may not see scoring models.")


def models() -> QuerySet[ScoringModel]:
    """Return the models, each with its draft and live version in `current`."""
    current = ScoringModelVersion.objects.filter(state__in=["draft", "live"])
    return ScoringModel.objects.prefetch_related(Prefetch("versions", current, to_attr="current"))


def versions() -> QuerySet[ScoringModelVersion]:
    """Return the versions with all that is shown of them."""
    return ScoringModelVersion.objects.select_related(
        "model", "created_by", "published_by", "scheduled_by"
    ).prefetch_related(
        Prefetch("publications", Publication.objects.select_related("actor", "api_key").order_by("at", "id"))
    )


def find_model(request: Request, slug: str) -> ScoringModel:
    """Return a model, or raise NotFound."""
    require_sight(request)
    model = models().filter(slug=slug).first()
    if model is None:
        raise NotFound("There is no such scoring model.")
    return model


def find_version(request: Request, pk: int) -> ScoringModelVersion:
    """Return a version, or raise NotFound."""
    require_sight(request)
    return _find(versions(), pk, "There is no such version.")


def find_rule(request: Request, pk: int) -> ScoringRule:
    """Return a rule with all that it says, or raise NotFound."""
    require_sight(request)
    rules = ScoringRule.objects.select_related("version__model", "group")
    return _find(rules.prefetch_related("conditions", "activity_types"), pk, "There is no such rule.")


def find_group(request: Request, pk: int) -> RuleGroup:
    """Return a group with its version, or raise NotFound."""
    require_sight(request)
    return _find(RuleGroup.objects.select_related("version__model"), pk, "There is no such group.")


def find_rescore(request: Request, pk: int) -> Rescore:
    """Return a run over all leads, or raise NotFound."""
    require_sight(request)
    return _find(Rescore.objects.select_related("version__model"), pk, "There is no such run.")


def _find(rows: QuerySet[Row, Row], pk: int, message: str) -> Row:
    found = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise NotFound(message)
    return found
