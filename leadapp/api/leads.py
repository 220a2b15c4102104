"""/api/v1/leads: find, make and change leads."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadapp.access import Actor
from leadapp.api import operations
from leadapp.api.access import actor_of, find_lead, seen_by
from leadapp.api.bodies import object_of
from leadapp.api.cursors import read_page
from leadapp.api.queries import Parameters
from leadapp.api.representations import leads_as_json
from leadapp.models import ApiKey, LeadIdentifier, LeadTag, Stage, Status, Temperature
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.leads import create_lead, update_lead

FILTERS = (
    "email",
    "external_id",
    "stage",
    "status",
    "temperature",
    "owner",
    "tag",
    "min_score",
    "updated_since",
    "limit",
    "cursor",
)
ORDER = ("priority", "last_activity_at", "id")
NOBODY, ME = "none", "me"
SCOPES = {"GET": ("read",), "POST": ("write",), "PATCH": ("write",)}


class Leads(APIView):
    """All leads, the one to call next first."""

    scopes = SCOPES

    @operations.list_leads
    def get(self, request: Request) -> Response:
        """List leads in the order of the prioritised list."""
        parameters = Parameters(request, FILTERS)
        leads = _filtered(seen_by(request), parameters, request)
        limit = parameters.limit()
        parameters.check()
        page = read_page(
            leads.select_related("company", "owner", "disqualify_reason"),
            columns=ORDER,
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return Response(page.answer(leads_as_json(page.rows)))

    @operations.create_lead
    def post(self, request: Request) -> Response:
        """Create a lead."""
        actor = actor_of(request)
        lead = create_lead(
            facts=object_of(request.data), source=_source(actor), actor=actor, now=timezone.now()
        )
        return Response(_one(request, lead.pk), status=201, headers={"Location": f"/api/v1/leads/{lead.pk}"})


class OneLead(APIView):
    """One lead."""

    scopes = SCOPES

    @operations.show_lead
    def get(self, request: Request, pk: int) -> Response:
        """Show a lead."""
        Parameters(request, ()).check()
        return Response(_one(request, pk))

    @operations.change_lead
    def patch(self, request: Request, pk: int) -> Response:
        """Change facts of a lead."""
        actor = actor_of(request)
        update_lead(
            lead=find_lead(request, pk),
            facts=object_of(request.data),
            source=_source(actor),
            actor=actor,
            now=timezone.now(),
        )
        return Response(_one(request, pk))


def _one(request: Request, pk: int) -> dict[str, Any]:
    return leads_as_json([find_lead(request, pk)])[0]


def _source(actor: Actor) -> str:
    return actor.name if isinstance(actor, ApiKey) else "api"


def _filtered(leads: LeadQuerySet, parameters: Parameters, request: Request) -> LeadQuerySet:
    if (email := parameters.text("email")) is not None:
        leads = leads.filter(email=email.strip().lower())
    if (external_id := parameters.text("external_id")) is not None:
        known = LeadIdentifier.objects.filter(kind=LeadIdentifier.Kind.EXTERNAL, value=external_id)
        leads = leads.filter(pk__in=known.values("lead"))
    for name, choices in (
        ("stage", Stage.values),
        ("status", Status.values),
        ("temperature", Temperature.values),
    ):
        if (choice := parameters.one_of(name, choices)) is not None:
            leads = leads.filter(**{name: choice})
    if (owner := parameters.text("owner")) is not None:
        leads = leads.filter(_owned_by(owner, request))
    if (tag := parameters.text("tag")) is not None:
        tagged = LeadTag.objects.annotate(name=Lower("tag__name")).filter(name=tag.strip().lower())
        leads = leads.filter(pk__in=tagged.values("lead"))
    if (smallest := parameters.number("min_score", smallest=-1)) is not None:
        leads = leads.filter(priority__gte=smallest)
    if (moment := parameters.moment("updated_since")) is not None:
        leads = leads.filter(Q(updated_at__gte=moment) | Q(scored_at__gte=moment))
    return leads


def _owned_by(owner: str, request: Request) -> Q:
    if owner == NOBODY:
        return Q(owner__isnull=True)
    if owner == ME and request.user.is_authenticated:
        return Q(owner=request.user.pk)
    return Q(owner__username=owner)
