"""Scores that change while somebody reads the list: shown where they stand, and nothing is lost or moves."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import Lead
from tests.support.browser import settle
from tests.ui.axe import faults_of
from tests.ui.build import make_lead, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTEN = """() => document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "bell") document.documentElement.dataset.settled = "yes";
})"""


def poll(page: Page) -> None:
    """Let the list ask now instead of in ten seconds."""
    page.evaluate("htmx.trigger(document.body, 'leadapp:seen')")


def rescore(name: str, score: int) -> None:
    Lead.objects.filter(last_name=name).update(
        score=score, scored_at=timezone.now() + timedelta(seconds=score)
    )


def test_a_new_score_comes_where_it_stands_and_keeps_what_the_reader_did(
    page: Page, live_server: Any, sign_in: Any
) -> None:
    rep = make_user("jonas", "rep")
    for number in range(3):
        make_lead(100 - 10 * number, last_name=f"N{number}", owner=rep)
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    row = page.locator("tr", has_text="N1")
    row.get_by_role("checkbox").check()
    row.get_by_role("link").focus()

    rescore("N1", 95)
    poll(page)

    expect(row.locator(".c-score")).to_contain_text("95")
    expect(row.locator(".c-score.is-fresh")).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.get_by_role("link")).to_be_focused()
    assert page.get_by_role("link", name="Refresh").count() == 0  # the order is the same
    page.keyboard.press("Escape")
    row.get_by_role("checkbox").uncheck()
    expect(page.locator("[role=status]", has_text="1 score on this page is new.")).to_be_attached()
    assert faults_of(page) == []

    rescore("N2", 300)
    page.set_viewport_size({"width": 1440, "height": 240})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    read_to = page.evaluate("scrollY")
    page.evaluate(LISTEN)
    poll(page)

    expect(page.locator("tr", has_text="N2").locator(".c-score")).to_contain_text("300")
    expect(page.get_by_role("link", name="1 lead moved up")).to_be_visible()
    expect(page.locator("html[data-settled]")).to_be_attached()
    assert page.evaluate("scrollY") == read_to > 200
    names = [name.split()[-1] for name in page.locator(".leads__name").all_inner_texts()]
    assert names == ["N0", "N1", "N2"]
    page.get_by_role("link", name="1 lead moved up").click()
    expect(page.locator(".leads__name").first).to_contain_text("N2")


def test_in_a_hidden_tab_nothing_is_asked_and_at_once_when_it_is_seen(
    page: Page, live_server: Any, sign_in: Any
) -> None:
    rep = make_user("jonas", "rep")
    make_lead(100, last_name="N0", owner=rep)
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    settle(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/moved/" in request.url else None)
    poll(page)
    rescore("N0", 90)
    settle(page)
    assert not asked
    with page.expect_request(lambda request: "/moved/" in request.url):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".c-score").last).to_contain_text("90")
