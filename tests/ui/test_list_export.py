"""The list as a file: what somebody sees, by who may, and written down."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import Company, Export, User
from leadapp.services.exports import begin_export, counted, write_file
from tests.ui.build import make_full_lead, make_lead, make_user
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

URL = "/leads/export/"


def rows_of(response: Any) -> list[dict[str, str]]:
    """Return the rows of a CSV answer."""
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_view_is_a_file_with_its_leads_in_its_order(as_: As, rep: User) -> None:
    make_lead(50, last_name="Low", owner=rep, country="DE")
    full = make_full_lead(180, rep)
    make_lead(300, last_name="Elsewhere", country="AT")
    full.last_name, full.phone, full.country = "=SUM(A1)", "+4930123456", "DE"
    full.save()
    client = as_(rep)
    asked = {"all": "1", "of": "country=DE"}
    page = client.get(URL, asked | {"back": "/?country=DE"}).content.decode()
    assert "Export 2 leads" in page
    response = client.post(URL, asked | {"number": "2", "file_format": "csv"})
    assert response.headers["Content-Disposition"].startswith('attachment; filename="leads-20')
    first, second = rows_of(response)
    assert (first["Last name"], second["Last name"]) == ("'=SUM(A1)", "Low")
    assert (
        first
        | {
            "Score": "180",
            "Grade": "B2",
            "Temperature": "Hot",
            "Phone": "+4930123456",
            "Company": "Vögele Präzisionstechnik",
            "Stage": "Lead",
            "Status": "Open",
            "Owner": "Jonas Wiegand",
            "Change in 30 days": "170",
            "Do not call": "false",
        }
        == first
    )
    assert first["Answer by"].endswith("Z")
    assert second["Answer by"] == ""
    record = Export.objects.get()
    assert (record.user, record.username, record.rows) == (rep, "jonas", 2)
    assert (record.file_format, record.query) == ("csv", "country=DE")
    assert record.finished_at is not None
    assert record.columns[:2] == ["Leadapp ID", "Score"]


def test_the_ticked_leads_are_a_file(as_: As, rep: User) -> None:
    one, two, _ = make_lead(1), make_lead(2), make_lead(3)
    ticked = [f"{lead.pk}.lead.open." for lead in (one, two)]
    response = as_(rep).post(URL, {"lead": ticked, "of": "view=all", "file_format": "csv"})
    assert [row["Leadapp ID"] for row in rows_of(response)] == [str(two.pk), str(one.pk)]


def test_an_excel_file_comes_as_one(as_: As, rep: User) -> None:
    make_lead(1)
    response = as_(rep).post(URL, {"all": "1", "of": "view=all", "file_format": "xlsx"})
    assert b"".join(response.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]
    assert Export.objects.get().rows == 1


def test_a_rep_takes_out_only_what_they_see(as_: As, rep: User, other_rep: User, settings: Any) -> None:
    settings.REPS_SEE = "own"
    mine, theirs = make_lead(1, owner=rep), make_lead(2, owner=other_rep)
    client = as_(rep)
    everything = client.post(URL, {"all": "1", "of": "view=all", "file_format": "csv"})
    assert [row["Leadapp ID"] for row in rows_of(everything)] == [str(mine.pk)]
    answer = client.post(URL, {"lead": [f"{theirs.pk}.lead.open."], "file_format": "csv"})
    assert answer.status_code == 302
    assert Export.objects.count() == 1


def test_without_the_right_nothing_leaves_and_nothing_is_offered(as_: As) -> None:
    nobody = make_user("guest", "rep")
    nobody.groups.clear()
    make_lead(1)
    for method in ("get", "post"):
        answer = getattr(as_(nobody), method)(URL, {"all": "1", "of": "view=all", "file_format": "csv"})
        assert answer.status_code == 403
    assert not Export.objects.exists()


def test_an_unknown_kind_of_file_is_asked_again(as_: As, rep: User) -> None:
    make_lead(1)
    answer = as_(rep).post(URL, {"all": "1", "of": "view=all", "file_format": "pdf"})
    assert answer.status_code == 422
    assert not Export.objects.exists()


def test_an_export_that_breaks_off_says_how_many_left(rep: User) -> None:
    record = begin_export(file_format="csv", query="", columns=["ID"], actor=rep, now=timezone.now())
    pieces: Any = write_file("csv", head=["ID"], rows=counted(record, ([number] for number in range(1_200))))
    assert next(pieces)
    pieces.close()
    record.refresh_from_db()
    assert 0 < record.rows < 1_200
    assert record.finished_at is None


@pytest.mark.parametrize("number", [1, 20, 200])
def test_a_file_takes_the_same_queries_for_any_number(number: int, as_: As, rep: User) -> None:
    company = Company.objects.create(name="Vögele")
    for _ in range(number):
        make_lead(10, owner=rep, company=company.name)
    client = as_(rep)
    asked = {"all": "1", "of": "view=all", "file_format": "csv"}
    rows_of(client.post(URL, asked))
    with CaptureQueriesContext(connection) as queries:
        assert len(rows_of(client.post(URL, asked))) == number
    assert len(queries) == 13, [query["sql"][:90] for query in queries]


def test_the_record_of_an_export_is_not_changed(rep: User) -> None:
    record = Export.objects.create(user=rep, username="jonas", file_format="csv", columns=[])
    for facts in (
        {"username": "priya"},
        {"query": "x"},
        {"at": record.at - timedelta(days=1)},
        {"finished_at": record.at - timedelta(days=1)},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Export.objects.filter(pk=record.pk).update(**facts)


def test_managers_see_who_took_leads_out(as_: As, manager: User, rep: User) -> None:
    Export.objects.create(user=rep, username="jonas", file_format="csv", columns=[], rows=12)
    manager.is_staff = True
    manager.save()
    page = as_(manager).get("/admin/leadapp/export/").content.decode()
    assert "jonas" in page
