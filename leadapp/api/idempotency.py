"""The header Idempotency-Key: a POST that comes again is answered again, and carried out once.

As draft-ietf-httpapi-idempotency-key-header has it. What was refused wrote nothing and is not kept: it may be
mended and sent under the same key.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.encoding import force_bytes
from rest_framework.exceptions import ParseError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of
from leadapp.api.problems import StillRunning
from leadapp.errors import Conflict, Invalid
from leadapp.models import KeptAnswer
from leadapp.services.kept_answers import Repeatable, keep_answer, kept_answer, take_turn

HEADER = "Idempotency-Key"
# Says that an answer was given before.
REPLAYED = "Idempotent-Replayed"
KEPT_HEADERS = ("Location", "ETag")
# A string of RFC 9651, or the same without quotation marks.
NAME = re.compile(r'"(?P<quoted>(?:[ !#-\[\]-~]|\\["\\]){1,255})"|(?P<bare>[!#-~]{1,255})')

Handler = Callable[..., Response]


def name_of(request: Request) -> str:
    """Return the name that the sender gave to a request, empty without one; raise ParseError."""
    sent = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if sent is None:
        return ""
    found = NAME.fullmatch(sent.strip())
    if found is None:
        raise ParseError(
            f"{HEADER} must be 1 to 255 printable ASCII characters, in quotation marks or without."
        )
    return found["bare"] or re.sub(r'\\(["\\])', r"\1", found["quoted"])


def once(handler: Handler, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Answer as the handler does, or as it did when the same request came before."""
    repeatable = Repeatable(caller=actor_of(request), path=request.path, name=name_of(request))
    fingerprint, now = _fingerprint(request), timezone.now()
    with transaction.atomic():
        if not take_turn(repeatable):
            raise StillRunning
        if earlier := kept_answer(repeatable, now=now):
            return _again(earlier, fingerprint)
        response = handler(request, *args, **kwargs)
        if 200 <= response.status_code < 300:
            _keep(repeatable, fingerprint, response, request.accepted_renderer, now)
        else:
            transaction.set_rollback(True)
    return response


def _keep(
    repeatable: Repeatable, fingerprint: bytes, response: Response, renderer: BaseRenderer, now: datetime
) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    body = b""
    if response.data is not None:
        headers["Content-Type"] = str(renderer.media_type)
        body = force_bytes(renderer.render(response.data))
    keep_answer(
        repeatable, fingerprint=fingerprint, status=response.status_code, headers=headers, body=body, now=now
    )


def _again(earlier: KeptAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(earlier.fingerprint) != fingerprint:
        raise Invalid.field(HEADER, "This key came before with another request. Take a new one.")
    if earlier.body is None:
        raise Conflict("This was carried out before. Its answer is not kept.")
    return HttpResponse(
        bytes(earlier.body), status=earlier.status, headers={**earlier.headers, REPLAYED: "true"}
    )


def _fingerprint(request: Request) -> bytes:
    """Return what tells this request from others; not how its JSON is laid out."""
    try:
        sent = json.dumps([request.META.get("QUERY_STRING", ""), request.data], sort_keys=True)
    except RecursionError:
        raise ParseError("The JSON is nested too deeply.") from None
    return hashlib.sha256(sent.encode()).digest()
