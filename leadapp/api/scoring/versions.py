"""/api/v1/scoring/versions: drafts and what became of them; compared, checked, handed on."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.queries import Parameters
from leadapp.api.scoring import operations
from leadapp.api.scoring.bodies import Body, read_version
from leadapp.api.scoring.finding import SCOPES, find_model, find_version, versions
from leadapp.api.scoring.representations import check_as_json, difference_as_json, version_as_json
from leadapp.api.views import ApiView
from leadapp.errors import Invalid, NotFound
from leadapp.numbers import LARGEST_ID
from scoring.analysis.check import check
from scoring.analysis.diff import compare
from scoring.models import ScoringModelVersion
from scoring.rules import VersionFacts, names_of, version_facts_of
from scoring.services.editing import change_version
from scoring.services.publishing import discard_draft, make_draft


class Versions(ApiView):
    """The versions of a model."""

    scopes = SCOPES

    @operations.list_versions
    def get(self, request: Request, slug: str) -> Response:
        """List the versions of a model, the newest first."""
        model = find_model(request, slug)
        parameters = Parameters(request, ("state", "limit", "cursor"))
        state = parameters.one_of("state", ScoringModelVersion.State.values)
        limit = parameters.limit()
        parameters.check()
        rows = versions().filter(model=model)
        page = read_page(
            rows.filter(state=state) if state else rows,
            order=newest_first("number", "id"),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([version_as_json(version) for version in page.rows])

    @operations.make_draft
    def post(self, request: Request, slug: str) -> Response:
        """Make a draft: a copy of the live version, or of an earlier one."""
        model = find_model(request, slug)
        body = Body(request, ("source",))
        number = body.whole("source", smallest=1)
        source = versions().filter(model=model, pk=number).first() if number else None
        if number and source is None:
            body.errors["source"] = ["Is not the id of a version of this model."]
        body.check()
        draft = make_draft(model=model, actor=actor_of(request), now=timezone.now(), source=source)
        address = f"/api/v1/scoring/versions/{draft.pk}"
        return Response(_shown(draft.pk), status=201, headers={"Location": address})


class OneVersion(ApiView):
    """One version."""

    scopes = SCOPES

    @operations.show_version
    def get(self, request: Request, pk: int) -> Response:
        """Show a version: its state, note, bounds and bands."""
        Parameters(request, ()).check()
        return Response(version_as_json(find_version(request, pk)))

    @operations.change_version
    def patch(self, request: Request, pk: int) -> Response:
        """Change note, bounds and bands of a draft."""
        version = find_version(request, pk)
        body = Body(request, (*names_of(VersionFacts), "revision"))
        revision = body.revision()
        facts = read_version(body, version_facts_of(version))
        change_version(
            version=version, facts=facts, revision=revision, actor=actor_of(request), now=timezone.now()
        )
        return Response(_shown(pk))


class DiscardDraft(ApiView):
    """A draft is thrown away."""

    scopes = SCOPES

    @operations.discard_draft
    def post(self, request: Request, pk: int) -> Response:
        """Delete a draft with its rules."""
        version = find_version(request, pk)
        Body(request, ()).check()
        discard_draft(version=version, actor=actor_of(request))
        return Response(status=204)


class VersionCheck(ApiView):
    """The rule check."""

    scopes = SCOPES

    @operations.check_version
    def get(self, request: Request, pk: int) -> Response:
        """Say what is wrong or doubtful about a version, the worst first."""
        Parameters(request, ()).check()
        return Response(check_as_json(check(find_version(request, pk), timezone.now())))


class VersionDiff(ApiView):
    """What differs between two versions."""

    scopes = SCOPES

    @operations.compare_versions
    def get(self, request: Request, pk: int) -> Response:
        """Say in sentences what this version changes about another one, the live one by default."""
        version = find_version(request, pk)
        parameters = Parameters(request, ("against",))
        number = parameters.number("against", smallest=1, largest=LARGEST_ID)
        parameters.check()
        if number is not None:
            before = find_version(request, number)
        else:
            live = versions().filter(model=version.model, state="live").first()
            if live is None:
                raise Invalid.field("against", "Say which version: this model has none that is live.")
            before = live
        return Response(difference_as_json(before, version, compare(before, version)))


def _shown(pk: int) -> dict[str, Any]:
    version = versions().filter(pk=pk).first()
    if version is None:
        raise NotFound("This version was discarded meanwhile.")
    return version_as_json(version)
