"""Bursts that no person makes are quarantined before the lead is scored; releasing brings them back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Conflict, NotAllowed
from leadapp.models import Activity, ActivityType, Lead, Quarantine
from leadapp.services.quarantines import release_quarantine
from leadapp.services.work.activities import void_activity
from scoring.models import Cause, ScoreChange
from scoring.services.queue import request_scoring, score_waiting
from tests.qualification.build import make_user
from tests.scoring.build import DAY, NOW, log, make_lead

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
# Clicks of the last second, as a scanner makes them.
AT_ONCE = [NOW - SECOND + number * SECOND / 10 for number in range(7)]


def log_many(lead: Lead, slug: str, moments: list[datetime], **facts: Any) -> None:
    kind = ActivityType.objects.get(slug=slug)
    facts = {"source": "test", "received_at": NOW} | facts
    Activity.objects.bulk_create(
        Activity(lead=lead, type=kind, occurred_at=moment, **facts) for moment in moments
    )


def score(*leads: Lead, now: datetime = NOW) -> None:
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=now)
    score_waiting(now=now)
    for lead in leads:
        lead.refresh_from_db()


def held(lead: Lead) -> int:
    return Activity.objects.filter(lead=lead, voided_at__isnull=False, quarantine__isnull=False).count()


def views(count: int, *, apart: timedelta, until: datetime = NOW) -> list[datetime]:
    return [until - number * apart for number in range(count)]


def test_many_links_within_two_seconds_give_no_points_and_say_why() -> None:
    lead, other = make_lead(), make_lead()
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead, other)
    assert (lead.score, lead.engagement) == (other.score, 0)
    quarantine = Quarantine.objects.get()
    assert (quarantine.lead, quarantine.kind, quarantine.activity_count) == (lead, "clicks", 7)
    assert (quarantine.started_at, quarantine.ended_at) == (AT_ONCE[0], AT_ONCE[-1])
    assert (quarantine.found_at, quarantine.released_at) == (NOW, None)
    for activity in lead.activities.all():
        assert (activity.voided_at, activity.voided_by, activity.quarantine) == (NOW, None, quarantine)
        assert activity.void_reason == "Many links within two seconds: a mail scanner, not a person."


def test_points_that_were_given_before_the_burst_was_complete_vanish_and_the_history_says_so() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", AT_ONCE[:4])
    score(lead)
    before = lead.score
    assert lead.engagement
    log_many(lead, "email_clicked", AT_ONCE[4:])
    score(lead, now=NOW + SECOND)
    assert lead.engagement == 0
    change = ScoreChange.objects.latest("id")
    assert (change.score_before, change.score, change.cause) == (before, lead.score, "activity")
    assert held(lead) == 7


@pytest.mark.parametrize(
    "moments",
    [
        AT_ONCE[:4],
        [NOW - number * SECOND for number in range(40)],
        # As a date without a time is stored.
        [datetime(2026, 11, 18, tzinfo=NOW.tzinfo)] * 20,
    ],
    ids=["few", "one by one", "dates"],
)
def test_what_a_person_may_have_clicked_stays(moments: list[datetime]) -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", moments)
    score(lead)
    assert not Quarantine.objects.exists()
    assert lead.engagement


@pytest.mark.parametrize("mail", ["email_sent", "email_opened"])
def test_right_after_the_same_mail_three_links_are_enough(mail: str) -> None:
    lead, other = make_lead(), make_lead()
    for who, subject in ((lead, "Autumn"), (other, "Spring")):
        log_many(who, mail, [NOW - 2 * SECOND], properties={"subject": subject})
        log_many(who, "email_clicked", [NOW - SECOND] * 3, properties={"subject": "Autumn"})
    score(lead, other)
    assert (held(lead), held(other)) == (3, 0)
    # The mail itself is no click.
    assert not lead.activities.get(type__slug=mail).is_voided


@pytest.mark.parametrize(
    ("moments", "count"),
    [
        (views(61, apart=SECOND / 2), 61),
        (views(61, apart=SECOND), 61),
        (views(60, apart=SECOND / 2), 0),
        (views(900, apart=timedelta(seconds=3.8)), 0),
        (views(1200, apart=timedelta(seconds=3)), 1200),
    ],
    ids=["sixty-one in half a minute", "in a minute", "sixty", "an hour of reading", "an hour of a program"],
)
def test_more_pages_than_anybody_can_read_are_a_burst(moments: list[datetime], count: int) -> None:
    lead = make_lead()
    log_many(lead, "page_view", moments)
    score(lead)
    assert held(lead) == count
    assert [one.activity_count for one in Quarantine.objects.all()] == ([count] if count else [])


def test_what_surrounds_a_burst_stays() -> None:
    lead = make_lead()
    log_many(lead, "page_view", views(70, apart=SECOND / 10))
    log_many(lead, "page_view", [NOW - timedelta(minutes=10), NOW - DAY])
    log_many(lead, "email_clicked", [NOW])
    log(lead, "demo_requested")
    score(lead)
    assert held(lead) == 70
    assert lead.activities.filter(voided_at=None).count() == 4
    assert (lead.engagement or 0) > 50


def test_two_mails_are_two_quarantines() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", AT_ONCE)
    log_many(lead, "email_clicked", [moment - timedelta(hours=2) for moment in AT_ONCE])
    score(lead)
    assert [one.activity_count for one in Quarantine.objects.all()] == [7, 7]


def test_leads_do_not_add_up() -> None:
    leads = [make_lead() for _ in range(7)]
    for lead, moment in zip(leads, AT_ONCE, strict=True):
        log_many(lead, "email_clicked", [moment])
    score(*leads)
    assert not Quarantine.objects.exists()


def test_a_burst_that_goes_on_makes_the_quarantine_larger() -> None:
    lead = make_lead()
    log_many(lead, "page_view", views(70, apart=SECOND / 2))
    score(lead)
    later = NOW + 10 * SECOND
    log_many(lead, "page_view", [NOW + number * SECOND for number in range(1, 9)], received_at=later)
    score(lead, now=later)
    quarantine = Quarantine.objects.get()
    assert (quarantine.activity_count, held(lead)) == (78, 78)
    assert quarantine.ended_at == NOW + 8 * SECOND
    assert lead.engagement == 0


def test_looking_again_finds_nothing_new() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead)
    before = list(Activity.objects.order_by("id").values())
    score(lead, now=NOW + SECOND)
    assert Quarantine.objects.get().activity_count == 7
    assert list(Activity.objects.order_by("id").values()) == before


def test_what_was_received_long_ago_is_left_alone() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", [NOW - 10 * DAY] * 9, received_at=NOW - 2 * DAY)
    score(lead)
    assert not Quarantine.objects.exists()


def test_a_burst_that_waited_for_days_is_found() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", [NOW - 3 * DAY] * 9, received_at=NOW - 3 * DAY)
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW - 3 * DAY)
    score(lead)
    assert held(lead) == 9


def test_what_was_voided_by_hand_does_not_count() -> None:
    lead = make_lead()
    log_many(lead, "email_clicked", AT_ONCE[:4])
    log_many(lead, "email_clicked", AT_ONCE[4:], voided_at=NOW, void_reason="A colleague")
    score(lead)
    assert not Quarantine.objects.exists()


def test_a_release_brings_the_activities_back_for_good() -> None:
    lead, manager = make_lead(), make_user("manager", "manager")
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead)
    quarantine = Quarantine.objects.get()
    later = NOW + timedelta(hours=1)
    released = release_quarantine(quarantine=quarantine, actor=manager, now=later)
    assert (released.released_at, released.released_by) == (later, manager)
    score(lead, now=later)
    assert lead.engagement
    assert {(a.voided_at, a.void_reason, a.quarantine_id) for a in lead.activities.all()} == {
        (None, "", quarantine.pk)
    }
    score(lead, now=later + SECOND)
    assert Quarantine.objects.count() == 1
    assert held(lead) == 0


def test_a_release_is_done_once() -> None:
    lead, manager = make_lead(), make_user("manager", "manager")
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead)
    quarantine = Quarantine.objects.get()
    release_quarantine(quarantine=quarantine, actor=manager, now=NOW)
    with pytest.raises(Conflict):
        release_quarantine(quarantine=quarantine, actor=manager, now=NOW + DAY)
    quarantine.refresh_from_db()
    assert quarantine.released_at == NOW


def test_what_was_voided_by_hand_meanwhile_stays_void() -> None:
    lead, manager = make_lead(), make_user("manager", "manager")
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead)
    wrong = lead.activities.order_by("id")[2]
    void_activity(activity=wrong, reason="A colleague", actor=manager, now=NOW)
    release_quarantine(quarantine=Quarantine.objects.get(), actor=manager, now=NOW)
    wrong.refresh_from_db()
    assert (wrong.void_reason, wrong.voided_by) == ("A colleague", manager)
    assert lead.activities.filter(voided_at=None).count() == 6


@pytest.mark.parametrize(
    ("role", "owns", "may"),
    [
        ("rep", True, True),
        ("rep", False, False),
        ("marketer", False, True),
        ("manager", False, True),
        ("admin", False, True),
    ],
)
def test_who_works_on_the_lead_or_knows_the_mails_may_release(role: str, owns: bool, may: bool) -> None:
    user = make_user("somebody", role)
    lead = make_lead(owner=user if owns else None)
    log_many(lead, "email_clicked", AT_ONCE)
    score(lead)
    quarantine = Quarantine.objects.get()
    if may:
        release_quarantine(quarantine=quarantine, actor=user, now=NOW)
    else:
        with pytest.raises(NotAllowed):
            release_quarantine(quarantine=quarantine, actor=user, now=NOW)
    assert (held(lead) == 0) == may
    quarantine.refresh_from_db()
    assert (quarantine.released_at is not None) == may


def test_stored_scores_stay_what_they_are_when_computed_again(capsys: pytest.CaptureFixture[str]) -> None:
    leads = [make_lead() for _ in range(3)]
    log_many(leads[0], "email_clicked", AT_ONCE)
    log_many(leads[1], "page_view", views(100, apart=SECOND / 2))
    log(leads[2], "demo_requested")
    score(*leads)
    call_command("verify_scores")
    assert "differing 0" in capsys.readouterr().out


def statements(*leads: Lead) -> int:
    """Score leads and count the statements that it takes."""
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    with CaptureQueriesContext(connection) as queries:
        score_waiting(now=NOW)
    return len(queries)


@pytest.mark.parametrize("count", [1, 20])
def test_one_statement_more_where_there_is_something_to_be_seen(count: int) -> None:
    calm, scanned = [make_lead() for _ in range(count)], [make_lead() for _ in range(count)]
    for lead in calm:
        log_many(lead, "email_clicked", AT_ONCE[:1])
    for lead in scanned:
        log_many(lead, "email_clicked", AT_ONCE)
        log_many(lead, "page_view", views(100, apart=SECOND / 2))
    score(make_lead())
    # A savepoint and its release, the claim, the lock, the bursts, the version with its lock, who listens,
    # the scores.
    assert statements(*calm) == 9
    assert statements(*scanned) == 10
    assert Quarantine.objects.count() == 2 * count
    # What is in quarantine already is not looked at again.
    assert statements(*scanned) == 9
