"""The lead page in a real browser: a rep's way from the first answer to SQL."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import Activity, Lead, Stage, User
from leadapp.services.leads.edits import edit_lead
from qualification.models import Assignment, BantAnswer, Note
from qualification.services.assignment import hand_over
from qualification.services.moves import move_lead
from scoring.services.queue import score_waiting
from tests.qualification.build import log
from tests.ui.axe import faults_of
from tests.ui.lead_build import make_people, new_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Lead]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.fixture
def opened(page: Page, live_server: Any, sign_in: Any, people: dict[str, User]) -> Open:
    """Return a function that opens a lead of the owner's in the browser."""

    def open_lead(*, stage: str = Stage.MQL, tab: str = "", lead: Lead | None = None) -> Lead:
        lead = lead or new_lead(people["owner"])
        Lead.objects.filter(pk=lead.pk).update(stage=stage)
        sign_in(page, live_server.url, people["owner"])
        page.goto(f"{live_server.url}/leads/{lead.pk}/{tab}")
        return lead

    return open_lead


def choose(page: Page, name: str) -> None:
    """Choose one of a bar of radio buttons."""
    page.locator("dialog").get_by_label(name, exact=True).check()


def test_from_the_first_answer_to_sql(page: Page, opened: Open) -> None:
    lead = opened()
    expect(page.get_by_role("heading", name="What is missing for SQL")).to_be_visible()
    expect(page.get_by_role("button", name="Move to SQL")).to_be_disabled()
    for dimension, value in (("budget", "€60,000"), ("authority", "With the CFO"), ("need", "Standstill")):
        page.click(f"#do-bant-{dimension}")
        choose(page, "Confirmed")
        page.locator("dialog textarea").fill(value)
        page.get_by_role("button", name=f"Save {dimension}").click()
        expect(page.locator(".toast")).to_contain_text(f"{dimension.capitalize()} is saved.")
        expect(page.locator("dialog#question")).to_have_count(0)
    expect(page.locator("#h-bant + .end")).to_have_text("3 of 4 confirmed")
    page.click("#do-move")
    page.locator("dialog").get_by_role("button", name="Move to SQL").click()
    expect(page.locator(".stepper .is-now b")).to_have_text("SQL")
    lead.refresh_from_db()
    assert lead.stage == Stage.SQL
    assert BantAnswer.objects.filter(lead=lead, state="confirmed").count() == 3


def test_an_email_is_logged_by_keyboard_alone(page: Page, opened: Open, people: dict[str, User]) -> None:
    lead = opened()
    hand_over(lead_ids=[lead.pk], now=timezone.now())
    page.reload()
    page.focus("#do-email")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_label("I wrote")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Your question")
    page.keyboard.press("Tab")
    page.keyboard.type("Budget is there")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Log the email")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("The email is logged.")
    expect(page.locator(".lead-due")).to_contain_text("Answered")
    expect(page.locator("#do-email")).to_be_focused()
    assert Activity.objects.get(lead=lead, type__slug="email_sent").properties["subject"] == "Your question"
    assert Assignment.objects.get(lead=lead, ended_at=None).answered_at is not None


def test_escape_leaves_a_question_and_the_focus_goes_back(page: Page, opened: Open) -> None:
    opened()
    page.focus("#do-note")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Note", exact=True)).to_be_focused()
    page.keyboard.type("c")
    page.keyboard.press("Escape")
    expect(page.locator("dialog#question")).to_have_count(0)
    expect(page.locator("#do-note")).to_be_focused()


def test_a_mistake_is_told_in_the_dialog_and_nothing_is_lost(page: Page, opened: Open) -> None:
    opened()
    page.click("#do-bant-need")
    choose(page, "Confirmed")
    page.get_by_role("button", name="Save need").click()
    expect(page.locator("dialog .error")).to_contain_text("Say what was told")
    expect(page.locator("dialog textarea")).to_be_focused()
    page.locator("dialog textarea").fill("Standstill")
    page.get_by_role("button", name="Save need").click()
    expect(page.locator(".toast")).to_contain_text("Need is saved.")


def test_a_conflict_is_told_and_the_reason_is_kept(page: Page, opened: Open, people: dict[str, User]) -> None:
    lead = opened()
    page.click("#do-more")
    page.get_by_text("Disqualify…").click()
    page.get_by_label("Why").select_option("no_need")
    page.get_by_label("A word more").fill("No project before 2028")
    lead.refresh_from_db()
    move_lead(
        lead=lead,
        to_stage="lead",
        seen_stage="mql",
        actor=people["manager"],
        reason="Too early",
        now=timezone.now(),
    )
    page.get_by_role("button", name="Disqualify").click()
    expect(page.locator("dialog .notice")).to_contain_text("it is Lead now, not MQL")
    expect(page.get_by_label("A word more")).to_have_value("No project before 2028")
    page.get_by_role("button", name="Disqualify").click()
    expect(page.locator(".lead-due")).to_contain_text("Disqualified")


def test_a_refusal_is_told_in_the_dialog(page: Page, opened: Open, people: dict[str, User]) -> None:
    lead = opened()
    page.click("#do-note")
    page.locator("dialog textarea").fill("Asks about SAP")
    Lead.objects.filter(pk=lead.pk).update(owner=people["colleague"])
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("dialog .notice")).to_contain_text("belongs to somebody else")
    expect(page.locator("dialog textarea")).to_have_value("Asks about SAP")


