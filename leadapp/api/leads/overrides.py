"""/api/v1/leads/<id>/override: set a score aside, and take that back."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api import operations
from leadapp.api.access import actor_of, find_lead
from leadapp.api.leads.representations import override_as_json
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from scoring.services.overrides import end_override, set_aside

FIELDS = ("verdict", "reason", "expires_at")


class LeadOverride(ApiView):
    """What a person says against the score of a lead."""

    scopes = {"POST": ("write",), "DELETE": ("write",)}

    @operations.set_score_aside
    def post(self, request: Request, pk: int) -> Response:
        """Set the score aside until a moment; the score itself stays."""
        Parameters(request, ()).check()
        lead, now = find_lead(request, pk), timezone.now()
        body = Body(request, FIELDS)
        verdict = body.text("verdict", needed="Say too_high or too_low.")
        reason = body.text("reason", needed="Give a reason.")
        expires_at = body.moment("expires_at", needed="Say until when.")
        body.check()
        override = set_aside(
            lead=lead,
            verdict=verdict,
            reason=reason,
            expires_at=expires_at or now,
            actor=actor_of(request),
            now=now,
        )
        return Response(override_as_json(override), status=201)

    @operations.end_override
    def delete(self, request: Request, pk: int) -> Response:
        """Believe the score again."""
        Parameters(request, ()).check()
        end_override(lead=find_lead(request, pk), actor=actor_of(request), now=timezone.now())
        return Response(status=204)
