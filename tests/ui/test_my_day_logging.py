"""One key in my day: what is logged, what comes next, both or neither, and once however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from leadapp.errors import Invalid
from leadapp.models import Activity, Lead, User
from leadapp.services.work.day_log import Done, Next, log_and_plan, work_morning
from qualification.models import Assignment, OpeningHours, Task, Team, TeamMember
from qualification.services.clock.business_time import WorkCalendar
from tests.qualification.build import DAY, NOW, make_lead
from tests.ui.conftest import As
from tests.ui.lead_build import everything

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NEW = {"token": "one-submission", "then": "task-7"}


@pytest.fixture
def lead(rep: User) -> Lead:
    """Give a lead of the rep with a clock that runs."""
    lead = make_lead(owner=rep, first_name="Annelie", last_name="Großmann", phone="+497131555014")
    started = timezone.now() - timedelta(hours=1)
    Assignment.objects.create(
        lead=lead,
        owner=rep,
        assigned_at=started,
        clock_started_at=started,
        reason="Handed over",
        due_at=started + DAY,
    )
    return lead


def send(client: Client, lead: Lead, kind: str, query: str = "", **data: Any) -> Any:
    """Send the form as the page would."""
    return client.post(f"/my-day/log/{lead.pk}/{kind}/{query}", NEW | data)


def test_a_call_that_nobody_answered_is_tried_again_on_the_next_day_of_work(
    rep: User, lead: Lead, as_: As
) -> None:
    team = Team.objects.create(name="Berlin", time_zone="Europe/Berlin")
    TeamMember.objects.create(team=team, user=rep)
    for weekday in range(7):
        OpeningHours.objects.create(team=team, weekday=weekday, opens_at=time(8, 30), closes_at=time(17))
    client = as_(rep)
    assert "Call again" in client.get(f"/my-day/log/{lead.pk}/call/").content.decode()
    answer = send(client, lead, "call", outcome="no_answer")
    assert (answer.status_code, answer["Location"]) == (302, "/my-day/?at=task-7#task-7")
    activity = Activity.objects.get(lead=lead, type__slug="call_attempted")
    assert (activity.actor, activity.properties) == (rep, {"outcome": "no_answer"})
    task = Task.objects.get(lead=lead)
    local = task.due_at.astimezone(BERLIN)
    assert (task.text, task.owner, task.created_by) == ("Call again", rep, rep)
    assert (local.date() - timezone.localdate(timezone=BERLIN), local.time()) == (DAY, time(9))
    assert Assignment.objects.get(lead=lead).answered_at is None


@pytest.mark.parametrize(
    ("kind", "data", "slug", "next_text"),
    [
        ("call", {"outcome": "connected", "minutes": "11"}, "call_connected", None),
        ("call", {"outcome": "voicemail"}, "call_attempted", "Call again"),
        ("email", {"direction": "sent"}, "email_sent", "Ask whether they have read the email"),
        ("email", {"direction": "replied", "subject": "Re: offer"}, "email_replied", None),
        ("meeting", {"state": "held", "minutes": "45"}, "meeting_held", "Send what was agreed"),
        ("meeting", {"state": "booked", "meeting_at": "2030-01-07T09:00"}, "meeting_booked", None),
        ("call", {"outcome": "connected", "next_text": "Send the quote"}, "call_connected", "Send the quote"),
        ("call", {"outcome": "no_answer", "no_next": "on"}, "call_attempted", None),
    ],
)
def test_what_comes_next_depends_on_the_outcome_unless_somebody_says_otherwise(
    kind: str, data: dict[str, str], slug: str, next_text: str | None, rep: User, lead: Lead, as_: As
) -> None:
    assert send(as_(rep), lead, kind, **data).status_code == 302
    assert Activity.objects.filter(lead=lead, type__slug=slug).count() == 1
    assert [task.text for task in Task.objects.filter(lead=lead)] == ([next_text] if next_text else [])
    is_touch = slug in ("call_connected", "email_sent", "meeting_held")
    assert (Assignment.objects.get(lead=lead).answered_at is not None) == is_touch


def test_a_task_alone_is_set_once(rep: User, lead: Lead, as_: As) -> None:
    for _ in range(2):
        sent = send(as_(rep), lead, "task", next_text="Send the quote", next_due="2030-01-07T09:00")
        assert sent.status_code == 302
    task = Task.objects.get(lead=lead)
    assert (task.text, task.due_at) == ("Send the quote", datetime(2030, 1, 7, 9, tzinfo=UTC))
    assert not Activity.objects.filter(lead=lead).exists()


def test_a_second_click_writes_nothing(rep: User, lead: Lead, as_: As) -> None:
    send(as_(rep), lead, "call", outcome="no_answer")
    Task.objects.update(done_at=timezone.now())  # done in between: it is not set again
    before = everything()
    assert send(as_(rep), lead, "call", outcome="no_answer").status_code == 302
    assert everything() == before


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("call", {"outcome": "shouted"}, "outcome"),
        ("call", {"outcome": "connected", "next_due": "soon"}, "next_due"),
        ("call", {"outcome": "connected", "token": ""}, "token"),
        ("meeting", {"state": "booked"}, "meeting_at"),
        ("task", {"next_text": " "}, "next_text"),
    ],
)
def test_what_makes_no_sense_is_asked_again_and_writes_nothing(
    kind: str, data: dict[str, str], field: str, rep: User, lead: Lead, as_: As
) -> None:
    before = everything()
    answer = send(as_(rep), lead, kind, **data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert everything() == before


def test_others_are_refused(
    rep: User, other_rep: User, marketer: User, lead: Lead, as_: As, settings: Any
) -> None:
    before = everything()
    for person in (other_rep, marketer):
        assert send(as_(person), lead, "call", outcome="no_answer").status_code == 403
    settings.REPS_SEE = "own"
    assert send(as_(other_rep), lead, "call", outcome="no_answer").status_code == 404
    assert send(as_(rep), lead, "fax").status_code == 404
    assert send(Client(), lead, "call", outcome="no_answer").status_code == 401
    assert everything() == before


def test_a_manager_steps_in_and_the_next_task_is_the_reps(
    rep: User, manager: User, lead: Lead, as_: As
) -> None:
    answer = send(as_(manager), lead, "call", f"?of={rep.pk}", outcome="no_answer")
    assert answer["Location"] == f"/my-day/?of={rep.pk}&at=task-7#task-7"
    assert Activity.objects.get(lead=lead).actor == manager
    assert Task.objects.get(lead=lead).owner == rep


def test_both_or_neither(rep: User, lead: Lead) -> None:
    before = everything()
    with pytest.raises(Invalid):
        log_and_plan(
            lead=lead,
            done=Done("call_connected", {}),
            then=Next(text="x" * 501, due_at=NOW, owner=rep),
            token="a",
            actor=rep,
            now=timezone.now(),
        )
    assert everything() == before


def test_tasks_are_ticked_off_and_back(rep: User, other_rep: User, lead: Lead, as_: As) -> None:
    task = Task.objects.create(lead=lead, owner=rep, text="Send the quote", due_at=NOW)
    client = as_(rep)
    answer = client.post(f"/my-day/tasks/{task.pk}/", {"then": "hot-3"})
    assert answer["Location"] == "/my-day/?at=hot-3#hot-3"
    task.refresh_from_db()
    assert task.done_at is not None
    client.post(f"/my-day/tasks/{task.pk}/", {"done": "no"})
    task.refresh_from_db()
    assert task.done_at is None
    as_(other_rep).post(f"/my-day/tasks/{task.pk}/")
    task.refresh_from_db()
    assert task.done_at is None
    assert client.post("/my-day/tasks/999999/").status_code == 404
    assert client.get(f"/my-day/tasks/{task.pk}/").status_code == 405


OFFICE = {weekday: [(time(8), time(17))] for weekday in range(5)}
FRIDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 17)


def at(day: date, hour: int) -> datetime:
    """Return an hour of a day."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "holidays", "now", "days", "due"),
    [
        # Without opening hours every day has a morning.
        ({}, [], at(FRIDAY, 15), 1, at(FRIDAY + DAY, 9)),
        # Friday → Monday; and where Monday is a holiday → Tuesday.
        (OFFICE, [], at(FRIDAY, 15), 1, at(FRIDAY + 3 * DAY, 9)),
        (OFFICE, [FRIDAY + 3 * DAY], at(FRIDAY, 15), 1, at(FRIDAY + 4 * DAY, 9)),
        (OFFICE, [], at(TUESDAY, 15), 2, at(TUESDAY + 2 * DAY, 9)),
        # Work begins at ten; and there is only a night shift.
        ({3: [(time(10), time(12))]}, [], at(TUESDAY, 15), 1, at(TUESDAY + 2 * DAY, 10)),
        ({3: [(time(2), time(6))]}, [], at(TUESDAY, 15), 1, at(TUESDAY + 2 * DAY, 2)),
    ],
)
def test_the_next_morning_is_one_of_work(
    hours: Any, holidays: list[date], now: datetime, days: int, due: datetime
) -> None:
    assert work_morning(WorkCalendar(UTC, hours, frozenset(holidays)), now, days=days) == due


@pytest.mark.django_db(transaction=True)
def test_of_four_submissions_at_the_same_time_one_is_kept(rep: User) -> None:
    lead = make_lead(owner=rep)
    barrier, now = Barrier(4), timezone.now()

    def submit(number: int) -> int:
        try:
            barrier.wait(60)
            activity = log_and_plan(
                lead=lead,
                done=Done("call_attempted", {"outcome": "no_answer"}),
                then=Next(text="Call again", due_at=now + DAY, owner=rep),
                token="the-same",
                actor=rep,
                now=now,
            )
            assert activity is not None
            return activity.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(submit, range(4)))) == 1
    assert Activity.objects.filter(lead=lead).count() == 1
    assert Task.objects.filter(lead=lead).count() == 1
