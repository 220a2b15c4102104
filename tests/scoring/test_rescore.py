"""Runs over all leads: after a publish, and because time passes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from leadapp.models import Activity, ActivityType, Lead
from scoring.engine import stored_moments
from scoring.engine.scores import compiled
from scoring.models import (
    Cause,
    Rescore,
    RescoreChunk,
    ScoreChange,
    ScoredLead,
    ScoringModelVersion,
    ScoringRequest,
)
from scoring.services import rescore as service
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores, start_rescore
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LARGEST_CHUNK", 2)


@pytest.fixture
def leads() -> list[Lead]:
    leads = [make_lead() for _ in range(5)]
    for lead in leads[:3]:
        log(lead, "demo_requested")
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    ScoreChange.objects.all().delete()
    ScoredLead.objects.all().delete()
    return leads


def scores() -> list[int | None]:
    return list(Lead.objects.order_by("pk").values_list("score", flat=True))


def refreshed(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def start(cause: Cause = Cause.DECAY, now: Any = NOW) -> Rescore:
    return start_rescore(version=the_live_version(), cause=cause, now=now)


def test_it_goes_chunk_by_chunk_and_shows_its_progress(leads: list[Lead]) -> None:
    run = start()
    assert (run.leads_total, run.leads_done, run.finished_at) == (5, 0, None)
    progress = []
    while continue_rescores(now=NOW + DAY):
        run.refresh_from_db()
        progress.append((run.leads_done, run.finished_at is not None))
    assert progress == [(2, False), (4, False), (5, True)]
    assert not RescoreChunk.objects.exists()


def test_each_worker_gets_as_much_of_the_work_however_few_leads_did_most_of_it(
    leads: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALLEST_CHUNK", 100)
    monkeypatch.setattr(service, "LARGEST_CHUNK", 10_000)
    many = leads + Lead.objects.bulk_create(
        Lead(email=f"one.of.many{number}@example.com", created_at=NOW) for number in range(995)
    )
    visit = ActivityType.objects.get(slug="page_view")
    for share, count in ((many[:50], 900), (many[50:], 6)):
        Activity.objects.bulk_create(
            Activity(lead=lead, type=visit, occurred_at=NOW, received_at=NOW, source="test")
            for lead in share
            for _ in range(count)
        )
    run = start()
    first, second = RescoreChunk.objects.order_by("first_lead_id")
    assert (first.first_lead_id, second.last_lead_id) == (many[0].pk, many[-1].pk)
    assert many[20].pk < first.last_lead_id < many[45].pk
    while continue_rescores(now=NOW):
        pass
    run.refresh_from_db()
    assert run.leads_done == 1000


def test_hot_leads_cool_as_time_passes_and_the_history_says_why(leads: list[Lead]) -> None:
    assert scores() == [58, 58, 58, 8, 8]
    later = NOW + 60 * DAY
    start(now=later)
    while continue_rescores(now=later):
        pass
    assert scores() == [33, 33, 33, 8, 8]  # half of 50 after 60 days
    change = ScoreChange.objects.order_by("pk")[0]
    assert (change.score_before, change.score, change.cause, change.at) == (58, 33, "decay", later)
    leads[0].refresh_from_db()
    assert (leads[0].temperature, leads[0].grade, leads[0].scored_at) == ("cold", "D3", later)


def test_only_what_changed_is_written(leads: list[Lead]) -> None:
    start(now=NOW + DAY)
    while continue_rescores(now=NOW + DAY):
        pass
    assert ScoreChange.objects.count() == 3
    assert ScoredLead.objects.count() == 3
    leads[4].refresh_from_db()
    assert leads[4].scored_at == NOW


def test_the_last_activity_is_left_alone(leads: list[Lead]) -> None:
    Lead.objects.update(last_activity_at=NOW - DAY)
    start(now=NOW + DAY)
    while continue_rescores(now=NOW + DAY):
        pass
    assert set(Lead.objects.values_list("last_activity_at", flat=True)) == {NOW - DAY}


def test_a_failing_chunk_is_there_again(leads: list[Lead], monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(now=NOW + 60 * DAY)
    continue_rescores(now=NOW + 60 * DAY)
    monkeypatch.setattr(service, "WRITE", service.WRITE.replace("s.fit,", "s.fit / 0,", 1))
    with pytest.raises(DatabaseError):
        continue_rescores(now=NOW + 60 * DAY)
    run.refresh_from_db()
    assert run.leads_done == 2
    assert scores() == [33, 33, 58, 8, 8]
    monkeypatch.undo()
    monkeypatch.setattr(service, "LARGEST_CHUNK", 2)
    while continue_rescores(now=NOW + 60 * DAY):
        pass
    run.refresh_from_db()
    assert (run.leads_done, scores()) == (5, [33, 33, 33, 8, 8])
    assert ScoreChange.objects.count() == 3


def test_publishing_scores_all_leads_by_the_new_version(leads: list[Lead]) -> None:
    before = the_live_version()
    draft = make_draft(model=before.model, actor=None, now=NOW)
    draft.rules.filter(name="Asked for a demo").update(points=40)
    run = publish(version=draft, actor=None, note="Less for demos", now=NOW)
    assert (run.cause, run.version) == ("publish", draft)
    while continue_rescores(now=NOW):
        pass
    assert scores() == [48, 48, 48, 8, 8]
    # Those whose number stayed are not written, and explained by the new version all the same.
    assert list(Lead.objects.order_by("pk").values_list("score_version", flat=True)) == (
        3 * [draft.pk] + 2 * [before.pk]
    )
    explaining = stored_moments(Lead.objects.all())
    assert set(explaining.values()) == {(draft, NOW)}
    assert ScoreChange.objects.filter(cause="publish", version=draft).count() == 3


def test_a_new_threshold_lets_the_gates_look_at_leads_whose_numbers_stayed(leads: list[Lead]) -> None:
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=50, hot_from=150)
    publish(version=draft, actor=None, note="", now=NOW)
    while continue_rescores(now=NOW):
        pass
    assert not ScoreChange.objects.exists()
    assert sorted(ScoredLead.objects.values_list("lead", flat=True)) == [lead.pk for lead in leads[:3]]


def test_a_newer_publish_takes_over(leads: list[Lead]) -> None:
    model = the_live_version().model
    first = publish(version=make_draft(model=model, actor=None, now=NOW), actor=None, note="", now=NOW)
    continue_rescores(now=NOW)
    second = publish(version=make_draft(model=model, actor=None, now=NOW), actor=None, note="", now=NOW)
    first.refresh_from_db()
    assert first.finished_at == NOW
    while continue_rescores(now=NOW):
        pass
    second.refresh_from_db()
    assert (second.leads_done, second.finished_at) == (5, NOW)
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {second.version}


def test_a_run_for_decay_ends_when_another_version_goes_live(leads: list[Lead]) -> None:
    decay = start()
    model = the_live_version().model
    publish(version=make_draft(model=model, actor=None, now=NOW), actor=None, note="", now=NOW)
    while continue_rescores(now=NOW):
        pass
    decay.refresh_from_db()
    assert (decay.finished_at, decay.leads_done) == (NOW, 0)


def test_without_leads_a_run_is_over_at_once() -> None:
    assert start().finished_at == NOW
    assert not continue_rescores(now=NOW)


def test_publishing_a_model_that_is_not_the_primary_one_leaves_the_scores_alone(leads: list[Lead]) -> None:
    live = the_live_version()
    other = make_version()
    make_rule(other, points=77)
    run = publish(version=other, actor=None, note="", now=NOW)
    assert run.finished_at == NOW
    assert not continue_rescores(now=NOW)
    assert set(Lead.objects.values_list("score_version", flat=True)) == {live.pk}


def test_leads_that_opted_out_stay_without_a_score(leads: list[Lead]) -> None:
    nothing = {"score": None, "fit": None, "engagement": None, "grade": "", "temperature": ""}
    Lead.objects.filter(pk=leads[0].pk).update(do_not_score=True, score_version=None, **nothing)
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    publish(version=draft, actor=None, note="", now=NOW)
    while continue_rescores(now=NOW):
        pass
    assert scores()[0] is None
    assert not ScoringRequest.objects.exists()


def test_a_lead_scored_ahead_of_the_clock_is_asked_for_again(leads: list[Lead]) -> None:
    ahead = NOW + timedelta(seconds=5)
    before = the_live_version()
    Lead.objects.filter(pk=leads[0].pk).update(scored_at=ahead)
    draft = make_draft(model=before.model, actor=None, now=NOW)
    publish(version=draft, actor=None, note="", now=NOW)
    while continue_rescores(now=NOW):
        pass
    assert list(ScoringRequest.objects.values_list("lead", "cause")) == [(leads[0].pk, "publish")]
    assert stored_moments([refreshed(leads[0])])[leads[0].pk] == (before, ahead)
    score_waiting(now=NOW)
    leads[0].refresh_from_db()
    assert (leads[0].score_version, leads[0].scored_at) == (draft, ahead)


def test_a_run_just_after_a_large_load_does_not_read_all_activities_again_for_each_lead(
    leads: list[Lead],
) -> None:
    scoring = compiled(the_live_version()).rescoring
    with connection.cursor() as cursor:
        for table in ("leadapp_lead", "leadapp_activity", "leadapp_company"):
            cursor.execute("SELECT pg_clear_relation_stats('public', %s)", [table])
        cursor.execute(service.FOR_MANY)
        cursor.execute(
            "EXPLAIN " + service.READ.replace("{scoring}", scoring.sql),
            scoring.bind(as_of=NOW, first_id=leads[0].pk, last_id=leads[-1].pk),
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "leadapp_activity" in plan
    assert "Nested Loop Left Join" not in plan


def test_a_kill_between_two_batches_loses_only_what_was_not_written(
    leads: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LARGEST_CHUNK", 100)
    monkeypatch.setattr(service, "BATCH", 1)
    run = start(now=NOW + 60 * DAY)
    write, written = service._write, 0

    def killed_after_the_second(*args: Any, **kwargs: Any) -> bool:
        nonlocal written
        written += 1
        if written > 2:
            raise KeyboardInterrupt
        return write(*args, **kwargs)

    monkeypatch.setattr(service, "_write", killed_after_the_second)
    with pytest.raises(KeyboardInterrupt):
        continue_rescores(now=NOW + 60 * DAY)
    run.refresh_from_db()
    assert (run.leads_done, scores()) == (2, [33, 33, 58, 8, 8])

    monkeypatch.setattr(service, "_write", write)
    while continue_rescores(now=NOW + 60 * DAY):
        pass
    run.refresh_from_db()
    assert (run.leads_done, scores()) == (5, [33, 33, 33, 8, 8])
    assert run.finished_at is not None
    assert ScoreChange.objects.count() == 3
