"""A discovery call in a real browser: by keyboard, without a connection, in two windows, without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from leadapp.models import Activity, Lead, Stage, User
from qualification.models import BantAnswer, CallDraft, Note, Task
from tests.support.browser import settle
from tests.ui.lead_build import make_people, new_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[[], Lead]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.fixture
def opened(page: Page, live_server: Any, sign_in: Any, people: dict[str, User]) -> Open:
    """Return a function that opens the page of a call with an MQL of the owner's."""

    def open_call() -> Lead:
        lead = new_lead(people["owner"])
        Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
        sign_in(page, live_server.url, people["owner"])
        page.goto(f"{live_server.url}/leads/{lead.pk}/call/")
        return lead

    return open_call


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is where it should be."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by Tab")


def confirm_by_keyboard(page: Page, key: str, words: str) -> None:
    """Confirm a dimension and say what was told."""
    tab_to(page, f"[name={key}-state]")
    page.keyboard.press("ArrowRight")
    tab_to(page, f"[name={key}-value]")
    page.keyboard.type(words)


def state(page: Page) -> Any:
    return page.locator("#call-state")


def test_a_call_is_held_by_keyboard_alone(page: Page, opened: Open, people: dict[str, User]) -> None:
    lead = opened()
    page.goto(page.url.replace("/call/", "/"))
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Call Annelie Großmann")
    settle(page)
    move = page.get_by_role("button", name="Save and move to SQL")
    expect(move).to_be_disabled()
    expect(page.locator("#move-why")).to_contain_text("Missing for SQL: all but one confirmed")
    confirm_by_keyboard(page, "budget", "€60,000 to €80,000")
    confirm_by_keyboard(page, "authority", "Decides with the CFO")
    confirm_by_keyboard(page, "need", "Standstill at night")
    tab_to(page, "[name=notes]")
    page.keyboard.type("SAP connector is a must")
    expect(move).to_be_enabled()
    expect(page.locator("#move-why")).to_have_text("Ready for SQL once the call is saved.")
    expect(state(page)).to_contain_text("Saved")
    tab_to(page, "[name=next]")
    page.keyboard.type("Book a demo")
    tab_to(page, "button[name=then]")
    page.keyboard.press("Enter")
    expect(page.locator(".stepper .is-now b")).to_have_text("SQL")
    expect(page.locator(".toast")).to_contain_text("The call is saved, and Annelie Großmann is SQL now.")
    assert BantAnswer.objects.filter(lead=lead, state="confirmed", source="call").count() == 3
    assert Note.objects.get(lead=lead).text == "SAP connector is a must"
    assert Task.objects.get(lead=lead).text == "Book a demo"
    assert Activity.objects.filter(lead=lead, type__slug="call_connected", actor=people["owner"]).count() == 1
    assert not CallDraft.objects.exists()


def test_a_lost_connection_loses_nothing(page: Page, opened: Open) -> None:
    lead = opened()
    page.get_by_label("Notes").fill("Before")
    expect(state(page)).to_contain_text("Saved")
    page.context.set_offline(True)
    page.get_by_label("Notes").fill("Before, and without a connection")
    page.locator("[name=need-state][value=confirmed]").check()
    page.locator("[name=need-value]").fill("Standstill")
    expect(state(page)).to_have_text("Not connected: kept in this browser.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(state(page)).to_contain_text("Not connected: kept in this browser.")
    expect(page.get_by_label("Notes")).to_have_value("Before, and without a connection")
    assert not Activity.objects.filter(lead=lead, type__slug="call_connected").exists()
    # The browser is closed and opened again; the connection is back.
    address = page.url
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_label("Notes")).to_have_value("Before, and without a connection")
    expect(page.locator("[name=need-state][value=confirmed]")).to_be_checked()
    expect(page.locator("[name=need-value]")).to_have_value("Standstill")
    expect(state(page)).to_contain_text("Saved")
    assert CallDraft.objects.get(lead=lead).content["notes"] == "Before, and without a connection"
    page.reload()
    expect(state(page)).to_contain_text("go on where you were")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("The call is saved.")
    assert Note.objects.get(lead=lead).text == "Before, and without a connection"
    assert BantAnswer.objects.get(lead=lead).value == "Standstill"
    page.goto(address)
    expect(page.get_by_label("Notes")).to_have_value("")


def test_what_was_never_sent_is_put_back_and_said_so(page: Page, opened: Open) -> None:
    opened()
    held: list[Route] = []
    is_down: list[bool] = []
    page.route("**/call/draft/", lambda route: route.abort() if is_down else held.append(route))
    page.get_by_label("Notes").fill("Never sent")
    page.reload()
    expect(page.get_by_label("Notes")).to_have_value("Never sent")
    expect(state(page)).to_have_text("Put back what was typed while it could not be saved.")
    is_down.append(True)
    for route in held:
        route.abort()
    expect(state(page)).to_have_text("Not connected: kept in this browser.")
    page.unroute("**/call/draft/")
    expect(state(page)).to_contain_text("Saved")


def test_two_windows_do_not_overwrite_one_another(page: Page, opened: Open) -> None:
    lead = opened()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Notes").fill("Written in the other window")
    expect(state(other)).to_contain_text("Saved")
    page.get_by_label("Notes").fill("Written here")
    conflict = page.locator("#call-conflict")
    expect(conflict).to_contain_text("This call was also typed in another window.")
    expect(state(page)).to_have_text("Kept in this browser.")
    assert CallDraft.objects.get(lead=lead).content["notes"] == "Written in the other window"
    page.get_by_role("button", name="Keep what is here").click()
    expect(conflict).to_be_hidden()
    expect(state(page)).to_contain_text("Saved")
    assert CallDraft.objects.get(lead=lead).content["notes"] == "Written here"
    other.get_by_label("Notes").fill("More in the other window")
    other.get_by_role("button", name="Show the other").click()
    expect(other.get_by_label("Notes")).to_have_value("Written here")


def test_a_refusal_is_told_and_what_was_typed_stays(page: Page, opened: Open) -> None:
    lead = opened()
    page.get_by_label("Notes").fill("Do not lose this")
    page.locator("[name=need-state][value=confirmed]").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".error")).to_contain_text("Say what was told")
    expect(page.get_by_label("Notes")).to_have_value("Do not lose this")
    page.locator("[name=need-value]").fill("Standstill")
    page.get_by_label("Notes").press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("The call is saved.")
    assert Note.objects.get(lead=lead).text == "Do not lose this"


def test_a_call_works_without_scripts(
    browser: Browser, live_server: Any, sign_in: Any, people: dict[str, User]
) -> None:
    lead = new_lead(people["owner"])
    Lead.objects.filter(pk=lead.pk).update(stage=Stage.MQL)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    tab = context.new_page()
    sign_in(tab, live_server.url, people["owner"])
    tab.goto(f"{live_server.url}/leads/{lead.pk}/")
    tab.click("#do-call")
    tab.locator("[name=budget-state][value=confirmed]").check()
    tab.locator("[name=budget-value]").fill("€60,000")
    tab.get_by_role("button", name="Save and move to SQL").click()
    expect(tab.get_by_role("alert")).to_contain_text("what you typed is still here")
    expect(tab.locator("[name=budget-value]")).to_have_value("€60,000")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.locator(".toast")).to_contain_text("The call is saved.")
    assert BantAnswer.objects.get(lead=lead).value == "€60,000"
    context.close()
