"""Rows as a file, piece by piece: the memory it takes does not grow with the number of rows.

CSV is UTF-8 with a byte order mark, without which Excel misreads umlauts, with commas and ISO dates in UTC.
An XLSX file is an archive: it is written to the disk first, and read from there.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from tempfile import TemporaryFile
from typing import IO, Any

from xlsxwriter import Workbook

from leadapp.services.exports.cells import Cell, harmless

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BYTE_ORDER_MARK = "\ufeff"
# So many rows of a CSV file go out at once.
ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 64 * 1024
MOST_ROWS_OF_A_SHEET = 1_048_576
LONGEST_TEXT_OF_A_SHEET = 32_767
WIDTH = 18

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


def _xlsx(head: Sequence[str], rows: Rows) -> Iterator[bytes]:
    with TemporaryFile() as file:
        _write_workbook(file, head, rows)
        file.seek(0)
        while piece := file.read(BYTES_AT_ONCE):
            yield piece


def _write_workbook(file: IO[bytes], head: Sequence[str], rows: Rows) -> None:
    # Texts stay texts, whatever they look like. Each row is written to the disk as it comes.
    book = Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    formats = _Formats(book)
    sheet, number = book.add_worksheet(), 0
    _begin(sheet, head, formats)
    for row in rows:
        number += 1
        if number == MOST_ROWS_OF_A_SHEET:
            sheet, number = book.add_worksheet(), 1
            _begin(sheet, head, formats)
        for column, cell in enumerate(row):
            _put(sheet, number, column, cell, formats)
    book.close()


class _Formats:
    """How cells of a workbook look."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})


def _begin(sheet: Any, head: Sequence[str], formats: _Formats) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(head) - 1, 0), WIDTH)
    for column, text in enumerate(head):
        sheet.write_string(0, column, text, formats.head)


def _put(sheet: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    if isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell[:LONGEST_TEXT_OF_A_SHEET])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, datetime):
        # Sheets know of no time zones.
        sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), formats.moment)
    elif isinstance(cell, date):
        sheet.write_datetime(row, column, cell, formats.day)
    elif cell is not None:
        sheet.write_number(row, column, cell)


WRITERS: Mapping[str, Callable[[Sequence[str], Rows], Iterator[bytes]]] = {"csv": _csv, "xlsx": _xlsx}
