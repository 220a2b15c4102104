"""The studio in a real browser: from a draft over the diff to publishing, progress and back."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import User
from scoring.models import Cause, Rescore, ScoringModelVersion
from scoring.services.rescore import continue_rescores
from tests.qualification.build import make_user
from tests.scoring_ui.build import HOME, changed_draft
from tests.ui.build import make_lead
from tests.ui.lead_build import new_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marketer(transactional_db: None) -> User:
    """Give a marketer."""
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


@pytest.fixture
def studio(page: Page, live_server: Any, sign_in: Any, marketer: User) -> str:
    """Sign the marketer in and return the address of the studio."""
    sign_in(page, live_server.url, marketer)
    return f"{live_server.url}{HOME}"


def finish_running() -> None:
    """Score what is left, as a worker does."""
    while continue_rescores(now=timezone.now()):
        pass


def test_a_rule_is_changed_published_watched_and_rolled_back(
    page: Page, studio: str, live_server: Any
) -> None:
    make_lead(60)
    new_lead()
    page.goto(studio)
    page.get_by_role("button", name="Edit in a draft").click()
    expect(page.locator(".toast")).to_contain_text("v2 is yours to edit")
    expect(page.locator(".draft-bar")).to_contain_text("Says the same as live v1")

    page.get_by_role("link", name="Edit: Viewed the pricing page").click()
    page.locator("#id_points").fill("12")
    page.locator("input[name=_save]").first.click()
    page.wait_for_url(re.compile(rf"{HOME}#rule-\d+$"))
    changed = page.locator(".rule--edit")
    expect(changed).to_contain_text("Viewed the pricing page")
    expect(changed).to_contain_text("was 8 points")
    expect(page.locator(".diff")).to_contain_text("Viewed the pricing page: 8 → 12 points")
    expect(page.locator(".draft-bar")).to_contain_text("1 change to live v1, by Mareike Ostermann")
    expect(page.locator("#stops")).to_contain_text("1 finding stops publishing")

    page.get_by_role("link", name="Publish…").click()
    page.get_by_label("Why this version exists").fill("Prices say more than we thought")
    page.get_by_role("button", name="Publish v2").click()
    expect(page.get_by_role("heading", name="v2 is live")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Leads scored")).to_be_visible()
    finish_running()
    expect(page.locator("#rescore")).to_contain_text("All 2 leads are scored by v2")
    assert ScoringModelVersion.objects.get(number=2).is_live

    page.get_by_role("button", name="Undo: roll back to v1").click()
    expect(page.get_by_role("heading", name="Back to v1")).to_be_visible()
    finish_running()
    expect(page.locator("#rescore")).to_contain_text("All 2 leads are scored by v1")
    assert ScoringModelVersion.objects.get(number=1).is_live
    assert Rescore.objects.filter(cause=Cause.PUBLISH, finished_at=None).count() == 0

    page.goto(f"{studio}versions/")
    expect(page.locator("#v1")).to_contain_text("Live again by Mareike Ostermann")
    expect(page.locator("#v2")).to_contain_text("Prices say more than we thought")


def test_one_lead_is_tried_beside_the_rules(page: Page, studio: str, marketer: User) -> None:
    new_lead()
    changed_draft(marketer)
    page.goto(studio)
    page.get_by_label("Lead", exact=True).press_sequentially("annel")
    expect(page.locator("#tried")).to_contain_text("v1 live")
    expect(page.locator("#tried")).to_contain_text("v2 draft")
    page.get_by_role("link", name="Line by line").click()
    expect(page.locator(".compared .is-different").first).to_contain_text("Target country")


def test_a_lead_is_imagined_row_by_row(page: Page, studio: str) -> None:
    page.goto(f"{studio}test/?imagine=1")
    page.get_by_label("Industry").fill("Machinery")
    page.get_by_role("button", name="Add a row").click()
    expect(page.locator(".did__row")).to_have_count(4)
    expect(page.get_by_label("Industry")).to_have_value("Machinery")
    page.locator(".did__row").nth(3).get_by_label("What they did").select_option(label="Demo requested")
    page.get_by_role("button", name="Compute the score").click()
    expect(page.locator(".compared")).to_contain_text("Asked for a demo")
    expect(page.locator(".compared .sum").last).to_contain_text("70")


def test_rules_are_read_and_a_draft_begun_without_javascript(
    browser: Any, live_server: Any, sign_in: Any, marketer: User
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, live_server.url, marketer)
        page.goto(f"{live_server.url}{HOME}")
        page.get_by_role("button", name="Edit in a draft").click()
        expect(page.get_by_role("link", name="Check these rules")).to_be_visible()
        page.get_by_role("link", name="Publish…").click()
        page.get_by_label("Why this version exists").fill("Nothing yet")
        page.get_by_role("button", name="Publish v2").click()
        expect(page.get_by_role("heading", name="v2 is live")).to_be_visible()
