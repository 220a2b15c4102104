"""Exporting from the command line: what somebody sees, written down as theirs."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leadapp.models import Export, User
from tests.imports.build import brought, happened, imported
from tests.qualification.build import make_lead

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_filter_is_written_into_a_file_that_can_be_imported_again(
    kind: str, tmp_path: Path, manager: User
) -> None:
    make_lead(country="DE", first_name="Ann")
    make_lead(country="AT")
    file, out = tmp_path / f"leads.{kind}", StringIO()
    call_command("export_leads", str(file), "--as", manager.username, "--query", "country=DE", stdout=out)
    assert out.getvalue() == "leads written: 1\n"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    if kind == "csv":
        assert [row["First name"] for row in csv.DictReader(StringIO(file.read_text("utf-8-sig")))] == ["Ann"]
    record = Export.objects.get()
    assert (record.user, record.rows, record.query) == (manager, 1, "country=DE")
    job = imported(brought(file.read_bytes(), name=file.name, actor=manager), on_known="overwrite")
    assert happened(job) == [0, 0, 1, 0, 0]


def test_nothing_is_written_for_who_may_not_or_in_another_form(tmp_path: Path, manager: User) -> None:
    nobody = User.objects.create_user("nobody")
    for name, who in (("a.csv", nobody.username), ("a.pdf", manager.username), ("a.csv", "missing")):
        with pytest.raises(CommandError) as refused:
            call_command("export_leads", str(tmp_path / name), "--as", who)
        assert refused.value.returncode == 2
    assert list(tmp_path.iterdir()) == []
    assert not Export.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_that_nobody_edited_changes_nothing(kind: str, tmp_path: Path, manager: User) -> None:
    for number, country in (("+4930901820", "DE"), ("+31201234567", ""), ("+390612345678", "DE"), ("", "NL")):
        make_lead(phone=number, country=country, first_name="Ann", last_name=country or "Nowhere")
    manager.list_columns = ["name", "stage", "owner", "country", "created"]
    manager.save()
    file, said = tmp_path / f"leads.{kind}", StringIO()
    call_command("export_leads", str(file), "--as", manager.username, stdout=StringIO())
    call_command("import_leads", str(file), "--dry-run", "--on-known", "overwrite", stdout=said)
    assert said.getvalue() == "new 0, changed 0, unchanged 4, left alone 0, refused 0\n"
