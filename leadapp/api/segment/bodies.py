"""Read what libraries send: JSON, whatever it is labelled, gzipped or not, within Segment's limits."""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from leadapp.api.bodies import KILOBYTE, JsonOnly

LARGEST_MESSAGE = 32 * KILOBYTE
LARGEST_BATCH = 500 * KILOBYTE
GZIP = b"\x1f\x8b"


class AnyLabel(JsonOnly):
    """Take the body for JSON whatever Content-Type says: some libraries label it as a form."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the only parser."""
        return next(iter(parsers))


class MessageBody(BaseParser):
    """JSON as libraries write it: NaN is no value, and of a name that comes twice the last one counts."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object, or raise ParseError: Segment answers 400 to all of these, and so do we."""
        largest: int = getattr((parser_context or {}).get("view"), "largest_body", LARGEST_MESSAGE)
        body = _unpacked(stream.read(largest + 1), largest)
        if len(body) > largest:
            raise ParseError(f"The body is larger than {largest // KILOBYTE} kB.")
        try:
            value = json.loads(body.decode(), parse_constant=lambda name: None)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:  # also of UTF-8
            raise ParseError(f"The body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.")
        return value


def _unpacked(body: bytes, largest: int) -> bytes:
    """Return what was packed, and no more than one byte over the limit: a small file can hold gigabytes."""
    if not body.startswith(GZIP):
        return body
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacking.decompress(body, largest + 1)
    except zlib.error as error:
        raise ParseError(f"The body is not gzip: {error}") from None
    if len(unpacked) <= largest and not unpacking.eof:
        raise ParseError("The body ends in the middle of its gzip.")
    return unpacked


def size_of(message: object) -> int:
    """Return the bytes that a message takes as JSON."""
    return len(as_json(message, ensure_ascii=False).encode("utf-8", "replace"))


def as_json(message: object, *, ensure_ascii: bool = True) -> str:
    """Return a message as it is kept and measured; one nested deeper than can be written is no message."""
    try:
        return json.dumps(message, ensure_ascii=ensure_ascii, separators=(",", ":"))
    except RecursionError:
        return ""
