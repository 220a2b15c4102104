"""Files of rows: harmless in every spreadsheet, and read back as what they were."""

import csv
import io
import json
import resource
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadapp.services.exports import as_typed, files, harmless, sheets, write_file
from leadapp.services.exports.files import writer_of

MOMENT = datetime(2026, 11, 27, 13, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\u00a0=1",
        "\ufeff=1",
        "＝1+1",
        "＋1",
        "+49 30 1=2",
        "-",
        "=",
        "+1+1",
        "--5",
    ],
)
def test_what_a_spreadsheet_would_run_is_made_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert as_typed(harmless(text)) == text


@pytest.mark.parametrize(
    "text", ["", "Ada", "+4930123456", "-5", "+1.5", "-0,25", "O'Neil", "'tis", "a=b", "1-2"]
)
def test_numbers_phones_and_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
    assert as_typed(text) == text


@given(st.text())
def test_every_text_is_harmless_and_read_back_as_it_was(text: str) -> None:
    safe = harmless(text)
    assert as_typed(safe) == text
    first = safe.lstrip()[:1]
    assert first not in ("=", "@", "\t", "\r")
    if first in ("+", "-"):
        assert safe[1:].replace(".", "").replace(",", "").isdigit()


ROWS: list[list[Any]] = [
    ["Großmann", "=1+1", "+4930123456", 7, 1.5, True, None, MOMENT, date(2026, 11, 27), 'a "b", c\nd'],
    ["", " @x", "", None, -3, False, "", None, None, "😀"],
]
HEAD = ["Name", "=Head", "Phone", "a", "b", "c", "d", "e", "f", "g"]


def test_csv_is_utf_8_for_excel_with_iso_dates() -> None:
    data = b"".join(write_file("csv", head=HEAD, rows=ROWS))
    assert data.startswith(b"\xef\xbb\xbfName,'=Head,")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[1] == [
        "Großmann", "'=1+1", "+4930123456", "7", "1.5", "true", "", "2026-11-27T12:30:00Z", "2026-11-27",
        'a "b", c\nd',
    ]  # fmt: skip
    assert read[2] == ["", "' @x", "", "", "-3", "false", "", "", "", "😀"]


def sheet_of(data: bytes) -> list[dict[str, tuple[str, str]]]:
    """Return the cells of each row: the place, with its type and text."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        root = Xml.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [
        {cell.attrib["r"]: (cell.attrib.get("t", "n"), "".join(cell.itertext())) for cell in row}
        for row in root.iter(f"{name}row")
    ]


def test_xlsx_keeps_the_kind_of_each_cell_and_holds_no_formula() -> None:
    data = b"".join(write_file("xlsx", head=HEAD, rows=ROWS))
    head, first, second = sheet_of(data)
    assert head["B1"] == ("inlineStr", "=Head")
    assert first["B2"] == ("inlineStr", "=1+1")
    assert first["C2"] == ("inlineStr", "+4930123456")
    assert (first["D2"], first["F2"]) == (("n", "7"), ("b", "1"))
    assert float(first["H2"][1]) == pytest.approx(46353 + 12.5 / 24)  # days since 1899-12-30
    assert first["I2"] == ("n", "46353")
    assert "A3" not in second
    assert b"<f>" not in data


def test_xlsx_holds_what_xml_cannot() -> None:
    data = b"".join(write_file("xlsx", head=["x"], rows=[["a\x00\r<&>_x0041_", "y" * 40_000]]))
    row = sheet_of(data)[1]
    assert row["A2"][1] == "a_x0000__x000D_<&>_x005F_x0041_"  # as Excel writes it
    assert len(row["B2"][1]) == 32_767


def test_rows_beyond_a_sheet_go_on_on_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    monkeypatch.setattr(files, "ROWS_AT_ONCE", 2)
    data = b"".join(write_file("xlsx", head=["Number"], rows=[[number] for number in range(9)]))
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        rows = [book.read(name).decode().count("<row ") for name in names]
    assert rows == [5, 5, 2]  # each with the head


def test_a_workbook_goes_out_while_its_rows_are_read() -> None:
    read = []

    def rows() -> Iterator[list[Any]]:
        for number in range(3 * files.ROWS_AT_ONCE):
            read.append(number)
            yield [f"{number * 7919} random {number}"] * 20

    pieces = write_file("xlsx", head=["x"], rows=rows())
    next(pieces)
    assert len(read) <= files.ROWS_AT_ONCE


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_another_process_goes_on_with_a_file_where_it_stands(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 5)
    monkeypatch.setattr(files, "ROWS_AT_ONCE", 2)
    rows: list[list[Any]] = [[f"Name {number}", number] for number in range(9)]
    first = writer_of(kind, head=["Name", "Number"])
    pieces, place = [first.begin()], json.dumps(first.place)
    for index in range(0, 9, 2):
        writer = writer_of(kind, head=["Name", "Number"], place=json.loads(place))
        pieces.append(writer.add(rows[index : index + 2]))
        place = json.dumps(writer.place)
    pieces.append(writer_of(kind, head=["Name", "Number"], place=json.loads(place)).end())
    assert b"".join(pieces) == b"".join(write_file(kind, head=["Name", "Number"], rows=rows))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_without_rows_there_is_the_head(kind: str) -> None:
    assert b"".join(write_file(kind, head=["Name"], rows=[]))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_memory_does_not_grow_with_the_rows(kind: str) -> None:
    row: list[Any] = ["Annelie", "Großmann-Überschär", "+4930123456", 7, MOMENT] * 3
    for _ in write_file(kind, head=["x"] * len(row), rows=(row for _ in range(1_000))):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(
        len(piece) for piece in write_file(kind, head=["x"] * len(row), rows=(row for _ in range(20_000)))
    )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert size > 50_000
    assert grown < 8 * 1024  # kilobytes


def test_dates_are_told_in_utc() -> None:
    data = b"".join(write_file("csv", head=["At"], rows=[[datetime(2026, 1, 1, tzinfo=UTC)]]))
    assert data.decode("utf-8-sig").splitlines() == ["At", "2026-01-01T00:00:00Z"]
