"""Pages that begin after a row instead of at a number, so that the last page is as quick as the first.

A cursor is what a row is sorted by, written into the address. Rows that move meanwhile are neither
shown twice on one page nor do they break anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _

from leadapp.errors import Invalid

Row = TypeVar("Row", bound=Model)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PART = r"(-?[0-9]{1,18}|x[0-9a-f]{0,2000})"
FORM = re.compile(rf"{PART}(\.{PART}){{1,3}}")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Columns that rows are sorted by, all of them up or all of them down; the last one is unique."""

    columns: tuple[str, ...]
    moments: frozenset[str]
    is_descending: bool
    texts: frozenset[str] = field(default_factory=frozenset)

    def names(self, *, backwards: bool = False) -> list[str]:
        """Return the columns in the form of order_by."""
        sign = "-" if self.is_descending is not backwards else ""
        return [f"{sign}{column}" for column in self.columns]


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind a row, or before it."""

    values: tuple[Any, ...]
    number: int
    backwards: bool


@dataclass(frozen=True)
class Page:
    """Rows in their order; the cursors of the pages around them are empty where there is nothing more."""

    rows: Sequence[Any]
    number: int
    before: str
    after: str


def read_place(order: Order, after: str, before: str) -> Place | None:
    """Read the cursor of an address; raise Invalid when it is none."""
    text = before or after
    if not text:
        return None
    parts = text.split(".") if FORM.fullmatch(text) else []
    if len(parts) != len(order.columns) + 1:
        raise Invalid(_("That page does not exist. This is the first one."))
    try:
        found = tuple(
            _value(order, column, part) for column, part in zip(order.columns, parts[:-1], strict=True)
        )
        number = int(parts[-1])
    except (OverflowError, ValueError) as error:
        raise Invalid(_("That page does not exist. This is the first one.")) from error
    return Place(found, max(1, number), backwards=bool(before))


def _value(order: Order, column: str, part: str) -> Any:
    if column in order.texts:
        text = bytes.fromhex(part.removeprefix("x")).decode()
        if "\0" in text:
            raise ValueError("a text of the database holds no zero byte")
        return text
    return EPOCH + timedelta(microseconds=int(part)) if column in order.moments else int(part)


def turn_to(rows: QuerySet[Row, Any], order: Order, place: Place | None, *, size: int) -> Page:
    """Read one page. A page before another that turns out to be too short is the first page."""
    if place is not None and place.backwards:
        found = list(_behind(rows, order, place)[: size + 1])
        if len(found) > size:
            return _page(found[:size][::-1], order, max(1, place.number - size), True, True)
        place = None
    found = list(_behind(rows, order, place)[: size + 1])
    number = place.number if place else 1
    return _page(found[:size], order, number, place is not None, len(found) > size)


def beside(rows: QuerySet[Row, Any], order: Order, place: Place) -> tuple[Row | None, Row | None]:
    """Return the rows just before and just after a place; a query each."""
    ahead = replace(place, backwards=True)
    return _behind(rows, order, ahead).first(), _behind(rows, order, replace(ahead, backwards=False)).first()


def place_of(row: Model, order: Order, number: int) -> str:
    """Write the place of a row into an address; `number` is how many rows come up to it."""
    return _cursor(row, order, number)


def _behind(rows: QuerySet[Row, Any], order: Order, place: Place | None) -> QuerySet[Row, Any]:
    if place is None:
        return rows.order_by(*order.names())
    lower = order.is_descending is not place.backwards
    # A comparison of whole rows, which the index answers from the right place on; a chain of ORs it
    # would answer from the top.
    compare = TupleLessThan if lower else TupleGreaterThan
    columns = Tuple(*(F(column) for column in order.columns))
    return rows.filter(compare(columns, place.values)).order_by(*order.names(backwards=place.backwards))


def _page(rows: list[Any], order: Order, number: int, has_before: bool, has_after: bool) -> Page:
    before = _cursor(rows[0], order, number) if rows and has_before else ""
    after = _cursor(rows[-1], order, number + len(rows)) if rows and has_after else ""
    return Page(rows, number, before, after)


def _cursor(row: Any, order: Order, number: int) -> str:
    values = []
    for column in order.columns:
        value = row
        for name in column.split("__"):
            value = getattr(value, name)
        if column in order.moments:
            value = (value - EPOCH) // timedelta(microseconds=1)
        elif column in order.texts:
            value = f"x{value.encode().hex()}"
        values.append(value)
    return ".".join(str(value) for value in [*values, number])
