"""The dashboard in a real browser: every width, both themes, and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leadapp.models import User
from qualification.models import Cost, Deal, Move, StageChange
from tests.ui.build import make_clock, make_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]


@pytest.fixture
def manager() -> User:
    """Give a manager whose team won something today."""
    now = timezone.now()
    lead = make_lead(160, source="webinar", campaign="autumn", stage="customer")
    for before, after in (("lead", "mql"), ("mql", "sql"), ("sql", "customer")):
        StageChange.objects.create(
            lead=lead, at=now, move=Move.FORWARD, from_stage=before, to_stage=after,
            from_status="open", to_status="open", score=160,
        )  # fmt: skip
    Deal.objects.create(lead=lead, value=1000, won_on=timezone.localdate())
    day = timezone.localdate()
    Cost.objects.create(source="webinar", first_day=day, last_day=day, amount=100)
    make_clock(make_lead(90), make_user("jonas", "rep"), due_in=timedelta(hours=-1))
    return make_user("henrik", "manager")


def test_a_period_is_chosen_and_leads_are_opened_without_javascript(
    browser: Browser, live_server: Any, sign_in: SignIn, manager: User
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url, manager)
    page.goto(f"{live_server.url}/dashboard/")
    today = str(timezone.localdate())
    page.get_by_label("From", exact=True).fill(today)
    page.get_by_label("To", exact=True).fill(today)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("From", exact=True)).to_have_value(today)
    page.get_by_role("row", name="webinar").get_by_role("link", name="1,000 EUR").click()
    expect(page.locator("#list")).to_contain_text("webinar")
    context.close()
