"""XLSX workbooks, read row by row: the memory it takes does not grow with the number of rows.

The libraries for this either hold a whole sheet in memory or take several times as long (docs/import.md).
What a formula gave when the workbook was saved is read; nothing is computed.
"""

import io
import mmap
import re
import tempfile
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import IO, Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from leadapp.errors import Invalid

AT_ONCE = 128 * 1024
# A part that unpacks to more than this, or to so many times its size, is made to harm.
LARGEST_PART = 2 * 1024**3
LARGEST_RATIO = 250
SMALL = 10 * 1024**2
MOST_COLUMNS = 300
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
NO_DATE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|General')
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
TRUE = ("1", "true")

Row = tuple[int, list[str]]


@dataclass
class Workbook:
    """An open workbook: its sheets by name, and what is needed to read them."""

    archive: ZipFile
    sheets: dict[str, str]
    is_1904: bool
    dates: frozenset[int]

    def rows(self, sheet: str, advance: Callable[[int], object]) -> Iterator[Row]:
        """Read a sheet: rows that hold something, each with its number. `advance` is told the percent."""
        part = self.sheets.get(sheet)
        if part is None:
            raise Invalid.field("sheet", _("There is no sheet of this name."))
        with _Strings(self.archive) as strings:
            yield from _read_sheet(self, part, strings, advance)


def open_workbook(file: IO[bytes]) -> Workbook:
    """Open a workbook; raise Invalid where it is none, or made to harm."""
    try:
        archive = ZipFile(file)
        relations = {
            attributes.get("Id", ""): attributes.get("Target", "")
            for attributes in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
        }
        sheets, is_1904 = {}, False
        for attributes in _elements(archive, "xl/workbook.xml", "sheet", "workbookPr"):
            if "name" in attributes:
                target = relations.get(attributes.get("r:id", attributes.get("id", "")), "")
                path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
                if path in archive.NameToInfo and "worksheets" in path:
                    sheets[attributes["name"]] = path
            is_1904 = is_1904 or attributes.get("date1904", "").lower() in TRUE
        dates = _date_styles(archive)
    except (BadZipFile, KeyError, expat.ExpatError, NotImplementedError, EOFError, OSError) as error:
        raise _unreadable() from error
    if not sheets:
        raise _unreadable()
    return Workbook(archive, sheets, is_1904, dates)


def _unreadable() -> Invalid:
    return Invalid.field(
        "file", _("This is no XLSX workbook that can be read. Open it in a spreadsheet and save it anew.")
    )


def _open(archive: ZipFile, name: str) -> IO[bytes]:
    info = archive.getinfo(name)
    is_bomb = info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1)
    if is_bomb or info.file_size > LARGEST_PART or info.flag_bits & 1:
        raise Invalid.field("file", _("This workbook unpacks to far more than it is, or is locked."))
    return archive.open(info)


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*args: object) -> None:
    raise _unreadable()


def _elements(archive: ZipFile, part: str, *names: str) -> Iterator[Mapping[str, str]]:
    """Return the attributes of these elements, in their order; a part that is missing has none."""
    if part not in archive.NameToInfo:
        return iter(())
    found: list[Mapping[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] in names:
            found.append(attributes)

    parser = _parser()
    parser.StartElementHandler = start
    with _open(archive, part) as stream:
        parser.ParseFile(stream)
    return iter(found)


def _date_styles(archive: ZipFile) -> frozenset[int]:
    """Return the numbers of the styles that show a number as a date."""
    formats: dict[int, bool] = {}
    styles: list[int] = []
    inside = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "numFmt":
            code = NO_DATE.sub("", attributes.get("formatCode", "")).lower()
            formats[int(attributes["numFmtId"])] = any(mark in code for mark in "dmyhs")
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0]:
            styles.append(int(attributes.get("numFmtId", 0)))

    def end(tag: str) -> None:
        if tag.rpartition(":")[2] == "cellXfs":
            inside[0] = False

    if "xl/styles.xml" not in archive.NameToInfo:
        return frozenset()
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    with _open(archive, "xl/styles.xml") as stream:
        parser.ParseFile(stream)
    return frozenset(index for index, number in enumerate(styles) if formats.get(number, number in DATES))


