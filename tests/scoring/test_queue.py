"""Leads wait in the queue of record and are scored in one transaction."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from leadapp.models import Lead
from scoring.models import Cause, ScoreChange, ScoredLead, ScoringModelVersion, ScoringRequest
from scoring.services import queue
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, log, make_lead, the_live_version

pytestmark = pytest.mark.django_db


def ask(*leads: Lead, cause: Cause = Cause.ACTIVITY, now: Any = NOW) -> None:
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=cause, now=now)


def scored(lead: Lead) -> Lead:
    lead.refresh_from_db()
    return lead


def test_a_waiting_lead_gets_its_score() -> None:
    lead = make_lead()
    log(lead, "demo_requested")
    ask(lead)
    assert score_waiting(now=NOW) == 1
    scored(lead)
    # 8 for the business address; 50 for the demo, just now.
    assert (lead.fit, lead.engagement, lead.score) == (8, 50, 58)
    assert (lead.grade, lead.temperature) == ("D2", "warm")
    assert (lead.scored_at, lead.score_version) == (NOW, the_live_version())
    assert lead.last_activity_at == NOW
    assert not ScoringRequest.objects.exists()


def test_a_lead_without_activities_is_scored_by_its_facts() -> None:
    lead = make_lead()
    ask(lead, cause=Cause.FACTS)
    score_waiting(now=NOW)
    assert (scored(lead).fit, lead.engagement, lead.score) == (8, 0, 8)
    assert lead.last_activity_at == lead.created_at


def test_nothing_waiting_does_nothing() -> None:
    assert score_waiting(now=NOW) == 0


def test_a_burst_on_one_lead_costs_one_scoring() -> None:
    lead = make_lead()
    for _ in range(50):
        ask(lead)
    assert score_waiting(now=NOW) == 1
    assert score_waiting(now=NOW) == 0
    assert ScoredLead.objects.count() == 1


def test_at_most_the_limit_is_claimed_and_the_oldest_first() -> None:
    leads = [make_lead() for _ in range(5)]
    ask(*leads)
    assert score_waiting(now=NOW, limit=2) == 2
    assert [scored(lead).score is not None for lead in leads] == [True, True, False, False, False]
    assert score_waiting(now=NOW, limit=2) == 2
    assert score_waiting(now=NOW, limit=2) == 1


def test_a_burst_is_looked_up_though_the_queue_was_empty_when_statistics_were_taken() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'scoring_scoringrequest',"
            " 'relpages', 2, 'reltuples', 0::real)"
        )
    lead = make_lead()
    ask(*[lead] * 20_000)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + queue.CLAIM, [2_000, 500])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # Row by row, 50,000 requests took more than a minute.
    assert "scoring_scoringrequest" in plan
    assert "Join" not in plan
    assert "Nested Loop" not in plan
    assert score_waiting(now=NOW) == 1


def test_the_history_says_what_changed_and_why() -> None:
    lead = make_lead()
    ask(lead, cause=Cause.FACTS)
    score_waiting(now=NOW)
    log(lead, "demo_requested", NOW)
    ask(lead, cause=Cause.FACTS)
    ask(lead, cause=Cause.ACTIVITY)
    later = NOW + timedelta(minutes=1)
    score_waiting(now=later)
    first, second = ScoreChange.objects.order_by("id")
    assert (first.score_before, first.score, first.cause, first.at) == (None, 8, "facts", NOW)
    assert (second.score_before, second.score, second.cause, second.at) == (8, 58, "activity", later)
    assert (second.fit, second.engagement, second.grade, second.temperature) == (8, 50, "D2", "warm")
    assert second.version == the_live_version()


def test_an_unchanged_score_leaves_no_history_but_the_moment_moves_on() -> None:
    lead = make_lead()
    ask(lead)
    score_waiting(now=NOW)
    ask(lead)
    score_waiting(now=NOW + DAY)
    assert ScoreChange.objects.count() == 1
    assert scored(lead).scored_at == NOW + DAY
    assert ScoredLead.objects.count() == 2


def test_time_never_goes_back() -> None:
    lead = make_lead()
    ask(lead)
    score_waiting(now=NOW)
    ask(lead)
    score_waiting(now=NOW - DAY)
    assert scored(lead).scored_at == NOW


def test_an_activity_that_is_ahead_of_the_workers_clock_counts() -> None:
    lead = make_lead()
    ahead = NOW + timedelta(seconds=2)
    log(lead, "demo_requested", ahead)
    ask(lead, now=ahead)
    score_waiting(now=NOW)
    assert (scored(lead).engagement, lead.scored_at) == (50, ahead)


def test_a_lead_that_opts_out_loses_its_score_and_the_history_says_so() -> None:
    lead = make_lead()
    ask(lead)
    score_waiting(now=NOW)
    # As an edit does it: the database refuses an opted-out lead with a score.
    nothing = {"score": None, "fit": None, "engagement": None, "grade": "", "temperature": ""}
    Lead.objects.filter(pk=lead.pk).update(do_not_score=True, **nothing)
    ask(lead, cause=Cause.FACTS)
    assert score_waiting(now=NOW + DAY) == 1
    assert (scored(lead).score, lead.grade, lead.score_version) == (None, "", None)
    change = ScoreChange.objects.latest("id")
    assert (change.score_before, change.score, change.cause) == (8, None, "facts")
    ask(lead, cause=Cause.FACTS)
    score_waiting(now=NOW + DAY)
    assert ScoreChange.objects.count() == 2


def test_a_lead_that_opts_in_again_starts_from_nothing() -> None:
    lead = make_lead(do_not_score=True)
    ask(lead)
    score_waiting(now=NOW)
    assert not ScoreChange.objects.exists()
    Lead.objects.filter(pk=lead.pk).update(do_not_score=False)
    ask(lead, cause=Cause.FACTS)
    score_waiting(now=NOW)
    change = ScoreChange.objects.get()
    assert (change.score_before, change.score) == (None, 8)


def test_voided_activities_do_not_move_the_last_activity() -> None:
    lead = make_lead()
    log(lead, "page_view", NOW - 2 * DAY)
    log(lead, "page_view", NOW - DAY, voided_at=NOW, void_reason="A colleague")
    log(lead, "lead.updated", NOW)
    ask(lead)
    score_waiting(now=NOW)
    assert scored(lead).last_activity_at == NOW - 2 * DAY


def test_without_a_live_version_leads_go_on_waiting() -> None:
    lead = make_lead()
    ask(lead)
    ScoringModelVersion.objects.filter(state="live").update(state="retired", retired_at=NOW)
    assert score_waiting(now=NOW) == 0
    assert ScoringRequest.objects.count() == 1
    assert scored(lead).score is None


@pytest.mark.parametrize("count", [1, 20])
def test_the_number_of_queries_does_not_depend_on_the_leads(
    count: int, django_assert_num_queries: Any
) -> None:
    ask(make_lead())
    score_waiting(now=NOW)  # the version is compiled once
    leads = [make_lead() for _ in range(count)]
    for lead in leads:
        log(lead, "page_view")
    ask(*leads)
    # A savepoint and its release, the claim, the lock, the bursts, the version with its lock, the scores.
    with django_assert_num_queries(9):
        assert score_waiting(now=NOW) == count


def test_a_failure_on_the_way_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = make_lead()
    ask(lead)
    broken = queue.WRITE_SCORES.replace("SELECT id, cause", "SELECT 1 / 0, cause")
    monkeypatch.setattr(queue, "WRITE_SCORES", broken)
    with pytest.raises(DatabaseError):
        score_waiting(now=NOW)
    assert ScoringRequest.objects.count() == 1
    assert scored(lead).score is None
    assert not ScoreChange.objects.exists()
    assert not ScoredLead.objects.exists()
    monkeypatch.undo()
    assert score_waiting(now=NOW) == 1
