"""My day in a real browser: a morning's work by keyboard alone; every screen; without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leadapp.models import Activity, Lead, User
from leadapp.services.work.meetings import STARTS_AT, write_start
from qualification.models import Assignment, Task
from tests.qualification.build import log, make_lead, make_user
from tests.ui.axe import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]
HOUR = timedelta(hours=1)


@pytest.fixture
def rep() -> User:
    """Give a rep with two clocks, a task and a meeting."""
    rep, now = make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand"), timezone.now()
    for number, name in enumerate(["Raghunathan", "Großmann"]):
        lead = person(rep, name)
        started = now - 2 * HOUR
        Assignment.objects.create(
            lead=lead,
            owner=rep,
            assigned_at=started,
            clock_started_at=started,
            reason="Handed over at 163 points",
            due_at=now + number * HOUR - HOUR / 2,
        )
    Task.objects.create(lead=person(rep, "Köhler"), owner=rep, text="Send the quote", due_at=now)
    soon = {"subject": "Demo", STARTS_AT: write_start(min(now + HOUR, now.replace(hour=23, minute=59)))}
    log(person(rep, "Abernathy"), "meeting_booked", now - HOUR, properties=soon)
    return rep


def person(owner: User, name: str) -> Lead:
    """Make a lead with a phone number."""
    number = Lead.objects.count()
    return make_lead(
        owner=owner,
        first_name="A",
        last_name=name,
        phone=f"+49713155501{number}",
        email=f"a{number}@x.example",
    )


def expect_focus(page: Page, words: str) -> None:
    """Wait until the focus is on this."""
    expect(page.locator(":focus")).to_have_text(words)


def test_a_morning_by_keyboard_alone(page: Page, live_server: Any, sign_in: SignIn, rep: User) -> None:
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/my-day/")
    keys = page.keyboard
    expect(page.locator(".side__count")).to_have_text("3")
    expect(page.locator(".task")).to_have_count(4)

    # Nobody answers: the usual next task is set, and the focus goes on to the next lead.
    keys.press("j")
    expect_focus(page, "A Raghunathan")
    keys.press("c")
    expect(page.locator("#log input:checked")).to_be_focused()
    keys.press("2")
    expect(page.locator("#usual")).to_contain_text("Then: Call again")
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("A Raghunathan: The call is logged.")
    expect(page.locator(".is-here [data-row-link]")).to_have_text("A Großmann")
    expect_focus(page, "A Großmann")
    assert Activity.objects.get(type__slug="call_attempted").properties == {"outcome": "no_answer"}
    assert Task.objects.get(text="Call again").owner == rep

    # Escape closes without a trace. Then they talk; the clock stops and stays for today, struck through.
    keys.press("c")
    expect(page.locator("#log input:checked")).to_be_focused()
    keys.press("Escape")
    expect(page.locator("#log")).to_have_count(0)
    expect_focus(page, "A Großmann")
    keys.press("c")
    expect(page.locator("#log input:checked")).to_be_focused()
    keys.press("Tab")
    keys.type("Budget is there")
    keys.press("Tab")
    keys.type("11")
    keys.press("Shift+Tab")
    keys.press("Control+Enter")  # Enter alone is a new line there
    expect(page.locator(".task--done", has_text="Großmann")).to_contain_text("Answered")
    talked = Activity.objects.get(type__slug="call_connected")
    assert talked.properties == {"minutes": 11, "notes": "Budget is there"}
    assert Assignment.objects.get(lead=talked.lead).answered_at is not None

    # The task is done, the meeting took place, an email is planned by hand.
    expect(page.locator(".is-here [data-row-link]")).to_have_text("A Köhler")
    keys.press("d")
    expect(page.locator(".task--done", has_text="Send the quote")).to_be_visible()
    expect(page.locator(".is-here [data-row-link]")).to_have_text("A Abernathy")
    keys.press("m")
    expect(page.locator("#log input:checked")).to_be_focused()
    keys.press("1")
    keys.press("Enter")
    expect(page.locator(".task--done", has_text="Abernathy").first).to_be_visible()
    assert Task.objects.filter(text="Send what was agreed", lead__last_name="Abernathy").exists()

    # Only the call that nobody answered is left; Enter opens the lead.
    expect(page.locator(".head__sub")).to_contain_text("1 thing to do")
    expect(page.locator(".is-here [data-row-link]")).to_have_text("A Raghunathan")
    keys.press("t")
    expect(page.get_by_label("What is to be done")).to_be_focused()
    keys.type("Write instead")
    keys.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("The task is set.")
    expect_focus(page, "A Raghunathan")
    assert Task.objects.filter(text="Write instead").count() == 1
    keys.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("tick a task off")
    keys.press("Escape")
    expect_focus(page, "A Raghunathan")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("A Raghunathan")


def test_what_is_wrong_is_told_in_place_and_can_be_mended(
    page: Page, live_server: Any, sign_in: SignIn, rep: User
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/my-day/")
    page.keyboard.press("m")
    expect(page.locator("#log input:checked")).to_be_focused()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_contain_text("Say when it will be.")
    assert faults_of(page) == []
    expect(page.locator("#log [aria-invalid=true]")).to_be_focused()
    assert not Activity.objects.filter(type__slug="meeting_booked", source="leadapp").exists()
    page.get_by_label("When it will be").fill("2030-01-07T09:00")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("The meeting is logged.")
    booked = Activity.objects.get(type__slug="meeting_booked", source="leadapp")
    assert booked.properties == {STARTS_AT: "2030-01-07T09:00:00Z"}


def test_everything_works_without_javascript(
    browser: Browser, live_server: Any, sign_in: SignIn, rep: User
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/my-day/")
    page.get_by_role("link", name="Call", exact=True).first.click()
    page.get_by_label("No answer").check()
    page.get_by_role("button", name="Log the call and go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{timezone.localdate():%A}")
    assert page.url.endswith("#" + page.url.split("at=")[1].split("#")[0])
    assert Task.objects.get(text="Call again").owner == rep
    page.get_by_role("button", name="Done: Send the quote").click()
    expect(page.get_by_role("button", name="Not done: Send the quote")).to_be_visible()
    context.close()