def test_facts_are_edited(page: Page, opened: Open) -> None:
    lead = opened()
    page.click("#do-edit")
    page.get_by_role("textbox", name="Job title").fill("CEO")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".lead-head")).to_contain_text("CEO at Vögele")
    lead.refresh_from_db()
    assert lead.job_title == "CEO"


def test_a_fact_is_edited_where_it_stands_by_keyboard_alone(page: Page, opened: Open) -> None:
    lead = opened()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#edit-fact-job_title")).to_be_focused()
    page.keyboard.press("e")
    field = page.get_by_role("textbox", name="Job title")
    expect(field).to_be_focused()
    page.keyboard.type("Nothing")
    page.keyboard.press("Escape")
    expect(page.locator("#edit-fact-job_title")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("CEO")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Saved.")
    expect(page.locator("#fact-job_title")).to_have_text("CEO at Vögele")
    expect(page.locator("#edit-fact-job_title")).to_be_focused()
    score_waiting(now=timezone.now())
    expect(page.locator(".lead-score__was")).not_to_contain_text("on its way")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#fact-job_title")).to_have_text("Head of Operations at Vögele")
    lead.refresh_from_db()
    assert lead.job_title == "Head of Operations"


def test_of_two_who_edit_a_fact_the_second_keeps_what_was_typed(
    page: Page, opened: Open, people: dict[str, User]
) -> None:
    lead = opened()
    page.locator("#fact-phone .fact__value").hover()
    page.click("#edit-fact-phone")
    page.get_by_role("textbox", name="Phone").fill("+4930901820")
    edit_lead(lead=lead, facts={"phone": "+4930901821"}, seen={}, actor=people["manager"], now=timezone.now())
    page.keyboard.press("Enter")
    line = page.locator("#fact-phone")
    expect(line).to_contain_text("It is “+4930901821” now. Changed by Manager.")
    expect(page.get_by_role("textbox", name="Phone")).to_have_value("+4930901820")
    expect(page.get_by_role("textbox", name="Phone")).to_be_focused()
    assert faults_of(page) == []
    page.keyboard.press("Enter")
    expect(line).to_have_text("+4930901820")
    lead.refresh_from_db()
    assert lead.phone == "+4930901820"


def test_people_are_offered_while_somebody_is_mentioned(page: Page, opened: Open) -> None:
    lead = opened(tab="notes/")
    text = page.locator("[data-mentions]")
    text.focus()
    page.keyboard.type("Over to @man")
    expect(page.locator(".mentions [role=option]")).to_have_text("Manager @manager")
    assert faults_of(page) == []
    page.keyboard.press("Enter")
    expect(text).to_have_value("Over to @manager ")
    expect(page.locator(".mentions [role=option]")).to_have_count(0)
    page.keyboard.type("@co")
    expect(page.locator(".mentions [role=option]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".mentions [role=option]")).to_have_count(0)
    # What is pressed while the list is open stays under the pointer until it is released.
    page.keyboard.press("Backspace")
    expect(page.locator(".mentions [role=option]")).to_have_count(1)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".notes-of-lead b")).to_have_text(["Owner", "@manager"])
    assert Note.objects.get(lead=lead).mentions == ["manager"]


def test_keys_go_through_the_leads_of_the_list(
    page: Page, live_server: Any, sign_in: Any, people: dict[str, User]
) -> None:
    for number in range(3):
        new_lead(people["owner"], email=f"p{number}@voegele.example", first_name=f"Person{number}")
    sign_in(page, live_server.url, people["owner"])
    page.goto(f"{live_server.url}/?view=mine")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    first = page.locator("#lead-name").inner_text()
    expect(page.locator(".crumbs")).to_contain_text("1 of 3")
    page.wait_for_load_state()
    page.keyboard.press("Shift+J")
    expect(page.locator(".crumbs")).to_contain_text("2 of 3")
    page.wait_for_load_state()
    page.keyboard.press("Shift+K")
    expect(page.locator("#lead-name")).to_have_text(first)


def test_an_older_part_of_the_timeline_is_put_below(page: Page, opened: Open) -> None:
    lead = new_lead()
    for number in range(45):
        log(lead, "demo_requested", timezone.now(), properties={"message": f"Number {number}."})
    opened(lead=lead, tab="timeline/")
    expect(page.locator(".event")).to_have_count(30)
    page.get_by_role("link", name="Show older").click()
    expect(page.locator(".event").nth(45)).to_be_attached()
    expect(page.get_by_role("link", name="Show older")).to_have_count(0)


def test_it_all_works_without_scripts(
    browser: Any, live_server: Any, sign_in: Any, people: dict[str, User]
) -> None:
    lead = new_lead(people["owner"])
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab = context.new_page()
    sign_in(tab, live_server.url, people["owner"])
    tab.goto(f"{live_server.url}/leads/{lead.pk}/")
    tab.click("#do-email")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Email Annelie Großmann")
    tab.get_by_label("Subject").fill("Your question")
    tab.get_by_role("button", name="Log the email").click()
    expect(tab.locator(".toast")).to_contain_text("The email is logged.")
    assert re.search(rf"/leads/{lead.pk}/$", tab.url)
    context.close()


def test_a_long_message_needs_no_sideways_scroll(page: Page, opened: Open) -> None:
    lead = opened()
    log(lead, "demo_requested", timezone.now(), properties={"message": "x" * 300})
    for tab in ("", "timeline/"):
        page.goto(re.sub(r"/leads/\d+/.*", f"/leads/{lead.pk}/{tab}", page.url))
        for width in (390, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (tab, width)
