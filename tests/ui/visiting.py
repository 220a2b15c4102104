"""Go to all pages in a real browser, each as the person who opens it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from leadapp.models import User
from tests.support.browser import PATIENCE, RESULTS, note_problems
from tests.ui.all_pages import WebPage


def visit(
    browser: Browser, url: str, pages: Iterable[WebPage], *, missed: list[str] | None = None, **look: Any
) -> Iterator[tuple[WebPage, Page]]:
    """Open pages one after another and give each as a person sees it; `look` is what the browser is like.

    Motion is off, so that nothing is half-way between two colours. A page that cannot be opened ends it,
    unless there is a list that takes those that are missed; so does one with an error of a script or a
    violation of the security policy.
    """
    visitors: dict[str, BrowserContext] = {}
    sessions: dict[str, str] = {}
    try:
        for page in pages:
            if page.who not in visitors:
                visitors[page.who] = _visitor(browser, look)
                sessions[page.who] = _session(page.who) if page.who else ""
            if page.who:  # each time: on a busy machine browsers have been seen to forget it
                visitors[page.who].add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": sessions[page.who], "url": url}]
                )
            tab, problems = visitors[page.who].new_page(), list[str]()
            note_problems(tab, problems)
            try:
                _go(tab, url, page)
            except Error as error:
                RESULTS.mkdir(exist_ok=True)
                tab.screenshot(path=RESULTS / "visit.png", full_page=True)
                if missed is None:
                    raise
                missed.append(f"{page}: {error}")
            else:
                yield page, tab
            tab.close()
            if missed is None:
                assert not problems, f"{page}: {problems}"
    finally:
        for visitor in visitors.values():
            visitor.close()


def _visitor(browser: Browser, look: dict[str, Any]) -> BrowserContext:
    context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce"} | look)
    context.set_default_timeout(PATIENCE)
    return context


def _session(who: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=who))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _go(tab: Page, url: str, page: WebPage) -> None:
    address = url + page.address()

    def show(route: Route) -> None:
        route.fulfill(status=page.status, body=page.text(), content_type="text/html")

    if page.template:
        tab.route(address, show)
    answer = tab.goto(address)
    if answer and answer.request.redirected_from:
        raise Error(f"leads on to {answer.url}")
    for step in page.steps:
        what, _, wanted = step.partition(" ")
        if what == "click":
            tab.locator(wanted).first.click()
        elif what == "press":
            tab.keyboard.press(wanted)
        else:
            tab.locator(wanted).first.wait_for()
