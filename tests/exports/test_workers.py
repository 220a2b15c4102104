"""Workers at one export write each part once, and a worker that is killed leaves it to the next."""

import csv
import io
import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leadapp.models import ExportRun, Lead, User
from leadapp.services.exports import starting
from leadapp.services.exports.keeping import fetch
from leadapp.services.exports.running import continue_exports
from leadapp.services.privacy.erasing import erase_leads
from leadapp.tasks import sweep
from tests.exports.build import file_of, people, sent_at_once, started
from tests.qualification.build import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LEADS = 6_000


@pytest.fixture
def manager() -> User:
    return make_user("olivia", "manager")


def test_workers_and_an_erasure_at_once_leave_no_trace_of_who_is_erased(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "ROWS_AT_ONCE", 2)
    people(20)
    run, barrier = started(manager), threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        while continue_exports(clock=lambda: NOW):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    barrier.wait()
    erase_leads([Lead.objects.order_by("pk")[0].pk])
    for worker in workers:
        worker.join()
    run.refresh_from_db()
    assert run.state in ("failed", "done")
    assert run.forgotten_at is not None
    assert not run.parts.exists()


def test_two_workers_write_each_part_once(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "ROWS_AT_ONCE", 2)
    people(20)
    run, barrier = started(manager), threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        while continue_exports(clock=lambda: NOW):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while continue_exports(clock=lambda: NOW):  # whoever found it taken went home
        pass
    run = ExportRun.objects.select_related("export").get(pk=run.pk)
    assert (run.position, run.rows) == (10, 20)
    assert file_of(run, manager) == sent_at_once(manager)


@pytest.mark.worker
def test_a_killed_worker_is_followed_by_one_that_goes_on(worker: Any, wait_for: Any, manager: User) -> None:
    Lead.objects.bulk_create(
        [Lead(last_name=f"N{one}", country="DE", email=f"n{one}@b.example") for one in range(LEADS)]
    )
    run = started(manager, query="country=DE&columns=name")
    sweep()
    wait_for(lambda: ExportRun.objects.get(pk=run.pk).position > 0, timeout=60)
    worker.kill()
    worker.start()
    sweep()
    wait_for(lambda: ExportRun.objects.filter(pk=run.pk, state="done").exists(), timeout=60)
    run = ExportRun.objects.select_related("export").get(pk=run.pk)
    data = b"".join(fetch(run=run, actor=manager, now=timezone.now()))
    found = [row["Last name"] for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]
    assert (run.rows, len(found), len(set(found))) == (LEADS, LEADS, LEADS)
    assert run.ended_at is not None
    assert run.ended_at <= timezone.now()
