"""Versions as files: written out, read in again, and the models that come with Leadapp."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.bodies import object_of
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.finding import SCOPES, find_model, find_version, require_sight, versions
from leadapp.api.scoring.models import LARGEST_IMPORT
from leadapp.api.scoring.representations import start_as_json, version_as_json, whole_list
from leadapp.api.views import ApiView
from scoring.services.transfer import export_version, import_version, list_starts, read_start


class ModelImport(ApiView):
    """An export becomes the draft of a model."""

    scopes = SCOPES
    largest_body = LARGEST_IMPORT

    @operations.import_version
    def post(self, request: Request, slug: str) -> Response:
        """Make a draft of an export, which is the body as it was written out."""
        model = find_model(request, slug)
        data = object_of(request.data)
        draft = import_version(model=model, data=data, actor=actor_of(request), now=timezone.now())
        shown = version_as_json(versions().get(pk=draft.pk))
        return Response(shown, status=201, headers={"Location": f"/api/v1/scoring/versions/{draft.pk}"})


class VersionExport(ApiView):
    """A version as a file that can be imported."""

    scopes = SCOPES

    @operations.export_version
    def get(self, request: Request, pk: int) -> Response:
        """Export a version with its groups and rules."""
        Parameters(request, ()).check()
        return Response(export_version(find_version(request, pk)))


class Starts(ApiView):
    """Models to start from."""

    scopes = SCOPES

    @operations.list_starts
    def get(self, request: Request) -> Response:
        """List what comes with Leadapp for common kinds of business."""
        require_sight(request)
        Parameters(request, ()).check()
        return Response(whole_list(start_as_json(start) for start in list_starts()))


class OneStart(ApiView):
    """A model to start from."""

    scopes = SCOPES

    @operations.show_start
    def get(self, request: Request, slug: str) -> Response:
        """Show a start, in the form of an export."""
        require_sight(request)
        Parameters(request, ()).check()
        return Response(read_start(slug))
