"""Setting a score aside and the rule check in a real browser."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import User
from scoring.models import ScoreOverride
from scoring.services.publishing import make_draft
from tests.scoring.build import make_rule
from tests.scoring.check.build import make_crowd
from tests.ui.axe import faults_of
from tests.ui.build import live_version, make_user
from tests.ui.lead_build import make_people, new_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]


def test_a_rep_sets_a_score_aside_sees_it_in_the_list_and_ends_it(
    page: Page, live_server: Any, sign_in: SignIn
) -> None:
    rep = make_people()["owner"]
    lead = new_lead(rep)
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/leads/{lead.pk}/")
    page.get_by_label("More actions").click()
    page.get_by_role("link", name="Set the score aside…").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"The rules say {lead.score}.")
    dialog.get_by_role("button", name="Set aside").click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # a reason is needed
    dialog.get_by_text("Too low").click()
    dialog.get_by_label("Reason").fill("They decide this month.")
    dialog.get_by_role("button", name="Set aside").click()

    until = timezone.localdate() + timedelta(days=14)
    said = page.locator("#aside")
    expect(said).to_contain_text(
        f"Set aside by Owner until {until.day} {until:%b}, too low: They decide this month."
    )
    expect(page.locator(".lead-score__num")).to_contain_text(str(lead.score))

    page.goto(f"{live_server.url}/?view=all")
    row = page.locator(f"[data-lead='{lead.pk}']")
    expect(row).to_contain_text(f"Set aside until {until.day} {until:%b}, too low: They decide this month.")
    assert faults_of(page) == []

    page.goto(f"{live_server.url}/leads/{lead.pk}/")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_role("status").filter(has_text="not set aside any more")).to_be_visible()
    expect(page.locator("#aside")).to_have_count(0)
    assert ScoreOverride.objects.get().ended_by == rep


def test_a_finding_of_the_rule_check_leads_to_its_rule(page: Page, live_server: Any, sign_in: SignIn) -> None:
    marketer = make_user("mareike", "marketer", is_staff=True)
    make_crowd(30)
    draft = make_draft(model=live_version().model, actor=None, now=timezone.now())
    make_rule(draft, name="Women first", conditions=[("lead.gender", "equals", "female")])
    sign_in(page, live_server.url, marketer)
    page.goto(f"{live_server.url}/scoring/default/check/")
    expect(page.get_by_role("heading", name="Stops publishing: The note is missing")).to_be_visible()
    assert faults_of(page) == []
    finding = page.locator(".finding", has_text="judges people by")
    finding.get_by_role("link", name="Edit the rule").click()
    expect(page.get_by_label("Name").first).to_have_value("Women first")
