"""Go to all pages in a real browser, each as the person who opens it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Error, Page, Route

from leadapp.models import User
from tests.support.browser import PATIENCE, RESULTS, note_problems
from tests.ui.all_pages import WebPage


@dataclass
class Visitor:
    """Somebody who goes from page to page in one tab: another one for each would take a fifth more time."""

    tab: Page
    session: str
    problems: list[str] = field(default_factory=list)


def visit(
    browser: Browser, url: str, pages: Iterable[WebPage], *, missed: list[str] | None = None, **look: Any
) -> Iterator[tuple[WebPage, Page]]:
    """Open pages one after another and give each as a person sees it; `look` is what the browser is like.

    Motion is off, so that nothing is half-way between two colours. A page that cannot be opened ends it,
    unless there is a list that takes those that are missed; so does one with an error of a script or a
    violation of the security policy.
    """
    visitors: dict[str, Visitor] = {}
    try:
        for page in pages:
            if page.who not in visitors:
                visitors[page.who] = _visitor(browser, page.who, look)
            visitor = visitors[page.who]
            try:
                _go(visitor, url, page, look)
            except Error as error:
                RESULTS.mkdir(exist_ok=True)
                visitor.tab.screenshot(path=RESULTS / "visit.png", full_page=True)
                if missed is None:
                    raise
                missed.append(f"{page}: {error}")
            else:
                yield page, visitor.tab
            if missed is None:
                assert not visitor.problems, f"{page}: {visitor.problems}"
    finally:
        for visitor in visitors.values():
            visitor.tab.context.close()


def _visitor(browser: Browser, who: str, look: dict[str, Any]) -> Visitor:
    context = browser.new_context(**{"locale": "en-GB", "reduced_motion": "reduce"} | look)
    context.set_default_timeout(PATIENCE)
    visitor = Visitor(context.new_page(), _session(who) if who else "")
    note_problems(visitor.tab, visitor.problems)
    return visitor


def _session(who: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=who))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _go(visitor: Visitor, url: str, page: WebPage, look: dict[str, Any]) -> None:
    tab, address = visitor.tab, url + page.address()
    if visitor.session:  # each time: on a busy machine browsers have been seen to forget it
        tab.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": visitor.session, "url": url}]
        )
    if "viewport" in look:  # the last page may have been seen in other widths
        tab.set_viewport_size(look["viewport"])

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
