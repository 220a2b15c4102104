"""Rows as a file, piece by piece: the memory it takes does not grow with the number of rows.

CSV is UTF-8 with a byte order mark, without which Excel misreads umlauts, with commas and ISO dates in UTC.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from leadapp.services.exports.cells import Cell, harmless
from leadapp.services.exports.sheets import write_sheets

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BYTE_ORDER_MARK = "\ufeff"
# So many rows of a CSV file go out at once.
ROWS_AT_ONCE = 500

Rows = Iterable[Sequence[Cell]]


def write_file(kind: str, *, head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    """Write rows as a file of this kind (csv or xlsx), piece by piece."""
    return WRITERS[kind](head, rows)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    writer: Any = csv.writer(_Echo())
    lines = [BYTE_ORDER_MARK, writer.writerow([harmless(text) for text in head])]
    for row in rows:
        lines.append(writer.writerow([_as_text(cell) for cell in row]))
        if len(lines) >= ROWS_AT_ONCE:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


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


WRITERS: Mapping[str, Callable[[Sequence[str], Rows], Iterator[bytes]]] = {"csv": _csv, "xlsx": write_sheets}
