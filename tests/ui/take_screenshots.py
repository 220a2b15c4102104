"""`make screenshots`: a picture of every page, with the whole demo, as people with various screens see it.

They go to screenshots/, which git ignores, in a folder for each width and theme. The pictures of
README.md are taken on the way.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage
from tests.ui.furnished import furnish, people_alone
from tests.ui.visiting import visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "screenshots"
WIDTHS = {1440: 900, 1024: 768, 390: 844}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Those of which the name holds this text; all of them without it.
WANTED = os.environ.get("PAGES", "")
# Page, picture: as README.md shows them.
OF_README = {"lead-list-rep": "lead-list.png", "my-day-rep": "my-day.png"}
README_SIZE = {"width": 1440, "height": 800}


def test_pages_of_the_demo(browser: Browser, live_server: Any) -> None:
    furnish(now=timezone.now(), leads=2_000)
    take(browser, live_server.url, (*PAGES, *ADMIN_PAGES))
    if not WANTED:
        readme = [page for page in PAGES if str(page) in OF_README]
        for page, tab in visit(browser, live_server.url, readme, viewport=README_SIZE):
            tab.wait_for_load_state("networkidle")
            tab.screenshot(path=ROOT / "docs" / OF_README[str(page)])


def test_pages_where_there_is_nothing_yet(browser: Browser, live_server: Any) -> None:
    people_alone()
    take(browser, live_server.url, EMPTY_PAGES)


def take(browser: Browser, url: str, pages: Iterable[WebPage]) -> None:
    """Take the pictures of these pages, each in all widths and both themes."""
    wanted = [page for page in pages if WANTED in str(page)]
    for page, tab in visit(browser, url, wanted, viewport={"width": 1440, "height": 900}):
        tab.wait_for_load_state("networkidle")
        for width, height in WIDTHS.items():
            tab.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                tab.emulate_media(color_scheme=theme)
                tab.screenshot(path=FOLDER / f"{width}-{theme}" / f"{page}.png", full_page=True)