class _Strings:
    """The texts that cells share, in a file beside: a list of a hundred thousand people has as many."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._places = array("Q", [0])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._map: mmap.mmap | None = None
        # Readings for pronunciation (rPh) are no part of a text.
        self._parts: list[str] = []
        self._is_text = self._is_reading = False

    def __enter__(self) -> "_Strings":
        if "xl/sharedStrings.xml" in self._archive.NameToInfo:
            self._read()
        return self

    def __exit__(self, *args: object) -> None:
        if self._map is not None:
            self._map.close()
        self._file.close()

    def __getitem__(self, index: int) -> str:
        if self._map is None or not 0 <= index < len(self._places) - 1:
            return ""
        return self._map[self._places[index] : self._places[index + 1]].decode()

    def _read(self) -> None:
        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        with _open(self._archive, "xl/sharedStrings.xml") as stream:
            _feed(parser, stream)
        self._file.flush()
        if self._places[-1]:
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            self._parts.clear()
        elif name == "rPh":
            self._is_reading = True
        elif name == "t":
            self._is_text = not self._is_reading

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "si":
            data = _unescaped("".join(self._parts)).encode("utf-8", "replace")
            self._file.write(data)
            self._places.append(self._places[-1] + len(data))
        elif name == "rPh":
            self._is_reading = False
        elif name == "t":
            self._is_text = False

    def _text(self, data: str) -> None:
        if self._is_text:
            self._parts.append(data)


def _feed(parser: Any, stream: IO[bytes]) -> None:
    try:
        while data := stream.read(AT_ONCE):
            parser.Parse(data)
        parser.Parse(b"", True)
    except (expat.ExpatError, BadZipFile, EOFError) as error:
        raise _unreadable() from error


@dataclass
class _Sheet:
    """What a sheet is being read to: the rows since the last look."""

    workbook: Workbook
    strings: _Strings
    rows: list[Row] = field(default_factory=list)
    number: int = 0
    cells: list[str] = field(default_factory=list)
    column: int = 0
    kind: str = ""
    style: int = 0
    texts: list[str] = field(default_factory=list)
    is_text: bool = False
    is_reading: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            place = attributes.get("r")
            self.column = _index(place) if place else len(self.cells)
            self.kind, self.style = attributes.get("t", "n"), int(attributes.get("s", 0))
            self.texts.clear()
        elif name in ("v", "t"):
            self.is_text = not self.is_reading
        elif name == "rPh":
            self.is_reading = True
        elif name == "row":
            self.number = int(attributes.get("r", self.number + 1))
            self.cells = []

    def text(self, data: str) -> None:
        if self.is_text:
            self.texts.append(data)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("v", "t"):
            self.is_text = False
        elif name == "c":
            if value := self._value("".join(self.texts)):
                self._put(value)
        elif name == "rPh":
            self.is_reading = False
        elif name == "row" and self.cells:
            self.rows.append((self.number, self.cells))

    def _put(self, value: str) -> None:
        if self.column >= MOST_COLUMNS:
            raise Invalid.field(
                "file", _("More than %(most)d columns are not read.") % {"most": MOST_COLUMNS}
            )
        missing = self.column - len(self.cells)
        if missing > 0:
            self.cells += [""] * missing
        if missing >= 0:
            self.cells.append(value)
        else:
            self.cells[self.column] = value

    def _value(self, text: str) -> str:
        if not text or self.kind == "s":
            return self.strings[int(text)] if text else ""
        if self.kind == "n":
            return self._number(text)
        if self.kind == "b":
            return "true" if text in TRUE else "false"
        return _unescaped(text)

    def _number(self, text: str) -> str:
        if self.style not in self.workbook.dates:
            return _plain(text)
        try:
            return _moment(float(text), is_1904=self.workbook.is_1904)
        except (ValueError, OverflowError):
            return text


def _read_sheet(
    workbook: Workbook, part: str, strings: _Strings, advance: Callable[[int], object]
) -> Iterator[Row]:
    sheet = _Sheet(workbook, strings)
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.text
    size, read = max(workbook.archive.getinfo(part).file_size, 1), 0
    with _open(workbook.archive, part) as stream:
        is_over = False
        while not is_over:
            try:
                data = stream.read(AT_ONCE)
                is_over = not data
                parser.Parse(data, is_over)
            except (expat.ExpatError, BadZipFile, EOFError, ValueError, IndexError) as error:
                raise _unreadable() from error
            read += len(data)
            advance(min(99, 100 * read // size))
            yield from sheet.rows
            sheet.rows.clear()


def _index(place: str) -> int:
    """Return the number of a column out of the place of a cell: A1 is 0, AB7 is 27."""
    number = 0
    for letter in place:
        if not letter.isalpha():
            break
        number = 26 * number + ord(letter) - 64
    return number - 1


def _plain(text: str) -> str:
    """Write a number as people do: without an exponent, and no .0 behind a whole one."""
    if text.isascii() and text.lstrip("-").isdigit():
        return text
    number = float(text)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _moment(number: float, *, is_1904: bool) -> str:
    """Return a day, a moment or a time of day as ISO 8601 writes it."""
    epoch = datetime(1904, 1, 1, tzinfo=UTC) if is_1904 else datetime(1899, 12, 30, tzinfo=UTC)
    moment = epoch + timedelta(seconds=round(number * 86_400))
    if 0 <= number < 1:
        return moment.strftime("%H:%M:%S")
    return moment.date().isoformat() if moment.time() == time() else moment.replace(tzinfo=None).isoformat()


def _unescaped(text: str) -> str:
    """Return a text with the characters that XML cannot hold, which are written as _x000D_."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def as_stream(raw: io.RawIOBase) -> IO[bytes]:
    """Return a raw file as one that is read in larger parts."""
    return io.BufferedReader(raw, buffer_size=AT_ONCE)
