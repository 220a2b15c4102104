"""/api/v1/leads: find, make and change leads."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.access import Actor
from leadapp.api import operations, schema
from leadapp.api.access import actor_of, find_lead, seen_by
from leadapp.api.bodies import LARGEST_BATCH, object_of
from leadapp.api.cursors import read_page
from leadapp.api.leads.etags import check_of, etag_of, is_unchanged
from leadapp.api.leads.fields import ALL, Fields, names_in, read_fields
from leadapp.api.leads.filters import LeadParameters
from leadapp.api.leads.representations import leads_as_json, related_of
from leadapp.api.problems import refusal_as_json
from leadapp.api.queries import Parameters
from leadapp.api.views import ApiView
from leadapp.models import ApiKey, Lead
from leadapp.services.intake.upserts import RESULTS, upsert_leads
from leadapp.services.leads.leads import create_lead, update_lead
from leadapp.services.lists.orders import order_of

SCOPES = {"GET": ("read",), "POST": ("write",), "PATCH": ("write",)}
FIELDS = names_in(schema.Lead())


class Leads(ApiView):
    """All leads, the one to call next first."""

    scopes = SCOPES

    @operations.list_leads
    def get(self, request: Request) -> Response:
        """List leads in the order of the prioritised list, or in another one."""
        parameters = LeadParameters(request)
        leads = parameters.narrow(seen_by(request), now=timezone.now())
        limit, fields = parameters.limit(), read_fields(parameters, FIELDS)
        parameters.check()
        page = read_page(
            leads.select_related(*related_of(fields)),
            order=order_of(parameters.sort),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response(leads_as_json(page.rows, fields))

    @operations.create_lead
    def post(self, request: Request) -> Response:
        """Create a lead."""
        Parameters(request, ()).check()
        actor = actor_of(request)
        lead = create_lead(
            facts=object_of(request.data), source=source_of(actor), actor=actor, now=timezone.now()
        )
        return _one(request, lead.pk, status=201, headers={"Location": f"/api/v1/leads/{lead.pk}"})


class LeadBatch(ApiView):
    """Leads, up to a thousand at once."""

    scopes = SCOPES
    largest_body = LARGEST_BATCH

    @operations.upsert_leads
    def post(self, request: Request) -> Response:
        """Make leads that nobody knows and change the others, each by itself."""
        parameters = Parameters(request, ("all_or_nothing",))
        all_or_nothing = parameters.flag("all_or_nothing")
        parameters.check()
        actor = actor_of(request)
        upserted = upsert_leads(
            raws=request.data,
            source=source_of(actor),
            actor=actor,
            now=timezone.now(),
            all_or_nothing=all_or_nothing,
        )
        counts = Counter(one.result for one in upserted)
        results = [
            {
                "result": one.result,
                "lead": one.lead_id,
                "problem": refusal_as_json(one.refused) if one.refused else None,
            }
            for one in upserted
        ]
        return Response({**{name: counts[name] for name in RESULTS}, "results": results})


class OneLead(ApiView):
    """One lead."""

    scopes = SCOPES

    @operations.show_lead
    def get(self, request: Request, pk: int) -> Response:
        """Show a lead, or the one with which it was united."""
        parameters = Parameters(request, ("fields",))
        fields = read_fields(parameters, FIELDS)
        parameters.check()
        return _one(request, pk, fields)

    @operations.change_lead
    def patch(self, request: Request, pk: int) -> Response:
        """Change facts of a lead; with If-Match only if nobody else changed it meanwhile."""
        Parameters(request, ()).check()
        actor = actor_of(request)
        update_lead(
            lead=find_lead(request, pk),
            facts=object_of(request.data),
            source=source_of(actor),
            actor=actor,
            now=timezone.now(),
            check=check_of(request, _whole),
        )
        return _one(request, pk)


def source_of(actor: Actor) -> str:
    """Return where a lead comes from that does not say so itself."""
    return actor.name if isinstance(actor, ApiKey) else "api"


def _one(
    request: Request,
    pk: int,
    fields: Fields = ALL,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    lead = find_lead(request, pk)
    whole = leads_as_json([lead])[0]
    # Under the id of a lead that was merged, this is the one that is left.
    sent = {"ETag": etag_of(whole), "Content-Location": f"/api/v1/leads/{lead.pk}", **(headers or {})}
    if request.method in ("GET", "HEAD") and is_unchanged(request, sent["ETag"]):
        return Response(status=304, headers=sent)
    return Response(fields.cut(whole), status=status, headers=sent)


def _whole(lead: Lead) -> dict[str, Any]:
    fresh = Lead.objects.select_related(*related_of(ALL)).get(pk=lead.pk)
    return leads_as_json([fresh])[0]
