"""Every page in a real browser: axe finds nothing in either theme, and nothing hangs over the edge."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from leadapp.models import User
from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import EMPTY_PAGES, PAGES, WebPage
from tests.ui.axe import COLOURS, faults_of
from tests.ui.furnished import furnish, people_alone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, PHONE = 1440, 390


def test_axe(browser: Browser, live_server: Any) -> None:
    people_alone()
    found: dict[str, Any] = {}
    T = time.time()
    look_at(EMPTY_PAGES, browser, live_server.url, found)
    User.objects.all().delete()
    print("empty", time.time() - T); T = time.time()
    furnish(now=timezone.now())
    print("furnish", time.time() - T); T = time.time()
    look_at(PAGES, browser, live_server.url, found)
    print("pages", len(PAGES), time.time() - T); T = time.time()
    look_at(ADMIN_PAGES, browser, live_server.url, found)
    print("admin", len(ADMIN_PAGES), time.time() - T)
    import json, pathlib
    pathlib.Path("/tmp/pages-axe.json").write_text(json.dumps(found, indent=1))
    print(TIMES)
    assert not found

TIMES = {"goto": 0, "full": 0, "colour": 0}

def timed(name, f):
    t = time.time()
    r = f()
    TIMES[name] += time.time() - t
    return r

def look_at(pages, browser, url, found):
    contexts = {}
    for each in pages:
        if each.who not in contexts:
            c = contexts[each.who] = browser.new_context(viewport={"width": WIDE, "height": 900}, locale="en-GB", reduced_motion="reduce")
            c.set_default_timeout(8000)
            if each.who:
                client = Client()
                client.force_login(User.objects.get(username=each.who))
                c.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
        tab = contexts[each.who].new_page()
        errors = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        try:
            if each.template:
                tab.route("**/not-there/*", lambda route: route.fulfill(status=each.status, body=each.text(), content_type="text/html"))
            timed("goto", lambda: tab.goto(url + each.address(), wait_until="load"))
            for step in each.steps:
                what, _, arg = step.partition(" ")
                if what == "click": tab.locator(arg).first.click()
                elif what == "press": tab.keyboard.press(arg)
                else: tab.locator(arg).first.wait_for()
            for width in (WIDE, PHONE):
                tab.set_viewport_size({"width": width, "height": 900})
                tab.emulate_media(color_scheme="light")
                f = timed("full", lambda: faults_of(tab))
                if f: found[f"{each} {width}"] = f
                over = tab.evaluate("document.documentElement.scrollWidth")
                if over > width: found[f"{each} {width} over"] = over
                tab.emulate_media(color_scheme="dark")
                f = timed("colour", lambda: faults_of(tab, only=COLOURS))
                if f: found[f"{each} {width} dark"] = f
            tab.set_viewport_size({"width": 720, "height": 450})
            over = tab.evaluate("document.documentElement.scrollWidth")
            if over > 720: found[f"{each} 720 over"] = over
            if errors: found[f"{each} errors"] = errors
        except Exception as e:
            found[f"{each} exception"] = str(e)[:300]
        tab.close()
    for c in contexts.values(): c.close()
