"""`make screenshots`: a picture of every page, with the whole demo, as people with various screens see it.

They go to screenshots/, which git ignores, in a folder for each language, width and theme. It says all the
while how far it is. What cannot be opened stops nothing: the end of the run names it. A whole run also takes
the pictures of README.md.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Error, Page

from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage
from tests.ui.furnished import furnish, people_alone
from tests.ui.visiting import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Tell = Callable[[str], None]
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "screenshots"
WIDTHS = {1440: 900, 1024: 768, 390: 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Those of which the name holds one of these texts; all of them without any; those of README.md alone.
WANTED = os.environ.get("PAGES", "").split(",")
README = "README"
SPOKEN = os.environ.get("SPOKEN", "en")
# Page, picture: as README.md shows them.
OF_README = {
    "lead-list-rep": "lead-list.png",
    "lead-detail-rep": "lead-page.png",
    "my-day-rep": "my-day.png",
}
README_SIZE = {"width": 1440, "height": 800}
# Milliseconds for one picture, on a machine that has other things to do.
PATIENCE = 60_000
# What a page asks for by itself has come.
AT_REST = "() => !document.querySelector('.htmx-request')"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Return what says how far it is: in one line where somebody watches, else line by line."""
    reporter: Any = request.config.pluginmanager.get_plugin("terminalreporter")

    def write(text: str) -> None:
        if reporter.isatty:
            reporter.rewrite(text, erase=True)
        else:
            reporter.write(f"{text}\n", flush=True)

    return write


def test_pages_of_the_demo(browser: Browser, live_server: Any, tell: Tell) -> None:
    tell("loading the demo")
    furnish(now=timezone.now(), leads=2_000)
    missed = take(browser, live_server.url, (*PAGES, *ADMIN_PAGES), tell)
    if WANTED in ([""], [README]) and SPOKEN == "en":
        readme = [page for page in PAGES if str(page) in OF_README]
        for page, tab in visit(browser, live_server.url, readme, viewport=README_SIZE):
            tab.wait_for_function(AT_REST)
            tab.screenshot(path=ROOT / "docs" / OF_README[str(page)])
    assert not missed, "\n".join(missed)


def test_pages_where_there_is_nothing_yet(browser: Browser, live_server: Any, tell: Tell) -> None:
    people_alone()
    missed = take(browser, live_server.url, EMPTY_PAGES, tell)
    assert not missed, "\n".join(missed)


def take(browser: Browser, url: str, pages: Sequence[WebPage], tell: Tell) -> list[str]:
    """Take the pictures of these pages; return which of them could not be opened, and why."""
    missed: list[str] = []
    wanted = [page for page in pages if any(text in str(page) for text in WANTED)]
    look = {"viewport": {"width": 1440, "height": 900}, "locale": SPOKEN}
    for page, tab in visit(browser, url, wanted, missed=missed, **look):
        tell(f"{wanted.index(page) + 1}/{len(wanted)} {page}")
        try:
            tab.wait_for_function(AT_REST)
            _take_all(tab, f"{page}.png")
        except Error as error:
            missed.append(f"{page}: {error}")
    return missed


def _take_all(tab: Page, name: str) -> None:
    """Take a page in all widths and both themes."""
    for width, height in WIDTHS.items():
        tab.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            tab.emulate_media(color_scheme=theme)
            path = FOLDER / SPOKEN / f"{width}-{theme}" / name
            tab.screenshot(path=path, full_page=True, timeout=PATIENCE)
