"""The explanation of a score in a real browser: opening a rule, looking back and coming back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import Lead
from tests.ui.axe import faults_of
from tests.ui.lead_build import make_people
from tests.ui.test_lead_explained import busy_lead, make_second_model

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lead(page: Page, live_server: Any, sign_in: Any, transactional_db: None) -> Lead:
    """Open a busy lead in the browser."""
    people = make_people()
    lead = busy_lead(people, timezone.now())
    make_second_model()
    sign_in(page, live_server.url, people["owner"])
    page.goto(f"{live_server.url}/leads/{lead.pk}/")
    return lead


def test_a_rule_opens_by_keyboard_and_shows_its_activities(page: Page, lead: Lead) -> None:
    rule = page.locator("details.evidence", has_text="Viewed the pricing page").first
    expect(rule.locator("li").first).to_be_hidden()
    rule.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(rule.locator("li").first).to_be_visible()
    expect(rule).to_contain_text("Read Pricing")


def test_looking_back_and_coming_back(page: Page, lead: Lead) -> None:
    day = timezone.localtime() - timedelta(days=5)
    page.get_by_label("As it was on").fill(f"{day:%Y-%m-%d}")
    page.get_by_role("button", name="Look back").click()
    expect(page.get_by_text("A look back:")).to_be_visible()
    expect(page.get_by_label("As it was on")).to_have_value(f"{day:%Y-%m-%d}")
    page.get_by_text("fact was different then").click()
    expect(page.get_by_text("now CEO")).to_be_visible()
    page.get_by_role("link", name="Back to now").click()
    expect(page.get_by_role("heading", name="What would change this")).to_be_visible()


def test_another_model_and_back(page: Page, lead: Lead) -> None:
    page.get_by_role("link", name="Service contracts").click()
    expect(page.get_by_role("heading", name="Where the 33 points come from")).to_be_visible()
    page.get_by_role("link", name="Back to the score of the list").click()
    expect(page.get_by_role("heading", name=f"Where the {lead.score} points come from")).to_be_visible()


def test_it_fits_every_screen_and_everybody_can_use_it(page: Page, lead: Lead) -> None:
    day = timezone.localtime() - timedelta(days=5)
    address = page.url
    for asked in ("", f"?as_of={day:%Y-%m-%d}"):
        page.goto(address + asked)
        page.evaluate("document.querySelectorAll('details.evidence').forEach(each => each.open = true)")
        for width in (390, 768, 1440, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), width
        assert faults_of(page) == []
