"""Forms learn from the website around them who a visitor is, if it is really that website."""

import re
from typing import Any

import pytest
from django.test import Client

from leadapp.models import Form, Lead, TrackedSite
from tests.forms.build import JANE, make_form
from tests.tracking.build import ORIGIN, VISITOR, batch, event, make_site, send

pytestmark = pytest.mark.django_db
EMBEDDED = f"/f/guide/embed/?visitor={VISITOR}&utm_source=letter&referrer=https://www.search.example/%3Fq%3D1"


@pytest.fixture(autouse=True)
def site(settings: Any) -> TrackedSite:
    settings.FORM_MIN_SECONDS = 0
    return make_site()


@pytest.fixture(autouse=True)
def form(site: TrackedSite) -> Form:
    return make_form(is_progressive=True)


def shown(client: Client, path: str = EMBEDDED, page: str = f"{ORIGIN}/contact/?x=1") -> str:
    return client.get(path, headers={"Referer": page}).content.decode()


def fill(client: Client, html: str, path: str = EMBEDDED, **answers: str) -> Any:
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    return client.post(path, {**hidden, **answers}, headers={"Referer": f"http://testserver{path}"})


@pytest.mark.parametrize("path", [EMBEDDED, EMBEDDED.replace("/embed", "")])
def test_what_was_done_before_belongs_to_who_sends_the_form(site: TrackedSite, path: str) -> None:
    send(batch(site, event()))
    client = Client()
    assert fill(client, shown(client, path), path, **JANE).status_code == 302
    lead = Lead.objects.get()
    assert lead.activities.filter(type__slug="page_view").count() == 1
    # As the visitor came the first time.
    sent = lead.activities.get(type__slug="content_download").properties
    assert (lead.source, sent["referrer"]) == ("letter", "https://www.search.example/")


def test_who_is_known_is_not_asked_twice_in_a_frame(site: TrackedSite) -> None:
    send(batch(site, identify={"email": JANE["email"], "first_name": "Jane"}))
    client = Client()
    page = shown(client)
    assert "We know you from before" in page
    assert 'name="email"' not in page
    assert 'href="/f/guide/embed/"' in page  # this is not me
    assert JANE["email"] not in page
    assert fill(client, page, message="Hello").status_code == 302
    assert Lead.objects.get().activities.get(type__slug="content_download").properties["message"] == "Hello"


@pytest.mark.parametrize(
    "page", ["https://evil.example/", "", f"{ORIGIN}.evil.example/", "http://testserver/x"]
)
def test_an_address_that_was_passed_on_says_nothing(site: TrackedSite, page: str) -> None:
    send(batch(site, event(), identify={"email": JANE["email"], "first_name": "Jane"}))
    client = Client()
    html = shown(client, page=page)
    assert 'name="email"' in html
    fill(client, html, email="john@acme-pumps.com", first_name="John")
    assert not Lead.objects.get(email="john@acme-pumps.com").identifiers.filter(value=VISITOR).exists()


def test_whoever_took_consent_back_meanwhile_is_asked_everything(site: TrackedSite) -> None:
    send(batch(site, identify={"email": JANE["email"], "first_name": "Jane"}))
    client = Client()
    html = shown(client)
    send(batch(site, withdrawn=True))
    answer = fill(client, html, message="Hello")
    assert answer.status_code == 422
    assert 'name="email"' in answer.content.decode()
    assert "We know you from before" not in shown(client)


def test_a_visitor_id_that_nobody_gave_costs_nothing(django_assert_num_queries: Any) -> None:
    client = Client()
    with django_assert_num_queries(1):
        client.get("/f/guide/embed/?visitor=%00", headers={"Referer": ORIGIN})
