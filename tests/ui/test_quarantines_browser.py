"""A burst in quarantine, in a real browser: seen, opened and released."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadapp.models import Quarantine, User
from tests.ui.axe import faults_of
from tests.ui.lead_build import make_people
from tests.ui.test_quarantines import scanned_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_burst_is_looked_at_and_released(
    page: Page, live_server: Any, sign_in: Any, people: dict[str, User], width: int
) -> None:
    lead = scanned_lead(people["owner"])
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, people["owner"])
    page.goto(f"{live_server.url}/leads/{lead.pk}/timeline/")
    line = page.locator(".event--void")
    expect(line).to_contain_text("7 links clicked within 1 s")
    line.get_by_text("Show all 7").click()
    expect(line.locator(".event__list li")).to_have_count(7)
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    line.get_by_role("link", name="Release…").click()
    question = page.locator("dialog#question")
    expect(question).to_contain_text("Release these activities?")
    question.get_by_role("button", name="Keep them out").or_(
        question.get_by_role("link", name="Keep them out")
    ).click()
    expect(page.locator("dialog#question")).to_have_count(0)
    assert Quarantine.objects.get().is_held

    line.get_by_role("link", name="Release…").click()
    page.locator("dialog#question").get_by_role("button", name="Release them").click()
    expect(page.locator(".toast")).to_contain_text("Released. The score follows in a moment.")
    expect(page.locator(".event--void")).to_have_count(0)
    expect(page.locator(".timeline")).to_contain_text("released by Owner on")
    assert not Quarantine.objects.get().is_held
