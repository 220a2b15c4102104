"""Versions go live: now, later, or again; and how far the leads are."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import Body
from leadapp.api.scoring.finding import SCOPES, find_rescore, find_version, versions
from leadapp.api.scoring.representations import rescore_as_json, version_as_json
from leadapp.api.views import ApiView
from scoring.models import Rescore
from scoring.services.publishing import publish, roll_back
from scoring.services.scheduling import cancel_schedule, schedule_publish
from scoring.tasks import nudge_rescore


class PublishVersion(ApiView):
    """A draft goes live."""

    scopes = SCOPES

    @operations.publish_version
    def post(self, request: Request, pk: int) -> Response:
        """Make a draft live; all leads are scored by it."""
        version = find_version(request, pk)
        note = _note(request)
        rescore = publish(version=version, actor=actor_of(request), note=note, now=timezone.now())
        return _went_live(pk, rescore)


class RollBack(ApiView):
    """A retired version goes live again."""

    scopes = SCOPES

    @operations.roll_back
    def post(self, request: Request, pk: int) -> Response:
        """Make a retired version live again, just as it was; all leads are scored by it."""
        version = find_version(request, pk)
        note = _note(request)
        rescore = roll_back(version=version, actor=actor_of(request), note=note, now=timezone.now())
        return _went_live(pk, rescore)


class SchedulePublish(ApiView):
    """A draft that goes live by itself."""

    scopes = SCOPES

    @operations.schedule_publish
    def post(self, request: Request, pk: int) -> Response:
        """Let a draft go live at a moment; until then nobody can edit it."""
        version, actor, now = find_version(request, pk), actor_of(request), timezone.now()
        body = Body(request, ("at", "note"))
        at = body.moment("at", needed="Say when.")
        note = body.text("note")
        body.check()
        assert at is not None
        schedule_publish(version=version, at=at, actor=actor, note=note, now=now)
        return Response(version_as_json(versions().get(pk=pk)))

    @operations.cancel_schedule
    def delete(self, request: Request, pk: int) -> Response:
        """Take a draft off the schedule."""
        version = find_version(request, pk)
        Parameters(request, ()).check()
        cancel_schedule(version=version, actor=actor_of(request), now=timezone.now())
        return Response(version_as_json(versions().get(pk=pk)))


class OneRescore(ApiView):
    """How far a run over all leads is."""

    scopes = SCOPES

    @operations.show_rescore
    def get(self, request: Request, pk: int) -> Response:
        """Show how many leads are scored already."""
        Parameters(request, ()).check()
        return Response(rescore_as_json(find_rescore(request, pk)))


def _note(request: Request) -> str:
    body = Body(request, ("note",))
    note = body.text("note")
    body.check()
    return note


def _went_live(pk: int, rescore: Rescore) -> Response:
    nudge_rescore()
    answer: dict[str, Any] = {
        "version": version_as_json(versions().get(pk=pk)),
        "rescore": rescore_as_json(rescore),
    }
    return Response(answer, status=202)
