"""What a real browser makes of the preview and the capacity page."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from leadapp.models import User
from scoring.analysis.preview import run
from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule
from scoring.services.publishing import make_draft, publish
from tests.scoring.build import log, make_lead, make_rule
from tests.support.browser import PATIENCE
from tests.support.waiting import wait_for
from tests.ui.build import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, User], None]
PREVIEW, CAPACITY = "/scoring/default/preview/", "/scoring/default/capacity/"


@pytest.fixture
def marketer(transactional_db: None) -> User:
    """Give a marketer."""
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


@pytest.fixture
def draft(marketer: User, monkeypatch: pytest.MonkeyPatch) -> ScoringModelVersion:
    """Give a draft by which a page view gives 15, not 10, and twelve leads, looked at four at a time."""
    monkeypatch.setattr(run, "SMALLEST", 4)
    monkeypatch.setattr(run, "PIECES", 3)
    now = timezone.now()
    model = ScoringModel.objects.get(is_primary=True)
    version = make_draft(model=model, actor=None, now=now)
    version.rules.all().delete()
    make_rule(version, name="Viewed a page", points=10, types=["page_view"])
    publish(version=version, actor=None, note="Simple", now=now)
    draft = make_draft(model=model, actor=None, now=now)
    ScoringRule.objects.filter(version=draft).update(points=15)
    for number in range(12):
        at = now - timedelta(days=1 + 4 * number)
        lead = make_lead(
            first_name=f"Anna{number}", created_at=now - timedelta(weeks=20), last_activity_at=at
        )
        for _ in range(number):
            log(lead, "page_view", at)
    return draft


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Give a page without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_the_page_goes_on_by_itself_and_never_loads_anew(
    page: Page, live_server: Any, sign_in: SignIn, marketer: User, draft: ScoringModelVersion
) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    sign_in(page, live_server.url, marketer)
    page.goto(live_server.url + PREVIEW)
    expect(page.locator(".verdict")).to_contain_text("Publishing moves 11 of 12 leads.")
    expect(page.get_by_role("row", name="Anna11")).to_contain_text("+55")
    expect(page.locator("progress")).to_have_count(0)
    assert len(posts) == 4  # three pieces, and the end
    expect(page.get_by_role("heading", level=1)).to_have_text("What this draft would do")
    page.get_by_role("link", name="Anna11").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anna11")


def test_leaving_the_page_ends_the_run(
    page: Page,
    live_server: Any,
    sign_in: SignIn,
    marketer: User,
    draft: ScoringModelVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces: list[int] = []
    left, ended = Event(), Event()
    look = run._look

    def while_somebody_leaves(cursor: Any, preview: Any, *rest: Any) -> Any:
        pieces.append(preview.next_id)
        left.wait(PATIENCE / 1000)
        ended.set()
        return look(cursor, preview, *rest)

    monkeypatch.setattr(run, "_look", while_somebody_leaves)
    sign_in(page, live_server.url, marketer)
    page.goto(live_server.url + PREVIEW)
    wait_for(lambda: pieces)
    page.goto(live_server.url + "/scoring/")
    left.set()
    wait_for(ended.is_set)
    page.reload()  # whatever was asked for before has come by now
    assert len(pieces) == 1


def test_it_works_without_javascript(
    plain_page: Page, live_server: Any, sign_in: SignIn, marketer: User, draft: ScoringModelVersion
) -> None:
    sign_in(plain_page, live_server.url, marketer)
    plain_page.goto(live_server.url + PREVIEW)
    plain_page.get_by_role("button", name="Next piece").click()
    expect(plain_page.locator("progress")).to_have_attribute("value", "32")
    plain_page.get_by_role("button", name="Show the result").click()
    expect(plain_page.locator(".verdict")).to_contain_text("Publishing moves 11 of 12 leads.")


def test_an_edit_meanwhile_is_told_and_the_result_is_that_of_the_edit(
    plain_page: Page, live_server: Any, sign_in: SignIn, marketer: User, draft: ScoringModelVersion
) -> None:
    sign_in(plain_page, live_server.url, marketer)
    plain_page.goto(live_server.url + PREVIEW)
    ScoringRule.objects.filter(version=draft).update(points=20)
    plain_page.get_by_role("button", name="Next piece").click()
    expect(plain_page.locator("main").get_by_role("status").first).to_contain_text("it begins again")
    plain_page.get_by_role("button", name="Show the result").click()
    expect(plain_page.get_by_role("row", name="Anna11")).to_contain_text(
        "+90"
    )  # 220 is over the bound of 200


def test_a_proposal_is_put_into_the_draft(
    page: Page, live_server: Any, sign_in: SignIn, marketer: User, draft: ScoringModelVersion
) -> None:
    ScoringModelVersion.objects.filter(pk=draft.pk).update(warm_from=10, hot_from=20, threshold=30)
    sign_in(page, live_server.url, marketer)
    page.goto(live_server.url + CAPACITY)
    page.get_by_label("Leads that sales can call per week").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Proposal")).to_be_visible()
    page.get_by_role("button", name="Put into draft").click()
    expect(page.locator(".verdict")).to_contain_text("Publishing moves")
    draft.refresh_from_db()
    assert draft.threshold > 30
