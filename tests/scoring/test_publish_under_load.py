"""A publish over thousands of leads with real workers: one of them is killed, and events go on meanwhile."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import quantiles
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leadapp.models import Activity, ActivityType, Lead
from scoring import tasks
from scoring.engine import stored_moments
from scoring.models import Cause, Rescore, RescoreChunk, ScoringRequest
from scoring.services import rescore as service
from scoring.services.publishing import make_draft, publish, roll_back
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.verification import Verified, verify_scores
from tests.scoring.build import DAY, log, the_live_version

logger = logging.getLogger(__name__)

LEADS, EVENTS = 4_000, 40


@pytest.fixture
def leads(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[Lead]:
    """Make scored leads with two activities each; a run over them has forty chunks."""
    monkeypatch.setattr(service, "LARGEST_CHUNK", LEADS // 40)
    now = timezone.now()
    leads = Lead.objects.bulk_create(
        Lead(email=f"lead{number}@example.com", created_at=now - DAY) for number in range(LEADS)
    )
    kinds = ActivityType.objects.filter(slug__in=["page_view", "demo_requested"])
    Activity.objects.bulk_create(
        Activity(lead=lead, type=kind, occurred_at=now - DAY, received_at=now - DAY, source="test")
        for lead in leads
        for kind in kinds
    )
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=now)
    while score_waiting(now=now):
        pass
    return leads


def push(lead: Lead) -> datetime:
    """Record an event as the API does; return the moment of its request."""
    now = timezone.now()
    with transaction.atomic():
        log(lead, "page_view", now, received_at=now)
        request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)
        tasks.nudge()
    return now


def is_scored(lead: Lead, since: datetime) -> bool:
    return Lead.objects.filter(pk=lead.pk, scored_at__gte=since).exists()


def progress(run: Rescore) -> tuple[int, bool]:
    run.refresh_from_db()
    return run.leads_done, run.finished_at is not None


def verified() -> Verified:
    found = Verified()
    for _ in verify_scores(found):
        pass
    return found


@contextmanager
def held(lead: Lead) -> Iterator[None]:
    """Let nobody write to a lead, by a connection of its own."""
    keeper = connection.copy()
    keeper.set_autocommit(False)
    with keeper.cursor() as cursor:
        cursor.execute("SELECT FROM leadapp_lead WHERE id = %s FOR UPDATE", [lead.pk])
    try:
        yield
    finally:
        keeper.close()


def go_live(action: Any) -> Rescore:
    with transaction.atomic():
        run: Rescore = action()
        tasks.nudge_rescore()
    return run


@pytest.mark.worker
def test_a_killed_worker_delays_a_run_and_loses_nothing(
    leads: list[Lead], worker: Any, beat: Any, wait_for: Any
) -> None:
    first = the_live_version()
    draft = make_draft(model=first.model, actor=None, now=timezone.now())
    draft.rules.filter(name="Asked for a demo").update(points=40)
    with held(leads[-1]):  # so that the run is not over before the worker is killed
        run = go_live(lambda: publish(version=draft, actor=None, note="", now=timezone.now()))
        wait_for(lambda: progress(run)[0] > 0, timeout=60)
        worker.kill()
    done, is_over = progress(run)
    left = RescoreChunk.objects.filter(rescore=run).count()
    assert 0 < done < LEADS
    assert not is_over
    assert left > 0
    scores = set(Lead.objects.values_list("score_version", flat=True))
    assert scores == {first.pk, draft.pk}  # some by the old version, some by the new one, none lost
    assert verified().differing == 0
    worker.start()
    wait_for(lambda: progress(run)[1], timeout=120)
    assert run.leads_done == run.leads_total == LEADS
    found = verified()
    assert (found.compared, found.differing, found.waiting) == (LEADS, 0, 0)
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {draft}


@pytest.mark.worker
def test_events_are_scored_while_a_run_goes_on_and_a_worker_dies(
    leads: list[Lead], worker: Any, second_worker: Any, beat: Any, wait_for: Any
) -> None:
    first = the_live_version()
    draft = make_draft(model=first.model, actor=None, now=timezone.now())
    draft.rules.filter(name="Asked for a demo").update(points=40)
    since = push(leads[0])
    wait_for(lambda: is_scored(leads[0], since), timeout=60)  # somebody is awake
    run = go_live(lambda: publish(version=draft, actor=None, note="", now=timezone.now()))
    wait_for(lambda: progress(run)[0] > 0, timeout=60)
    waited: list[float] = []
    for number in range(EVENTS):
        lead = leads[(number * 97) % LEADS]
        started, pushed = time.monotonic(), push(lead)
        wait_for(lambda lead=lead, pushed=pushed: is_scored(lead, pushed), timeout=60)
        waited.append(time.monotonic() - started)
        if number == EVENTS // 4:
            worker.kill()
        if number == EVENTS // 2:
            first.refresh_from_db()
            go_live(lambda: roll_back(version=first, actor=None, note="", now=timezone.now()))
    logger.info(
        "p95 of %d events during a publish and a rollback: %.2f s", EVENTS, quantiles(waited, n=20)[-1]
    )
    last = Rescore.objects.latest("id")
    wait_for(lambda: progress(last)[1] and not ScoringRequest.objects.exists(), timeout=120)
    found = verified()
    assert (found.compared, found.differing) == (LEADS, 0)
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {first}
