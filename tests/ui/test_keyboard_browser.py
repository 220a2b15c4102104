"""Everything by keyboard: the focus is always somewhere, in sight, in order, and comes back."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, TimeoutError, expect

from leadapp.models import Lead, User
from leadapp.views.lead.timeline import PAGE
from qualification.services.work import add_note, add_task
from tests.support.browser import settle
from tests.ui.all_pages import MARKETER, MINE, MODEL, REP, page
from tests.ui.furnished import furnish
from tests.ui.visiting import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Page, and what is activated there by Enter; each of them has htmx put in something new.
SWAPS = (
    (page("lead-list", REP, query="?view=all"), "#view-mine"),
    (page("lead-list", REP, query="?view=all"), "#sort-score"),
    (page("lead-list", REP, query="?view=all"), "#list a[href*='after=']"),
    (page("lead-detail", REP, pk=MINE), "#do-email"),
    (page("lead-detail", REP, pk=MINE), ".fact__edit"),
    (page("lead-timeline", REP, pk=MINE), "#older"),
    (page("my-day", REP), ".task [data-row-key=d]"),
)
# Something was put in that somebody asked for, and not what the page polls.
LISTEN = """() => document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.elt.hasAttribute("data-poll")) document.documentElement.dataset.settled = "yes";
})"""
# Pages that are walked through from the first to the last stop of the Tab key.
WALKED = (
    page("lead-list", REP),
    page("lead-detail", REP, pk=MINE),
    page("lead-call", REP, pk=MINE),
    page("my-day", REP),
    page("scoring-model", MARKETER, **MODEL),
)
MOST_STOPS = 500
# Where the focus is, and what lies over the middle of it; "" at the end of the page.
STOP = """() => {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const words = here.textContent || here.getAttribute("aria-label") || here.name || "";
    const name = `${here.tagName} ${here.id} ${words.trim().slice(0, 40)}`;
    const box = here.getClientRects()[0] ?? here.getBoundingClientRect();
    const over = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
    const parts = [here, ...(here.labels ?? [])];
    const inSight = over && parts.some((part) => part.contains(over) || over.contains(part));
    return { name, inSight: Boolean(inSight) };
}"""


@pytest.fixture
def url(live_server: Any) -> str:
    """Furnish, and return the address."""
    furnish(now=timezone.now())
    return str(live_server.url)


def test_the_focus_is_never_lost_when_something_new_is_put_in(browser: Browser, url: str) -> None:
    write_more_than_a_page_of_notes()
    set_a_task_for_today()
    lost = []
    pages = [each for each, _ in SWAPS]
    visits = visit(browser, url, pages, viewport={"width": 1440, "height": 900})
    for (each, tab), (_, activated) in zip(visits, SWAPS, strict=True):
        element = tab.locator(activated).first
        if element.count() == 0:
            lost.append(f"{each}: there is no {activated}")
            continue
        settle(tab)
        tab.evaluate(LISTEN)
        element.focus()
        tab.keyboard.press("Enter")
        try:
            tab.locator("html[data-settled]").wait_for(state="attached")
        except TimeoutError:
            lost.append(f"{each}: nothing comes for {activated}")
            continue
        if tab.evaluate("document.activeElement === document.body"):
            lost.append(f"{each}: after {activated}")
    assert not lost, "\n".join(lost)


def write_more_than_a_page_of_notes() -> None:
    """Let the timeline of the rep's first lead have an older part, however the dice of the demo fell."""
    rep, lead = User.objects.get(username=REP), Lead.objects.get(pk=MINE())
    for number in range(PAGE + 1):
        add_note(lead=lead, text=f"Note {number}", actor=rep, now=timezone.now())


def set_a_task_for_today() -> None:
    """Let the rep's day have a task to tick off, whatever the time is."""
    rep, now = User.objects.get(username=REP), timezone.now()
    add_task(lead=Lead.objects.get(pk=MINE()), owner=rep, text="Call", due_at=now, actor=rep, now=now)


def test_tab_goes_through_the_whole_page_and_what_has_the_focus_is_in_sight(
    browser: Browser, url: str
) -> None:
    faults = [
        f"{each} at {width}: {fault}"
        for width in (1440, 390)
        for each, tab in visit(browser, url, WALKED, viewport={"width": width, "height": 844})
        for fault in faults_of_walk(tab)
    ]
    assert not faults, "\n".join(faults)


def faults_of_walk(tab: Page) -> list[str]:
    """Press Tab until the page is over; say which stops are not in sight, and whether it never is."""
    faults, stops = [], []
    settle(tab)
    if tab.evaluate("scrollY"):
        faults.append("does not begin at its top")
    for _ in range(MOST_STOPS):
        tab.keyboard.press("Tab")
        stop = stop_of(tab)
        if stop is None:
            break
        stops.append(stop["name"])
        if not stop["inSight"]:
            faults.append(f"{stop['name']} is out of sight")
    else:
        faults.append(f"a trap: after {MOST_STOPS} stops at {stops[-3:]}")
    if "Skip to content" not in stops[0]:
        faults.append(f"begins at {stops[0]}")
    return faults


def stop_of(tab: Page) -> Any:
    """Return where the focus is; a page that scrolls there is given a moment."""
    stop = tab.evaluate(STOP)
    for _ in range(200):
        if stop is None or stop["inSight"]:
            break
        tab.wait_for_timeout(50)
        stop = tab.evaluate(STOP)
    return stop


def test_a_skip_link_leads_past_the_navigation_and_a_dialog_gives_the_focus_back(
    browser: Browser, url: str
) -> None:
    for _, tab in visit(browser, url, WALKED[:1]):
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        expect(tab.locator("#main")).to_be_focused()
    for _, tab in visit(browser, url, [page("lead-detail", REP, pk=MINE)]):
        tab.focus("#do-note")
        tab.keyboard.press("Enter")
        expect(tab.locator("dialog#question")).to_be_visible()
        for _ in range(12):
            tab.keyboard.press("Tab")
            assert tab.evaluate(
                "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
            )
        tab.keyboard.press("Escape")
        expect(tab.locator("#do-note")).to_be_focused()
        for key, dialog in (("?", "#keys"), ("/", "#finder")):
            tab.keyboard.press(key)
            expect(tab.locator(dialog)).to_be_visible()
            tab.keyboard.press("Escape")
            expect(tab.locator("#do-note")).to_be_focused()
