"""Pages that begin after a row instead of at a number, so that the last one is as quick as the first."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from leadapp.errors import Invalid

Row = TypeVar("Row", bound=Model)

FORWARD, BACKWARD = "f", "b"
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Some rows in their order, and the addresses of the pages around them."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None

    def answer(self, results: Sequence[Any]) -> dict[str, Any]:
        """Return what a list answers."""
        return {"next": self.next, "previous": self.previous, "results": results}


def read_page(
    rows: QuerySet[Row, Any], *, columns: Sequence[str], size: int, cursor: str, request: Request
) -> Page:
    """Return the page that the cursor points to. The columns are sorted downwards; the last is unique."""
    direction, place = _read(cursor, columns) if cursor else (FORWARD, None)
    backwards = direction == BACKWARD
    if place is not None:
        # Compared as whole rows, which an index answers from the right place on.
        compare = TupleGreaterThan if backwards else TupleLessThan
        rows = rows.filter(compare(Tuple(*(F(column) for column in columns)), place))
    order = columns if backwards else [f"-{column}" for column in columns]
    found = list(rows.order_by(*order)[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, has_more) if backwards else (has_more, place is not None)

    def link(row: Any, way: str) -> str:
        return request.build_absolute_uri(_with_cursor(request, _write(way, row, columns)))

    return Page(
        found,
        next=link(found[-1], FORWARD) if found and has_next else None,
        previous=link(found[0], BACKWARD) if found and has_previous else None,
    )


def _with_cursor(request: Request, cursor: str) -> str:
    parameters = request.GET.copy()
    parameters["cursor"] = cursor
    return f"?{parameters.urlencode()}"


def _write(way: str, row: Any, columns: Sequence[str]) -> str:
    values = [getattr(row, column) for column in columns]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([way, *plain]).encode()).decode().rstrip("=")


def _read(cursor: str, columns: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        way, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = tuple(_value(value) for value in values)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise _broken() from error
    if way not in {FORWARD, BACKWARD} or len(place) != len(columns):
        raise _broken()
    if any(
        isinstance(value, datetime) != column.endswith("_at")
        for value, column in zip(place, columns, strict=True)
    ):
        raise _broken()
    return way, place


def _value(value: object) -> int | datetime:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER:
        return value
    moment = parse_datetime(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a place")
    return moment


def _broken() -> Invalid:
    return Invalid.field("cursor", "Is not a cursor from this list. Begin again without one.")
