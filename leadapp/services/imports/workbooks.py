"""XLSX workbooks, turned into CSV when they are brought; from there on they are read like any other.

python-calamine reads a sheet as a whole: for 100,000 rows of 14 columns that takes 110 MB and two seconds. So
a program of its own does it, whose memory is bounded, and the workers never do.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.services.imports.converting import MOST_COLUMNS, NO_SHEET, TOO_WIDE

PROGRAM = Path(__file__).with_name("converting.py")
AT_ONCE = 128 * 1024
# What a workbook may unpack to. A part of so many times its size is made to harm.
LARGEST = 256 * 1024**2
LARGEST_RATIO = 250
SMALL = 10 * 1024**2
# What reading it may take: 256 MB of it take three times as much.
MEMORY = 1024**3


@contextmanager
def as_csv(file: IO[bytes], sheet: str = "") -> Iterator[tuple[list[str], Iterator[bytes]]]:
    """Give the names of a workbook's sheets, and one of them (else the first) as CSV.

    Rows and columns are where they are in the sheet. Of a formula its value when it was saved is read;
    nothing is computed. Raise Invalid where it cannot be read, or is made to harm.
    """
    _check(file)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as copy:
        file.seek(0)
        while data := file.read(AT_ONCE):
            copy.write(data)
        copy.flush()
        command = [sys.executable, "-I", str(PROGRAM), copy.name, str(MEMORY), *([sheet] if sheet else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
            if program.stdout is None:
                raise AssertionError("not reached")
            names = program.stdout.readline()
            if names:
                yield json.loads(names), iter(lambda: program.stdout.read(AT_ONCE), b"")  # type: ignore[union-attr]
        if program.returncode:
            raise _refusal(program.returncode)


def _check(file: IO[bytes]) -> None:
    try:
        parts = ZipFile(file).infolist()
    except (BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise _refusal(1) from error
    is_bomb = any(
        part.file_size > SMALL and part.file_size > LARGEST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if is_bomb or any(part.flag_bits & 1 for part in parts):
        raise Invalid.field("file", _("This workbook unpacks to far more than it is, or is locked."))
    if sum(part.file_size for part in parts) > LARGEST:
        raise Invalid.field("file", _("This workbook holds too much to be read. Save the sheet as CSV."))


def _refusal(status: int) -> Invalid:
    if status == NO_SHEET:
        return Invalid.field("sheet", _("There is no sheet of this name."))
    if status == TOO_WIDE:
        return Invalid.field("file", _("More than %(most)d columns are not read.") % {"most": MOST_COLUMNS})
    return Invalid.field(
        "file", _("This is no XLSX workbook that can be read. Open it in a spreadsheet and save it anew.")
    )
