"""A real browser keeps a view, chooses columns and sorts, by mouse, by keyboard and without JavaScript."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from leadapp.models import Lead, SavedView, User
from tests.ui.test_list_in_browser import (
    PASSWORD,
    SignIn,
    has_stayed,
    leads,
    open_list,
    plain_page,
    rep,
    stay,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["leads", "plain_page", "rep"]


def test_a_view_is_made_changed_and_deleted_by_keyboard_and_mouse(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)
    stay(page)
    page.get_by_role("link", name="Lead", exact=True).press("Enter")
    expect(page.locator("th[aria-sort]")).to_contain_text("Lead")
    assert has_stayed(page)
    expect(page.locator("#sort-name")).to_be_focused()

    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name").fill("By name")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("The view “By name” is kept.")
    current = page.locator(".tabs [aria-current=page]")
    expect(current).to_contain_text("By name 60")

    page.get_by_role("link", name="Remove filter: Status").click()
    expect(current).to_contain_text("By name changed")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator(".toast")).to_contain_text("now shows this")
    assert "status" not in SavedView.objects.get().query

    page.get_by_role("link", name="Views").click()
    page.get_by_role("button", name="Delete By name").click()
    expect(page.get_by_role("heading", name="You keep no views yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="By name", exact=True)).to_be_visible()


def test_columns_are_moved_and_chosen_in_a_panel(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    open_list(page, live_server, sign_in, rep)

    page.locator("#columns summary").press("Enter")
    page.get_by_role("checkbox", name="Country").check()
    page.get_by_role("button", name="Move Owner up").press("Enter")
    # A column that is chosen has a button when the answer has come.
    expect(page.get_by_role("button", name="Move Country up")).to_be_visible()
    # The button went along with its column, and so did the focus.
    expect(page.locator("#up-owner")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Country")).to_be_checked()
    page.get_by_role("button", name="Show these columns").click()

    expect(page.locator(".toast")).to_contain_text("The columns are kept for you")
    expect(page.locator(".leads thead th:not(.c-check)")).to_have_text(
        ["Score", "Lead", "Why", "Stage", "Answer by", "Owner", "Last activity", "30 days", "Country"]
    )
    for width in (390, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_every_panel_is_within_reach(
    page: Page, live_server: Any, sign_in: SignIn, rep: User, leads: list[Lead]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for menu, field in (("filters", "Show leads"), ("columns", "Show these columns"), ("rows", "Compact")):
        open_list(page, live_server, sign_in, rep)
        page.locator(f"#{menu} summary").click()
        button = page.get_by_role("button", name=field)
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        button.click()
        expect(button).to_be_hidden()  # the list came anew, with its panels closed
        expect(page.locator(".leads__name").first).to_be_visible()


def test_views_columns_and_orders_work_without_javascript(
    plain_page: Page, live_server: Any, leads: list[Lead]
) -> None:
    page = plain_page
    page.goto(f"{live_server.url}/?view=all")
    page.fill("#id_username", "jonas")
    page.fill("#id_password", PASSWORD)
    page.click("button[type=submit]")

    page.click("#sort-name")
    expect(page.locator(".leads__name").first).to_have_text("Ada N0")
    page.click("text=Save as a view")
    page.fill("#id_name", "By name")
    page.click("button:text('Save')")
    expect(page.locator(".tabs [aria-current=page]")).to_contain_text("By name")

    page.click("#columns summary")
    page.click("text=Choose columns")
    page.check("#column-country")
    page.click("#down-score")
    page.click("text=Show these columns")
    heads = page.locator(".leads thead th:not(.c-check)")
    expect(heads.nth(0)).to_have_text("Lead")
    expect(heads.nth(1)).to_have_text("Score")

    page.click("#rows summary")
    page.click("button:text('Compact')")
    expect(page.locator("html[data-density=compact]")).to_have_count(1)
