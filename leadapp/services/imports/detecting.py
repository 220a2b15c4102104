"""What kind of file it is: its format, encoding, delimiter, and whether its first row names the columns."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import ImportJob

DELIMITERS = (",", ";", "\t", "|")
# What people choose from where it was taken for another one; Windows is what old files of Excel are in.
ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "iso8859-15", "cp1250", "cp1251", "cp437", "cp850", "mac-roman", "iso8859-2",
    "iso8859-9", "gb18030", "shift-jis",
)  # fmt: skip
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WESTERN = frozenset("äöüÄÖÜßéèêëÉÈáàâÀçÇñÑíìîïóòôõúùûåÅæøÆØ€’‘‚“”„–—…´°§«»")
ZIP, OLD_EXCEL, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
SAMPLE_ROWS = 100
TOLD_BY_EXCEL = re.compile(r"^\ufeff?sep=(.)\r?\n", re.IGNORECASE)
DATA = re.compile(r"[^@\s]+@[^@\s]+\.\w+|https?://\S+|\+?[\d ()/.-]{6,}")


@dataclass(frozen=True)
class TextFormat:
    """How a text file is read."""

    encoding: str
    delimiter: str


def format_of(head: bytes) -> str:
    """Return the format by the first bytes; raise Invalid where it is none that is read."""
    if head.startswith(ZIP):
        return str(ImportJob.FileFormat.XLSX)
    if head.startswith(OLD_EXCEL):
        raise Invalid.field("file", _("This is an old Excel file (.xls). Save it as XLSX or CSV."))
    has_mark = any(head.startswith(mark) for mark in BYTE_ORDER_MARKS)
    if head.startswith(PDF) or (not has_mark and head.count(0) > len(head) // 4):
        raise Invalid.field("file", _("This is neither CSV nor XLSX."))
    return str(ImportJob.FileFormat.CSV)


def encoding_of(head: bytes, *, is_utf8: bool) -> str:
    """Return the encoding that the first bytes look like."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return name
    if is_utf8:
        return "utf-8"
    if _is_western(head):
        return "cp1252"
    best = from_bytes(head, cp_isolation=[_python_name(name) for name in ENCODINGS]).best()
    known = {_python_name(name): name for name in ENCODINGS}
    return known.get(best.encoding, "cp1252") if best else "cp1252"


def _is_western(head: bytes) -> bool:
    """Tell whether it reads well as what Windows writes in western Europe."""
    try:
        marked = [letter for letter in head.decode("cp1252") if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    return sum(1 for letter in marked if letter in WESTERN) >= 0.95 * len(marked)


def delimiter_of(text: str) -> str:
    """Return what stands between the cells: what cuts the most rows into as many cells."""
    if told := TOLD_BY_EXCEL.match(text):
        return told[1]
    scores = {delimiter: _score(text, delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter])


def names_columns(first: Sequence[str]) -> bool:
    """Tell whether a first row names the columns: no cell of it is an address, number or link."""
    return not any(DATA.fullmatch(cell.strip()) for cell in first)


def text_format(head: bytes, *, is_utf8: bool) -> TextFormat:
    """Return how a text file is read."""
    encoding = encoding_of(head, is_utf8=is_utf8)
    return TextFormat(encoding, delimiter_of(decoded(head, encoding)))


def decoded(head: bytes, encoding: str) -> str:
    """Return the beginning of a file as text; its last character may be cut off."""
    text = codecs.getincrementaldecoder(_with_mark(encoding))("replace").decode(head)
    return text.removeprefix("\ufeff")


def _with_mark(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _python_name(encoding: str) -> str:
    return encoding.replace("-", "_").lower()


def _score(text: str, delimiter: str) -> tuple[float, int]:
    """Return which share of the rows has the usual number of cells, and that number; one cell is nothing."""
    lines = text.splitlines(keepends=True)
    # The last line may be cut off.
    reader = csv.reader(lines[:-1] or lines, delimiter=delimiter)
    try:
        sizes = Counter(len(row) for row in islice(reader, SAMPLE_ROWS) if row)
    except csv.Error:
        return (0.0, 0)
    if not sizes:
        return (0.0, 0)
    usual, number = sizes.most_common(1)[0]
    return (number / sizes.total(), usual) if usual > 1 else (0.0, usual)
