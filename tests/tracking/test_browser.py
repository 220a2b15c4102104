"""The tracker in a real browser, on a website of another origin."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from leadapp.models import (
    Activity,
    AnonymousView,
    ConsentRecord,
    Lead,
    TrackedSite,
    VisitorConsent,
    WaitingActivity,
)
from scoring.services.queue import score_waiting
from tests.forms.build import make_form
from tests.support.browser import PATIENCE
from tests.tracking.build import AGENT, make_site

Website = tuple[str, dict[str, str]]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Open a browser that is not taken for a program, with a clock that the test moves."""
    context = browser.new_context(user_agent=AGENT)
    context.set_default_timeout(PATIENCE)
    context.clock.install()
    yield context
    context.route("**/t", lambda route: route.abort())  # the database is laid anew now
    context.close()


@pytest.fixture
def site(transactional_db: None, live_server: Any, website: Website) -> TrackedSite:
    """Follow a website with three pages, of which one has a form."""
    address, pages = website
    site = make_site(origins=[address])
    make_form(is_progressive=True)
    write_pages(site, pages, live_server.url)
    return site


def write_pages(site: TrackedSite, pages: dict[str, str], leadapp: str, more: str = "") -> None:
    tag = (
        f'<script src="{leadapp}/t.js" data-site="{site.key}" data-consent-version="1"{more} defer></script>'
    )
    early = (
        "<script>window.leadapp = function () { (leadapp.q = leadapp.q || []).push(arguments); };</script>"
    )
    frame = (
        f'<iframe src="{leadapp}/f/guide/embed/" referrerpolicy="no-referrer-when-downgrade" '
        'width="600" height="900"></iframe>'
    )
    for path, body in (("/pricing/", ""), ("/about/", ""), ("/contact/", frame)):
        pages[path] = f"<!doctype html><html lang=en><title>{path}</title>{early}{tag}<h1>Shop</h1>{body}"


def agree(page: Page) -> None:
    page.evaluate("leadapp('consent', true)")


def stored(page: Page) -> int:
    return int(page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length"))


def test_what_somebody_read_before_a_form_becomes_the_leads(
    visitor: BrowserContext, website: Website, site: TrackedSite, settings: Any, wait_for: Callable[..., Any]
) -> None:
    settings.FORM_MIN_SECONDS = 0
    address, _pages = website
    page, sent = visitor.new_page(), []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/t") else None)
    page.goto(f"{address}/pricing/?utm_source=letter&token=secret")
    page.evaluate("leadapp('track', 'trial_started')")
    page.clock.run_for(60_000)
    assert (stored(page), visitor.cookies(), sent) == (0, [], [])

    began = monotonic()
    agree(page)
    wait_for(VisitorConsent.objects.exists)
    page.clock.run_for(75_000)
    page.evaluate("history.pushState({}, '', '/product/')")
    most = 76 + monotonic() - began  # rounded; the clock of the browser goes on while the test waits
    page.evaluate("leadapp('track', 'trial_started', {seats: 5})")
    page.clock.run_for(3_000)
    wait_for(lambda: WaitingActivity.objects.count() == 2)
    seen = WaitingActivity.objects.get(type__slug="page_view")
    assert seen.properties["path"] == "/pricing/"
    assert 75 <= seen.properties["seconds"] <= most
    assert "secret" not in str(seen.properties)
    assert not Lead.objects.exists()
    assert visitor.cookies() == []

    page.goto(f"{address}/contact/")
    frame = page.frame_locator("iframe")
    expect(page.locator("iframe[src*='visitor=']")).to_have_count(1)
    frame.get_by_role("textbox", name="Email").fill("jane@acme-pumps.com")
    frame.get_by_label("First name").fill("Jane")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("status")).to_be_visible()
    lead = Lead.objects.get()
    assert (lead.email, lead.source, lead.utm_source) == ("jane@acme-pumps.com", "letter", "letter")
    page.goto(f"{address}/about/")
    wait_for(lambda: lead.activities.filter(type__slug="page_view").count() == 3)
    paths = lead.activities.filter(type__slug="page_view").order_by("occurred_at")
    assert [one.properties["path"] for one in paths] == ["/pricing/", "/product/", "/contact/"]
    assert lead.activities.filter(type__slug="trial_started", properties__seats=5).count() == 1
    score_waiting(now=timezone.now(), limit=10)
    lead.refresh_from_db()
    # A trial 40, the download 10, often here 10, the pricing page 8, three pages 3, over a minute 2.
    assert lead.engagement == 73

    # Whoever is known is not asked twice; and who has had enough is forgotten.
    page.goto(f"{address}/contact/")
    expect(frame.get_by_text("We know you from before")).to_be_visible()
    expect(frame.get_by_role("textbox", name="Email")).to_have_count(0)
    page.evaluate("leadapp('consent', false)")
    wait_for(lambda: ConsentRecord.objects.filter(lead=lead).count() == 2)
    assert list(lead.consents.order_by("pk").values_list("granted", flat=True)) == [True, False]
    assert stored(page) == 0


def test_a_browser_that_says_no_is_not_followed(
    visitor: BrowserContext, website: Website, site: TrackedSite, live_server: Any
) -> None:
    address, pages = website
    TrackedSite.objects.update(waits_for_consent=False)
    write_pages(site, pages, live_server.url, ' data-before-consent="count"')
    visitor.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    page, sent = visitor.new_page(), []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/t") else None)
    page.goto(f"{address}/pricing/")
    agree(page)
    page.clock.run_for(10_000)
    page.goto(f"{address}/about/")
    assert (stored(page), visitor.cookies(), sent) == (0, [], [])


def test_views_before_consent_are_counted_where_the_website_says_so(
    visitor: BrowserContext,
    website: Website,
    site: TrackedSite,
    live_server: Any,
    wait_for: Callable[..., Any],
) -> None:
    address, pages = website
    TrackedSite.objects.update(waits_for_consent=False)
    write_pages(site, pages, live_server.url, ' data-before-consent="count"')
    page = visitor.new_page()
    page.goto(f"{address}/pricing/?token=secret")
    wait_for(AnonymousView.objects.exists)
    assert AnonymousView.objects.get().path == "/pricing/"
    assert (stored(page), visitor.cookies()) == (0, [])


def test_what_could_not_be_sent_comes_later_and_once(
    visitor: BrowserContext, website: Website, site: TrackedSite, wait_for: Callable[..., Any]
) -> None:
    address, _pages = website
    page = visitor.new_page()
    visitor.route("**/t", lambda route: route.abort())
    page.goto(f"{address}/pricing/")
    agree(page)
    page.evaluate("leadapp('identify', {email: 'jane@acme-pumps.com'})")
    page.clock.run_for(10_000)
    page.goto(f"{address}/about/")
    assert not VisitorConsent.objects.exists()
    visitor.unroute_all()
    page.clock.run_for(10_000)
    wait_for(lambda: WaitingActivity.objects.count() == 1)
    page.evaluate("leadapp('identify', {email: 'jane@acme-pumps.com'})")
    page.clock.run_for(1_000)
    wait_for(lambda: Activity.objects.filter(type__slug="page_view").count() == 1)
    page.goto(f"{address}/pricing/")
    page.clock.run_for(10_000)
    wait_for(lambda: Activity.objects.filter(type__slug="page_view").count() == 2)
    views = Activity.objects.filter(type__slug="page_view")
    assert {view.properties["path"] for view in views} == {"/pricing/", "/about/"}
