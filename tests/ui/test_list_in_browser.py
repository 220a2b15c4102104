"""What a real browser makes of the list: keys, swaps without a new page, the live pill, small screens."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from leadapp.models import Lead, User
from tests.support.browser import PATIENCE, settle
from tests.ui.build import make_clock, make_full_lead, make_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]
PASSWORD = "correct horse battery"


@pytest.fixture
def rep(transactional_db: None, settings: Settings) -> User:
    """Give a sales rep who has a password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rep = make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")
    rep.set_password(PASSWORD)
    rep.save()
    return rep


@pytest.fixture
def leads(rep: User) -> list[Lead]:
    """Give sixty leads of which the first three are hot."""
    made = [make_full_lead(200 - number, rep) for number in range(3)]
    made += [make_lead(100 - number, last_name=f"N{number}", owner=rep) for number in range(56)]
    made.append(make_lead(None, last_name="Unscored", owner=rep))
    return made


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Give a page without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def open_list(page: Page, live_server: Any, sign_in: SignIn, rep: User, path: str = "/") -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}{path}")


def names(page: Page) -> list[str]:
    return page.locator(".leads__name").all_inner_texts()


def stay(page: Page) -> None:
    """Mark the document, to see later whether it was replaced."""
    page.evaluate("document.documentElement.dataset.mark = 'same'")


def has_stayed(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.dataset.mark === 'same'"))


def test_signing_in_leads_to_the_own_leads(page: Page, live_server: Any, leads: list[Lead]) -> None:
    page.goto(live_server.url)
    page.get_by_label("Name").fill("jonas")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    expect(page.locator("[aria-current=page]", has_text="My leads")).to_be_visible()
    expect(page.locator(".leads__name")).to_have_count(50)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_keys_walk_through_the_rows_and_open_a_lead(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)

    page.keyboard.press("j")
    expect(page.locator("tr.is-here .leads__name")).to_have_text(str(leads[0]))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr.is-here .leads__name")).to_have_text(str(leads[1]))
    expect(page.locator("tr.is-here")).to_have_count(1)
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{reverse('lead-detail', args=[leads[1].pk])}**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(leads[1]))
    page.go_back()
    expect(page.locator("tr.is-here .leads__name")).to_be_focused()
    expect(page.locator("tr.is-here .leads__name")).to_have_text(str(leads[1]))


def test_a_slash_searches_and_letters_in_a_field_stay_letters(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)

    page.keyboard.press("/")
    text = page.get_by_role("combobox", name="Find leads, companies and pages")
    expect(text).to_be_focused()
    page.keyboard.type("n5j?/")
    expect(text).to_have_value("n5j?/")
    expect(page.locator("dialog[open]")).to_have_count(1)
    text.fill("N55")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("q=N55$"))
    expect(page.locator(".leads__name")).to_have_text(["Ada N55"])


def test_a_question_mark_lists_the_keys_which_can_be_switched_off(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.keyboard.press("j")
    expect(page.locator("tr.is-here")).to_have_count(0)
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("tr.is-here")).to_have_count(1)


def test_views_and_pages_change_the_list_and_not_the_document(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)
    stay(page)

    page.get_by_role("link", name="All 60").click()
    expect(page.locator(".tabs [aria-current=page]")).to_contain_text("All")
    expect(page).to_have_url(re.compile("view=all"))
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pages")).to_contain_text("51 to 60 of 60")
    assert len(names(page)) == 10
    assert names(page)[-1] == "Ada Unscored"
    assert has_stayed(page)
    # The link to the next page is gone, so the focus went to the heading instead of getting lost.
    expect(page.get_by_role("heading", name="Leads")).to_be_focused()

    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".pages")).to_contain_text("1 to 50 of 60")
    page.go_back()
    expect(page.locator(".pages")).to_contain_text("51 to 60 of 60")
    expect(page.locator("h1")).to_have_count(1)


