"""My day: what is there, in which order, why, whose it is, and how many queries it takes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Activity, Lead, User
from leadapp.services.intake.events import read_event
from leadapp.services.intake.recording import record_activities
from leadapp.services.work.meetings import with_start
from leadapp.views.my_day import finding
from leadapp.views.my_day.sections import DayPage, read_day
from qualification.models import Assignment, BantAnswer, Task, Team, TeamMember
from scoring.models import Cause, ScoreChange
from tests.qualification.build import DAY, NOW, live_version, log, make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def day_of(person: User, *, viewer: User | None = None, now: datetime = NOW, whole: str = "") -> DayPage:
    """Read somebody's day at ten o'clock on Thursday 19 November 2026 (UTC)."""
    return read_day(person, viewer=viewer or person, now=now, whole=whole)


def rows(page: DayPage, name: str) -> list[tuple[str, str]]:
    """Return who is in a section, and what is said about them."""
    (section,) = [section for section in page.sections if section.name == name]
    return [(row.lead.last_name, row.text) for row in section.rows]


def names(page: DayPage, name: str) -> list[str]:
    """Return who is in a section, in order."""
    return [last_name for last_name, _ in rows(page, name)]


def mine(owner: User, name: str, **facts: Any) -> Lead:
    """Make a lead of somebody that asks for nothing: no phone, no score, no clock."""
    return make_lead(owner=owner, last_name=name, **facts)


def clock(lead: Lead, *, due_at: datetime, **facts: Any) -> Assignment:
    """Let an answer be due."""
    started = due_at - DAY
    return Assignment.objects.create(
        lead=lead,
        owner=lead.owner,
        assigned_at=started,
        clock_started_at=started,
        reason="Handed over at 163 points",
        due_at=due_at,
        **facts,
    )


def task(lead: Lead, text: str, due_at: datetime, **facts: Any) -> Task:
    """Set a task for the owner of a lead."""
    assert lead.owner is not None
    return Task.objects.create(lead=lead, owner=lead.owner, text=text, due_at=due_at, **facts)


def scored(lead: Lead, score: int, temperature: str, at: datetime) -> None:
    """Let scoring have written this."""
    ScoreChange.objects.create(
        lead=lead, at=at, score=score, fit=score, engagement=0, grade="A1", temperature=temperature,
        version=live_version(), cause=Cause.ACTIVITY,
    )  # fmt: skip


def stale(lead: Lead, dimension: str = "timeline", *, since: datetime = NOW - HOUR) -> None:
    """Let an answer have run out."""
    BantAnswer.objects.create(
        lead=lead,
        dimension_id=dimension,
        state="confirmed",
        value="May",
        answered_at=since - 90 * DAY,
        expires_at=since,
    )


# What is there, and why


def test_clocks_come_first_soonest_due_on_top_and_answered_ones_stay_for_today(
    rep: User, other_rep: User
) -> None:
    clock(mine(rep, "Soon"), due_at=NOW + HOUR)
    clock(mine(rep, "Late"), due_at=NOW - HOUR)
    clock(mine(rep, "Answered"), due_at=NOW + 2 * HOUR, answered_at=NOW - HOUR, answer_took=HOUR)
    clock(mine(rep, "Yesterday"), due_at=NOW, answered_at=NOW - 11 * HOUR, answer_took=HOUR)
    clock(mine(rep, "Resting", status="nurture"), due_at=NOW)
    clock(mine(other_rep, "Other"), due_at=NOW)
    page = day_of(rep)
    assert names(page, "answer") == ["Late", "Soon", "Answered"]
    assert rows(page, "answer")[0] == ("Late", "Handed over at 163 points.")
    assert [row.is_done for row in page.sections[0].rows] == [False, False, True]
    assert (page.to_do, page.done) == (2, 1)
    assert (page.today.answers, page.today.late) == (1, 0)


def test_tasks_are_due_until_midnight_and_what_is_done_stays_struck_through(rep: User) -> None:
    lead = mine(rep, "A")
    task(lead, "Overdue", NOW - 2 * DAY)
    task(lead, "Tonight", NOW.replace(hour=23, minute=59))
    task(lead, "Tomorrow", NOW.replace(hour=0, minute=0) + DAY)
    task(lead, "Done", NOW, done_at=NOW - HOUR)
    task(lead, "Done before", NOW, done_at=NOW - DAY)
    page = day_of(rep)
    assert [text for _, text in rows(page, "tasks")] == ["Overdue", "Tonight", "Done"]
    assert [row.when for row in page.sections[1].rows] == ["since Tue 17 Nov", "by 23:59", "done 09:00"]


def test_the_day_is_that_of_the_team(rep: User) -> None:
    """In Auckland it is 23:00 of the same Thursday: what is due in two hours is due tomorrow."""
    TeamMember.objects.create(team=Team.objects.create(name="NZ", time_zone="Pacific/Auckland"), user=rep)
    lead = mine(rep, "A")
    task(lead, "Before midnight", NOW + HOUR / 2)
    task(lead, "After midnight", NOW + 2 * HOUR)
    page = day_of(rep)
    assert page.day.today == date(2026, 11, 19)
    assert [(row.text, row.when) for row in page.sections[1].rows] == [("Before midnight", "by 23:30")]
    assert day_of(rep, now=NOW + 2 * HOUR).day.today == date(2026, 11, 20)


def hot(owner: User, name: str, *, since: datetime, **facts: Any) -> Lead:
    """Make a lead that became hot at that time."""
    lead = mine(owner, name, score=163, created_at=NOW - 100 * DAY, **facts)
    scored(lead, 90, "warm", since - 40 * DAY)
    scored(lead, 163, "hot", since)
    return lead


def test_hot_leads_that_came_within_a_week_wait_for_a_first_word(rep: User) -> None:
    hot(rep, "Became hot", since=NOW - 2 * DAY)
    long_hot = hot(rep, "Hot for long", since=NOW - 30 * DAY)
    given = hot(rep, "Given lately", since=NOW - 30 * DAY)
    Assignment.objects.create(lead=given, owner=rep, assigned_at=NOW - DAY, reason="Moves teams")
    called = hot(rep, "Called", since=NOW - 2 * DAY)
    log(called, "call_attempted", NOW - DAY)
    before = hot(rep, "Called before", since=NOW - 2 * DAY)
    log(before, "call_connected", NOW - 3 * DAY)
    planned = hot(rep, "Planned", since=NOW - 2 * DAY)
    task(planned, "Call on Monday", NOW + 4 * DAY)
    clock(hot(rep, "Clock runs", since=NOW - 2 * DAY), due_at=NOW + HOUR)
    cooled = hot(rep, "Cooled and hot again", since=NOW - 30 * DAY)
    scored(cooled, 90, "warm", NOW - 3 * DAY)
    scored(cooled, 163, "hot", NOW - HOUR)
    page = day_of(rep)
    assert names(page, "hot") == ["Cooled and hot again", "Given lately", "Called before", "Became hot"]
    assert rows(page, "hot")[0][1] == "Hot with 163 points. Business email address."
    assert long_hot.last_name not in names(page, "hot")


def meeting(lead: Lead, starts_at: str, **facts: Any) -> Activity:
    """Let a meeting be arranged, as it comes in from a calendar."""
    return log(
        lead, "meeting_booked", NOW - 5 * DAY, properties=with_start({"starts_at": starts_at, **facts})
    )


def test_meetings_of_today_are_in_order_and_those_to_come_beside(rep: User, other_rep: User) -> None:
    lead = mine(rep, "A")
    meeting(lead, "2026-11-19T16:00:00+01:00", subject="Demo")
    meeting(mine(rep, "B"), "2026-11-19T09:30Z", subject="Contract")
    meeting(mine(rep, "Tomorrow"), "2026-11-20T09:30:00")
    meeting(mine(rep, "Yesterday"), "2026-11-18T23:59:59Z")
    meeting(mine(rep, "In a month"), "2026-12-19T09:30:00Z")
    meeting(mine(other_rep, "Other"), "2026-11-19T12:00:00Z")
    meeting(mine(rep, "Nonsense"), "after lunch")
    voided = meeting(mine(rep, "Voided"), "2026-11-19T12:00:00Z")
    Activity.objects.filter(pk=voided.pk).update(voided_at=NOW, void_reason="Cancelled")
    page = day_of(rep)
    assert rows(page, "meetings") == [("B", "Contract."), ("A", "Demo.")]
    assert [row.when for row in page.sections[3].rows] == ["09:30", "15:00"]
    assert [lead.last_name for _, lead, _ in page.coming] == ["Tomorrow"]
    log(lead, "meeting_held", NOW)
    assert [row.is_done for row in day_of(rep).sections[3].rows] == [False, True]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-19T13:30:00+01:00", {"starts_at": "2026-11-19T12:30:00Z"}),
        ("2026-11-19 13:30", {"starts_at": "2026-11-19T13:30:00Z"}),
        (
            "after lunch",
            {
                "not_understood": {
                    "starts_at": {
                        "given": "after lunch",
                        "reason": "Must be a date and time (ISO 8601), such as 2026-01-31T09:30:00Z.",
                    }
                }
            },
        ),
        (None, {}),
    ],
)
def test_when_a_meeting_begins_is_read_at_capture_and_never_refuses_the_event(
    given: str | None, kept: dict[str, Any]
) -> None:
    lead = make_lead()
    raw = {
        "lead": {"id": lead.pk},
        "type": "meeting_booked",
        "properties": {"starts_at": given} if given else {},
    }
    event = read_event(raw, now=NOW)
    record_activities(events=[event], source="test", actor=None, now=NOW)
    assert Activity.objects.get(lead=lead, type__slug="meeting_booked").properties == kept


@pytest.mark.parametrize(
    "value", ["x" * 9000, {"a": "x" * 9000}, 17, "0000-13-99", "9999-12-31T23:59:59-14:00"]
)
def test_what_others_call_starts_at_hurts_nobody(value: Any, rep: User) -> None:
    lead = mine(rep, "A")
    for slug in ("meeting_booked", "webinar_registered"):
        raw = {"lead": {"id": lead.pk}, "type": slug, "properties": {"starts_at": value}}
        record_activities(events=[read_event(raw, now=NOW)], source="test", actor=None, now=NOW)
    assert names(day_of(rep), "meetings") == []


def test_stale_answers_of_leads_in_sales_are_asked_again(rep: User) -> None:
    both = mine(rep, "Two stale", stage="sql", score=90)
    stale(both)
    stale(both, "budget", since=NOW - 3 * DAY)
    stale(mine(rep, "One stale", stage="mql", score=50))
    stale(mine(rep, "A lead", stage="lead"))
    again = mine(rep, "Answered again", stage="mql")
    stale(again)
    BantAnswer.objects.create(
        lead=again, dimension_id="timeline", state="confirmed", value="June", answered_at=NOW
    )
    planned = mine(rep, "Planned", stage="mql")
    stale(planned)
    task(planned, "Ask about the timeline", NOW + 3 * DAY)
    page = day_of(rep)
    assert rows(page, "stale") == [
        ("Two stale", "Ask again about budget and timeline."),
        ("One stale", "Ask again about timeline."),
    ]


def fading(owner: User, name: str, then: int, now: int, **facts: Any) -> Lead:
    """Make a lead that had so many points two weeks ago."""
    warmth = {"temperature": "cold" if now < 50 else "warm" if now < 120 else "hot"}
    lead = mine(owner, name, score=now, last_activity_at=NOW - 16 * DAY, **facts)
    Lead.objects.filter(pk=lead.pk).update(**warmth)
    scored(lead, then, "cold" if then < 50 else "warm" if then < 120 else "hot", NOW - 20 * DAY)
    return lead


def test_leads_that_lose_a_fifth_or_a_band_are_slipping_away(rep: User) -> None:
    fading(rep, "A fifth", 100, 80)
    fading(rep, "Less", 100, 81)
    fading(rep, "A band", 125, 115)
    fading(rep, "Few points", 10, 6)
    fading(rep, "Customer", 100, 50, stage="customer")
    touched = fading(rep, "Touched", 100, 50)
    log(touched, "email_sent", NOW - 13 * DAY)
    fading(rep, "Long ago touched", 100, 60)
    log(Lead.objects.get(last_name="Long ago touched"), "email_sent", NOW - 15 * DAY)
    page = day_of(rep)
    assert names(page, "cold") == ["Long ago touched", "A fifth", "A band"]
    assert dict(rows(page, "cold"))["A band"] == "Quiet for 16 days. Was hot two weeks ago."
    assert [row.lost for row in page.sections[5].rows] == [-40, -20, -10]


def test_of_many_leads_that_lose_points_the_list_is_some_minutes_old_and_what_was_done_is_not(
    rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_FALLEN", 2)
    monkeypatch.setattr(finding, "_kept", {})
    fading(rep, "Most", 100, 40)
    second = fading(rep, "Second", 100, 50)
    assert names(day_of(rep), "cold") == ["Most", "Second"]

    fading(rep, "New", 200, 50)
    task(second, "Call", NOW + DAY)
    assert names(day_of(rep, now=NOW + timedelta(minutes=4)), "cold") == ["Most"]
    assert names(day_of(rep, now=NOW + timedelta(minutes=5)), "cold") == ["New", "Most"]


def test_what_was_logged_today_is_counted_and_shown_struck_through(rep: User) -> None:
    lead = mine(rep, "A")
    log(lead, "call_connected", NOW - HOUR, actor=rep)
    log(lead, "call_attempted", NOW - 2 * HOUR, actor=rep)
    log(lead, "email_sent", NOW - DAY, actor=rep)
    page = day_of(rep)
    assert names(page, "done") == ["A", "A"]
    assert (page.today.calls, page.today.reached, page.today.emails) == (2, 1, 0)


def test_a_lead_that_waits_for_an_answer_is_nowhere_else(rep: User) -> None:
    lead = hot(rep, "A", since=NOW - DAY, stage="mql")
    stale(lead)
    clock(lead, due_at=NOW + HOUR)
    page = day_of(rep)
    assert [section.name for section in page.sections if section.rows] == ["answer"]


def test_long_sections_show_the_first_ten_and_say_how_many_there_are(rep: User, as_: As) -> None:
    lead = mine(rep, "A")
    for number in range(23):
        task(lead, f"Task {number:02}", NOW - timedelta(minutes=60 - number))
    page = day_of(rep)
    (tasks,) = [section for section in page.sections if section.name == "tasks"]
    assert (len(tasks.rows), tasks.to_do, tasks.hidden) == (10, 23, 13)
    (whole,) = [section for section in day_of(rep, whole="tasks").sections if section.name == "tasks"]
    assert (len(whole.rows), whole.hidden) == (23, 0)
    html = as_(rep).get("/my-day/").content.decode()
    assert "Show all 23" in html
    assert as_(rep).get("/my-day/?all=tasks").content.decode().count('data-row-key="d"') == 23


def fill(owner: User) -> None:
    """Put something into every section."""
    clock(mine(owner, "Clock", phone="+49711555"), due_at=NOW + HOUR)
    task(mine(owner, "Task"), "Send the quote", NOW)
    hot(owner, "Hot", since=NOW - DAY)
    meeting(mine(owner, "Meeting"), "2026-11-19T16:00:00Z")
    stale(mine(owner, "Stale", stage="mql"))
    fading(owner, "Cold", 100, 50)
    log(mine(owner, "Done"), "call_connected", NOW, actor=owner)


def test_every_section_in_the_order_of_the_day_and_always_as_many_queries(
    rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(rep)
    day_of(rep)  # reads what the person may do
    with django_assert_num_queries(QUERIES):
        page = day_of(rep)
    assert [section.name for section in page.sections if section.rows] == [
        "answer", "tasks", "hot", "meetings", "stale", "cold", "done",
    ]  # fmt: skip
    for _ in range(19):
        fill(rep)
    day_of(rep, whole="hot")
    with django_assert_num_queries(QUERIES):
        page = day_of(rep, whole="hot")
    assert page.to_do == 6 * 20
    assert len(names(page, "hot")) == 20


QUERIES = 14


# The page


def test_a_day_without_anything_says_what_to_do(rep: User, as_: As) -> None:
    html = as_(rep).get("/my-day/").content.decode()
    assert "Nothing waits for you" in html
    assert "Open the list" in html


def test_a_rep_sees_only_the_own_day_and_a_manager_may_step_in(
    rep: User, other_rep: User, manager: User, marketer: User, as_: As
) -> None:
    task(mine(rep, "Großmann"), "Send the quote", NOW - DAY)
    address = f"/my-day/?of={rep.pk}"
    html = as_(manager).get(address).content.decode()
    assert "Send the quote" in html
    assert "You see what Jonas Wiegand sees" in html
    assert "Send the quote" not in as_(manager).get("/my-day/").content.decode()
    for person in (other_rep, marketer):
        assert as_(person).get(address).status_code == 403
    assert as_(rep).get(address).status_code == 200  # the own one
    assert as_(manager).get("/my-day/?of=999999").status_code == 404
    assert as_(manager).get("/my-day/?of=x").status_code == 404
    assert Client().get("/my-day/").status_code == 302


def test_a_task_on_a_lead_that_somebody_may_not_see_is_left_out(
    rep: User, other_rep: User, settings: Any
) -> None:
    Task.objects.create(lead=mine(other_rep, "A"), owner=rep, text="Ask Priya", due_at=NOW)
    assert names(day_of(rep), "tasks") == ["A"]
    settings.REPS_SEE = "own"
    assert names(day_of(rep), "tasks") == []


def test_the_navigation_counts_clocks_and_tasks_in_few_queries(
    rep: User, as_: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(rep)
    assert client.get("/my-day/count/").content.strip() == b""
    lead = mine(rep, "A")
    clock(lead, due_at=NOW)
    task(lead, "Send the quote", NOW)
    task(lead, "In a year", datetime(2099, 1, 1, tzinfo=UTC))
    with django_assert_num_queries(4):
        assert client.get("/my-day/count/").content.strip() == b"2"
    Task.objects.bulk_create(Task(lead=lead, owner=rep, text="x", due_at=NOW) for _ in range(200))
    assert client.get("/my-day/count/").content.strip() == b"99+"


def test_who_does_not_sell_has_no_entry(marketer: User, rep: User, as_: As) -> None:
    assert "/my-day/" in as_(rep).get("/").content.decode()
    assert "/my-day/" not in as_(marketer).get("/").content.decode()


def test_what_is_typed_is_escaped(rep: User, as_: As) -> None:
    task(mine(rep, "<img src=x>"), "<script>alert(1)</script>", NOW)
    html = as_(rep).get("/my-day/").content.decode()
    assert "<img src=x>" not in html
    assert "<script>alert" not in html
