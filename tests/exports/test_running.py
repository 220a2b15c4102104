"""Exports that workers write: the same file, each lead once, whatever happens meanwhile."""

import csv
import io
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import Export, ExportPart, ExportRun, Lead, User
from leadapp.services.exports import files, reading, running, starting
from leadapp.services.exports.starting import stop_export
from qualification.models import Notice
from tests.exports.build import file_of, people, sent_at_once, started, written
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db

KINDS = ["csv", "xlsx"]


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a part of a file be two leads."""
    for module in (files, reading, starting):
        monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)


def names_in(data: bytes) -> list[str]:
    """Return the last names of a CSV file, in their order."""
    return [row["Last name"] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_that_which_is_sent_at_once(kind: str, manager: User) -> None:
    people(5)
    make_lead(country="AT")
    run = started(manager, kind)
    assert (run.total, run.parts.count(), run.percent) == (5, 3, 0)
    run = written(run)
    assert (run.state, run.rows, run.position, run.ended_at) == ("done", 5, 3, NOW)
    data = file_of(run, manager)
    assert len(data) == run.size
    assert data == sent_at_once(manager, kind)
    if kind == "csv":
        assert names_in(data) == ["N004", "N003", "N002", "N000", "'=SUM(A1)"]
        assert data.count(b"Viewed a page yesterday") == 5
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml")
        assert b"=SUM(A1)" in sheet
        assert b"<f>" not in sheet


def test_it_is_written_down_and_told_who_took_out_what(manager: User) -> None:
    people(3)
    run = started(manager)
    record = Export.objects.get()
    assert (record.user, record.rows, record.finished_at) == (manager, 0, None)
    assert record.query.startswith("country=DE")
    written(run)
    record.refresh_from_db()
    assert (record.rows, record.finished_at, record.file_format) == (3, NOW, "csv")
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.text) == (manager, "export", "The file with 3 leads is ready.")


def test_it_is_written_in_the_language_in_which_it_was_asked_for(manager: User) -> None:
    people(1)
    with translation.override("de"):
        run, at_once = started(manager), sent_at_once(manager)
    assert file_of(written(run), manager) == at_once != sent_at_once(manager)


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_is_killed_is_as_if_never_begun(
    kind: str, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(5)
    run = started(manager, kind)
    assert running._write_part(run.pk, now=NOW)

    def killed(*args: Any, **kwargs: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(Export.objects, "filter", killed)
        with pytest.raises(SystemExit):
            written(run)
    run.refresh_from_db()
    assert (run.position, run.parts.filter(data=None).count(), run.state) == (2, 1, "running")
    assert file_of(written(run), manager) == sent_at_once(manager, kind)


def test_leads_that_move_meanwhile_are_neither_twice_nor_missing(manager: User) -> None:
    people(6)
    run = started(manager)
    running._write_part(run.pk, now=NOW)
    Lead.objects.filter(last_name="N000").update(last_name="Zuletzt")
    Lead.objects.filter(last_name="N005").update(country="AT")
    make_lead(last_name="N999", country="DE")
    found = names_in(file_of(written(run), manager))
    assert found == ["N005", "N004", "N003", "N002", "Zuletzt", "'=SUM(A1)"]


def test_the_same_asked_for_again_is_the_same_export(manager: User, marketer: User) -> None:
    people(3)
    run = started(manager)
    assert started(manager) == run
    others = [started(manager, "xlsx"), started(manager, query="country=DE"), started(marketer)]
    assert len({run.pk, *(other.pk for other in others)}) == 4
    written(run)
    assert started(manager) != run


def test_who_may_not_export_begins_nothing(manager: User) -> None:
    people(1)
    nobody = make_user("guest")
    for who, query, refusal in (
        (nobody, "country=DE", NotAllowed),
        (manager, "country=FR", Invalid),
    ):
        with pytest.raises(refusal):
            started(who, query=query)
    assert not Export.objects.exists()
    assert not ExportRun.objects.exists()


def test_who_may_not_export_any_more_gets_no_file(manager: User) -> None:
    people(3)
    run = started(manager)
    running._write_part(run.pk, now=NOW)
    manager.groups.clear()
    run = written(run)
    assert (run.state, run.failure) == ("failed", "You may not export leads any more.")
    assert not ExportPart.objects.exists()
    assert Export.objects.get().finished_at is None


def test_whoever_went_gets_no_file(manager: User) -> None:
    people(3)
    run = started(manager)
    manager.delete()
    assert written(run).state == "failed"
    assert not ExportPart.objects.exists()


def test_leads_that_somebody_may_not_see_any_more_are_left_out(
    rep: User, other_rep: User, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    people(3)
    run = started(rep)
    Lead.objects.filter(last_name="N002").update(owner=other_rep)
    run = written(run)
    assert (run.total, run.gone_through, run.rows) == (3, 3, 2)
    assert names_in(file_of(run, rep)) == ["N000", "'=SUM(A1)"]


def test_a_stopped_export_leaves_no_file(manager: User, marketer: User) -> None:
    people(5)
    run = started(manager)
    running._write_part(run.pk, now=NOW)
    with pytest.raises(NotFound):
        stop_export(run=run, actor=marketer, now=NOW)
    run = stop_export(run=run, actor=manager, now=NOW)
    assert (run.state, run.ended_at, run.forgotten_at) == ("stopped", NOW, NOW)
    assert not ExportPart.objects.exists()
    assert not running.continue_exports(clock=lambda: NOW)
    with pytest.raises(Conflict):
        stop_export(run=run, actor=manager, now=NOW)
    record = Export.objects.get()
    assert (record.rows, record.finished_at) == (0, None)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_a_part_takes_the_same_queries_for_any_number(
    number: int, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "ROWS_AT_ONCE", number)
    people(2 * number)
    run = started(manager)
    assert run.parts.count() == 2
    running._write_part(run.pk, now=NOW)
    people(1)
    with CaptureQueriesContext(connection) as queries:
        running._write_part(run.pk, now=NOW)
    assert len(queries) == 18, [query["sql"][:90] for query in queries]
