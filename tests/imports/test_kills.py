"""A worker that is killed at any moment loses nothing and doubles nothing."""

from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Activity, ImportJob, Lead
from leadapp.services import imports
from leadapp.services.imports import Rules, running
from leadapp.tasks import sweep
from tests.imports.build import SOON, brought, checked

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 6_000


def people(number: int) -> str:
    """Return a file of so many people, of whom the last is named twice."""
    lines = [f"p{one}@b.example,Person {one},Acme {one % 50}" for one in range(number - 1)]
    return "\n".join(["Email,Last name,Company", *lines, f"P{number - 2}@b.example,Again,Acme"])


def test_what_a_killed_worker_had_begun_is_as_if_never_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    job = checked(brought(people(4)))
    job = imports.start(job=job, actor=None, now=SOON)

    def killed(*args: Any, **kwargs: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(running, "note_written", killed)
        with pytest.raises(SystemExit):
            imports.finish(job, clock=lambda: SOON)
    assert not Lead.objects.exists()
    job = imports.finish(job, clock=lambda: SOON)
    assert (job.state, job.created, job.rows_done, Lead.objects.count()) == ("done", 3, 4, 3)


@pytest.mark.worker
def test_a_killed_worker_is_followed_by_one_that_goes_on(worker: Any, wait_for: Any) -> None:
    job = brought(people(ROWS), at=timezone.now())
    imports.check(job=job, rules=Rules(mapping=job.mapping), actor=None)
    _kill_within(worker, wait_for, job, lambda now: now.rows_read > 0, until="checked")
    job.refresh_from_db()
    assert (job.rows_total, job.to_create, job.to_keep + job.to_change) == (ROWS, ROWS - 1, 1)
    assert job.rows.count() == ROWS
    imports.start(job=job, actor=None, now=timezone.now())
    _kill_within(worker, wait_for, job, lambda now: now.created > 0, until="done")
    job.refresh_from_db()
    assert (job.created, job.rows_done, job.refused) == (ROWS - 1, ROWS, 0)
    assert Lead.objects.count() == Activity.objects.filter(type__slug="lead.created").count() == ROWS - 1
    assert not job.rows.filter(outcome="").exists()


def _kill_within(worker: Any, wait_for: Any, job: ImportJob, has_begun: Any, *, until: str) -> None:
    """Kill the worker as soon as some rows are through, and let another one go on."""
    sweep()
    wait_for(lambda: has_begun(ImportJob.objects.get(pk=job.pk)), timeout=60)
    worker.kill()
    worker.start()
    sweep()
    wait_for(lambda: ImportJob.objects.filter(pk=job.pk, state=until).exists(), timeout=120)
