"""Workers beside each other, on real connections."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from leadapp.models import Lead
from scoring.engine import score_leads, stored_moments
from scoring.models import Cause, ScoringRequest
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores
from scoring.services.verification import Verified, verify_scores
from tests.scoring.build import NOW, log, make_lead, the_live_version
from tests.support.database import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    """Run a function in a thread of its own with a connection of its own."""
    with ThreadPoolExecutor(8) as pool:

        def run(action: Callable[[], Any]) -> Future[Any]:
            def closing() -> Any:
                try:
                    return action()
                finally:
                    connections.close_all()

            return pool.submit(closing)

        yield run


@contextmanager
def locked(lead: Lead) -> Iterator[None]:
    """Hold a lead as a worker does that is about to write it."""
    with transaction.atomic():
        Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        yield


def ask(lead: Lead) -> None:
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW)


def assert_all_scores_hold() -> None:
    found = Verified()
    for _ in verify_scores(found):
        pass
    assert (found.waiting, found.differing) == (0, 0)
    assert found.compared == Lead.objects.exclude(do_not_score=True).count()


def test_a_worker_that_had_to_wait_sees_what_was_committed_meanwhile(beside: Any, wait_for: Any) -> None:
    lead = make_lead()
    ask(lead)
    with locked(lead):
        waiting = beside(lambda: score_waiting(now=NOW))
        wait_for(somebody_waits)
        # Committed while the worker already runs: its snapshot must not be older than this.
        beside(lambda: log(lead, "demo_requested", NOW)).result(timeout=60)
    assert waiting.result(timeout=60) == 1
    lead.refresh_from_db()
    assert lead.engagement == 50
    assert_all_scores_hold()


def test_activities_are_inserted_while_a_worker_holds_the_lead(beside: Any) -> None:
    lead = make_lead()
    with locked(lead):
        beside(lambda: log(lead, "page_view", NOW)).result(timeout=60)
    assert lead.activities.count() == 1


def test_two_workers_do_not_claim_the_same_requests(beside: Any, wait_for: Any) -> None:
    first, second = make_lead(), make_lead()
    ask(first)
    with locked(first):
        waiting = beside(lambda: score_waiting(now=NOW))
        wait_for(somebody_waits)
        ask(second)  # in this transaction: not to be seen by the other worker yet
        assert score_waiting(now=NOW) == 1
        assert list(ScoringRequest.objects.values_list("lead", flat=True)) == [first.pk]
    assert waiting.result(timeout=60) == 1
    assert_all_scores_hold()


def test_no_event_is_lost_between_two_workers(beside: Any) -> None:
    leads = [make_lead() for _ in range(8)]
    barrier, done = threading.Barrier(4), threading.Event()

    def push(offset: int) -> None:
        barrier.wait(timeout=60)
        for number in range(40):
            lead = leads[(number + offset) % len(leads)]
            now = timezone.now()
            with transaction.atomic():
                log(lead, "page_view", now, received_at=now, properties={"path": "/pricing"})
                request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)

    def work() -> None:
        barrier.wait(timeout=60)
        while not done.is_set() or ScoringRequest.objects.exists():
            score_waiting(now=timezone.now())

    pushing, working = [beside(lambda n=n: push(n)) for n in range(2)], [beside(work) for _ in range(2)]
    try:
        for future in pushing:
            future.result(timeout=60)
    finally:
        done.set()
    for future in working:
        future.result(timeout=60)
    assert not ScoringRequest.objects.exists()
    assert_all_scores_hold()


def test_a_run_over_all_leads_and_live_events_do_not_disturb_each_other(
    beside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.services.rescore.LARGEST_CHUNK", 5)
    leads = [make_lead() for _ in range(40)]
    live = the_live_version()
    draft = make_draft(model=live.model, actor=None, now=NOW)
    draft.rules.filter(name="Viewed a page").update(points=5)
    barrier, done = threading.Barrier(4), threading.Event()

    def push() -> None:
        barrier.wait(timeout=60)
        for number in range(120):
            lead, now = leads[(number * 7) % len(leads)], timezone.now()
            with transaction.atomic():
                log(lead, "page_view", now, received_at=now)
                request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)

    def work() -> None:
        barrier.wait(timeout=60)
        while not done.is_set() or ScoringRequest.objects.exists():
            score_waiting(now=timezone.now(), limit=5)

    def publish_and_rescore() -> None:
        barrier.wait(timeout=60)
        publish(version=draft, actor=None, note="", now=timezone.now())
        while continue_rescores(now=timezone.now()):
            pass

    running = [beside(work), beside(work), beside(publish_and_rescore)]
    try:
        beside(push).result(timeout=60)
        running[2].result(timeout=60)
    finally:
        done.set()
    for future in running:
        future.result(timeout=60)
    assert_all_scores_hold()
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {draft}


def test_a_worker_uses_the_version_that_is_live_once_it_has_the_lead(beside: Any, wait_for: Any) -> None:
    lead = make_lead()
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    draft.rules.filter(name="Business email address").update(points=9)
    ask(lead)
    with locked(lead):
        waiting = beside(lambda: score_waiting(now=NOW + timedelta(minutes=1)))
        wait_for(somebody_waits)
        publish(version=draft, actor=None, note="", now=NOW)
    waiting.result(timeout=60)
    lead.refresh_from_db()
    assert (lead.fit, lead.score_version) == (9, draft)
    moments = {lead.pk: lead.scored_at}
    assert score_leads(version=draft, moments=moments)[lead.pk].score == lead.score  # type: ignore[arg-type]
