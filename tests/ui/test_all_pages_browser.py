"""Every page in a real browser: axe finds nothing in either theme, and nothing hangs over the edge."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib import admin
from django.utils import timezone
from playwright.sync_api import Browser, Page

from leadapp.paging import turn_to
from leadapp.views.lead import timeline
from leadapp.views.lists import pages as lead_list
from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage
from tests.ui.axe import SHELL, faults_of
from tests.ui.furnished import furnish, people_alone
from tests.ui.visiting import visit

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]

WIDE, ENLARGED, PHONE = 1440, 720, 390
# A window of 1280 pixels at 400 %, at which pages still have to fit (WCAG 1.4.10).
NARROWEST = 320
# So that what stays at the lower edge of the window hides nothing from axe.
TALL = 3_000
# Axe looks at every element: a tenth row shows no more than nine.
ROWS = 10


@pytest.fixture(autouse=True)
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show some rows of a list, instead of a hundred."""

    def turn_to_some(*asked: Any, **more: Any) -> Any:
        return turn_to(*asked, **more | {"size": ROWS})

    monkeypatch.setattr(lead_list, "turn_to", turn_to_some)
    monkeypatch.setattr(timeline, "PAGE", ROWS)
    for model_admin in admin.site._registry.values():
        monkeypatch.setattr(model_admin, "list_per_page", ROWS)


def test_everybody_can_use_every_page(browser: Browser, live_server: Any) -> None:
    furnish(now=timezone.now())
    faults = faults_on(browser, live_server.url, PAGES)
    assert not faults, "\n".join(faults)


def test_everybody_can_use_a_leadapp_in_which_there_is_nothing(browser: Browser, live_server: Any) -> None:
    people_alone()
    faults = faults_on(browser, live_server.url, EMPTY_PAGES)
    assert not faults, "\n".join(faults)


def faults_on(browser: Browser, url: str, pages: tuple[WebPage, ...]) -> list[str]:
    """Return what is wrong with which of these pages.

    Each is seen in both themes: one wide and light, and dark on a phone, the next one the other way round.
    What the pages of a person share is seen in all four ways on the first two, and left to them by axe.
    """
    seen: Counter[str] = Counter()
    faults = []
    for page, tab in visit(browser, url, pages, viewport={"width": WIDE, "height": TALL}):
        faults += [f"{page}: {fault}" for fault in _faults_of(tab, seen[page.who])]
        seen[page.who] += 1
    return faults


def _faults_of(tab: Page, number: int) -> list[str]:
    wide, phone = ("light", "dark") if number % 2 == 0 else ("dark", "light")
    without = () if number < 2 else SHELL
    return [
        *_overhang(tab, WIDE),
        *_faults_in(tab, wide, without),
        *_overhang(tab, ENLARGED),
        *_overhang(tab, NARROWEST),
        *_overhang(tab, PHONE),
        *_faults_in(tab, phone, without),
    ]


def _overhang(tab: Page, width: int) -> list[str]:
    tab.set_viewport_size({"width": width, "height": TALL})
    overhang = tab.evaluate("document.documentElement.scrollWidth") - width
    return [f"hangs over by {overhang} at {width}"] if overhang > 0 else []


def _faults_in(tab: Page, theme: Any, without: Sequence[str]) -> list[str]:
    tab.emulate_media(color_scheme=theme, reduced_motion="reduce")
    return [f"{tab.viewport_size} {theme}: {fault}" for fault in faults_of(tab, without=without)]
