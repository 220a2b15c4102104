"""Every page of the admin in a real browser: axe finds nothing in either theme, and nothing hangs over."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.furnished import furnish
from tests.ui.test_all_pages_browser import faults_on, short_lists

__all__ = ["short_lists"]

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_everybody_can_use_every_page_of_the_admin(browser: Browser, live_server: Any) -> None:
    furnish(now=timezone.now())
    faults = faults_on(browser, live_server.url, ADMIN_PAGES)
    assert not faults, "\n".join(faults)
