"""When something goes wrong people are told in plain words, and nothing that they typed is lost."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from leadapp.models import Lead, User
from qualification.models import Note
from tests.support.browser import settle
from tests.support.processes import WebServer
from tests.ui.axe import faults_of
from tests.ui.build import make_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]
PASSWORD = "correct horse"
WORDS = "Call back on Tuesday, before ten"


@pytest.fixture
def rep(transactional_db: None) -> User:
    """Give a rep who has a password."""
    return make_user("jonas", "rep", password=PASSWORD, first_name="Jonas")


@pytest.fixture
def lead(rep: User) -> Lead:
    """Give a lead of the rep's."""
    return make_lead(130, owner=rep, stage="mql")


def banner(page: Page) -> Any:
    return page.locator("#connection")


def type_email(page: Page, url: str, lead: Lead) -> Any:
    """Begin to log an email in the dialog, and return what saves it."""
    page.goto(f"{url}/leads/{lead.pk}/")
    settle(page)
    page.click("#do-email")
    dialog = page.locator("dialog#question")
    dialog.get_by_label("Subject").fill(WORDS)
    return dialog.get_by_role("button", name="Log")


def sign_in_again(page: Page) -> None:
    dialog = page.locator("dialog#sign-in")
    dialog.get_by_label("Name").fill("jonas")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()


def test_a_session_that_ended_is_begun_again_over_the_page(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/leads/new/")
    page.get_by_label("Email").fill("grace@firm.example")
    settle(page)
    Session.objects.all().delete()
    page.get_by_role("button", name="Create lead").click()
    expect(banner(page)).to_contain_text("You are signed out. Nothing was sent")
    assert faults_of(page) == []
    sign_in_again(page)
    expect(banner(page)).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("send it now")
    expect(page.get_by_label("Email")).to_have_value("grace@firm.example")
    page.get_by_role("button", name="Create lead").click()
    expect(page.locator("#lead-name")).to_contain_text("grace@firm.example")

    # The same over a dialog, whose form htmx sends.
    save = type_email(page, live_server.url, lead)
    Session.objects.all().delete()
    save.click()
    sign_in_again(page)
    expect(page.locator("dialog#question").get_by_label("Subject")).to_have_value(WORDS)
    save.click()
    expect(page.locator("#toasts")).to_contain_text("logged")


def test_without_scripts_what_was_sent_is_kept_over_the_sign_in(
    browser: Browser, live_server: Any, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/leads/{lead.pk}/notes/")
    page.locator("textarea").fill(WORDS)
    Session.objects.all().delete()
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("What you wrote is kept")).to_be_visible()
    page.get_by_label("Name").fill("jonas")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("blockquote")).to_have_text(WORDS)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".toast")).to_contain_text("note")
    assert Note.objects.get().text == WORDS
    context.close()


def test_while_the_server_is_restarted_what_was_typed_stays(
    page: Page, web_server: WebServer, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    sign_in(page, web_server.url, rep)
    page.goto(f"{web_server.url}/leads/new/")
    page.get_by_label("Email").fill("grace@firm.example")
    settle(page)
    web_server.stop()
    page.get_by_role("button", name="Create lead").click()
    expect(banner(page)).to_contain_text("Leadapp does not answer just now. Nothing was sent")
    page.get_by_role("link", name="Leads", exact=True).first.click()
    expect(page.get_by_label("Email")).to_have_value("grace@firm.example")
    web_server.start()
    expect(banner(page)).to_be_hidden()
    page.get_by_role("button", name="Create lead").click()
    expect(page.locator("#lead-name")).to_contain_text("grace@firm.example")

    save = type_email(page, web_server.url, lead)
    web_server.stop()
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("Leadapp does not answer just now")
    web_server.start()
    expect(banner(page)).to_be_hidden()
    save.click()
    expect(page.locator("#toasts")).to_contain_text("logged")


def test_offline_nothing_is_sent_and_it_is_said(
    page: Page, browser_context: BrowserContext, live_server: Any, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    sign_in(page, live_server.url, rep)
    save = type_email(page, live_server.url, lead)
    browser_context.set_offline(True)
    expect(banner(page)).to_contain_text("You are offline. Nothing was sent")
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    browser_context.set_offline(False)
    expect(banner(page)).to_be_hidden()
    save.click()
    expect(page.locator("#toasts")).to_contain_text("logged")


ANSWERS = [
    (500, "", "The server could not do this. Nothing was saved"),
    (403, "<p data-says>Only managers may.</p>", "Only managers may."),
    (404, "<p data-says>The lead is gone.</p>", "The lead is gone."),
    (409, "<p data-says>Somebody was quicker.</p>", "Somebody was quicker."),
    (413, "", "That is too much at once"),
    (429, "", "That was a bit quick"),
    (503, "", "Leadapp does not answer just now"),
]


def test_whatever_the_answer_is_it_is_told_and_the_page_stays(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    sign_in(page, live_server.url, rep)
    save = type_email(page, live_server.url, lead)
    for status, body, words in ANSWERS:
        answer = partial(answer_posts, status=status, body=body)
        page.route("**/log/email/", answer)
        save.click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.locator("dialog#question").get_by_label("Subject")).to_have_value(WORDS)
        page.unroute("**/log/email/", answer)


def answer_posts(route: Route, status: int, body: str) -> None:
    """Answer as a server or a proxy in front of it may."""
    if route.request.method == "POST":
        route.fulfill(status=status, body=body, content_type="text/html")
    else:
        route.continue_()


def test_what_somebody_else_changed_meanwhile_is_told_beside_what_was_typed(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, lead: Lead
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/leads/{lead.pk}/nurture/")
    page.get_by_label("Reason").fill(WORDS)
    Lead.objects.filter(pk=lead.pk).update(stage="sql")
    page.get_by_role("button", name="Move to nurture").click()
    expect(page.get_by_role("alert")).to_contain_text("SQL")
    expect(page.get_by_label("Reason")).to_have_value(WORDS)
