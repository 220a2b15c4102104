"""Importing from the command line: the same services, with an exit status."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from leadapp.models import ImportJob, Lead
from tests.imports.build import workbook

pytestmark = pytest.mark.django_db


def run(file: Path, *options: str) -> tuple[int, str]:
    """Return the exit status and what was printed."""
    out = StringIO()
    try:
        call_command("import_leads", str(file), *options, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("Wer;Firma;Telefon\nann@b.example;Acme;030 901820\nbob@b.example;Acme;\n")
    return path


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(file: Path) -> None:
    status, said = run(file, "--dry-run", "--country", "DE")
    assert (status, said) == (0, "new 2, changed 0, unchanged 0, left alone 0, refused 0\n")
    assert not Lead.objects.exists()
    assert not ImportJob.objects.exists()


def test_a_file_is_imported_and_refused_rows_are_a_file_to_mend(file: Path, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    status, said = run(file, "--refused", str(refused), "--source", "Fair")
    assert (status, said.splitlines()[0]) == (1, "new 1, changed 0, unchanged 0, left alone 0, refused 1")
    assert "1 x Telefon: Is not a phone number" in said
    assert "ann@b.example" in refused.read_text("utf-8-sig")
    assert run(refused, "--country", "DE")[0] == 0
    assert sorted(Lead.objects.values_list("email", "phone", "source")) == [
        ("ann@b.example", "+4930901820", "refused"),
        ("bob@b.example", "", "Fair"),
    ]


def test_what_cannot_be_taken_says_why(file: Path, tmp_path: Path) -> None:
    for options, text in (
        (["--map", "Was=email"], "no column “Was”"),
        (["--map", "Wer=nonsense"], "for each column"),
        (["--as", "nobody"], "no such person"),
        (["--list", "none"], "no bought list"),
    ):
        status, said = run(file, *options)
        assert status == 2
        assert text in said
    assert run(tmp_path / "missing.csv")[0] == 2
    assert not ImportJob.objects.exists()


def test_a_workbook_is_imported_the_same(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(workbook([["Email", "Employees", "Company"], ["a@b.example", 480, "Acme"]]))
    options: list[Any] = ["--map", "Company=", "--map", "Employees="]
    assert run(path, *options)[0] == 0
    lead = Lead.objects.get()
    assert (lead.email, lead.company) == ("a@b.example", None)
