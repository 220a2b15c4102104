"""Two workers at one run do everything once, and a worker that is killed leaves it to the next."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leadapp.models import BulkRun, Lead, LeadTag, User
from leadapp.services import bulk
from leadapp.services.bulk import running
from leadapp.tasks import sweep
from tests.bulk.build import ASKED
from tests.qualification.build import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager() -> User:
    return make_user("olivia", "manager")


def start(manager: User, number: int) -> BulkRun:
    Lead.objects.bulk_create([Lead(last_name=f"N{one}") for one in range(number)])
    return bulk.start_run(action="tag", asked=ASKED["tag"], actor=manager, now=NOW, leads=Lead.objects.all())


def test_two_workers_do_everything_once(manager: User) -> None:
    run = start(manager, 3 * running.BATCH + 1)
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        while bulk.continue_runs(now=NOW):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while bulk.continue_runs(now=NOW):  # whoever found both taken went home
        pass
    run.refresh_from_db()
    assert (run.done, run.finished_at) == (run.total, NOW)
    assert LeadTag.objects.count() == run.total


def test_what_a_killed_worker_had_begun_is_as_if_never_begun(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(manager, running.BATCH + 1)

    def killed(*args: Any, **kwargs: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_count", killed)
        with pytest.raises(SystemExit):
            bulk.continue_runs(now=NOW)
    assert not LeadTag.objects.exists()
    while bulk.continue_runs(now=NOW):
        pass
    run.refresh_from_db()
    assert run.done == run.total == LeadTag.objects.count()


@pytest.mark.worker
def test_workers_go_on_without_being_asked(manager: User, worker: Any, wait_for: Any) -> None:
    run = start(manager, 2 * running.BATCH)
    sweep()
    wait_for(lambda: BulkRun.objects.filter(pk=run.pk, finished_at__isnull=False).exists(), timeout=60)
    run.refresh_from_db()
    assert (run.done, run.refused) == (run.total, 0)
    bulk.undo_run(run=run, actor=manager, now=timezone.now())
    wait_for(lambda: BulkRun.objects.filter(pk=run.pk, undo_finished_at__isnull=False).exists(), timeout=60)
    assert not LeadTag.objects.exists()
