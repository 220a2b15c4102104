"""Nurture ends by itself: on a day of the owner's calendar, or at a score; once, and never too early."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Conflict, Invalid, NotAllowed
from leadapp.models import Lead, User
from qualification.models import (
    Absence,
    Assignment,
    Move,
    Notice,
    StageChange,
    Team,
    TeamMember,
    WakeUp,
)
from qualification.services.assignment import assign_lead
from qualification.services.gates.evaluation import evaluate_leads
from qualification.services.moves import disqualify_lead, nurture_lead, reopen_lead
from qualification.services.recycling.wake_ups import (
    Waking,
    change_waking,
    resume_wake_ups,
    wake_due,
    wake_ups_of,
)
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, everything, make_good_lead, make_lead

pytestmark = pytest.mark.django_db

IN_A_WEEK = date(2026, 11, 26)
THAT_MORNING = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rest(lead: Lead, on: date | None = None, score: int | None = None, actor: User | None = None) -> Lead:
    """Set a lead aside until then."""
    nurture_lead(
        lead=lead, seen_stage=lead.stage, actor=actor, reason="Spring", now=NOW, waking=Waking(on, score)
    )
    lead.refresh_from_db()
    return lead


def reach(lead: Lead, score: int) -> None:
    """Let scoring have come to this score, and the gates be looked at."""
    Lead.objects.filter(pk=lead.pk).update(score=score, fit=score)
    evaluate_leads(lead_ids=[lead.pk], now=NOW + DAY)
    lead.refresh_from_db()


def test_nurture_keeps_until_when(rep: User) -> None:
    lead = rest(make_lead(owner=rep, score=60), on=IN_A_WEEK, score=120, actor=rep)
    wake_up = WakeUp.objects.get(lead=lead)
    assert (wake_up.wake_on, wake_up.wake_score, wake_up.set_by, wake_up.ended_at) == (
        IN_A_WEEK,
        120,
        rep,
        None,
    )
    assert str(wake_up) == "until 26 November 2026, or from 120 points"


def test_nurture_without_an_end_is_left_to_people() -> None:
    rest(make_lead())
    assert not WakeUp.objects.exists()
    assert wake_due(now=NOW + 1000 * DAY) == 0


@pytest.mark.parametrize(
    ("facts", "waking", "field"),
    [
        ({}, Waking(on=NOW.date()), "wake_on"),
        ({}, Waking(on=NOW.date() - DAY), "wake_on"),
        ({}, Waking(on=date(2036, 1, 1)), "wake_on"),
        ({"score": 60}, Waking(score=60), "wake_score"),
        ({"score": 60}, Waking(score=59), "wake_score"),
        ({}, Waking(score=0), "wake_score"),
        ({}, Waking(score=10_000_000), "wake_score"),
        ({"do_not_score": True}, Waking(score=100), "wake_score"),
    ],
)
def test_what_would_wake_at_once_or_never_is_refused(
    facts: dict[str, Any], waking: Waking, field: str
) -> None:
    lead = make_lead(**facts)
    before = everything()
    with pytest.raises(Invalid) as caught:
        nurture_lead(lead=lead, seen_stage="lead", actor=None, reason="Spring", now=NOW, waking=waking)
    assert set(caught.value.errors) == {field}
    assert everything() == before


def test_on_its_day_a_lead_wakes_and_comes_back_to_its_owner_with_a_clock(rep: User) -> None:
    lead = rest(make_lead(stage="sql", owner=rep, score=60), on=IN_A_WEEK, actor=rep)
    ScoredLead.objects.all().delete()

    assert wake_due(now=THAT_MORNING - MINUTE) == 0
    assert wake_due(now=THAT_MORNING) == 1

    lead.refresh_from_db()
    assert (lead.status, lead.status_reason, lead.stage, lead.owner) == ("open", "", "sql", rep)
    assert lead.stage_changed_at == THAT_MORNING
    change = StageChange.objects.get(move=Move.REOPEN)
    assert (change.is_automatic, change.actor, change.score) == (True, None, 60)
    assert change.reason == "Woke up on its day, 26 November 2026"
    wake_up = WakeUp.objects.get()
    assert (wake_up.outcome, wake_up.ended_at) == ("day", THAT_MORNING)
    running = Assignment.objects.running().get(lead=lead)
    assert running.owner == rep
    assert running.reason == "Woke up at 60 points; Jonas Wiegand has this lead"
    assert running.due_at is not None
    notice = Notice.objects.get(user=rep, kind="wake_up")
    assert notice.text == f"{lead.name}: Woke up on its day, 26 November 2026"
    assert ScoredLead.objects.filter(lead=lead).exists()  # its gates are looked at again


def test_a_lead_wakes_once(rep: User) -> None:
    rest(make_lead(owner=rep), on=IN_A_WEEK)
    assert wake_due(now=THAT_MORNING) == 1
    before = everything()
    assert wake_due(now=THAT_MORNING + DAY) == 0
    assert everything() == before


@pytest.mark.parametrize(
    ("zone", "asleep", "awake"),
    [
        # Midnight in Auckland (UTC+13 in November) is 11:00 of the day before in UTC.
        (
            "Pacific/Auckland",
            datetime(2026, 11, 25, 10, 59, tzinfo=UTC),
            datetime(2026, 11, 25, 11, 0, tzinfo=UTC),
        ),
        # Midnight in Los Angeles (UTC−8) is 08:00 in UTC.
        (
            "America/Los_Angeles",
            datetime(2026, 11, 26, 7, 59, tzinfo=UTC),
            datetime(2026, 11, 26, 8, 0, tzinfo=UTC),
        ),
    ],
)
def test_the_day_is_one_of_the_calendar_of_the_owners_team(
    zone: str, asleep: datetime, awake: datetime, rep: User
) -> None:
    TeamMember.objects.create(team=Team.objects.create(name="Far away", time_zone=zone), user=rep)
    rest(make_lead(owner=rep), on=IN_A_WEEK)
    assert wake_due(now=asleep) == 0
    assert wake_due(now=awake) == 1


def test_which_day_is_still_to_come_is_one_of_that_calendar_too(rep: User) -> None:
    """At 10:00 UTC it is 23:00 of the same day in Auckland; an hour later that day is over."""
    TeamMember.objects.create(team=Team.objects.create(name="A", time_zone="Pacific/Auckland"), user=rep)
    tomorrow = NOW.date() + DAY
    lead = make_lead(owner=rep)
    with pytest.raises(Invalid):
        nurture_lead(
            lead=lead,
            seen_stage="lead",
            actor=rep,
            reason="Spring",
            now=NOW + timedelta(hours=1),
            waking=Waking(tomorrow),
        )
    rest(lead, on=tomorrow, actor=rep)


def test_at_its_score_a_lead_wakes_and_goes_on_through_its_gates(rep: User) -> None:
    lead = rest(make_good_lead(owner=rep, score=60), score=150)
    reach(lead, 149)
    assert lead.status == "nurture"
    reach(lead, 163)
    assert (lead.status, lead.stage) == ("open", "mql")
    moves = StageChange.objects.filter(lead=lead, is_automatic=True).order_by("pk")
    assert [change.move for change in moves] == [Move.REOPEN, Move.FORWARD]
    assert moves[0].reason == "Woke up at 163 points; it was to rest until 150"
    assert WakeUp.objects.get().outcome == "score"
    assert Assignment.objects.filter(lead=lead, due_at__isnull=False).count() == 1  # one clock, not two


def test_whichever_comes_first_wakes_it(rep: User) -> None:
    lead = rest(make_lead(owner=rep, score=60), on=IN_A_WEEK, score=100)
    reach(lead, 100)
    assert lead.status == "open"
    assert wake_due(now=THAT_MORNING) == 0
    assert StageChange.objects.filter(move=Move.REOPEN).count() == 1


def test_a_disqualified_lead_never_wakes(rep: User) -> None:
    lead = rest(make_lead(owner=rep, score=60), on=IN_A_WEEK, score=100)
    disqualify_lead(lead=lead, seen_stage="lead", actor=rep, reason_code="no_need", now=NOW + DAY)
    reach(lead, 200)
    assert wake_due(now=THAT_MORNING) == 0
    assert lead.status == "disqualified"
    assert WakeUp.objects.get().outcome == "by_hand"


def test_a_person_who_reopens_first_ends_it_and_taking_that_back_starts_it_again(rep: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK)
    change = reopen_lead(lead=lead, actor=rep, reason="They called", now=NOW + DAY)
    assert (WakeUp.objects.get().outcome, WakeUp.objects.get().ended_at) == ("by_hand", NOW + DAY)
    assert wake_due(now=THAT_MORNING) == 0
    resume_wake_ups({lead.pk: change.at})
    assert wake_ups_of([lead.pk])[lead.pk].wake_on == IN_A_WEEK


@pytest.mark.parametrize("gone", [{"is_active": False}, {"is_available": False}])
def test_whoever_left_is_stood_in_for(gone: dict[str, bool], rep: User, other_rep: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK)
    User.objects.filter(pk=rep.pk).update(**gone)
    wake_due(now=THAT_MORNING)
    lead.refresh_from_db()
    assert lead.owner == other_rep
    assert [notice.user for notice in Notice.objects.filter(kind="wake_up")] == [other_rep]


def test_so_is_who_is_absent_that_day(rep: User, other_rep: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK)
    Absence.objects.create(user=rep, first_day=IN_A_WEEK, last_day=IN_A_WEEK)
    wake_due(now=THAT_MORNING)
    lead.refresh_from_db()
    assert lead.owner == other_rep


def test_who_was_named_for_an_absence_stands_in(rep: User, other_rep: User, manager: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK)
    Absence.objects.create(user=rep, first_day=IN_A_WEEK, last_day=IN_A_WEEK, stand_in=manager)
    wake_due(now=THAT_MORNING)
    assert Assignment.objects.running().get(lead=lead).owner == manager
    reason = Assignment.objects.running().get(lead=lead).reason
    assert "; Jonas Wiegand is away until " in reason
    assert reason.endswith(f"{manager} stands in")


def test_when_nobody_is_there_it_waits_in_the_team_queue_and_who_set_it_is_told(
    rep: User, manager: User
) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK, actor=manager)
    User.objects.filter(pk=rep.pk).update(is_available=False)
    wake_due(now=THAT_MORNING)
    lead.refresh_from_db()
    assert (lead.status, lead.owner) == ("open", None)
    assert Assignment.objects.queued().filter(lead=lead).exists()
    assert [notice.user for notice in Notice.objects.filter(kind="wake_up")] == [manager]


def test_a_lead_of_nobody_wakes_and_belongs_to_nobody(manager: User) -> None:
    lead = rest(make_lead(), on=IN_A_WEEK, actor=manager)
    wake_due(now=THAT_MORNING)
    lead.refresh_from_db()
    assert (lead.status, lead.owner) == ("open", None)
    assert not Assignment.objects.exists()
    assert Notice.objects.get(kind="wake_up").user == manager


def test_who_was_given_the_lead_while_it_rested_gets_it(rep: User, other_rep: User, manager: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK)
    assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Moves teams", now=NOW)
    wake_due(now=THAT_MORNING)
    assert Assignment.objects.running().get(lead=lead).owner == other_rep


@pytest.mark.parametrize(
    ("wishes", "wakes"),
    [
        ({"do_not_email": True}, True),
        ({"do_not_call": True}, True),
        ({"do_not_email": True, "do_not_call": True}, False),
        ({"do_not_score": True, "score": None, "fit": None, "engagement": None}, True),
    ],
)
def test_who_wants_no_contact_at_all_is_left_in_peace(wishes: dict[str, Any], wakes: bool, rep: User) -> None:
    lead = rest(make_lead(owner=rep), on=IN_A_WEEK, score=100)
    Lead.objects.filter(pk=lead.pk).update(**wishes)
    assert wake_due(now=THAT_MORNING) == int(wakes)
    if not wakes:
        Lead.objects.filter(pk=lead.pk).update(do_not_call=False)
        assert wake_due(now=THAT_MORNING + DAY) == 1


def test_when_it_wakes_can_be_set_anew(rep: User, other_rep: User) -> None:
    lead = rest(make_lead(owner=rep, score=60), on=IN_A_WEEK)
    asked: dict[str, Any] = {"lead": lead, "actor": rep, "now": NOW}
    change_waking(waking=Waking(score=90), **asked)
    assert wake_ups_of([lead.pk])[lead.pk].wake_score == 90
    change_waking(waking=Waking(), **asked)
    assert wake_ups_of([lead.pk]) == {}
    assert [wake_up.outcome for wake_up in WakeUp.objects.order_by("pk")] == ["changed", "changed"]

    before = everything()
    with pytest.raises(Invalid):
        change_waking(waking=Waking(score=60), **asked)
    with pytest.raises(NotAllowed):
        change_waking(waking=Waking(score=90), **asked | {"actor": other_rep})
    with pytest.raises(Conflict):
        change_waking(waking=Waking(score=90), **asked | {"lead": make_lead(owner=rep)})
    assert everything().keys() == before.keys()
    assert everything()["WakeUp"] == before["WakeUp"]


def test_twenty_wake_in_as_many_queries_as_one(
    rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rest(make_lead(owner=rep), on=IN_A_WEEK)
    with django_assert_num_queries(22):
        assert wake_due(now=THAT_MORNING) == 1
    for _ in range(20):
        rest(make_lead(owner=rep), on=IN_A_WEEK)
    with django_assert_num_queries(22):
        assert wake_due(now=THAT_MORNING) == 20


@pytest.mark.django_db(transaction=True)
def test_of_a_person_and_four_workers_one_wakes_each_lead() -> None:
    leads = [rest(make_lead(), on=IN_A_WEEK) for _ in range(40)]
    barrier = Barrier(5)

    def work(number: int) -> int:
        barrier.wait(60)
        try:
            if number:
                return wake_due(now=THAT_MORNING, limit=15) + wake_due(now=THAT_MORNING, limit=40)
            reopened = 0
            for lead in leads:
                try:
                    reopen_lead(lead=lead, actor=None, reason="They called", now=THAT_MORNING)
                except Conflict:
                    continue
                reopened += 1
            return reopened
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(work, range(5))) == 40
    assert StageChange.objects.filter(move=Move.REOPEN).count() == 40
    assert not WakeUp.objects.filter(ended_at=None).exists()
    assert Lead.objects.filter(status="open").count() == 40
