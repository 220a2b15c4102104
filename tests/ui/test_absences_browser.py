"""Entering an absence in a real browser, on a desk and on a phone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import Lead, User
from tests.ui.axe import faults_of
from tests.ui.build import make_lead
from tests.ui.lead_build import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.mark.parametrize("width", [390, 1280])
def test_somebody_goes_away_and_is_back_early(
    page: Page, live_server: Any, sign_in: Any, people: dict[str, User], width: int
) -> None:
    rep, stand_in = people["owner"], people["manager"]
    lead = make_lead(163, stage="sql", owner=rep)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/absences/")
    page.get_by_role("link", name="Enter an absence").click()
    today = timezone.now().date()
    page.get_by_label("First day").fill(today.isoformat())
    page.get_by_label("Last day").fill((today - timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("main")).to_contain_text("The last day comes before the first one.")
    assert faults_of(page) == []

    page.get_by_label("Last day").fill((today + timedelta(days=2)).isoformat())
    page.get_by_label("Stand-in").select_option(str(stand_in.pk))
    page.get_by_role("button", name="Enter").click()
    expect(page.locator(".absences")).to_contain_text("1 lead on loan")
    assert Lead.objects.get(pk=lead.pk).owner == stand_in
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="Back now").click()
    page.get_by_role("button", name="Back now").click()
    expect(page.get_by_role("heading", name="Over in the last 30 days")).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).owner == rep
