"""Rows as a file, piece by piece: the memory it takes does not grow with the number of rows.

CSV is UTF-8 with a byte order mark, without which Excel misreads umlauts, with commas and ISO dates in UTC.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Protocol, cast

from leadapp.services.exports.cells import Cell, harmless
from leadapp.services.exports.sheets import Sheets

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BYTE_ORDER_MARK = "\ufeff"
# So many rows go out at once.
ROWS_AT_ONCE = 1_000

Rows = Iterable[Sequence[Cell]]


class Writer(Protocol):
    """What writes a file piece by piece. `place` says where it stands, for another one to go on."""

    @property
    def place(self) -> dict[str, Any]:
        """Return where the file stands, as JSON keeps it."""

    def begin(self) -> bytes:
        """Return the beginning with the head."""

    def add(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Return what these rows are in the file."""

    def end(self) -> bytes:
        """Return the end."""


def writer_of(kind: str, *, head: Sequence[str], place: Mapping[str, Any] | None = None) -> Writer:
    """Return what writes a file of this kind (csv or xlsx), from the beginning or from a place on."""
    return WRITERS[kind](head, place)


def write_file(kind: str, *, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Write rows as a file of this kind, piece by piece."""
    writer, waiting = writer_of(kind, head=head), iter(rows)
    piece = writer.begin()
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        yield piece + writer.add(some)
        piece = b""
    yield piece + writer.end()


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


class Csv:
    """A CSV file. Nothing has to be known to go on with one."""

    def __init__(self, head: Sequence[str], place: Mapping[str, Any] | None = None) -> None:
        self.head = head
        self.place: dict[str, Any] = {}
        self.line: Callable[[Sequence[Any]], str] = csv.writer(cast(Any, _Echo())).writerow

    def begin(self) -> bytes:
        """Write the mark and the head."""
        return (BYTE_ORDER_MARK + self.line([harmless(text) for text in self.head])).encode()

    def add(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Write rows."""
        return "".join(self.line([_as_text(cell) for cell in row]) for row in rows).encode()

    def end(self) -> bytes:
        """Return nothing: the last row is the end."""
        return b""


def _as_text(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return cell.isoformat() if isinstance(cell, date) else cell


WRITERS: Mapping[str, Callable[[Sequence[str], Mapping[str, Any] | None], Writer]] = {
    "csv": Csv,
    "xlsx": Sheets,
}
