"""The page of a gate in a real browser: who would pass is asked while one edits, also without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from leadapp.models import User
from qualification.models import Gate
from tests.qualification.build import make_good_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Open a page in a browser without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def marketer(transactional_db: None) -> User:
    make_good_lead(score=45, first_name="Ada", last_name="Brenner")
    return make_user("mareike", "marketer", is_staff=True)


def address(live_server: Any) -> str:
    return f"{live_server.url}/admin/qualification/gate/{Gate.objects.get(step='to_mql').pk}/change/"


def ask(page: Page, value: str) -> None:
    page.locator("#criteria-8 [name$=-value]").fill(value)
    page.get_by_role("button", name="Who would pass today").click()


def test_an_edit_is_tried_while_it_is_typed_and_then_saved(
    page: Page, live_server: Any, sign_in: Any, marketer: User
) -> None:
    sign_in(page, live_server.url, marketer)
    page.goto(address(live_server))
    trial = page.locator("#trial")
    ask(page, "high")
    expect(trial).to_contain_text("Criterion 9, Value: Give a number.")
    ask(page, "40")
    expect(trial).to_contain_text("1 of 1 open lead in front of the gate passes; 0 by what is stored.")
    expect(trial.get_by_role("link", name="Ada Brenner")).to_be_visible()
    assert Gate.objects.get(step="to_mql").criteria.get(field="lead.score").value == 50
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert Gate.objects.get(step="to_mql").criteria.get(field="lead.score").value == 40


def test_it_works_without_javascript(
    plain_page: Page, live_server: Any, sign_in: Any, marketer: User
) -> None:
    sign_in(plain_page, live_server.url, marketer)
    plain_page.goto(address(live_server))
    ask(plain_page, "40")
    expect(plain_page.locator("#trial")).to_contain_text("Saving moves 1 lead to MQL within seconds.")
    expect(plain_page.locator("#criteria-8 [name$=-value]")).to_have_value("40")
