"""An XLSX file that goes out while its rows are read: an archive of XML whose sizes follow each part.

The libraries for this write the whole file to the disk first, so that nothing goes out for as long as the
rows take, which browsers and proxies do not wait for, and no other process can go on with it. Only what a
table needs is written.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from html import escape
from typing import Any

from leadapp.services.exports.archives import Archive
from leadapp.services.exports.cells import Cell

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# What an archive holds without an extension that not every program reads.
LARGEST_SHEET = 1_500_000_000
# The first day of a sheet's calendar, which takes 1900 for a leap year.
EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
DAY = 86_400
WIDTH = 18

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# How cells look: as they are, bold for the head, a moment, a day.
BOLD, MOMENT, DATE = 1, 2, 3
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy-mm-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
RELATIONS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
# What XML cannot hold is written as its number, and what looks like such a number as well.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


class Sheets:
    """A workbook that is written piece by piece; what is too much for a sheet goes on on the next one."""

    def __init__(self, head: Sequence[str], place: Mapping[str, Any] | None = None) -> None:
        self.head = head
        self.archive = Archive.at(place["archive"]) if place else Archive()
        self.number = place["number"] if place else 0

    @property
    def place(self) -> dict[str, Any]:
        """Return where it stands: the archive, and the number of the next row."""
        return {"archive": self.archive.place, "number": self.number}

    def begin(self) -> bytes:
        """Begin a sheet."""
        self.number = 2
        name = f"xl/worksheets/sheet{len(self.archive.members) + 1}.xml"
        return self.archive.begin(name) + self.archive.add(_beginning(self.head))

    def add(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Write rows."""
        before = b""
        if self.number + len(rows) - 1 > MOST_ROWS or self.archive.members[-1].size >= LARGEST_SHEET:
            before = self._end() + self.begin()
        lines = [_row(row, self.number + index) for index, row in enumerate(rows)]
        self.number += len(rows)
        return before + self.archive.add("".join(lines).encode())

    def end(self) -> bytes:
        """End the workbook."""
        pieces = [self._end()]
        for name, text in _around(len(self.archive.members)).items():
            pieces += [
                self.archive.begin(name),
                self.archive.add((DECLARATION + text).encode()),
                self.archive.end(),
            ]
        return b"".join([*pieces, self.archive.close()])

    def _end(self) -> bytes:
        return self.archive.add(b"</sheetData></worksheet>") + self.archive.end()


def _beginning(head: Sequence[str]) -> bytes:
    """Return what stands before the rows: the first one stays on screen."""
    cells = "".join(_text(text, f"{_letters(index)}1", f' s="{BOLD}"') for index, text in enumerate(head))
    return (
        f'{DECLARATION}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="{max(len(head), 1)}" width="{WIDTH}" customWidth="1"/></cols>'
        f'<sheetData><row r="1">{cells}</row>'
    ).encode()


def _row(row: Sequence[Cell], number: int) -> str:
    cells = [_cell(cell, f"{_letters(index)}{number}") for index, cell in enumerate(row)]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(cell: Cell, place: str) -> str:
    if isinstance(cell, str):
        return _text(cell, place) if cell else ""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime):
        # Sheets know of no time zones.
        return f'<c r="{place}" s="{MOMENT}"><v>{(cell - EPOCH).total_seconds() / DAY:.9f}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="{DATE}"><v>{(cell - EPOCH.date()).days}</v></c>'
    return "" if cell is None else f'<c r="{place}"><v>{cell}</v></c>'


def _text(text: str, place: str, style: str = "") -> str:
    text = UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text[:LONGEST_TEXT])
    text = escape(text, quote=False)
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


@lru_cache(maxsize=256)
def _letters(index: int) -> str:
    """Return the name of a column: A to Z, then AA."""
    before, last = divmod(index, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _around(sheets: int) -> dict[str, str]:
    """Return the other parts of the archive, by their names."""
    numbers = range(1, sheets + 1)
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{TYPES}.worksheet+xml"/>'
        for number in numbers
    )
    named = "".join(
        f'<sheet name="Sheet{number}" sheetId="{number}" r:id="rId{number}"/>' for number in numbers
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return {
        "[Content_Types].xml": (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/>{types}</Types>'
        ),
        "_rels/.rels": RELATIONS,
        "xl/workbook.xml": (
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
            f"<sheets>{named}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{sheets + 1}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/styles.xml": STYLES,
    }
