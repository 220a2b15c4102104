"""A marketer's way through the admin in a real browser: draft, rule, condition, publish, progress."""

from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import User
from scoring.models import ScoringModelVersion
from scoring.services.rescore import continue_rescores
from tests.admin.build import live, rule_of, version_url
from tests.qualification.build import make_good_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def marketer(transactional_db: None) -> User:
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


def test_a_marketer_edits_a_draft_and_publishes_it(
    page: Page, live_server: Any, sign_in: Any, marketer: User
) -> None:
    lead = make_good_lead(score=None)
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{version_url(live())}")
    expect(page.locator("#content")).to_contain_text("never changes")
    page.get_by_role("button", name="Make a draft").click()
    expect(page.locator(".messagelist")).to_contain_text("a copy of what is live")
    draft = ScoringModelVersion.objects.get(state="draft")

    page.get_by_role("link", name="Change Viewed the pricing page").click()
    page.get_by_label("Points").fill("12")
    row = page.locator("#conditions-2")
    row.locator("select[name$=-field]").select_option("property.seconds")
    row.locator("select[name$=-operator]").select_option("at_least")
    row.locator("[name$=-value]").fill("long")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(row.locator(".errorlist")).to_have_text("Give a number.")
    assert rule_of(draft, "Viewed the pricing page").points == 8

    row.locator("[name$=-value]").fill("20")
    page.get_by_role("button", name="Save", exact=True).click()
    changed = page.locator(".rules > li", has_text="Viewed the pricing page")
    expect(changed).to_contain_text("+12")
    expect(changed).to_contain_text("or Seconds is at least 20")

    page.get_by_role("link", name="Add a rule to fit").click()
    page.get_by_label("Name").fill("Knows SAP")
    page.get_by_label("Points").fill("7")
    page.locator("#conditions-0 select[name$=-field]").select_option("lead.job_title")
    page.locator("#conditions-0 select[name$=-operator]").select_option("contains")
    page.locator("#conditions-0 [name$=-value]").fill("SAP")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".rules > li", has_text="Knows SAP")).to_contain_text("Job title contains SAP")

    page.get_by_label("Why this version exists").fill("Pricing visits count more")
    page.get_by_role("button", name="Publish v2").click()
    expect(page.locator(".progress")).to_contain_text("0 of 1")
    while continue_rescores(now=timezone.now()):
        pass
    expect(page.locator(".progress")).to_contain_text("All 1 leads were scored by this version")
    lead.refresh_from_db()
    assert lead.score_version_id == draft.pk


def test_a_discarded_draft_changes_nothing(
    page: Page, live_server: Any, sign_in: Any, marketer: User
) -> None:
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}{version_url(live())}")
    page.get_by_role("button", name="Make a draft").click()
    page.get_by_role("link", name="Discard the draft…").click()
    page.get_by_role("button", name="Discard the draft").click()
    expect(page.locator(".messagelist")).to_contain_text("Nothing that is live has changed")
    assert not ScoringModelVersion.objects.filter(state="draft").exists()


def test_the_admin_has_a_company_picker_and_a_dark_theme(
    page: Page, live_server: Any, sign_in: Any, transactional_db: None
) -> None:
    lead = make_good_lead()
    manager = make_user("henrik", "manager", is_staff=True)
    sign_in(page, live_server.url, manager)
    page.goto(f"{live_server.url}/admin/leadapp/lead/{lead.pk}/change/")
    page.locator(".field-company .select2-selection").click()
    page.locator(".select2-search__field").last.fill("Vög")
    expect(page.locator(".select2-results__option", has_text="Vögele")).to_be_visible()
    lightness = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        lightness.append(float(colour.removeprefix("oklch(").split()[0]))
    assert lightness[0] > 0.5 > lightness[1]
