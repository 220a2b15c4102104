"""/api/v1/leads/<id>/answers: what is known about the dimensions that sales asks about, and adding to it."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of, find_lead
from leadapp.api.cursors import newest_first, read_page
from leadapp.api.qualification import answer_operations as operations
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from qualification.models import BantAnswer
from qualification.services.evidence.answers import BantView, NewAnswer, answer_all, bant_of_many
from qualification.services.evidence.frameworks import read_questions

ORDER = newest_first("answered_at", "id")
FIELDS = ("dimension", "state", "value", "source", "confidence", "expires_at")


class LeadAnswers(ApiView):
    """Evidence: it is added, never changed, never taken away."""

    scopes = {"GET": ("read",), "POST": ("write",)}

    @operations.list_answers
    def get(self, request: Request, pk: int) -> Response:
        """List the answers, newest first, and how each dimension stands now."""
        parameters = Parameters(request, ("limit", "cursor"))
        limit = parameters.limit()
        parameters.check()
        lead, now, questions = find_lead(request, pk), timezone.now(), read_questions()
        page = read_page(
            BantAnswer.objects.filter(lead=lead).select_related("author"),
            order=ORDER,
            size=limit,
            cursor=parameters.text("cursor") or "",
            request=request,
        )
        known = bant_of_many(lead_ids=[lead.pk], now=now, questions=questions)[lead.pk]
        return page.response(
            [_as_json(answer, now) for answer in page.rows],
            framework=questions.framework,
            dimensions=[_standing(view, now) for view in known.values()],
        )

    @operations.add_answer
    def post(self, request: Request, pk: int) -> Response:
        """Add an answer; the newest one counts until it runs out."""
        Parameters(request, ()).check()
        lead, now = find_lead(request, pk), timezone.now()
        body = Body(request, FIELDS)
        answer = NewAnswer(
            dimension=body.text("dimension", needed="Say which dimension."),
            state=body.text("state", needed="Say confirmed, ruled_out or unknown."),
            value=body.text("value"),
            source=body.text("source", default=BantAnswer.Source.REP),
            confidence=body.text("confidence"),
            expires_at=body.moment("expires_at"),
            no_end=body.has("expires_at") and body.data["expires_at"] is None,
        )
        body.check()
        (added,) = answer_all(lead=lead, answers=[answer], actor=actor_of(request), now=now)
        return Response(_as_json(added, now), status=201)


def _standing(view: BantView, now: datetime) -> dict[str, Any]:
    return {
        "key": view.dimension.key,
        "label": view.dimension.label,
        "counts": view.dimension.counts,
        "state": "stale" if view.is_stale else view.state.value,
        "contradiction": view.contradiction or None,
        "answer": _as_json(view.answer, now) if view.answer else None,
        "contradicting": [_as_json(other, now) for other in view.contradicting],
    }


def _as_json(answer: BantAnswer, now: datetime) -> dict[str, Any]:
    return {
        "id": answer.pk,
        "dimension": answer.dimension_id,
        "state": answer.state,
        "value": answer.value,
        "confidence": answer.confidence,
        "source": answer.source,
        "author": answer.author.username if answer.author else None,
        "answered_at": answer.answered_at,
        "expires_at": answer.expires_at,
        "is_expired": answer.has_run_out(now),
    }
