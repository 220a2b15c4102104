"""/api/v1/duplicates and /api/v1/merges: who may be one person, uniting two leads, and taking that back.

Keys read them. Deciding is for people who are signed in and may merge (docs/roles.md).
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of, find_lead, seen_by
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.leads import duplicate_schema as operations
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from leadapp.errors import NotFound
from leadapp.models import DuplicatePair, Merge, User
from leadapp.numbers import LARGEST_ID
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.duplicates.reviewing import dismiss_pair, pairs_to_review
from leadapp.services.duplicates.undoing import undo_merge

SCOPES = {"GET": ("read",), "POST": ("write",)}
NEWEST = newest_first("id")


class Duplicates(ApiView):
    """Pairs of leads that may be one person."""

    scopes = SCOPES

    @operations.list_duplicates
    def get(self, request: Request) -> Response:
        """List the pairs that nobody has decided on, the newest first."""
        return _list(request, _pairs(request), ("first", "second"), _pair)


class DismissDuplicate(ApiView):
    """A pair that is two persons."""

    scopes = SCOPES

    @operations.dismiss_duplicate
    def post(self, request: Request, pk: int) -> Response:
        """Say that two leads are not the same person; they are not compared again."""
        Body(request, ()).check()
        pair = _pairs(request).filter(pk=pk).first()
        if pair is None:
            raise NotFound("There is no such pair to decide on.")
        dismiss_pair(pair=pair, actor=actor_of(request), now=timezone.now())
        return Response(status=204)


class Merges(ApiView):
    """Leads that were united."""

    scopes = SCOPES

    @operations.list_merges
    def get(self, request: Request) -> Response:
        """List merges, the newest first; with `lead` those it won or lost."""
        merges = _merges(request).select_related("actor")
        return _list(request, merges, ("winner", "loser_id"), _merge)

    @operations.merge_leads
    def post(self, request: Request) -> Response:
        """Unite two leads: everything of the loser is the winner's from then on."""
        body = Body(request, ("winner", "loser", "choices", "winner_updated_at", "loser_updated_at"))
        winner = body.whole("winner", needed="Say which lead stays.") or 0
        loser = body.whole("loser", needed="Say which lead becomes part of it.") or 0
        seen = {winner: body.moment("winner_updated_at"), loser: body.moment("loser_updated_at")}
        choices = _choices(body)
        body.check()
        merge = merge_leads(
            winner=find_lead(request, winner),
            loser=find_lead(request, loser),
            choices=choices,
            seen={pk: moment for pk, moment in seen.items() if moment is not None},
            actor=actor_of(request),
            now=timezone.now(),
        )
        return Response(_merge(merge), status=201)


class UndoMerge(ApiView):
    """Two leads again."""

    scopes = SCOPES

    @operations.undo_merge
    def post(self, request: Request, pk: int) -> Response:
        """Take a merge back: both leads are there again, each with what was its own."""
        Body(request, ()).check()
        merge = _merges(request).filter(pk=pk).first()
        if merge is None:
            raise NotFound("There is no such merge.")
        undo_merge(merge=merge, actor=actor_of(request), now=timezone.now())
        return Response(_merge(Merge.objects.select_related("actor").get(pk=pk)))


def _list(
    request: Request, rows: QuerySet[Any], sides: tuple[str, str], shown: Callable[[Any], dict[str, Any]]
) -> Response:
    """Answer with a page of rows; with `lead` of those that have it on one of their sides."""
    parameters = Parameters(request, ("lead", "limit", "cursor"))
    lead, size = parameters.number("lead", largest=LARGEST_ID), parameters.limit()
    parameters.check()
    if lead is not None:
        rows = rows.filter(Q((sides[0], lead)) | Q((sides[1], lead)))
    cursor = parameters.text("cursor") or ""
    page = read_page(rows, order=NEWEST, size=size, cursor=cursor, request=request)
    return page.response([shown(row) for row in page.rows])


def _pairs(request: Request) -> QuerySet[DuplicatePair]:
    return pairs_to_review(request.user if isinstance(request.user, User) else None)


def _merges(request: Request) -> QuerySet[Merge]:
    merges = Merge.objects.all()
    return merges.filter(winner__in=seen_by(request)) if isinstance(request.user, User) else merges


def _choices(body: Body) -> Mapping[str, str]:
    choices = body.data.get("choices") or {}
    if not isinstance(choices, Mapping) or not all(isinstance(side, str) for side in choices.values()):
        body.errors["choices"] = ["Must be an object: a fact, and whose is taken, winner or loser."]
        return {}
    return choices


def _pair(pair: DuplicatePair) -> dict[str, Any]:
    return {
        "id": pair.pk,
        "leads": [pair.first_id, pair.second_id],
        "probability": pair.probability,
        "evidence": pair.evidence,
        "found_at": pair.found_at,
    }


def _merge(merge: Merge) -> dict[str, Any]:
    return {
        "id": merge.pk,
        "winner": merge.winner_id,
        "loser": merge.loser_id,
        "loser_name": merge.loser_name,
        "at": merge.at,
        "actor": merge.actor.username if merge.actor else None,
        "probability": merge.probability,
        "undone_at": merge.undone_at,
    }
