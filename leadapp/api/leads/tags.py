"""/api/v1/leads/<id>/tags: words that people sort leads by."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api import operations
from leadapp.api.access import actor_of, find_lead
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from leadapp.services.leads.tags import change_tags, tags_of


class ChangeTags(ApiView):
    """The tags of a lead."""

    scopes = {"POST": ("write",)}

    @operations.change_tags
    def post(self, request: Request, pk: int) -> Response:
        """Put tags on a lead and take tags off; sent again it changes nothing."""
        Parameters(request, ()).check()
        lead, body = find_lead(request, pk), Body(request, ("add", "remove"))
        add, remove = _names(body, "add"), _names(body, "remove")
        body.check()
        (outcome,) = change_tags(
            lead_ids=[lead.pk], add=add, remove=remove, actor=actor_of(request), now=timezone.now()
        )
        if outcome.refused is not None:
            raise outcome.refused
        return Response({"lead": lead.pk, "tags": tags_of([lead.pk]).get(lead.pk, [])})


def _names(body: Body, name: str) -> list[str]:
    value = body.data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        body.errors[name] = ["Must be a list of texts."]
        return []
    return value
