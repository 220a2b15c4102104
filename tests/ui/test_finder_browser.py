"""The search over everything and the companies in a real browser, by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadapp.models import Company, User
from tests.support.browser import settle
from tests.ui.build import make_activity, make_lead, make_user
from tests.ui.test_companies import make_deal

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]


@pytest.fixture
def rep(transactional_db: None) -> User:
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


@pytest.fixture
def company(rep: User) -> Company:
    company = Company.objects.create(
        name="Vögele", domain="voegele.example", industry="Machinery", employees=9
    )
    lead = make_lead(150, company="Vögele", last_name="Großmann", owner=rep, stage="customer")
    make_activity(lead, "demo_requested")
    make_deal(lead, "48000")
    for number in range(6):
        make_lead(number, company="Vögele", last_name=f"Nr{number}", owner=rep)
    return company


def test_everything_is_found_opened_and_edited_by_keyboard(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, company: Company
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/board/")
    page.locator(".brand").first.focus()

    page.keyboard.press("/")
    text = page.get_by_role("combobox", name="Find leads, companies and pages")
    expect(text).to_be_focused()
    expect(page.locator("#finder-says")).to_contain_text("places to go to")
    page.keyboard.press("Escape")
    expect(page.locator("#finder")).to_be_hidden()
    expect(page.locator(".brand").first).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("vögele")
    expect(page.locator("#finder-says")).to_have_text("6 results")
    expect(page.locator("#finder-list")).to_contain_text("All 7 leads with “vögele”")
    expect(text).to_have_attribute("aria-expanded", "true")
    for _ in range(7):
        page.keyboard.press("ArrowDown")
    expect(text).to_have_attribute("aria-activedescendant", "found-companies-1")
    page.keyboard.press("ArrowUp")
    expect(page.locator("[aria-selected=true]")).to_have_text("All 7 leads with “vögele”")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vögele", exact=True)).to_be_visible()
    settle(page)  # without its scripts the page would lead on to a page of the question

    page.locator("#do-edit").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Employees").fill("480")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Saved")
    expect(page.locator("#do-edit")).to_be_focused()
    assert Company.objects.get(pk=company.pk).employees == 480


def test_enter_without_a_choice_searches_the_leads(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, company: Company
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/companies/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vögele", exact=True)).to_be_visible()

    page.locator("#search").click()
    page.keyboard.type("Nr3")
    page.keyboard.press("Enter")

    expect(page.locator(".leads__name")).to_have_text(["Ada Nr3"])


def test_without_a_connection_the_words_stay_and_it_is_told(
    page: Page, live_server: Any, sign_in: SignIn, rep: User
) -> None:
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/companies/")
    page.keyboard.press("/")
    expect(page.locator("#finder-says")).to_contain_text("places to go to")
    page.context.set_offline(True)

    page.keyboard.type("vög")

    expect(page.locator("#finder-says")).to_contain_text("did not answer")
    expect(page.get_by_role("combobox", name="Find leads")).to_have_value("vög")
