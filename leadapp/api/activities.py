"""/api/v1/activities: events in, one by one or a thousand at once; a lead's timeline out."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api import operations
from leadapp.api.access import actor_of, seen_by
from leadapp.api.bodies import LARGEST_BATCH
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.leads.representations import activity_as_json
from leadapp.api.queries import Parameters
from leadapp.api.views import ApiView
from leadapp.errors import Invalid, NotAllowed, NotFound
from leadapp.models import Activity, ApiKey
from leadapp.numbers import LARGEST_ID
from leadapp.services.intake.events import Event, read_event, read_events
from leadapp.services.intake.recording import Recorded, record_activities

ORDER = newest_first("occurred_at", "id")


class Activities(ApiView):
    """Events."""

    scopes = {"GET": ("read",), "POST": ("ingest", "write")}

    def events_in(self, request: Request) -> int:
        """Count towards the key's events of a minute."""
        return int(request.method == "POST")

    @operations.list_activities
    def get(self, request: Request) -> Response:
        """List what a lead did, newest first."""
        parameters = Parameters(request, ("lead", "limit", "cursor"))
        number = parameters.number("lead", largest=LARGEST_ID)
        limit = parameters.limit()
        parameters.check()
        if number is None:
            raise Invalid.field("lead", "Say whose activities: ?lead=ID")
        if not seen_by(request).filter(pk=number).exists():
            raise NotFound("There is no such lead.")
        page = read_page(
            Activity.objects.filter(lead=number).select_related("type", "actor"),
            order=ORDER,
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([activity_as_json(activity) for activity in page.rows])

    @operations.push_event
    def post(self, request: Request) -> Response:
        """Record one event."""
        now = timezone.now()
        key = _key(request)
        (recorded,) = _record([read_event(request.data, now=now)], key, now)
        return Response(_as_json(recorded), status=202)


class ActivityBatch(ApiView):
    """Events, up to a thousand at once, all or none."""

    scopes = {"POST": ("ingest", "write")}
    largest_body = LARGEST_BATCH

    def events_in(self, request: Request) -> int:
        """Count towards the key's events of a minute."""
        return len(request.data) if isinstance(request.data, list) else 0

    @operations.push_batch
    def post(self, request: Request) -> Response:
        """Record a list of events: all of them, or none if one is refused."""
        now = timezone.now()
        key = _key(request)
        recorded = _record(read_events(request.data, now=now), key, now)
        repeated = sum(one.is_repeat for one in recorded)
        return Response(
            {
                "accepted": len(recorded) - repeated,
                "repeated": repeated,
                "results": [_as_json(one) for one in recorded],
            },
            status=202,
        )


def _key(request: Request) -> ApiKey:
    actor = actor_of(request)
    if not isinstance(actor, ApiKey):
        raise NotAllowed("Events are pushed with an API key.")
    return actor


def _record(events: list[Event], key: ApiKey, now: Any) -> list[Recorded]:
    return record_activities(events=events, source=key.name, actor=key, now=now)


def _as_json(recorded: Recorded) -> dict[str, Any]:
    return {"id": recorded.id, "lead": recorded.lead_id, "repeated": recorded.is_repeat}
