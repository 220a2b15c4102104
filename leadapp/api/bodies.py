"""Read request bodies: within a limit, and only what PostgreSQL can store."""

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any, NoReturn
from urllib.parse import parse_qsl

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from leadapp.api.problems import BodyTooLarge, LengthRequired

KILOBYTE = 1024
LARGEST_BODY = 64 * KILOBYTE
LARGEST_BATCH = 5 * KILOBYTE * KILOBYTE
MOST_FIELDS = 200


class JsonBody(BaseParser):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no name twice in one object."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value, or raise ParseError that says where it breaks off."""
        try:
            text = _read(stream, parser_context).decode()
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        try:
            return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from None


class FormBody(BaseParser):
    """Fields as a browser sends them; a field that comes several times is a list."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str | list[str]]:
        """Return the fields, or raise ParseError."""
        body = _read(stream, parser_context)
        try:
            pairs = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
            )
        except ValueError:  # also Unicode errors
            raise ParseError("The body is not form-encoded UTF-8.") from None
        fields: dict[str, str | list[str]] = {}
        for name, value in pairs:
            known = fields.get(name)
            if known is None:
                fields[name] = value
            else:
                fields[name] = [*known, value] if isinstance(known, list) else [known, value]
        return fields


class JsonOnly(BaseContentNegotiation):
    """Answer with JSON whatever the client accepts: there is nothing else."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser of the body's media type, or None for 415."""
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer. A body of unknown length is refused: Django would take it for empty."""
        chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        if chunked and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


def object_of(data: object) -> Mapping[str, Any]:
    """Return a body that must be an object."""
    if not isinstance(data, Mapping):
        raise ParseError("The body must be a JSON object.")
    return data


def _read(stream: IO[Any], parser_context: Mapping[str, Any] | None) -> bytes:
    view = (parser_context or {}).get("view")
    largest = getattr(view, "largest_body", LARGEST_BODY)
    body: bytes = stream.read(largest + 1)
    if len(body) > largest:
        raise BodyTooLarge(f"The body is larger than {largest // KILOBYTE:,} kB.")
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has one name twice")
    return found
