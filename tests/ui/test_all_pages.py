"""The list of all pages is complete and true."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.ui import admin_pages
from tests.ui.admin_pages import ADMIN_PAGES
from tests.ui.all_pages import ACTS, EMPTY_PAGES, PAGES, PIECES, WebPage, open_pages
from tests.ui.furnished import furnish, people_alone

WHAT_TO_DO = (
    "Add each of them to tests/ui/all_pages.py: a page to PAGES (who opens it, what its address is about), "
    "what only acts (POST) to ACTS, what answers with a piece of a page or a file to PIECES."
)
ANYTHING = {"ids": "1", "pk": 1, "slug": "default", "rule_id": 1, "task_id": 1, "what": "form"}
STOCK = ("_changelist", "_add", "_change", "_delete", "_history", "_autocomplete", "_password_change")


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Walk through the addresses of the web pages: not those of the API, nor those of the admin."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.namespace != "admin" and "v1/" not in str(pattern.pattern):
            yield from routes(pattern.url_patterns)


def test_every_address_is_in_the_list() -> None:
    names = {route.name for route in routes(get_resolver().url_patterns) if route.name}
    listed = {page.route for page in (*PAGES, *EMPTY_PAGES)}
    missing = sorted(names - listed - ACTS - PIECES)
    assert not missing, f"{missing} are in no list. {WHAT_TO_DO}"
    gone = sorted(name for name in (ACTS | PIECES) - names)
    assert not gone, f"{gone} are no addresses any more: take them out of tests/ui/all_pages.py."


def test_every_own_page_of_the_admin_is_in_the_list() -> None:
    names = {
        pattern.name
        for model_admin in admin.site._registry.values()
        for pattern in model_admin.get_urls()
        if isinstance(pattern, URLPattern) and pattern.name and not pattern.name.endswith(STOCK)
    }
    listed = {page.route.removeprefix("admin:") for page in ADMIN_PAGES}
    missing = sorted(names - listed - admin_pages.ACTS)
    assert not missing, f"{missing} are in no list. Add them to tests/ui/admin_pages.py: to OWN or to ACTS."


def test_pages_have_names_of_their_own() -> None:
    names = [str(page) for page in (*PAGES, *ADMIN_PAGES, *EMPTY_PAGES)]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_every_page_opens_for_whom_the_list_says() -> None:
    furnish(now=timezone.now())
    assert faults_of((*PAGES, *ADMIN_PAGES)) == {}


@pytest.mark.django_db
def test_every_page_opens_where_there_is_nothing_yet() -> None:
    people_alone()
    assert faults_of(EMPTY_PAGES) == {}


@pytest.mark.django_db
def test_addresses_that_only_act_show_nothing() -> None:
    client = Client()
    client.force_login(people_alone()["admin"])
    for name in ACTS:
        [(_, arguments), *_] = get_resolver().reverse_dict.getlist(name)[0][0]
        address = reverse(name, kwargs={argument: ANYTHING[argument] for argument in arguments})
        assert client.get(address).status_code == 405, name


def faults_of(pages: tuple[WebPage, ...]) -> dict[str, str]:
    """Open all pages, and say of which the answer is another one than the list says."""
    found = {}
    for page, status, text in open_pages(pages):
        if status != page.status:
            found[str(page)] = f"{status} instead of {page.status}"
        elif "<h1" not in text:
            found[str(page)] = "no heading"
    return found
