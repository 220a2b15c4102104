"""Choosing leads of the list in a real browser."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leadapp.models import Lead, LeadTag
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
    page.get_by_label("To", exact=True).select_option("sql")
    page.get_by_role("button", name="Move them").click()
    expect(page.get_by_role("heading", name="2 of 3 done")).to_be_visible()
    expect(page.locator(".is-refused")).to_contain_text("Carla Vos: Missing for MQL → SQL")
    page.get_by_role("button", name="Undo: Bram Vos").click()
    expect(page.locator(".toast")).to_contain_text("Bram Vos is MQL again.")
    assert sorted(Lead.objects.values_list("stage", flat=True)) == ["mql", "mql", "sql"]


def test_all_of_the_filter_are_tagged_and_one_click_takes_it_back(
    page: Page, live_server: Any, sign_in: Any
) -> None:
    boss = make_user("olivia", "manager")
    Lead.objects.bulk_create([Lead(last_name=f"N{number}", country="DE") for number in range(60)])
    sign_in(page, live_server.url, boss)
    page.goto(f"{live_server.url}/?country=DE")
    page.locator('.c-check [name="lead"]').first.check()
    bar = page.get_by_role("form", name="Act on the chosen leads")
    bar.get_by_label("Choose all 60").check()
    expect(bar).to_contain_text("All 60 chosen")
    assert page.locator('.c-check [name="lead"]:checked').count() == 50
    page.locator('.c-check [name="lead"]').last.uncheck()
    expect(bar).to_contain_text("49 chosen")  # one less is not all of them
    bar.get_by_label("Choose all 60").check()
    bar.get_by_role("button", name="Tag…").click()
    expect(page.get_by_role("heading", name="Tag 60 leads")).to_be_visible()
    page.get_by_label("Put on").fill("Fair")
    page.get_by_role("button", name="Tag them").click()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("60 of 60 done")
    assert LeadTag.objects.count() == 60
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undone: 60 of 60 as before")
    assert not LeadTag.objects.exists()


def test_a_stretch_is_chosen_with_shift_and_one_by_a_key(page: Page, live_server: Any, sign_in: Any) -> None:
    rep = make_user("jonas", "rep")
    for score in range(90, 80, -1):
        make_lead(owner=rep, last_name=f"N{score}", score=score)
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    boxes = page.locator('.c-check [name="lead"]')
    boxes.nth(1).check()
    boxes.nth(4).click(modifiers=["Shift"])
    bar = page.get_by_role("form", name="Act on the chosen leads")
    expect(bar).to_contain_text("4 chosen")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_contain_text("1 chosen")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    assert page.locator(".c-check :checked").count() == 0
    page.keyboard.press("x")
    bar.get_by_role("button", name="Clear").press("Enter")
    expect(bar).to_be_hidden()
    expect(boxes.nth(5)).to_be_focused()


def test_on_a_phone_rows_become_boxes_to_tick(browser: Browser, live_server: Any, sign_in: Any) -> None:
    rep = make_user("jonas", "rep")
    leads = [make_lead(owner=rep, first_name=name, score=90) for name in ("Annelie", "Bram")]
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    expect(page.get_by_label("Choose Annelie")).to_be_hidden()
    page.get_by_label("Choose", exact=True).tap()
    page.locator(".leads__name", has_text="Annelie").tap(force=True)  # the whole row is the box
    bar = page.get_by_role("form", name="Act on the chosen leads")
    expect(bar).to_contain_text("1 chosen")
    assert page.url == f"{live_server.url}/"
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bar.get_by_role("button", name="Move to nurture…").tap()
    page.get_by_label("Reason").fill("Spring")
    page.get_by_role("button", name="Move them to nurture").tap()
    expect(page.locator(".toast")).to_contain_text("1 of 1 done")
    context.close()
    assert Lead.objects.filter(status="nurture").count() == 1
    assert len(leads) == 2


def test_without_javascript_it_is_the_same_form(browser: Browser, live_server: Any, sign_in: Any) -> None:
    boss = make_user("olivia", "manager")
    Lead.objects.bulk_create([Lead(last_name=f"N{number}") for number in range(60)])
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url, boss)
    page.goto(f"{live_server.url}/?view=all")
    page.locator('.c-check [name="lead"]').first.check()
    page.get_by_label("Choose all 50+").check()
    page.get_by_role("button", name="Add a task…").click()
    page.get_by_label("What is to be done").fill("Call")
    page.get_by_role("button", name="Set the tasks").click()
    expect(page.locator(".toast")).to_contain_text("60 of 60 done")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undone: 60 of 60 as before")
    context.close()
