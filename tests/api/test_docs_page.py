"""The page of the API in a real browser, under the strict policy for scripts and styles."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_shows_every_call(page: Page, live_server: LiveServer) -> None:
    schema = Client().get("/api/v1/schema/?format=json").json()
    calls = sum(len(methods) for methods in schema["paths"].values())
    assert calls > 9

    page.goto(f"{live_server.url}/api/v1/docs/")

    expect(page.locator(".opblock")).to_have_count(calls)
    page.locator("#operations-events-push_event .opblock-summary").click()
    expect(page.get_by_text("buyer", exact=False).first).to_be_visible()
