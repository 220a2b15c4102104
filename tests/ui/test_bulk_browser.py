"""Choosing leads of the list in a real browser."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import Lead
from tests.qualification.build import confirm, make_lead, make_user
from tests.ui.axe import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_leads_are_chosen_moved_told_of_and_one_is_undone(page: Page, live_server: Any, sign_in: Any) -> None:
    rep = make_user("jonas", "rep", first_name="Jonas")
    leads = [
        make_lead(stage="mql", owner=rep, first_name=name, last_name="Vos", score=score)
        for name, score in (("Annelie", 90), ("Bram", 80), ("Carla", 70))
    ]
    for lead in leads[:2]:
        confirm(lead, now=timezone.now())
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    bar = page.get_by_role("form", name="Act on the chosen leads")
    expect(bar).to_be_hidden()
    page.get_by_label("Choose Annelie Vos").check()
    expect(bar).to_contain_text("1 chosen")
    assert faults_of(page) == []
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.get_by_label("Choose all on this page").check()
    expect(bar).to_contain_text("3 chosen")
    bar.get_by_role("button", name="Move…").click()
    expect(page.get_by_role("heading", name="Move 3 leads")).to_be_visible()
    assert faults_of(page) == []
    page.get_by_label("To", exact=True).select_option("sql")
    page.get_by_role("button", name="Move them").click()
    expect(page.get_by_role("heading", name="2 of 3 done")).to_be_visible()
    expect(page.locator(".is-refused")).to_contain_text("Carla Vos: Missing for MQL → SQL")
    assert faults_of(page) == []
    page.get_by_role("button", name="Undo: Bram Vos").click()
    expect(page.locator(".toast")).to_contain_text("Bram Vos is MQL again.")
    assert sorted(Lead.objects.values_list("stage", flat=True)) == ["mql", "mql", "sql"]
