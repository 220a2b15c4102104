"""Websites that are followed: set up in the guide and in the admin, by those who may."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leadapp.errors import Conflict, Invalid
from leadapp.models import AnonymousView, ConsentText, LeadIdentifier, TrackedSite, User, VisitorConsent
from leadapp.services.tracking.sites import clean_origins, save_site
from tests.forms.build import make_form
from tests.qualification.build import everything
from tests.tracking.build import MINUTE, VISITOR, WORDS, batch, event, make_site, send
from tests.ui.conftest import As, as_, manager, marketer, rep

pytestmark = pytest.mark.django_db

__all__ = ["as_", "manager", "marketer", "rep"]
ADMIN = "/admin/leadapp/trackedsite/"


def test_the_guide_makes_a_website_and_shows_what_to_paste(as_: As, marketer: User) -> None:
    client = as_(marketer)
    page = client.post("/guide/site/", {"address": "www.acme-pumps.com/start?x=1"}, follow=True)
    site = TrackedSite.objects.get()
    assert (site.name, site.origins) == ("www.acme-pumps.com", ["https://www.acme-pumps.com"])
    assert (site.created_by, site.waits_for_consent) == (marketer, True)
    tag = f'src="http://testserver/t.js" data-site="{site.key}" data-consent-version="1" defer></script>'
    assert page.context["tracker"].text == f"<script {tag}"
    assert "Step 3, to do:" in page.content.decode()
    send(batch(site, event()), origin="https://www.acme-pumps.com")
    assert "Step 3, done:" in client.get("/guide/").content.decode()


@pytest.mark.parametrize(
    "address", ["", "ftp://x.example", "http://", "javascript:alert(1)", "a b", "https://[", "x@y"]
)
def test_what_is_no_address_is_refused_in_plain_words(as_: As, marketer: User, address: str) -> None:
    page = as_(marketer).post("/guide/site/", {"address": address}, follow=True)
    assert "such as https://www.example.com" in page.content.decode()
    assert not TrackedSite.objects.exists()


def test_addresses_are_kept_as_browsers_name_them() -> None:
    given = ["WWW.Acme.com/", "https://www.acme.com:443/x", "http://localhost:8000", "bücher.example"]
    assert clean_origins(given) == [
        "https://www.acme.com",
        "http://localhost:8000",
        "https://xn--bcher-kva.example",
    ]
    with pytest.raises(Invalid):
        clean_origins(["https://a.example"] * 51)


def test_other_words_of_consent_are_a_new_version() -> None:
    site = make_site()
    site.name = "Shop"
    save_site(site=site, actor=None, now=timezone.now())
    site.consent_text = "Other words."
    save_site(site=site, actor=None, now=timezone.now())
    kept = ConsentText.objects.filter(site=site).order_by("version").values_list("version", "text", "purpose")
    assert list(kept) == [(1, WORDS, "recognition"), (2, "Other words.", "recognition")]


def test_a_name_is_taken_once() -> None:
    make_site()
    with pytest.raises(Conflict):
        make_site()


def test_a_marketer_sets_it_up_in_the_admin(as_: As, marketer: User) -> None:
    marketer.is_staff = True
    marketer.save()
    client = as_(marketer)
    form = {"name": "Shop", "origins": "shop.example, https://www.shop.example", "consent_text": WORDS}
    client.post(f"{ADMIN}add/", {**form, "is_active": "on"})
    site = TrackedSite.objects.get()
    assert site.origins == ["https://shop.example", "https://www.shop.example"]
    assert (site.waits_for_consent, site.consent_version) == (False, 1)
    page = client.get(f"/websites/{site.pk}/").content.decode()
    assert "data-before-consent=&quot;count&quot;" in page
    wrong = client.post(f"{ADMIN}{site.pk}/change/", {**form, "origins": "ftp://x"})
    assert "is not the address of a website" in wrong.content.decode()
    client.post(f"{ADMIN}{site.pk}/change/", form)
    assert TrackedSite.objects.filter(is_active=False, consent_version=1).count() == 1
    client.post(f"{ADMIN}{site.pk}/delete/", {"post": "yes"})
    assert not TrackedSite.objects.exists()


def test_a_website_that_was_followed_is_not_deleted(as_: As, marketer: User) -> None:
    marketer.is_staff = True
    marketer.save()
    site = make_site()
    send(batch(site, event()))
    assert as_(marketer).post(f"{ADMIN}{site.pk}/delete/", {"post": "yes"}).status_code == 403


def test_whoever_may_not_set_up_websites_sees_them_and_changes_nothing(
    as_: As, rep: User, manager: User
) -> None:
    site = make_site()
    for person in (rep, manager):
        client = as_(person)
        assert "Acme" in client.get("/websites/").content.decode()
        assert client.get(f"/websites/{site.pk}/").status_code == 200
        before = everything()
        client.post("/guide/site/", {"address": "www.other.example"})
        assert everything() == before
    assert TrackedSite.objects.count() == 1
    assert client.get("/websites/999999/").status_code == 404


def test_the_list_costs_the_same_for_one_and_for_many(
    as_: As, marketer: User, django_assert_num_queries: Any
) -> None:
    make_site()
    client = as_(marketer)
    client.get("/websites/")
    with django_assert_num_queries(5):
        client.get("/websites/")
    for number in range(20):
        make_site(f"Site {number}")
    with django_assert_num_queries(5):
        client.get("/websites/")


def test_the_page_counts_views_of_nobody(as_: As, marketer: User) -> None:
    site, now = make_site(waits_for_consent=False), timezone.now()
    for number, days in enumerate((0, 1, 40)):
        seen_at = now - days * 1440 * MINUTE
        AnonymousView.objects.create(site=site, number=f"{number:016}", path="/", seen_at=seen_at)
    assert "2 page views of nobody" in as_(marketer).get(f"/websites/{site.pk}/").content.decode()


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (TrackedSite, {"name": ""}),
        (TrackedSite, {"origins": []}),
        (TrackedSite, {"key": "secret"}),
        (TrackedSite, {"consent_text": ""}),
        (TrackedSite, {"consent_version": 0}),
        (VisitorConsent, {"withdrawn_at": timezone.now() - 9 * MINUTE}),
    ],
)
def test_the_database_forbids_what_must_not_be(model: Any, changes: dict[str, Any]) -> None:
    site = make_site()
    visitor = LeadIdentifier.objects.create(kind="visitor", value=VISITOR)
    text = ConsentText.objects.get(site=site)
    VisitorConsent.objects.create(visitor=visitor, site=site, text=text, given_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**changes)


def test_words_belong_to_a_form_or_to_a_website() -> None:
    form, site = make_form(), make_site()
    words = {"version": 9, "purpose": "email", "text": "Yes"}
    for owners in ({}, {"form": form, "site": site}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentText.objects.create(**words, **owners)
