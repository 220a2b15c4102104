"""A day's work in a real browser, on a desk and on a phone, with real web and worker processes.

Each journey is one of the three people for whom Leadapp is made; single pages have tests of their own.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from leadapp.models import Lead, User
from qualification.models import Absence, BantAnswer, Deal, Move, StageChange
from tests.support.browser import settle
from tests.support.processes import Process, WebServer
from tests.support.waiting import wait_for
from tests.ui.build import make_clock, make_user
from tests.ui.lead_build import new_lead

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse"
SCREENS = {"desk": 1440, "phone": 390}


@pytest.fixture
def server(web_server: WebServer, worker: Process) -> str:
    """Start a web server and a worker; return the address."""
    return web_server.url


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, page: Page) -> Page:
    """Give a page on a desk, or on a phone."""
    page.set_viewport_size({"width": SCREENS[request.param], "height": 844})
    return page


def person(name: str, role: str, **fields: Any) -> User:
    return make_user(name, role, password=PASSWORD, first_name=name.capitalize(), **fields)


def lead_of(owner: User | None, first_name: str, **fields: Any) -> Lead:
    """Make a scored lead as a client does, whose answer is due."""
    facts: dict[str, Any] = {"first_name": first_name, "email": f"{first_name.lower()}@voegele.example"}
    lead = new_lead(owner, **facts)
    Lead.objects.filter(pk=lead.pk).update(**({"stage": "mql"} | fields))
    return lead


def sign_in(page: Page, server: str, name: str) -> None:
    page.goto(server)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leads")


def go(page: Page, place: str) -> None:
    """Go to a place of the navigation, wherever it is on this screen."""
    page.wait_for_load_state()
    places = page.locator(".dock" if is_phone(page) else ".side")
    link = places.get_by_role("link", name=re.compile(rf"^{place}\b"))
    if link.count() == 0:
        places.locator("summary").click()
    link.click()
    expect(page).to_have_title(f"{place} · Leadapp")


def is_phone(page: Page) -> bool:
    return page.viewport_size is not None and page.viewport_size["width"] == SCREENS["phone"]


def dialog(page: Page) -> Locator:
    return page.locator("dialog#question")


def test_a_rep_works_through_a_morning(page: Page, server: str) -> None:
    jonas = person("jonas", "rep")
    top, following = lead_of(jonas, "Annelie"), lead_of(jonas, "Bram")
    for lead, hours in ((top, 1), (following, 3)):
        lead.assignments.all().delete()
        make_clock(lead, jonas, due_in=timedelta(hours=hours))
    sign_in(page, server, "jonas")
    go(page, "My day")
    page.locator(".task [data-row-link]").first.click()
    expect(page.locator("#lead-name")).to_contain_text("Annelie")

    # The call: what was said is kept while it is typed, and answers the questions of the gate.
    page.locator("#do-call").click()
    expect(page.locator("#call-state")).to_be_attached()
    settle(page)
    page.get_by_label("Notes").fill("SAP connector is a must")
    for key, words in (("budget", "€60,000"), ("authority", "With the CFO")):
        page.locator(f"[name={key}-state][value=confirmed]").check()
        page.locator(f"[name={key}-value]").fill(words)
    expect(page.locator("#call-state")).to_contain_text("Saved")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("The call is saved.")
    settle(page)  # without its scripts the page would lead on to a page of the question

    # One answer was left; then the gate opens, and the move is taken back once.
    page.click("#do-bant-need")
    dialog(page).get_by_label("Confirmed", exact=True).check()
    dialog(page).locator("textarea").fill("Standstill")
    dialog(page).get_by_role("button", name="Save need").click()
    expect(page.locator(".toast")).to_contain_text("Need is saved.")
    page.click("#do-move")
    dialog(page).get_by_role("button", name="Move to SQL").click()
    expect(page.locator(".stepper .is-now b")).to_have_text("SQL")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".stepper .is-now b")).to_have_text("MQL")
    assert BantAnswer.objects.filter(lead=top, state="confirmed").count() == 3

    # The next lead is found by a part of its name.
    page.locator("#search").click()
    page.locator("#finder-text").fill("bram")
    page.locator("#finder-list").get_by_role("option", name="Bram").first.click()
    expect(page.locator("#lead-name")).to_contain_text("Bram")


def test_a_marketer_changes_a_rule_and_sees_the_scores_follow(
    page: Page, server: str, beat: Process, browser: Browser
) -> None:
    person("mareike", "marketer", is_staff=True)
    rep = person("jonas", "rep")
    lead_of(rep, "Annelie")
    before = Lead.objects.get().score
    assert before
    sign_in(page, server, "mareike")
    watcher = browser.new_context().new_page()
    sign_in(watcher, server, "jonas")
    go(page, "Scoring")
    page.get_by_role("link", name="Default").first.click()
    page.get_by_role("button", name="Edit in a draft").click()
    page.get_by_role("link", name="Edit: Target country").click()
    page.locator("#id_points").fill("20")
    page.locator("input[name=_save]").first.click()
    expect(page.locator(".diff")).to_contain_text("Target country: 15 → 20 points")
    page.get_by_role("link", name="Preview", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("1 lead")
    page.locator(".tabs").get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="Publish…").click()
    page.get_by_label("Why this version exists").fill("Germany first")
    page.get_by_role("button", name="Publish v2").click()
    expect(page.locator("#rescore")).to_contain_text("scored by v2")
    assert Lead.objects.get().score == before + 5
    # A rep who has the list open sees it without loading the page.
    score = watcher.locator("#list .score").first
    expect(score).to_contain_text(str(before + 5))
    watcher.context.close()
    go(page, "Dashboard")


def test_a_manager_shares_the_work_and_asks_what_is_behind_a_number(page: Page, server: str) -> None:
    person("henrik", "manager")
    jonas, priya = person("jonas", "rep"), person("priya", "rep")
    leads = [lead_of(jonas, name) for name in ("Annelie", "Bram")]
    won = lead_of(jonas, "Carla", stage="customer")
    won_today(won)
    sign_in(page, server, "henrik")
    go(page, "Board")
    expect(page.locator('.lane[data-stage="mql"]')).to_contain_text("Annelie")
    go(page, "Response times")
    go(page, "Absences")
    page.get_by_role("link", name="Enter an absence").click()
    today = timezone.localdate()
    page.get_by_label("Who").select_option(str(priya.pk))
    page.get_by_label("First day").fill(str(today + timedelta(days=3)))
    page.get_by_label("Last day").fill(str(today + timedelta(days=4)))
    page.get_by_role("button", name="Enter").click()
    expect(page.locator(".absences")).to_contain_text("Priya")
    assert Absence.objects.get().user == priya

    # Two leads go to a colleague, and come back; on a phone it is one at a time.
    go(page, "Leads")
    page.goto(f"{server}/?view=all")
    if is_phone(page):
        page.get_by_role("link", name=leads[0].name).first.click()
        expect(page.locator("#lead-name")).to_contain_text(leads[0].first_name)
        settle(page)
        page.click("#do-more")
        page.get_by_text("Change owner…").click()
        page.get_by_label("New owner").select_option(str(priya.pk))
        page.get_by_label("Reason").fill("Speaks Dutch")
        dialog(page).locator("button[type=submit]").click()
        wait_for(lambda: Lead.objects.filter(owner=priya).count() == 1)
    else:
        for lead in leads:
            page.get_by_label(f"Choose {lead.name}").check()
        page.get_by_role("button", name="Assign…").click()
        page.get_by_label("New owner").select_option(str(priya.pk))
        page.get_by_label("Reason").fill("Speaks Dutch")
        page.get_by_role("button", name="Give them").click()
        undo = page.locator(".toast").get_by_role("button", name="Undo")
        expect(undo).to_be_visible()
        assert Lead.objects.filter(owner=priya).count() == 2
        undo.click()
        wait_for(lambda: Lead.objects.filter(owner=priya).count() == 0)

    go(page, "Dashboard")
    page.get_by_role("link", name="1,000 EUR").first.click()
    expect(page.locator("#list")).to_contain_text("Carla")


def won_today(lead: Lead) -> None:
    """Write the way of a lead to a customer."""
    now = timezone.now()
    for before, after in (("lead", "mql"), ("mql", "sql"), ("sql", "customer")):
        StageChange.objects.create(
            lead=lead, at=now, move=Move.FORWARD, from_stage=before, to_stage=after,
            from_status="open", to_status="open", score=lead.score,
        )  # fmt: skip
    Deal.objects.create(lead=lead, value=1000, won_on=timezone.localdate())
