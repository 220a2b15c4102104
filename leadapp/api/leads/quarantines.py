"""Bursts that no person made: which of a lead's activities were taken out, and bring them back."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of, find_lead, seen_by
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import Body
from leadapp.api.scoring.representations import quarantine_as_json
from leadapp.api.views import ApiView
from leadapp.errors import NotFound
from leadapp.models import Quarantine
from leadapp.numbers import LARGEST_ID
from leadapp.services.quarantines import release_quarantine


class LeadQuarantines(ApiView):
    """The quarantines of a lead."""

    scopes = {"GET": ("read", "scoring")}

    @operations.list_quarantines
    def get(self, request: Request, pk: int) -> Response:
        """List the bursts of a lead that were quarantined, also those that were released; newest first."""
        parameters = Parameters(request, ("limit", "cursor"))
        limit = parameters.limit()
        parameters.check()
        page = read_page(
            Quarantine.objects.filter(lead=find_lead(request, pk)).select_related("released_by"),
            order=newest_first("id"),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([quarantine_as_json(quarantine) for quarantine in page.rows])


class ReleaseQuarantine(ApiView):
    """The activities of a burst count again."""

    scopes = {"POST": ("write", "scoring")}

    @operations.release_quarantine
    def post(self, request: Request, pk: int) -> Response:
        """Bring the activities of a quarantine back; they are not quarantined again."""
        Body(request, ()).check()
        found = Quarantine.objects.select_related("lead", "released_by").filter(lead__in=seen_by(request))
        quarantine = found.filter(pk=pk).first() if pk <= LARGEST_ID else None
        if quarantine is None:
            raise NotFound("There is no such quarantine.")
        release_quarantine(quarantine=quarantine, actor=actor_of(request), now=timezone.now())
        return Response(quarantine_as_json(quarantine))
