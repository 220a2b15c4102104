"""/api/v1/forms/SLUG/submissions: what visitors of a website fill in."""

from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api import operations
from leadapp.api.access import KeyAuthentication, actor_of
from leadapp.api.bodies import FormBody, JsonBody, object_of
from leadapp.api.idempotency import name_of
from leadapp.api.throttling import SubmissionThrottle
from leadapp.api.views import ApiView
from leadapp.errors import NotAllowed
from leadapp.models import ApiKey
from leadapp.services.forms import find_form, submit_form


class Submissions(ApiView):
    """Submissions of a form. Public: visitors learn nothing but the id of their submission."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [AllowAny]
    throttle_classes = [SubmissionThrottle]
    parser_classes = [JsonBody, FormBody]

    def events_in(self, request: Request) -> int:
        """Count towards a key's events of a minute."""
        return 1

    @operations.submit_form
    def post(self, request: Request, slug: str) -> Response:
        """Submit a form."""
        actor = actor_of(request)
        if isinstance(actor, ApiKey) and not {"ingest", "write"} & set(actor.scopes):
            raise NotAllowed("This key lacks the scope ingest.")
        submission = submit_form(
            form=find_form(slug=slug),
            answers=object_of(request.data),
            actor=actor,
            now=timezone.now(),
            name=name_of(request),
        )
        answer: dict[str, object] = {"id": submission.id}
        if actor is not None:  # what comes by key is never held
            answer["lead"] = submission.lead_id
        return Response(answer, status=202)
