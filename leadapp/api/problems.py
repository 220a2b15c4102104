"""Every refusal of the API is a problem document (RFC 9457), whatever refused it."""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from leadapp.errors import Refused
from leadapp.numbers import whole_number

logger = logging.getLogger(__name__)

# Services number the parts of a list in brackets: conditions[1].value
INDEX = re.compile(r"\[(\d{1,9})\]")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5

# By status: the code and the title.
KINDS = {
    400: ("bad_request", "The request cannot be read"),
    401: ("not_authenticated", "Not signed in"),
    403: ("not_allowed", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    409: ("conflict", "Conflict"),
    411: ("length_required", "Length required"),
    412: ("changed_meanwhile", "Changed meanwhile"),
    413: ("too_large", "The body is too large"),
    415: ("unsupported_media_type", "Unsupported media type"),
    422: ("invalid", "Invalid input"),
    429: ("too_many_requests", "Too many requests"),
    500: ("server_error", "Something went wrong here"),
    503: ("unavailable", "Not available just now"),
}


class BodyTooLarge(exceptions.APIException):
    """The body is over the limit."""

    status_code = 413
    default_detail = "The body is too large."


class LengthRequired(exceptions.APIException):
    """The body came without its length."""

    status_code = 411
    default_detail = "Send the length of the body in the header Content-Length."


class StillRunning(exceptions.APIException):
    """The same request came before and is being carried out."""

    status_code = 409
    default_detail = "This request came before and is being carried out. Ask again for its answer."
    wait = 1


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the answer."""
    document = _document(status, detail, errors)
    return Response(document, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def refusal_as_json(refused: Refused) -> dict[str, Any]:
    """Return the problem document of a refusal that is one of several results."""
    return _document(refused.status, refused.message, _named(refused))


def _document(status: int, detail: str, errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a problem document. `code` and `message` are for clients that know none."""
    code, title = KINDS[status]
    document: dict[str, Any] = {
        "type": f"urn:leadapp:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "message": detail,
    }
    return document | ({"errors": errors} if errors else {})


def as_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a view raised into a problem document; DRF calls this for every exception."""
    if isinstance(error, Refused):
        headers = getattr(error, "headers", None)
        return problem(error.status, error.message, errors=_named(error), headers=headers)
    if isinstance(error, exceptions.APIException):
        return _from_framework(error)
    if isinstance(error, Http404):
        return problem(404, "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The body is too large.")
    if isinstance(error, SuspiciousOperation):
        return problem(400, "The request cannot be read.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("The database does not answer.", exc_info=error)
        return problem(
            503, "The database does not answer. Try again.", headers={"Retry-After": str(RETRY_SECONDS)}
        )
    if isinstance(error, IntegrityError):
        logger.warning("The database refused a row.", exc_info=error)
        return problem(409, "This contradicts what is stored. Look again before you try again.")
    if isinstance(error, DataError):
        logger.warning("The database cannot store a value.", exc_info=error)
        return problem(422, "This holds a value that cannot be stored.")
    logger.error("A request to the API failed.", exc_info=error)
    return problem(500, "This is our fault and was noted. Nothing was stored.")


def _named(error: Refused) -> list[dict[str, Any]]:
    """Name each fault by a dotted field, a JSON pointer and, in a batch, the number of the event."""
    named: list[dict[str, Any]] = []
    for path, sentences in error.errors.items():
        path = INDEX.sub(r".\1", _shown(path))
        parts = path.split(".") if path else []
        where: dict[str, Any] = {"pointer": "#" + "".join(f"/{_escaped(part)}" for part in parts)}
        index = whole_number(parts[0]) if parts else None
        if index is not None:
            where = {"index": index, "field": ".".join(parts[1:]), **where}
        elif path:
            where = {"field": path, **where}
        named.extend({**where, "detail": _shown(sentence)} for sentence in sentences)
    return named


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode()[:500]


def _from_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if authenticate := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = authenticate
    detail = str(error.detail)
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if isinstance(error, exceptions.Throttled):
        detail = f"Too many requests. Try again in {headers['Retry-After']} seconds."
    status = error.status_code if error.status_code in KINDS else 400
    return problem(status, detail, headers=headers)
