"""Pages of a list with links to those around them; a cursor is a place as leadapp.paging has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.errors import Invalid
from leadapp.paging import Order, read_place, turn_to

Row = TypeVar("Row", bound=Model)

# In front of the place: whether the page begins behind it or ends before it.
AFTER, BEFORE = "a", "b"


@dataclass(frozen=True)
class Page:
    """Some rows in their order, and the addresses of the pages around them."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None

    def response(self, results: Sequence[Any], **more: Any) -> Response:
        """Return what a list answers, with the links also in the header Link (RFC 8288)."""
        links = {"next": self.next, "prev": self.previous}
        header = ", ".join(f'<{address}>; rel="{name}"' for name, address in links.items() if address)
        body = {**more, "next": self.next, "previous": self.previous, "results": results}
        return Response(body, headers={"Link": header} if header else None)


def newest_first(*columns: str) -> Order:
    """Return an order downwards by these columns; the last is unique, those in `_at` are moments."""
    moments = frozenset(column for column in columns if column.endswith("_at"))
    return Order(columns=columns, moments=moments, is_descending=True)


def read_page(rows: QuerySet[Row, Any], *, order: Order, size: int, cursor: str, request: Request) -> Page:
    """Return the page that the cursor points to, the first one without; raise Invalid where it is none."""
    way, place = cursor[:1], cursor[1:]
    if cursor and not (way in (AFTER, BEFORE) and place):
        raise _broken()
    try:
        begin = read_place(order, after=place if way == AFTER else "", before=place if way == BEFORE else "")
    except Invalid as error:
        raise _broken() from error
    page = turn_to(rows, order, begin, size=size)
    return Page(
        page.rows,
        next=_link(request, f"{AFTER}{page.after}") if page.after else None,
        previous=_link(request, f"{BEFORE}{page.before}") if page.before else None,
    )


def _link(request: Request, cursor: str) -> str:
    parameters = request.GET.copy()
    parameters["cursor"] = cursor
    return str(request.build_absolute_uri(f"?{parameters.urlencode()}"))


def _broken() -> Invalid:
    return Invalid.field("cursor", "Is not a cursor from this list. Begin again without one.")
