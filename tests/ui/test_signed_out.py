"""Whoever was signed out meanwhile signs in again and loses nothing."""

import re

import pytest
from django.test import Client

from leadapp.models import Lead, User
from tests.ui.conftest import As

SIGN_IN, PASSWORD = "/accounts/login/", "correct horse"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def rep(rep: User) -> User:
    """Give a rep who has a password."""
    rep.set_password(PASSWORD)
    rep.save()
    return rep


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of a page, without the token."""
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def signed_in_again(client: Client, rep: User, kept: str) -> str:
    answer = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD, "kept": kept})
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_sent_signed_out_is_kept_and_sent_again(client: Client, rep: User) -> None:
    typed = {"first_name": "Ada", "last_name": "King & Co", "email": "ada@firm.example"}

    asked = client.post("/leads/new/?from=list", typed)

    assert asked.status_code == 401
    assert "What you wrote is kept" in asked.content.decode()
    assert not Lead.objects.exists()
    offered = signed_in_again(client, rep, fields_of(asked.content.decode())["kept"])
    assert 'action="/leads/new/?from=list"' in offered
    assert "King &amp; Co" in offered
    assert fields_of(offered) | {"last_name": "King & Co"} == typed
    assert client.post("/leads/new/?from=list", typed).status_code == 302
    assert Lead.objects.get().last_name == "King & Co"


def test_a_wrong_password_does_not_lose_it(client: Client, rep: User) -> None:
    kept = fields_of(client.post("/leads/new/", {"last_name": "King"}).content.decode())["kept"]

    refused = client.post(SIGN_IN, {"username": rep.username, "password": "wrong", "kept": kept})

    assert "do not belong together" in refused.content.decode()
    assert fields_of(refused.content.decode())["kept"] == kept
    assert 'value="King"' in signed_in_again(client, rep, kept)


def test_passwords_are_not_kept(client: Client, rep: User) -> None:
    asked = client.post("/admin/password_change/", {"old_password": "a", "new_password1": "b", "other": "c"})

    offered = signed_in_again(client, rep, fields_of(asked.content.decode())["kept"])

    assert fields_of(offered) == {"other": "c"}


def test_what_somebody_made_up_is_not_offered(client: Client, rep: User) -> None:
    answer = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD, "kept": "made:up"})

    assert answer.status_code == 400


def test_an_open_page_asks_whether_it_may_send(as_: As, client: Client, rep: User) -> None:
    assert as_(rep).get("/accounts/here/").status_code == 204
    assert client.get("/accounts/here/", headers=HTMX).status_code == 401


def test_a_dialog_signs_in_and_says_who_it_is(client: Client, rep: User) -> None:
    form = client.get(SIGN_IN, headers=HTMX).content.decode()
    assert "<html" not in form
    assert 'name="password"' in form
    wrong = client.post(SIGN_IN, {"username": rep.username, "password": "wrong"}, headers=HTMX)
    assert "do not belong together" in wrong.content.decode()

    answer = client.post(SIGN_IN, {"username": rep.username, "password": PASSWORD}, headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Trigger"] == f'{{"leadapp:signed-in": {{"user": {rep.pk}}}}}'
    # Another tab was quicker.
    again = client.get(SIGN_IN, headers=HTMX)
    assert (again.status_code, again["HX-Trigger"]) == (204, answer["HX-Trigger"])


def test_a_refusal_says_in_a_sentence_why(as_: As, rep: User, other_rep: User) -> None:
    answer = as_(rep).get("/my-day/?of=" + str(other_rep.pk), headers=HTMX)

    assert answer.status_code == 403
    assert "<p data-says>Only managers see the day of somebody else.</p>" in answer.content.decode()
