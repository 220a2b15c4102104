"""/v1/identify, /v1/track and so on: what Segment's libraries send, answered as they expect it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import Error
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadapp.access import Actor
from leadapp.api.access import actor_of
from leadapp.api.bodies import object_of
from leadapp.api.problems import RETRY_SECONDS, problem
from leadapp.api.segment import operations
from leadapp.api.segment.access import MayOnlyPush, WriteKeyAuthentication
from leadapp.api.segment.bodies import LARGEST_BATCH, LARGEST_MESSAGE, AnyLabel, MessageBody
from leadapp.api.segment.reading import Alias as Aliased
from leadapp.api.segment.reading import Read, read_messages
from leadapp.models import ApiKey, LeadIdentifier
from leadapp.services.identity.identifying import alias
from leadapp.services.identity.resolving import EXTERNAL, Overtaken, Reference
from leadapp.services.intake.recording import record_activities
from leadapp.services.intake.refused_messages import keep_refused

logger = logging.getLogger(__name__)

# Scripts in the pages of any website may push, and read nothing of the answer that matters.
CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-type, content-encoding, anonymousid",
    "Access-Control-Max-Age": "86400",
}


class Call(APIView):
    """A call of the libraries: who may make it, and how it is answered."""

    authentication_classes = [WriteKeyAuthentication]
    permission_classes = [MayOnlyPush]
    content_negotiation_class = AnyLabel
    parser_classes = [MessageBody]
    largest_body = LARGEST_MESSAGE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let browsers ask without a key whether they may call."""
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)

    def events_in(self, request: Request) -> int:
        """Count towards the key's events of a minute: a message is one, whatever it holds."""
        return 1

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Tell a browser that a page of any website may call."""
        return Response(status=204, headers=PREFLIGHT)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the page that called see the answer."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in CORS.items():
            answer[name] = value
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a failure to store with 503: libraries send it again then, and give up after any 4xx."""
        if isinstance(exc, Error | Overtaken):
            logger.warning("Messages could not be stored; they come again.", exc_info=exc)
            return problem(
                503, "This could not be stored. Try again.", headers={"Retry-After": str(RETRY_SECONDS)}
            )
        return super().handle_exception(exc)


class OneMessage(Call):
    """A call with one message."""

    def take(self, request: Request, call: str) -> Response:
        """Store the message; one that cannot be taken is refused, and kept where a marketer sees it."""
        message = {name: value for name, value in object_of(request.data).items() if name != "writeKey"}
        read = _store([{**message, "type": call}], message, actor_of(request))
        if refused := read.refused.get(0):
            raise ParseError(refused.reason)
        return Response({"success": True})


class Identify(OneMessage):
    """Who somebody is."""

    @operations.identify
    def post(self, request: Request) -> Response:
        """Say who somebody is, and what is known about them."""
        return self.take(request, "identify")


class Track(OneMessage):
    """What somebody did."""

    @operations.track
    def post(self, request: Request) -> Response:
        """Record what somebody did."""
        return self.take(request, "track")


class Page(OneMessage):
    """A page that somebody viewed."""

    @operations.page
    def post(self, request: Request) -> Response:
        """Record a page view."""
        return self.take(request, "page")


class Screen(OneMessage):
    """A screen of an app that somebody viewed."""

    @operations.screen
    def post(self, request: Request) -> Response:
        """Record a screen of an app."""
        return self.take(request, "screen")


class Group(OneMessage):
    """Whom somebody works for."""

    @operations.group
    def post(self, request: Request) -> Response:
        """Say which company somebody works for, and what is known about it."""
        return self.take(request, "group")


class Alias(OneMessage):
    """Two names of one person."""

    @operations.alias
    def post(self, request: Request) -> Response:
        """Say that two ids are one person's."""
        return self.take(request, "alias")


class Batch(Call):
    """Messages, as many as the size allows."""

    largest_body = LARGEST_BATCH

    def events_in(self, request: Request) -> int:
        """Count towards the key's events of a minute; without a list there is nothing to store."""
        messages = object_of(request.data).get("batch")
        return len(messages) if isinstance(messages, list) else 0

    @operations.batch
    def post(self, request: Request) -> Response:
        """Store the messages that can be taken; the answer names those that cannot."""
        body = object_of(request.data)
        messages = body.get("batch")
        if not isinstance(messages, list):
            raise ParseError("The body must hold a list: batch")
        read = _store(_in_context(messages, body), body, actor_of(request))
        answer: dict[str, object] = {"success": True}
        if read.refused:
            answer["refused"] = [
                {"index": index, "message_id": one.message_id or None, "detail": one.reason}
                for index, one in sorted(read.refused.items())
            ]
        return Response(answer)


def _in_context(messages: Sequence[object], body: Mapping[str, Any]) -> list[object]:
    """Give messages the context that stands beside the batch, where they bring none."""
    context = body.get("context")
    if not isinstance(context, Mapping):
        return list(messages)
    return [
        {**one, "context": context} if isinstance(one, Mapping) and not one.get("context") else one
        for one in messages
    ]


def _store(messages: Sequence[object], body: Mapping[str, Any], actor: Actor) -> Read:
    """Store what can be taken of the messages, in a fixed number of statements but for aliases."""
    now = timezone.now()
    source = actor.name if isinstance(actor, ApiKey) else ""
    read = read_messages(messages, source=source, sent_at=body.get("sentAt"), now=now)
    keep_refused(refusals=[*read.refused.values(), *read.taken_in_part], source=source, now=now)
    if read.events or read.arrivals:
        record_activities(events=read.events, arrivals=read.arrivals, source=source, actor=actor, now=now)
    for one in read.aliases:
        previous = _who_it_was(one)
        if previous.keys != one.current.keys:
            alias(previous=previous, current=one.current, source=source, actor=actor, now=now)
    return read


def _who_it_was(one: Aliased) -> Reference:
    """Return the name before: a user's, if one is known by it, else a visitor's."""
    known = LeadIdentifier.objects.filter(kind=EXTERNAL, value=one.previous).exists()
    return Reference(external_id=one.previous) if known else Reference(visitor_id=one.previous)
