"""/api/v1/leads/<id>/move and its like: move leads, one or many, take a move back, read the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of, find_lead, seen_by
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.leads.representations import stage_change_as_json
from leadapp.api.problems import refusal_as_json
from leadapp.api.qualification import move_operations as operations
from leadapp.api.qualification.deal_bodies import DEAL, read_day, read_deal
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from leadapp.errors import Invalid, NotFound, Refused
from leadapp.models import Stage, Status
from leadapp.numbers import LARGEST_ID
from qualification.models import StageChange
from qualification.services import moves
from qualification.services.customers.deals import DealFacts
from qualification.services.recycling.reasons import OTHER
from qualification.services.recycling.wake_ups import HIGHEST_SCORE, Waking

WRITE = {"POST": ("write",)}
SEEN = "Say which stage you saw, so that nobody else's move is lost."
SET_ASIDE = ("seen_stage", "seen_status", "reason")
MANY = ("action", "leads", "to_stage", "reason", "past_gates", "reason_code", "wake_on", "wake_score")


class LeadMoves(ApiView):
    """How a lead came to where it stands."""

    scopes = {"GET": ("read",)}

    @operations.list_moves
    def get(self, request: Request, pk: int) -> Response:
        """List the moves of a lead, the newest first."""
        parameters = Parameters(request, ("limit", "cursor"))
        limit = parameters.limit()
        parameters.check()
        page = read_page(
            StageChange.objects.filter(lead=find_lead(request, pk)).select_related(
                "actor", "api_key", "disqualify_reason"
            ),
            order=newest_first("id"),
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        return page.response([stage_change_as_json(change) for change in page.rows])


class MoveLead(ApiView):
    """One step forward, or back."""

    scopes = WRITE

    @operations.move_lead
    def post(self, request: Request, pk: int) -> Response:
        """Move a lead one stage forward through its gate, or back with a reason."""
        lead = find_lead(request, pk)
        body = Body(request, ("to_stage", "seen_stage", "seen_status", "reason", "past_gate", "deal"))
        to_stage = body.text("to_stage", needed=f"Say where to: {', '.join(Stage.values)}.")
        seen_stage, seen_status = _seen(body)
        reason, past_gate, deal = body.text("reason"), body.flag("past_gate"), _deal(body)
        body.check()
        try:
            change = moves.move_lead(
                lead=lead,
                to_stage=to_stage,
                seen_stage=seen_stage,
                seen_status=seen_status,
                actor=actor_of(request),
                now=timezone.now(),
                reason=reason,
                deal=deal,
                past_gate=past_gate,
            )
        except Invalid as refused:
            raise _within_deal(refused) from refused
        return _moved(change)


class NurtureLead(ApiView):
    """Set a lead aside until it is ready."""

    scopes = WRITE

    @operations.nurture_lead
    def post(self, request: Request, pk: int) -> Response:
        """Set an open lead aside; its owner keeps it, its clock stops."""
        lead, body = find_lead(request, pk), Body(request, (*SET_ASIDE, "wake_on", "wake_score"))
        waking = _waking(body)
        return _moved(moves.nurture_lead(lead=lead, waking=waking, **_asked(request, body)))


class DisqualifyLead(ApiView):
    """End the work on a lead."""

    scopes = WRITE

    @operations.disqualify_lead
    def post(self, request: Request, pk: int) -> Response:
        """End the work on a lead that will not buy."""
        lead, body = find_lead(request, pk), Body(request, (*SET_ASIDE, "reason_code"))
        code = body.text("reason_code", default=OTHER)
        return _moved(moves.disqualify_lead(lead=lead, reason_code=code, **_asked(request, body)))


class ReopenLead(ApiView):
    """Work on a lead again."""

    scopes = WRITE

    @operations.reopen_lead
    def post(self, request: Request, pk: int) -> Response:
        """Reopen a lead that was set aside or disqualified; it is in the stage it was in."""
        lead, body = find_lead(request, pk), Body(request, SET_ASIDE)
        return _moved(moves.reopen_lead(lead=lead, **_asked(request, body)))


class UndoMove(ApiView):
    """Take a move back."""

    scopes = WRITE

    @operations.undo_move
    def post(self, request: Request, pk: int) -> Response:
        """Take back the last move of a lead, within ten minutes; a key takes back its own moves."""
        lead = find_lead(request, pk)
        body = Body(request, ("move", "reason"))
        number = body.whole("move", needed="Say which move: its id.") or 0
        reason = body.text("reason")
        body.check()
        change = StageChange.objects.filter(lead=lead, pk=number).first()
        if change is None:
            raise NotFound("This lead has no such move.")
        return _moved(
            moves.undo_move(change=change, actor=actor_of(request), now=timezone.now(), reason=reason)
        )


class MoveLeads(ApiView):
    """Many leads at once."""

    scopes = WRITE

    @operations.move_leads
    def post(self, request: Request) -> Response:
        """Move up to 200 leads, each by itself: a refusal stops no other lead and is among the results."""
        Parameters(request, ()).check()
        body = Body(request, MANY)
        action = body.text("action", needed=f"Say what to do: {', '.join(operations.ACTIONS)}.")
        if action and action not in operations.ACTIONS:
            body.errors["action"] = [f"Must be one of: {', '.join(operations.ACTIONS)}."]
        to_stage = body.text("to_stage", needed="Say where to." if action == "move" else "")
        reason, past_gates = body.text("reason"), body.flag("past_gates")
        code, waking, wanted = body.text("reason_code", default=OTHER), _waking(body), _wanted(body)
        body.check()
        known = seen_by(request).in_bulk(list(wanted))
        asked: dict[str, Any] = {
            "leads": [moves.Seen(known[pk], *seen) for pk, seen in wanted.items() if pk in known],
            "actor": actor_of(request),
            "now": timezone.now(),
            "reason": reason,
        }
        if action == "move":
            outcomes = moves.move_leads(to_stage=to_stage, past_gates=past_gates, **asked)
        elif action == "nurture":
            outcomes = moves.nurture_leads(waking=waking, **asked)
        elif action == "disqualify":
            outcomes = moves.disqualify_leads(reason_code=code, **asked)
        else:
            outcomes = moves.reopen_leads(**asked)
        return Response(_results(wanted, outcomes))


def _asked(request: Request, body: Body) -> dict[str, Any]:
    """Read what the moves out of the daily work and back have in common; the last that is read."""
    seen_stage, seen_status = _seen(body)
    reason = body.text("reason")
    body.check()
    return {
        "seen_stage": seen_stage,
        "seen_status": seen_status,
        "reason": reason,
        "actor": actor_of(request),
        "now": timezone.now(),
    }


def _waking(body: Body) -> Waking:
    score = body.whole("wake_score", smallest=1, largest=HIGHEST_SCORE)
    text = body.text("wake_on")
    on = read_day(text) if text else None
    if text and on is None:
        body.errors["wake_on"] = ["Must be a date, such as 2026-01-31."]
    return Waking(on=on, score=score)


def _seen(body: Body) -> tuple[str, str | None]:
    stage, status = body.text("seen_stage", needed=SEEN), body.text("seen_status") or None
    if stage and stage not in Stage.values:
        body.errors["seen_stage"] = [f"Must be one of: {', '.join(Stage.values)}."]
    if status is not None and status not in Status.values:
        body.errors["seen_status"] = [f"Must be one of: {', '.join(Status.values)}."]
    return stage, status


def _wanted(body: Body) -> dict[int, tuple[str, str | None]]:
    """Return which leads are meant, in their order, and where the caller saw them."""
    wanted: dict[int, tuple[str, str | None]] = {}
    rows = body.data.get("leads")
    if not isinstance(rows, list) or not 0 < len(rows) <= moves.MOST_AT_ONCE:
        body.errors["leads"] = [f"Must be a list of 1 to {moves.MOST_AT_ONCE} leads."]
        return wanted
    for index, row in enumerate(rows):
        path = f"leads.{index}"
        if not isinstance(row, Mapping) or row.keys() - {"id", "seen_stage", "seen_status"}:
            body.errors[path] = ["Must be an object of id, seen_stage and seen_status."]
            continue
        number, stage, status = row.get("id"), row.get("seen_stage"), row.get("seen_status")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= LARGEST_ID:
            body.errors[f"{path}.id"] = ["Must be the id of a lead."]
        elif stage not in Stage.values:
            body.errors[f"{path}.seen_stage"] = [SEEN]
        elif status is not None and status not in Status.values:
            body.errors[f"{path}.seen_status"] = [f"Must be one of: {', '.join(Status.values)}."]
        elif number in wanted:
            body.errors[f"{path}.id"] = ["Is named twice."]
        else:
            wanted[number] = (stage, status)
    return wanted


def _results(wanted: Mapping[int, object], outcomes: Sequence[moves.Outcome]) -> dict[str, Any]:
    by_lead = {outcome.lead.pk: outcome for outcome in outcomes}
    results = []
    for pk in wanted:
        outcome = by_lead.get(pk)
        change = outcome.change if outcome else None
        refused: Refused | None = outcome.refused if outcome else NotFound("There is no such lead.")
        results.append(
            {
                "lead": pk,
                "move": stage_change_as_json(change) if change else None,
                "problem": refusal_as_json(refused) if refused else None,
            }
        )
    moved = sum(result["move"] is not None for result in results)
    return {"moved": moved, "refused": len(results) - moved, "results": results}


def _deal(body: Body) -> DealFacts | None:
    deal = body.data.get("deal")
    return None if deal is None else read_deal(deal, body, "deal.")


def _within_deal(refused: Invalid) -> Invalid:
    """Return the refusal with what it says about the deal in the place where the deal was sent."""
    errors = {f"deal.{name}" if name in DEAL else name: texts for name, texts in refused.errors.items()}
    return Invalid(refused.message, errors=errors)


def _moved(change: StageChange) -> Response:
    return Response(stage_change_as_json(change), status=201)
