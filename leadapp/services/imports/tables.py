"""A stored file as rows of cells, whatever its format: read as it goes, blank rows left out."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ImportJob
from leadapp.services.exports import as_typed
from leadapp.services.imports import detecting
from leadapp.services.imports.converting import MOST_COLUMNS
from leadapp.services.imports.files import PIECE, StoredFile, beginning, is_utf8, replace_sheet
from leadapp.services.imports.workbooks import as_csv

# What could not be decoded is half a character of this range.
UNDECODED = re.compile("[\udc80-\udcff]")
Advance = Callable[[int], object]
Row = tuple[int, list[str]]


def nobody(percent: int) -> None:
    """Take no notice of how far it is."""


def detect(job: ImportJob) -> None:
    """Find out how a file is read, and what its columns are called; raise Invalid where it cannot be read."""
    head = beginning(job)
    job.file_format = detecting.format_of(head)
    if job.file_format == ImportJob.FileFormat.XLSX:
        read_sheet(job)
    else:
        found = detecting.text_format(head, is_utf8=is_utf8(job))
        job.encoding, job.delimiter = found.encoding, found.delimiter
    first = first_rows(job, 1)
    if not first:
        raise Invalid.field("file", _("The file holds no rows."))
    job.has_header = detecting.names_columns(first[0][1])
    name_columns(job)


def name_columns(job: ImportJob) -> None:
    """Read what the columns are called: the first row, or numbers where it names none."""
    rows = first_rows(job, 200)
    width = max((len(cells) for _number, cells in rows), default=0)
    if job.has_header and rows:
        names = [storable(" ".join(cell.split()))[:500] for cell in rows[0][1]]
        width = len(names)
    else:
        names = [""] * width
    job.columns = [
        name or _("Column %(number)d") % {"number": number} for number, name in enumerate(names, start=1)
    ]
    job.header_key = key_of(names) if job.has_header else f"{width} columns"


def key_of(names: Sequence[str]) -> str:
    """Return what two files with the same columns share."""
    return hashlib.sha256("\x1f".join(name.casefold() for name in names).encode()).hexdigest()


def first_rows(job: ImportJob, number: int) -> list[Row]:
    """Return the first rows of a file as they are, the names of the columns among them."""
    return list(islice(_rows(job, nobody), number))


def read_sheet(job: ImportJob, name: str = "") -> None:
    """Keep a sheet of a workbook, else its first one, as CSV; raise Invalid where it cannot be read."""
    with as_csv(_as_stream(StoredFile(job)), name) as (sheets, chunks):
        replace_sheet(job, chunks)
    job.sheets, job.sheet = sheets, name or sheets[0]
    job.encoding, job.delimiter = "utf-8", ","


def read_rows(job: ImportJob, advance: Advance = nobody) -> Iterator[Row]:
    """Read the rows of a file below the names of its columns, each with its number."""
    rows = _rows(job, advance)
    if job.has_header:
        next(rows, None)
    return rows


def _rows(job: ImportJob, advance: Advance) -> Iterator[Row]:
    is_sheet = job.file_format == ImportJob.FileFormat.XLSX
    found = _sheet_rows(job, advance) if is_sheet else _text_rows(job, advance)
    return ((number, cells) for number, cells in found if any(cells))


def _sheet_rows(job: ImportJob, advance: Advance) -> Iterator[Row]:
    return _parsed(job, StoredFile(job, of_sheet=True), 0, advance)


def _text_rows(job: ImportJob, advance: Advance) -> Iterator[Row]:
    # Excel says by a first line what stands between the cells.
    is_told = detecting.TOLD_BY_EXCEL.match(_as_text(job, StoredFile(job)).readline())
    for number, cells in _parsed(job, StoredFile(job), 1 if is_told else 0, advance):
        yield number, [as_typed(cell) if cell[:1] == "'" else cell for cell in cells]


def _parsed(job: ImportJob, raw: StoredFile, begin: int, advance: Advance) -> Iterator[Row]:
    """Read rows of text, but for so many lines at its beginning."""
    text = _as_text(job, raw)
    for _line in range(begin):
        text.readline()
    rows = csv.reader(text, delimiter=job.delimiter)
    number = begin
    try:
        for number, cells in enumerate(rows, start=begin + 1):
            if number % 500 == 0:
                advance(min(99, 100 * raw.tell() // raw.size))
            if len(cells) > MOST_COLUMNS:
                raise Invalid.field(
                    "file", _("More than %(most)d columns are not read.") % {"most": MOST_COLUMNS}
                )
            yield number, cells
    except csv.Error as error:
        raise Invalid.field(
            "file",
            _("After row %(number)d the file cannot be read: a quotation mark is opened and never closed.")
            % {"number": number},
        ) from error
    except UnicodeError as error:
        raise Invalid.field(
            "encoding",
            _("After row %(number)d the file is not of this encoding. Choose another one.")
            % {"number": number},
        ) from error


def _as_text(job: ImportJob, raw: StoredFile) -> io.TextIOWrapper:
    encoding = "utf-8-sig" if job.encoding == "utf-8" else job.encoding
    return io.TextIOWrapper(_as_stream(raw), encoding=encoding, errors="surrogateescape", newline="")


def _as_stream(raw: StoredFile) -> io.BufferedReader:
    return io.BufferedReader(raw, buffer_size=PIECE // 4)


def storable(text: str) -> str:
    """Return a text as PostgreSQL can keep it: what is no character becomes a mark."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
