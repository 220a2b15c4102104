"""In a real browser: from an empty Leadapp to a scored lead, and a form in a page of another website."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from leadapp.models import Activity, Form, Lead, User
from tests.forms.build import WORDS, make_form
from tests.support.processes import Process, WebServer
from tests.ui.axe import faults_of
from tests.ui.build import make_user

Website = tuple[str, dict[str, str]]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marketer(transactional_db: None) -> User:
    """Give a marketer."""
    return make_user("mareike", "marketer", first_name="Mareike", is_staff=True)


@pytest.mark.worker
def test_the_first_steps_end_with_a_scored_lead(
    page: Page, web_server: WebServer, worker: Process, sign_in: Any, marketer: User
) -> None:
    sign_in(page, web_server.url, marketer)
    page.goto(f"{web_server.url}/?view=all")
    page.get_by_role("link", name="First steps").last.click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    page.get_by_role("button", name="Create a contact form").click()
    expect(page.get_by_text("You use “Contact form”.")).to_be_visible()
    snippet = page.get_by_role("textbox", name="In a frame on your website")
    expect(snippet).to_have_value(re.compile(r'<iframe src="http://127\.0\.0\.1:\d+/f/contact-form/embed/"'))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == snippet.input_value()

    page.get_by_role("button", name="Send a test").click()
    last = page.locator("#step-lead")
    # By itself: the page asks again until the worker has scored the lead.
    expect(last.locator(".score")).to_have_text(re.compile(r"^\d+$"))
    expect(last).to_contain_text("Asked for a demo")
    expect(last).to_contain_text("Step 5, done:")
    assert not faults_of(page)

    last.get_by_role("button", name="Remove the test lead").click()
    expect(page.locator(".toast")).to_contain_text("The test lead is gone")
    assert not Lead.objects.exists()


def test_a_form_in_a_frame_of_another_website(
    page: Page,
    live_server: Any,
    website: tuple[str, dict[str, str]],
    settings: Any,
    marketer: User,
    sign_in: Any,
) -> None:
    address, pages = website
    settings.FORM_HOSTS = [address.removeprefix("http://")]
    make_form(consent_text=WORDS, thanks="We will write soon.")
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}/forms/guide/")
    snippet = page.get_by_role("textbox", name="In a frame on your website").input_value()
    pages["/landing"] = f"<!doctype html><html lang='en'><title>Shop</title><h1>Shop</h1>{snippet}</html>"

    page.goto(f"{address}/landing?utm_source=letter&utm_campaign=autumn&token=secret")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("alert")).to_contain_text("This field is required.")
    frame.get_by_role("textbox", name="Email").fill("jane@acme-pumps.com")
    frame.get_by_label("First name").fill("Jane")
    frame.get_by_label(WORDS).check()
    page.wait_for_timeout(2_100)  # nobody types faster than the minimum
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("status")).to_contain_text("We will write soon.")

    lead = Lead.objects.get()
    assert (lead.email, lead.source, lead.campaign) == ("jane@acme-pumps.com", "letter", "autumn")
    activity = Activity.objects.get(type__slug="content_download")
    assert activity.properties["page"] == f"{address}/landing"
    assert "secret" not in str(activity.properties)
    assert lead.consents.get().text == WORDS
    assert Form.objects.get(slug="guide").first_submitted_at is not None


def test_a_website_that_is_not_ours_cannot_frame_a_form(
    browser: Browser, live_server: Any, website: Website, settings: Any
) -> None:
    address, pages = website
    settings.FORM_HOSTS = ["www.shop.example"]
    make_form()
    pages["/"] = f"<iframe src='{live_server.url}/f/guide/embed/'></iframe>"
    tab = browser.new_page()  # not the fixture's, which takes a violation of the policy for a fault
    tab.goto(address)
    expect(tab.frame_locator("iframe").get_by_label("Email")).to_have_count(0)
    tab.close()


def test_everybody_can_use_a_form(page: Page, live_server: Any, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 0
    make_form(consent_text=WORDS, is_progressive=True, intro="Tell us what you need.")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/f/guide/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert not faults_of(page)
    # By keyboard alone: from the summary to the field, and on.
    page.get_by_role("alert").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Doe")
    page.get_by_role("textbox", name="Email").fill("jane@acme-pumps.com")
    page.get_by_label("First name").fill("Jane")
    page.get_by_label("Message").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Lead.objects.get().consents.count() == 1
