"""The bell in a real browser: it counts, leads to the notices, and is still after they are read."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from leadapp.models import User
from qualification.models import NoticeKind
from qualification.services.notices import Telling, tell
from tests.ui.build import make_lead
from tests.ui.lead_build import make_people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_bell_leads_to_what_happened(
    page: Page,
    live_server: Any,
    sign_in: Any,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setattr("qualification.services.notices.telling.wake", lambda task: None)
    rep = people["owner"]
    lead = make_lead(owner=rep)
    kinds = [NoticeKind.HANDOVER, NoticeKind.BREACH]
    tell(
        [Telling(rep.pk, kind, f"{lead.name}: {kind.label}", "test:1", lead.pk) for kind in kinds],
        now=timezone.now(),
    )
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server.url, rep)
    page.goto(f"{live_server.url}/")
    bell = page.locator("#bell")
    expect(bell).to_contain_text("2 not read")
    with_count = bell.bounding_box()
    bell.click()
    expect(page.get_by_role("heading", name="Notices", level=1)).to_be_visible()
    expect(page.locator(".told__row--new")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="An answer is late").click()
    expect(page.get_by_role("heading", name=lead.name, level=1)).to_be_visible()
    expect(bell).to_contain_text("1 not read")
    bell.click()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".told__row--new")).to_have_count(0)
    expect(page.locator("#bell[hx-get$='known=0']")).to_be_visible()
    expect(page.locator(".bell__count")).to_have_count(0)
    assert bell.bounding_box() == with_count

    page.get_by_role("link", name="How to hear of them").click()
    page.get_by_role("group", name="Somebody mentioned me").get_by_label("No email").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved.")
