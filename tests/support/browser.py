"""A real Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A script runs once or twice before its page is left: to optimise it costs more than it saves.
    "--js-flags=--no-opt",
]
RESULTS = Path(__file__).resolve().parents[2] / "test-results"
# In milliseconds: what comes after it never comes, also on a machine that is busy.
PATIENCE = 60_000
SignIn = Callable[[Page, str, Any], None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all tests."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium")
    # Playwright keeps an event loop in this thread, on which Django would refuse to use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    """Open a clean profile, 1440 pixels wide."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page. It fails the test on a script error or a violation of the security policy.

    When the test fails a picture is left in test-results/.
    """
    tab = browser_context.new_page()
    problems: list[str] = []
    note_problems(tab, problems)
    yield tab
    if getattr(request.node, "failed", False):
        RESULTS.mkdir(exist_ok=True)
        tab.screenshot(path=RESULTS / f"{request.node.name}.png", full_page=True)
    assert not problems, problems


@pytest.fixture
def sign_in() -> SignIn:
    """Return a function that signs a person in without the form: ``sign_in(page, live_server.url, user)``."""

    def sign_in(page: Page, url: str, user: Any) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])

    return sign_in


def settle(page: Page) -> None:
    """Wait until a page is there with its scripts, and what it asks for by itself has come."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request")).to_have_count(0)


def note_problems(tab: Page, problems: list[str]) -> None:
    """Add the script errors of a page and its violations of the security policy to a list."""
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("console", lambda message: _note_violation(message, problems))


def _note_violation(message: ConsoleMessage, problems: list[str]) -> None:
    if message.type == "error" and "Content Security Policy" in message.text:
        problems.append(message.text)
