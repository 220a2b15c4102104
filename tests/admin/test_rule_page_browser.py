"""The rule page in a real browser: it says and counts while one types, and keeps two people apart."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from leadapp.models import Company, User
from scoring.models import ScoringModelVersion
from scoring.services.publishing import make_draft
from tests.admin.build import add_rule_url, model, rule_of, rule_url, version_url
from tests.qualification.build import log, make_good_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marketer(transactional_db: None) -> User:
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


@pytest.fixture
def draft(marketer: User) -> ScoringModelVersion:
    lead = make_good_lead()
    Company.objects.update(industry="Machinery, tools")
    for path in ("/pricing", "/pricing", "/jobs"):
        log(lead, "page_view", properties={"path": path})
    return make_draft(model=model(), actor=marketer, now=timezone.now())


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Open a page in a browser without JavaScript."""
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_rule_is_said_and_counted_while_it_is_typed(
    page: Page, live_server: Any, sign_in: Any, marketer: User, draft: ScoringModelVersion
) -> None:
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{add_rule_url(draft, 'engagement')}")
    look = page.locator("#look")
    expect(look).to_contain_text("while you fill it in")
    expect(page.get_by_role("button", name="Check")).to_have_count(0)  # only without a script

    page.get_by_label("Name").first.fill("Read the prices")
    page.get_by_label("Points").fill("-7")
    expect(look).to_contain_text("−7")
    expect(look).to_contain_text("Choose at least one kind of activity.")
    page.get_by_label("Page view (3)").check()
    expect(look).to_contain_text("Matches 1 of 1 leads, 3 activities.")

    row = page.locator("#conditions-0")
    row.locator("select[name$=-field]").select_option("property.path")
    row.locator("[name$=-value]").click()
    row.get_by_role("button", name="/pricing 2").click()
    expect(row.locator("[name$=-value]")).to_have_value("/pricing")
    expect(row.locator("select[name$=-operator]")).to_have_value("in")
    expect(look).to_contain_text("Page view where Path is one of /pricing")
    expect(look).to_contain_text("Matches 1 of 1 leads, 2 activities.")
    row.get_by_role("button", name="/jobs 1").click()
    expect(row.locator("[name$=-value]")).to_have_value("/pricing, /jobs")
    row.locator("[name$=-value]").fill("/pricing, jo")
    expect(row.locator(".pick")).to_have_count(1)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".rules > li", has_text="Read the prices")).to_contain_text("/pricing, jo")


def test_a_value_with_a_comma_is_taken_over_whole(
    page: Page, live_server: Any, sign_in: Any, marketer: User, draft: ScoringModelVersion
) -> None:
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{add_rule_url(draft, 'fit')}")
    page.get_by_label("Name").first.fill("Makes tools")
    page.get_by_label("Points").fill("5")
    row = page.locator("#conditions-0")
    row.locator("select[name$=-field]").select_option("company.industry")
    row.get_by_role("button", name="Machinery, tools 1").click()
    expect(page.locator("#look")).to_contain_text("Matches 1 of 1 leads.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".rules > li", has_text="Makes tools")).to_be_visible()
    assert rule_of(draft, "Makes tools").conditions.get().value == ["Machinery, tools"]


def test_two_people_edit_one_rule(
    page: Page,
    browser: Browser,
    live_server: Any,
    sign_in: Any,
    marketer: User,
    draft: ScoringModelVersion,
) -> None:
    tom = make_user("tom", "marketer", first_name="Tom", last_name="Berg", is_staff=True)
    rule = rule_of(draft, "Asked for a demo")
    url = f"{live_server.url}{rule_url(rule)}"
    sign_in(page, live_server.url, marketer)
    page.goto(url)
    context = browser.new_context()
    theirs = context.new_page()
    sign_in(theirs, live_server.url, tom)
    theirs.goto(url)
    theirs.get_by_label("Points").fill("60")
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.locator(".messagelist")).to_contain_text("changed successfully")
    context.close()

    page.get_by_label("Points").fill("70")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Tom Berg changed “Asked for a demo”")
    expect(page.get_by_role("alert")).to_contain_text("Points 50 → 60")
    expect(page.get_by_label("Points")).to_have_value("70")
    rule.refresh_from_db()
    assert rule.points == 60
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".rules > li", has_text="Asked for a demo")).to_contain_text("+70")


def test_without_a_script_a_button_checks(
    plain_page: Page, live_server: Any, sign_in: Any, marketer: User, draft: ScoringModelVersion
) -> None:
    page = plain_page
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{rule_url(rule_of(draft, 'Viewed the pricing page'))}")
    page.get_by_label("Points").fill("9")
    page.get_by_role("button", name="Check").click()
    look = page.locator("#look")
    expect(look).to_contain_text("+9")
    expect(look).to_contain_text("Matches 1 of 1 leads, 2 activities.")
    expect(look).to_contain_text("/jobs 1")
    expect(page.get_by_label("Points")).to_have_value("9")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".rules > li", has_text="Viewed the pricing page")).to_contain_text("+9")


def test_rules_are_moved_duplicated_and_changed_several_at_once(
    page: Page, live_server: Any, sign_in: Any, marketer: User, draft: ScoringModelVersion
) -> None:
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{version_url(draft)}")
    page.get_by_role("button", name="Move Asked for a quote up").click()
    expect(page.get_by_role("button", name="Move Asked for a quote up")).to_have_count(0)
    page.get_by_label("Choose Asked for a quote").check()
    page.get_by_label("Choose Asked for a demo").check()
    page.get_by_role("button", name="Change points…").click()
    expect(page.locator("#content")).to_contain_text("+50 Asked for a demo")
    page.get_by_label("Times").fill("1.2")
    page.get_by_role("button", name="Change points").click()
    expect(page.locator(".messagelist")).to_contain_text("Changed the points of 2 rules.")
    expect(page.locator(".rules > li", has_text="Asked for a quote")).to_contain_text("+60")
    page.get_by_role("button", name="Duplicate Asked for a quote").click()
    expect(page.get_by_label("Name").first).to_have_value("Asked for a quote (copy)")