def test_filters_are_chosen_in_a_panel_and_taken_off_by_their_chip(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)
    stay(page)

    page.locator("#filters summary").click()
    page.get_by_label("Hot").check()
    page.get_by_role("button", name="Show leads").click()
    expect(page.locator(".pages")).to_contain_text("1 to 3 of 3")
    expect(page).to_have_url(re.compile("temperature=hot"))

    page.locator("[data-filter=temperature]").click()
    expect(page.get_by_label("Hot")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Hot")).to_be_hidden()
    expect(page.locator("#filters summary")).to_be_focused()
    page.get_by_role("link", name="Remove filter: Temperature").click()
    expect(page.locator(".pages")).to_contain_text("1 to 50 of 60")
    expect(page.get_by_role("heading", name="Leads")).to_be_focused()


def test_rows_stay_where_they_are_until_the_reader_asks(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    page.clock.install()
    open_list(page, live_server, sign_in, rep)
    before = names(page)
    Lead.objects.filter(last_name="N30").update(score=250)

    page.clock.run_for(10_500)
    expect(page.get_by_role("status").get_by_text("1 lead moved up")).to_be_visible()
    assert names(page) == before

    Lead.objects.filter(last_name="N31").update(score=240)
    page.clock.run_for(10_500)
    expect(page.get_by_role("status").get_by_text("2 leads moved up")).to_be_visible()
    stay(page)
    page.get_by_role("link", name="2 leads moved up").click()
    page.clock.run_for(1_000)

    expect(page.locator(".leads__name").first).to_have_text("Ada N30")
    assert names(page)[1] == "Ada N31"
    assert has_stayed(page)
    assert len(names(page)) == 50
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator(".live")).to_have_count(0)


def test_who_was_signed_out_meanwhile_is_told_and_the_page_stays(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)
    settle(page)
    page.context.clear_cookies()

    page.get_by_role("link", name="All 60").click()

    expect(page.locator("#connection")).to_contain_text("You are signed out")
    assert len(names(page)) == 50
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()


def test_without_a_connection_the_page_stays_and_says_so(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)
    settle(page)
    page.context.set_offline(True)

    page.get_by_role("link", name="All 60").click()

    expect(page.locator("#connection")).to_contain_text("You are offline")
    assert len(names(page)) == 50
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    page.locator(".toast").get_by_role("button", name="Close").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_everything_works_without_javascript(plain_page: Page, live_server: Any, leads: list[Lead]) -> None:
    page = plain_page
    page.goto(f"{live_server.url}/?view=all")
    page.fill("#id_username", "jonas")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")
    rows = page.locator(".leads__name")
    expect(rows).to_have_count(50)

    page.click("#page-next")
    expect(rows).to_have_count(10)
    page.click("#page-previous")
    page.click("#filters summary")
    page.click("text=Choose filters")
    page.check("input[name=temperature][value=hot]")
    page.click("text=Show leads")
    expect(rows).to_have_count(3)
    page.click("[aria-label='Remove filter: Temperature']")
    page.fill("#search", "N55")
    page.press("#search", "Enter")
    expect(rows).to_have_text(["Ada N55"])

    page.click("text=New lead")
    page.fill("#id_last_name", "Weiß")
    page.click("text=Create lead")
    expect(page.locator(".toasts")).to_contain_text("Weiß is in the list")
    page.click("text=Sign out")
    expect(page.locator("h1")).to_contain_text("Sign in")


def test_nothing_is_cut_off_at_any_width(page: Page, live_server: Any, sign_in: SignIn, rep: User) -> None:
    long = "Wolfeschlegelsteinhausenbergerdorff-Überschärenberg"
    make_lead(1234, first_name=long, last_name=long, company=long * 3, job_title=long, owner=rep)
    make_lead(5, email=f"{'x' * 60}@{'y' * 60}.example", first_name="", last_name="", owner=rep)
    make_clock(make_lead(7, owner=rep), rep, due_in=-timedelta(hours=20))
    for path in ("/", "/leads/new/", "/leads/filters/", "/?q=zzzz", "/?temperature=purple"):
        open_list(page, live_server, sign_in, rep, path)
        for width in (390, 760, 1024, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            expect(page.locator(".dock" if width <= 760 else ".side")).to_be_visible()


def test_a_stage_ends_where_its_column_ends_in_every_language(
    page: Page, live_server: Any, sign_in: SignIn, rep: User
) -> None:
    make_lead(7, owner=rep, status="disqualified", status_reason="A student")
    for language in ("en", "de", "nl"):
        User.objects.filter(pk=rep.pk).update(language=language)
        open_list(page, live_server, sign_in, rep, "/?status=disqualified")
        for width in (1024, 1280, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            over = page.locator("td.c-stage").evaluate(
                "cell => cell.querySelector('.stage').getBoundingClientRect().right"
                " - cell.getBoundingClientRect().right"
            )
            assert over <= 0, (language, width)
