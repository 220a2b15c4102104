"""Who gets in, and what everybody else is told."""

import re

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.views import defaults
from pytest_django import Settings

from leadapp.models import User
from tests.ui.build import make_lead
from tests.ui.conftest import As

SIGN_IN = "/accounts/login/"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def rep(rep: User) -> User:
    """Give a sales rep who has a password."""
    rep.set_password(PASSWORD)
    rep.save()
    return rep


@pytest.mark.parametrize(
    "path", ["/", "/?view=all", "/leads/new/", "/leads/filters/", "/leads/moved/", "/leads/1/", "/admin/"]
)
def test_a_page_asks_who_it_is_and_comes_back_afterwards(client: Client, db: None, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert "login" in response["Location"]
    assert "next=" in response["Location"]


def test_health_needs_no_sign_in(client: Client, db: None) -> None:
    assert client.get("/healthz/live").status_code == 200


def test_name_and_password_lead_to_the_page_that_was_wanted(client: Client, rep: User) -> None:
    response = client.post(
        SIGN_IN, {"username": rep.username, "password": PASSWORD, "next": "/?temperature=hot"}
    )

    assert response.status_code == 302
    assert response["Location"] == "/?temperature=hot"
    assert client.get("/").status_code == 200


def test_without_a_wanted_page_signing_in_leads_to_the_list(client: Client, rep: User) -> None:
    make_lead()
    response = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD})

    assert response["Location"] == "/"


def test_a_wanted_page_elsewhere_is_not_followed(client: Client, rep: User) -> None:
    make_lead()
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        client.logout()
        response = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD, "next": elsewhere})
        assert response["Location"] == "/"


def test_a_wrong_password_is_told_and_the_name_stays(client: Client, rep: User) -> None:
    response = client.post(SIGN_IN, {"username": rep.username, "password": "wrong"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "do not belong together" in page
    assert f'value="{rep.username}"' in page
    assert "wrong" not in re.findall(r'value="([^"]*)"', page)
    assert client.get("/").status_code == 302


def test_an_unknown_name_is_answered_in_the_same_words(client: Client, rep: User) -> None:
    known = client.post(SIGN_IN, {"username": rep.username, "password": "wrong"}).content.decode()
    unknown = client.post(SIGN_IN, {"username": "nobody", "password": "wrong"}).content.decode()

    assert "do not belong together" in known
    assert "do not belong together" in unknown


@pytest.mark.parametrize(
    ("name", "password"), [("", ""), ("jonas", ""), ("jo\x00nas", "x"), ("j" * 5000, "x" * 5000)]
)
def test_what_is_no_name_is_told_beside_the_form(client: Client, rep: User, name: str, password: str) -> None:
    response = client.post(SIGN_IN, {"username": name, "password": password})

    assert response.status_code == 200
    assert 'class="error"' in response.content.decode() or "notice--bad" in response.content.decode()


def test_an_account_that_is_switched_off_does_not_get_in(client: Client, rep: User) -> None:
    rep.is_active = False
    rep.save()

    response = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD})

    assert response.status_code == 200
    assert client.get("/").status_code == 302


def test_the_sign_in_ends_with_the_browser_unless_asked_to_stay(client: Client, rep: User) -> None:
    client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD})
    assert client.session.get_expire_at_browser_close()

    client.logout()
    client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD, "stay": "on"})
    assert not client.session.get_expire_at_browser_close()


def test_who_is_signed_in_already_goes_on_to_the_list(as_: As, rep: User) -> None:
    assert as_(rep).get(SIGN_IN)["Location"] == "/"


def test_signing_out_takes_a_post(as_: As, rep: User) -> None:
    client = as_(rep)

    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == SIGN_IN
    assert client.get("/").status_code == 302


def test_htmx_without_a_session_is_told_so_and_gets_no_page_to_swap_in(client: Client, db: None) -> None:
    response = client.get("/leads/moved/", headers={"HX-Request": "true"})

    assert response.status_code == 401
    assert response.content == b""


def test_a_form_without_its_token_is_refused_in_plain_words(rep: User) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD})

    assert response.status_code == 403
    assert "Please send that again" in response.content.decode()
    assert "Nothing was saved" in response.content.decode()


def test_an_address_that_leads_nowhere_says_so(as_: As, rep: User) -> None:
    response = as_(rep).get("/no/such/page/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_other_mishaps_have_pages_in_plain_words(db: None) -> None:
    request: HttpRequest = RequestFactory().get("/")

    assert b"could not be read" in defaults.bad_request(request, SuspiciousOperation()).content
    assert b"not for you" in defaults.permission_denied(request, PermissionDenied()).content
    assert b"our fault" in defaults.server_error(request).content


def test_only_staff_is_shown_the_way_to_the_admin(as_: As, rep: User, marketer: User) -> None:
    assert "/admin/" not in as_(rep).get("/").content.decode()
    assert "/admin/" in as_(marketer).get("/").content.decode()


def test_the_admin_asks_at_the_same_place(client: Client, rep: User) -> None:
    asked = client.get("/admin/leadapp/lead/")
    assert asked.url == "/accounts/login/?next=/admin/leadapp/lead/"  # type: ignore[attr-defined]
    assert client.get("/admin/login/").url == "/accounts/login/?next=/admin/"  # type: ignore[attr-defined]
    client.force_login(rep)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "This is not for you" in answer.content.decode()


@pytest.mark.parametrize("path", [SIGN_IN, "/", "/leads/new/", "/leads/filters/", "/no/such/page/"])
def test_pages_hold_no_inline_script_or_style(as_: As, rep: User, path: str) -> None:
    make_lead(130, owner=rep)
    client = Client() if path == SIGN_IN else as_(rep)

    response = client.get(path)

    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    page = response.content.decode()
    assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert "<style" not in page
    assert not re.findall(r"""<[^>]*\s(?:style|on[a-z]+)\s*=""", page)


def test_the_list_of_somebody_without_any_right_is_empty(client: Client, db: None) -> None:
    make_lead(100)
    client.force_login(User.objects.create_user("guest"))

    response = client.get("/?view=all")

    assert response.status_code == 200
    assert "Ada Nr" not in response.content.decode()
