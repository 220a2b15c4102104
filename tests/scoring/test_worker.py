"""With a real worker, a real broker, and without one."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from leadapp import nudging
from leadapp.celery import app
from leadapp.models import Lead
from scoring import tasks
from scoring.models import Cause, Rescore, ScoringRequest
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import NOW, log, make_lead, the_live_version


def push(lead: Lead, *, nudging: bool = True) -> None:
    now = timezone.now()
    with transaction.atomic():
        log(lead, "demo_requested", now, received_at=now)
        request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)
        if nudging:
            tasks.nudge()


def noting(sent: list[str]) -> Callable[[str], bool]:
    """Stand in for a broker that takes every task, and note them."""

    def send(task: str) -> bool:
        sent.append(task)
        return True

    return send


def score_of(lead: Lead) -> int | None:
    lead.refresh_from_db()
    return lead.score


@pytest.mark.worker
def test_a_request_becomes_a_score_by_its_nudge_alone(worker: Any, wait_for: Any) -> None:
    warm_up, lead = make_lead(), make_lead()
    push(warm_up)
    wait_for(lambda: score_of(warm_up), timeout=60)
    push(lead)  # there is no beat; how long it takes is measured in tests/api/test_real_path.py
    assert wait_for(lambda: score_of(lead), timeout=60) == 58


@pytest.mark.worker
def test_beat_serves_what_no_nudge_has(worker: Any, beat: Any, wait_for: Any) -> None:
    lead = make_lead()
    push(lead, nudging=False)
    assert wait_for(lambda: score_of(lead), timeout=60) == 58


@pytest.mark.worker
def test_a_killed_worker_delays_a_score_and_loses_nothing(worker: Any, beat: Any, wait_for: Any) -> None:
    leads = [make_lead() for _ in range(20)]
    for lead in leads[:10]:
        push(lead)
    worker.kill()
    for lead in leads[10:]:
        push(lead)
    worker.start()
    for lead in leads:
        assert wait_for(lambda lead=lead: score_of(lead), timeout=60) == 58
    assert not ScoringRequest.objects.exists()


@pytest.mark.worker
def test_a_publish_reaches_all_leads(worker: Any, beat: Any, wait_for: Any) -> None:
    leads = [make_lead() for _ in range(3)]
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    draft.rules.filter(name="Business email address").update(points=9)
    with transaction.atomic():
        publish(version=draft, actor=None, note="", now=timezone.now())
        tasks.nudge_rescore()
    wait_for(lambda: all(score_of(lead) == 9 for lead in leads), timeout=60)


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_a_nudge_is_quick_and_harmless(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wait_for: Any
) -> None:
    def no_broker(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "send_task", no_broker)
    lead = make_lead()
    with caplog.at_level(logging.WARNING):
        push(lead)
        assert ScoringRequest.objects.count() == 1
        wait_for(lambda: "waits for the next sweep" in caplog.text)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_for_a_transaction_that_failed(
    monkeypatch: pytest.MonkeyPatch, wait_for: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks, "send", noting(sent))
    monkeypatch.setattr(nudging, "send", noting(sent))
    with transaction.atomic():
        tasks.nudge()
        tasks.nudge_rescore()
        transaction.set_rollback(True)
    tasks.nudge()
    wait_for(lambda: sent)
    assert sent == ["scoring.tasks.score_waiting"]


@pytest.mark.django_db
def test_tasks_pass_the_work_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks, "send", noting(sent))
    monkeypatch.setattr(tasks, "LIMIT", 2)
    tasks.score_waiting()
    assert sent == []
    leads = [make_lead() for _ in range(3)]
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=timezone.now())
    tasks.sweep()
    assert sent == ["scoring.tasks.score_waiting"]
    tasks.score_waiting()
    assert sent[1:] == ["qualification.tasks.evaluate_waiting", "scoring.tasks.score_waiting"]
    tasks.score_waiting()
    assert sent[3:] == ["qualification.tasks.evaluate_waiting"]


@pytest.mark.django_db
def test_decay_is_refreshed_by_one_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(tasks, "send", noting(sent))
    make_lead()
    tasks.refresh_decay()
    tasks.refresh_decay()
    assert Rescore.objects.filter(cause=Cause.DECAY).count() == 1
    assert sent == ["scoring.tasks.rescore_chunk"] * 2  # as many as may work at once
    sent.clear()
    tasks.rescore_chunk()
    assert sent == ["scoring.tasks.rescore_chunk", "qualification.tasks.evaluate_waiting"]
    sent.clear()
    tasks.rescore_chunk()
    assert sent == []
    assert Rescore.objects.get().finished_at is not None
    tasks.refresh_decay()
    assert Rescore.objects.filter(cause=Cause.DECAY).count() == 2


def test_beat_knows_the_tasks() -> None:
    schedule = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert schedule["scoring.tasks.sweep"] <= 5
    assert schedule["scoring.tasks.refresh_decay"] == timedelta(hours=1).total_seconds()
