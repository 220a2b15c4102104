"""Files of exports are for whoever asked for them, for some days, until somebody in them is erased."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from leadapp.errors import NotAllowed, NotFound
from leadapp.models import Export, ExportPart, ExportRun, Lead, User
from leadapp.services.exports import running, starting
from leadapp.services.exports.keeping import fetch, forget_old
from leadapp.services.privacy.erasing import erase_leads
from qualification.models import Notice
from tests.exports.build import file_of, people, started, written
from tests.qualification.build import DAY, NOW, make_lead

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def test_only_who_asked_for_a_file_has_it(manager: User, marketer: User) -> None:
    people(1)
    run = written(started(manager))
    with pytest.raises(NotFound):
        fetch(run=run, actor=marketer, now=NOW)
    assert file_of(run, manager)
    run.refresh_from_db()
    assert run.fetched_at == NOW
    manager.groups.clear()
    with pytest.raises(NotAllowed):
        fetch(run=run, actor=User.objects.get(pk=manager.pk), now=NOW)


def test_a_file_that_is_not_whole_is_not_there(manager: User) -> None:
    people(1)
    with pytest.raises(NotFound):
        fetch(run=started(manager), actor=manager, now=NOW)


def test_a_file_is_kept_for_some_days(manager: User, settings: Any) -> None:
    settings.EXPORT_DAYS = 3
    people(1)
    run, until = written(started(manager)), NOW + 3 * DAY
    assert forget_old(now=until - SECOND) == 0
    assert list(fetch(run=run, actor=manager, now=until - SECOND))
    with pytest.raises(NotFound):  # whether or not somebody has cleaned up
        fetch(run=run, actor=manager, now=until)
    assert forget_old(now=until) == 1
    assert forget_old(now=until) == 0
    run.refresh_from_db()
    assert (run.state, run.forgotten_at) == ("done", until)
    assert not ExportPart.objects.exists()
    assert Export.objects.get().rows == 1
    assert not Notice.objects.exists()  # it would lead nowhere


def test_a_file_goes_with_the_first_who_is_erased(manager: User, marketer: User) -> None:
    people(2)
    elsewhere = make_lead(country="AT")
    mine, other = written(started(manager)), written(started(marketer, query="country=AT"))
    erase_leads([Lead.objects.filter(country="DE")[0].pk])
    with pytest.raises(NotFound):
        fetch(run=ExportRun.objects.get(pk=mine.pk), actor=manager, now=NOW)
    assert not mine.parts.exists()
    assert file_of(ExportRun.objects.get(pk=other.pk), marketer)
    erase_leads([elsewhere.pk])
    assert not ExportPart.objects.exists()


def test_one_that_is_being_written_is_given_up_then(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "ROWS_AT_ONCE", 1)
    people(2)
    run = started(manager)
    running._write_part(run.pk, now=NOW)
    erase_leads([Lead.objects.order_by("pk")[0].pk])
    run = written(run)
    assert run.state == "failed"
    assert "erased" in run.failure
    assert not ExportPart.objects.exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "paused"},
        {"state": "failed", "ended_at": NOW},
        {"failure": "Why"},
        {"ended_at": NOW},
        {"state": "done"},
        {"gone_through": 2},
        {"rows": 1},
        {"state": "done", "ended_at": NOW},
        {"state": "stopped", "ended_at": NOW, "forgotten_at": NOW - DAY},
        {"fetched_at": NOW},
    ],
)
def test_the_database_forbids_exports_that_make_no_sense(facts: dict[str, Any], manager: User) -> None:
    record = Export.objects.create(
        user=manager, username=manager.username, at=NOW, file_format="csv", columns=[]
    )
    usual: dict[str, Any] = {"columns": ["name"], "language": "en", "total": 1}
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportRun.objects.create(export=record, **usual | facts)
    run = ExportRun.objects.create(export=record, **usual)
    ExportPart.objects.create(run=run, number=0, lead_ids=[1])
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportPart.objects.create(run=run, number=0, lead_ids=[2])
