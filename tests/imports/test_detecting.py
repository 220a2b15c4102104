"""How a file is read: found out by what it holds, and changed by people where that is wrong."""

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from leadapp.errors import Invalid
from leadapp.models import ImportJob
from leadapp.services import imports
from leadapp.services.imports.tables import read_rows
from tests.imports.build import brought, workbook
from tests.qualification.build import NOW

pytestmark = pytest.mark.django_db

TEXT = "Vorname;Nachname;Firma\nJürgen;Müßig;Gebrüder Löwe & Söhne\nZoë;van ’t Hek;Café Ümit\n"


def rows(job: ImportJob) -> list[list[str]]:
    return [cells for _number, cells in read_rows(job)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
    ids=["utf-8", "with a mark", "utf-16", "windows"],
)
def test_the_encoding_is_found_out(data: bytes, encoding: str) -> None:
    job = brought(data)
    assert (job.encoding, job.delimiter) == (encoding, ";")
    assert job.columns == ["Vorname", "Nachname", "Firma"]
    assert rows(job)[0] == ["Jürgen", "Müßig", "Gebrüder Löwe & Söhne"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_the_delimiter_is_found_out_also_where_cells_hold_others(delimiter: str) -> None:
    lines = [["Email", "Note"], ["a@b.example", "one, two; three"], ["c@d.example", "x|y"]]
    quoted = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    job = brought(quoted)
    assert job.delimiter == delimiter
    assert rows(job) == lines[1:]


def test_what_excel_says_about_the_delimiter_is_no_row() -> None:
    job = brought("sep=;\r\nEmail;City\r\na@b.example;Bonn\r\n")
    assert (job.delimiter, job.columns) == (";", ["Email", "City"])
    assert [number for number, _cells in read_rows(job)] == [3]


def test_a_first_row_of_data_names_no_columns() -> None:
    job = brought("a@b.example,Bonn\nc@d.example,Köln\n")
    assert (job.has_header, job.columns, len(rows(job))) == (False, ["Column 1", "Column 2"], 2)
    assert job.mapping == ["email", ""]


def test_people_read_it_in_another_way() -> None:
    job = brought("Email;City|Town\na@b.example;Bonn|Köln\n")
    job = imports.read_again(job=job, reading=imports.Reading("utf-8", "|", "", has_header=True), actor=None)
    assert (job.columns, rows(job)) == (["Email;City", "Town"], [["a@b.example;Bonn", "Köln"]])
    for wrong in ({"encoding": "klingon"}, {"delimiter": "ab"}, {"delimiter": '"'}):
        reading: dict[str, Any] = {"encoding": "utf-8", "delimiter": ";"} | wrong
        with pytest.raises(Invalid):
            imports.read_again(job=job, reading=imports.Reading(**reading), actor=None)


def test_a_workbook_is_read_as_it_looks() -> None:
    book = workbook(
        [
            ["Email", "Employees", "Founded", "Seen", "Yes", "Score", "Phone"],
            ["a@b.example", 480, date(1999, 5, 1), datetime(2026, 1, 2, 9, 30), True, 12.5, 4930901820],  # noqa: DTZ001 - sheets know no zone
            [],
            ["c@d.example", None, None, None, False, -3, "+49 30 1"],
        ],
        sheet="Messe Köln",
    )
    job = brought(book, name="people.xlsx")
    assert (job.file_format, job.sheet, job.sheets) == ("xlsx", "Messe Köln", ["Messe Köln"])
    assert list(read_rows(job)) == [
        (2, ["a@b.example", "480", "1999-05-01", "2026-01-02T09:30:00", "true", "12.5", "4930901820"]),
        (4, ["c@d.example", "", "", "", "false", "-3", "+49 30 1"]),
    ]


def test_of_a_formula_its_value_is_read_and_nothing_is_computed() -> None:
    sheet = (
        '<worksheet xmlns="x"><sheetData><row r="1"><c r="A1" t="str"><f>"E"&amp;"mail"</f><v>Email</v></c></row>'  # noqa: E501
        '<row r="2"><c r="A2" t="str"><f>LOWER("A@B.EXAMPLE")</f><v>a@b.example</v></c></row></sheetData></worksheet>'  # noqa: E501
    )
    assert rows(brought(replaced("xl/worksheets/sheet1.xml", sheet), name="f.xlsx")) == [["a@b.example"]]


def replaced(part: str, text: str) -> bytes:
    """Return a workbook with another part in it."""
    source, target = zipfile.ZipFile(io.BytesIO(workbook([["Email"], ["a@b.example"]]))), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, text if name == part else source.read(name))
    return target.getvalue()


def test_another_sheet_is_read_from_wherever_its_rows_begin() -> None:
    book, file = openpyxl.Workbook(), io.BytesIO()
    page = book.create_sheet("Köln")
    page["B3"], page["C3"], page["B6"], page["D6"] = "Email", "City", "a@b.example", time(9, 5)
    book.worksheets[0]["A1"] = "Email"
    book.save(file)
    job = brought(file.getvalue(), name="two.xlsx")
    assert (job.sheets, job.columns) == (["Sheet", "Köln"], ["Email"])
    reading = imports.Reading(sheet="Köln")
    job = imports.read_again(job=job, reading=reading, actor=None)
    assert job.columns == ["Column 1", "Email", "City"]
    assert list(read_rows(job)) == [(6, ["", "a@b.example", "", "09:05:00"])]
    with pytest.raises(Invalid, match="no sheet of this name"):
        imports.read_again(job=job, reading=imports.Reading(sheet="Bonn"), actor=None)
    job.refresh_from_db()
    assert (job.sheet, rows(job)) == ("Köln", [["", "a@b.example", "", "09:05:00"]])


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
LAST = '<row r="1048576"><c r="KN1048576"><v>1</v></c></row>'
FAR = f"<worksheet><sheetData>{FIRST}{LAST}</sheetData></worksheet>"
WIDE = '<worksheet><sheetData><row r="1"><c r="KO1"><v>1</v></c></row></sheetData></worksheet>'
BOMB = '<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>' + " " * 30_000_000 + "</t></is></c></row>"
ENTITIES = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.csv", b""),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("paper.csv", b"%PDF-1.7 ..."),
        ("blob.csv", bytes(1000)),
        ("archive.xlsx", b"PK\x03\x04 no archive"),
        ("bomb.xlsx", lambda: replaced("xl/worksheets/sheet1.xml", BOMB)),
        ("wide.xlsx", lambda: replaced("xl/worksheets/sheet1.xml", WIDE)),
        ("far.xlsx", lambda: replaced("xl/worksheets/sheet1.xml", FAR)),
        ("entities.xlsx", lambda: replaced("xl/worksheets/sheet1.xml", ENTITIES)),
        ("blank.csv", b"\n\n\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_and_not_kept(name: str, data: Any) -> None:
    with pytest.raises(Invalid):
        brought(data() if callable(data) else data, name=name)
    assert not ImportJob.objects.exists()


def test_a_file_that_is_too_large_is_refused(settings: Any) -> None:
    settings.IMPORT_MAX_MB = 1
    with pytest.raises(Invalid, match="larger than 1 MB"):
        imports.upload(name="a.csv", chunks=[b"x" * 600_000] * 2, actor=None, now=NOW)
