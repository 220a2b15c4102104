"""What becomes of a score if nothing happens, and what really becomes of it as time passes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from django.utils.translation import override

from leadapp.models import CustomField
from scoring.analysis.forecast import forecast
from scoring.analysis.history import moves_of
from scoring.models import Cause, ScoreChange
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db


def test_it_names_the_day_on_which_a_line_is_crossed() -> None:
    version = make_version(hot_from=80, warm_from=40, threshold=150)
    make_rule(version, types=["demo_requested"], points=100, decay="linear", decay_days=100)
    lead = make_lead()
    log(lead, "demo_requested", NOW)
    found = forecast(lead=lead, version=version, now=NOW)
    assert found is not None
    # A point a day; NOW is ten in the morning, and a day is over at its end.
    below_hot = next(at for at, score in found.days if score.score < 80)
    assert (below_hot - NOW).days == 20
    assert [
        (each.kind, each.before, each.after, each.score) for each in found.crossings if each.kind != "grade"
    ] == [
        ("temperature", "hot", "warm", 79),
        ("temperature", "warm", "cold", 39),
    ]
    assert found.sentence == (
        "Falls below hot on Wednesday 9 December and goes cold on Monday 18 January 2027"
        " unless something happens."
    )
    assert len(found.days) == 91


def test_the_sales_line_and_grades_are_lines_too() -> None:
    version = make_version(hot_from=150, warm_from=20, threshold=90, engagement_1=95, engagement_2=92)
    make_rule(version, types=["demo_requested"], points=100, decay="linear", decay_days=100)
    lead = make_lead()
    log(lead, "demo_requested", NOW)
    found = forecast(lead=lead, version=version, now=NOW, days=30)
    assert found is not None
    assert [(each.kind, each.before, each.after) for each in found.crossings] == [
        ("grade", "D1", "D2"),
        ("grade", "D2", "D3"),
        ("handover", "ready for sales", "not ready"),
    ]
    assert found.sentence == "Falls below the sales line on Sunday 29 November unless something happens."


@pytest.mark.parametrize(
    ("points", "decay", "sentence"),
    [
        (60, "none", "Stays at 160 for the next 90 days even if nothing happens."),
        (60, "half_life", "Stays hot for the next 90 days even if nothing happens."),
        (-60, "half_life", "Rises to 94 within 90 days even if nothing happens: minus points fade."),
    ],
)
def test_it_says_so_when_no_line_is_crossed(points: int, decay: str, sentence: str) -> None:
    version = make_version(hot_from=100, warm_from=30, threshold=200)
    make_rule(version, points=100)
    days = None if decay == "none" else 27
    make_rule(version, types=["page_view"], points=points, decay=decay, decay_days=days)
    lead = make_lead()
    log(lead, "page_view", NOW)
    found = forecast(lead=lead, version=version, now=NOW)
    assert found is not None
    assert found.sentence == sentence
    assert [each for each in found.crossings if each.kind != "grade"] == []


def test_who_opted_out_has_no_forecast() -> None:
    assert forecast(lead=make_lead(do_not_score=True), version=the_live_version(), now=NOW) is None


def test_ninety_days_take_two_queries() -> None:
    version, lead = the_live_version(), make_lead()
    forecast(lead=lead, version=version, now=NOW)
    with CaptureQueriesContext(connection) as queries:
        forecast(lead=lead, version=version, now=NOW)
    assert len(queries) == 2


def test_a_lead_that_did_a_lot_is_told_the_same_days(monkeypatch: pytest.MonkeyPatch) -> None:
    version, lead = the_live_version(), make_lead(job_title="CEO", country="DE")
    for days in range(40):
        log(lead, "page_view", NOW - days * DAY, properties={"path": "/pricing", "seconds": 90})
    for slug in ("demo_requested", "quote_requested", "webinar_attended", "meeting_booked"):
        log(lead, slug, NOW - DAY)
    exact = forecast(lead=lead, version=version, now=NOW)
    monkeypatch.setattr("scoring.analysis.forecast.BUSY", 10)
    with CaptureQueriesContext(connection) as queries:
        quick = forecast(lead=lead, version=version, now=NOW)
    assert len(queries) == 3
    assert exact is not None
    assert quick is not None
    assert len(exact.crossings) > 2
    assert (quick.crossings, quick.sentence) == (exact.crossings, exact.sentence)
    assert len(quick.days) < 60
    assert set(quick.days) <= set(exact.days)


def test_days_are_written_as_the_language_writes_them_in_a_sentence() -> None:
    version = make_version(hot_from=80, warm_from=40, threshold=150)
    make_rule(version, types=["demo_requested"], points=100, decay="linear", decay_days=100)
    lead = make_lead()
    log(lead, "demo_requested", NOW)
    for language in ("en", "de", "nl"):
        with override(language):
            found = forecast(lead=lead, version=version, now=NOW)
            assert found is not None
            day = date_format(found.crossings[0].at, "l")
            assert (day.lower() if language == "nl" else day) in found.sentence


def test_a_live_event_in_between_is_not_overwritten_by_decay() -> None:
    lead = make_lead()
    log(lead, "demo_requested", NOW)
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    later = NOW + 30 * DAY
    log(lead, "quote_requested", later, received_at=later)
    request_scoring(lead_ids=[lead.pk], cause=Cause.DECAY, now=later - timedelta(minutes=1))
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=later)
    score_waiting(now=later)
    change = ScoreChange.objects.filter(lead=lead).latest("id")
    assert change.cause == Cause.ACTIVITY
    (move,) = moves_of(lead, [change])
    assert [event.text for event in move.events] == ["Quote requested"]


def test_what_moved_a_score_is_told_in_the_language_of_the_reader() -> None:
    lead = make_lead()
    changed = {
        "company": "Harbour",
        "job_title": "CTO",
        "do_not_score": False,
        "attributes.machine_park": "20",
    }
    log(lead, "lead.updated", NOW, properties={"by": "edit", "before": {}, "after": changed})
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    (move,) = moves_of(lead, [ScoreChange.objects.get(lead=lead)])
    assert move.because == "Company, job title, do not score, machine park changed"
    with override("de"):
        assert move.because == "Firma, Position, Kein Scoring, Machine park geändert"


def test_own_facts_are_named_by_their_labels_in_what_moved_a_score() -> None:
    CustomField.objects.create(key="machine_park", label="Machines on the floor")
    lead = make_lead()
    after = {"attributes.machine_park": "20", "attributes.gone_by_now": "x"}
    log(lead, "lead.updated", NOW, properties={"by": "edit", "before": {}, "after": after})
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        (move,) = moves_of(lead, [ScoreChange.objects.get(lead=lead)])
    assert move.because == "Gone by now, machines on the floor changed"
    assert len(queries) == 4
