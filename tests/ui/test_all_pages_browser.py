"""Every page in a real browser: axe finds nothing in either theme, and nothing hangs over the edge."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage
from tests.ui.axe import COLOURS, faults_of
from tests.ui.furnished import furnish, people_alone
from tests.ui.visiting import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, ENLARGED, PHONE = 1440, 720, 390


def test_everybody_can_use_every_page(browser: Browser, live_server: Any) -> None:
    furnish(now=timezone.now())
    faults = faults_on(browser, live_server.url, PAGES)
    assert not faults, "\n".join(faults)


def test_everybody_can_use_a_leadapp_in_which_there_is_nothing(browser: Browser, live_server: Any) -> None:
    people_alone()
    faults = faults_on(browser, live_server.url, EMPTY_PAGES)
    assert not faults, "\n".join(faults)


def faults_on(browser: Browser, url: str, pages: tuple[WebPage, ...]) -> list[str]:
    """Return what is wrong with which of these pages, at which width."""
    return [
        f"{page} at {width}: {fault}"
        for page, tab in visit(browser, url, pages, viewport={"width": WIDE, "height": 900})
        for width in (WIDE, ENLARGED, PHONE)
        for fault in _faults_at(tab, width)
    ]


def _faults_at(tab: Page, width: int) -> list[str]:
    """Look in the light by all rules, in the dark at the colours, and enlarged whether it fits."""
    tab.set_viewport_size({"width": width, "height": 900})
    overhang = tab.evaluate("document.documentElement.scrollWidth") - width
    faults = [f"hangs over by {overhang}"] if overhang > 0 else []
    if width != ENLARGED:
        tab.emulate_media(color_scheme="light")
        faults += faults_of(tab)
    if width == WIDE:
        tab.emulate_media(color_scheme="dark")
        faults += faults_of(tab, only=COLOURS)
    return faults
