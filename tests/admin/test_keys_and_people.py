"""Keys are shown once and revoked; people have roles, and managers mark who is away."""

import hashlib
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from leadapp.models import ApiKey, User
from leadapp.services.keys import authenticate_key, create_api_key
from tests.admin.build import said, shown
from tests.admin.conftest import As
from tests.qualification.build import make_user

ADD_KEY = "/admin/leadapp/apikey/add/"
WANTED = {"name": "Website forms", "scopes": ["ingest", "read"], "expires_at_0": "", "expires_at_1": ""}


def test_a_key_is_shown_once(as_: As, admin: User) -> None:
    client = as_(admin)
    page = client.post(ADD_KEY, WANTED)
    text = page.context["key_text"]
    assert text in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    key = ApiKey.objects.get()
    assert bytes(key.digest) == hashlib.sha256(text.encode()).digest()
    assert (key.scopes, key.created_by) == (["ingest", "read"], admin)
    assert authenticate_key(text=text, now=timezone.now()) == key
    for url in ("admin:leadapp_apikey_changelist", "admin:index"):
        assert text not in client.get(reverse(url)).content.decode()
    assert text not in client.get(reverse("admin:leadapp_apikey_change", args=[key.pk])).content.decode()


def test_a_key_needs_a_name_of_its_own_and_a_scope(as_: As, admin: User) -> None:
    client = as_(admin)
    client.post(ADD_KEY, WANTED)
    wrong: list[dict[str, object]] = [
        {"name": "Website forms"},
        {"name": ""},
        {"scopes": []},
        {"scopes": ["everything"]},
    ]
    for change in wrong:
        answer = client.post(ADD_KEY, {**WANTED, "name": "Other", **change})
        assert answer.context["form"].errors, change
    past = client.post(
        ADD_KEY, {**WANTED, "name": "Old", "expires_at_0": "2020-01-01", "expires_at_1": "10:00"}
    )
    assert "expires_at" in past.context["form"].errors
    assert ApiKey.objects.count() == 1


def test_a_revoked_key_is_useless(as_: As, admin: User) -> None:
    client = as_(admin)
    text = client.post(ADD_KEY, WANTED).context["key_text"]
    key = ApiKey.objects.get()
    data = {"action": "revoke", "_selected_action": [str(key.pk)]}
    asked = client.post(reverse("admin:leadapp_apikey_changelist"), data)
    address = asked["Location"]
    assert client.post(address, {"reason": ""}).context["form"].errors
    assert authenticate_key(text=text, now=timezone.now()) == key
    answer = client.post(address, {"reason": "Leaked"}, follow=True)
    assert "revoked for good" in said(answer)
    assert authenticate_key(text=text, now=timezone.now()) is None
    assert "Leaked" in client.get(f"/admin/leadapp/apikey/{key.pk}/change/").content.decode()
    again = client.post(address, {"reason": "Again"}, follow=True)
    assert "revoked already" in said(again)


def test_a_key_gets_a_new_text_beside_the_old_one(as_: As, admin: User) -> None:
    client = as_(admin)
    old = client.post(ADD_KEY, WANTED).context["key_text"]
    key = ApiKey.objects.get()
    pages = f"/admin/leadapp/apikey/{key.pk}"
    assert f"{pages}/rotate/" in client.get(f"{pages}/change/").content.decode()

    page = client.post(f"{pages}/rotate/", {"days": "7", "expires_at_0": "", "expires_at_1": ""})

    new = page.context["key_text"]
    assert new in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert [authenticate_key(text=text, now=timezone.now()) for text in (old, new)] == [key, key]
    shown = client.get(f"{pages}/change/").content.decode()
    # Both are shown by how they begin.
    assert f"{old[:12]}…, valid until" in shown
    assert "still used" in shown
    assert new[:12] in shown
    assert new not in shown
    past = {"days": "0", "expires_at_0": "2020-01-01", "expires_at_1": "10:00"}
    assert "expires_at" in client.post(f"{pages}/rotate/", past).context["form"].errors
    assert client.post(f"{pages}/rotate/", {"days": "31"}).context["form"].errors


def test_a_key_gets_limits_of_its_own(as_: As, admin: User) -> None:
    client = as_(admin)
    client.post(ADD_KEY, WANTED)
    key = ApiKey.objects.get()
    address = f"/admin/leadapp/apikey/{key.pk}/limit/"
    assert client.post(address, {"requests_per_minute": "0"}).context["form"].errors
    client.post(address, {"requests_per_minute": "30", "events_per_minute": ""})
    key.refresh_from_db()
    assert (key.requests_per_minute, key.events_per_minute) == (30, None)


def test_the_list_says_which_keys_expire_soon(as_: As, admin: User) -> None:
    now = timezone.now()
    for name, days in (("Soon", 13), ("Later", 30)):
        create_api_key(name=name, scopes=["read"], expires_at=now + timedelta(days=days), actor=None, now=now)
    html = as_(admin).get("/admin/leadapp/apikey/").content.decode()
    assert html.count("Expires soon") == 1


def test_a_marketer_changes_no_key(as_: As, marketer: User) -> None:
    key, text = create_api_key(name="n", scopes=["read"], actor=None, now=timezone.now())
    for page in (f"{key.pk}/rotate/", f"{key.pk}/limit/", f"revoke/?ids={key.pk}"):
        answer = as_(marketer).post(f"/admin/leadapp/apikey/{page}", {"days": "0", "reason": "No"})
        assert answer.status_code == 403
    assert authenticate_key(text=text, now=timezone.now()) == key


def test_a_marketer_makes_no_key(as_: As, marketer: User) -> None:
    assert as_(marketer).post(ADD_KEY, WANTED).status_code == 403
    assert not ApiKey.objects.exists()


def test_a_manager_marks_who_is_away(as_: As, manager: User, rep: User) -> None:
    client, url = as_(manager), reverse("admin:leadapp_user_changelist")
    client.post(url, {"action": "mark_away", "_selected_action": [str(rep.pk)]})
    rep.refresh_from_db()
    assert not rep.is_available
    client.post(url, {"action": "mark_available", "_selected_action": [str(rep.pk)]})
    rep.refresh_from_db()
    assert rep.is_available


def test_a_manager_changes_nothing_else_about_people(as_: As, manager: User, rep: User) -> None:
    url = reverse("admin:leadapp_user_change", args=[rep.pk])
    assert as_(manager).post(url, {"username": "x"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[rep.pk])
    assert as_(manager).post(password, {"password1": "x", "password2": "x"}).status_code == 403


def test_an_administrator_gives_roles_but_no_more(as_: As, admin: User, rep: User) -> None:
    client, url = as_(admin), reverse("admin:leadapp_user_change", args=[rep.pk])
    page = client.get(url)
    data = shown(page, is_superuser="on", first_name="Jo")
    assert client.post(url, data).status_code == 302
    rep.refresh_from_db()
    assert (rep.first_name, rep.is_superuser) == ("Jo", False)


def test_an_administrator_cannot_take_over_a_superuser(as_: As, admin: User) -> None:
    boss = make_user("boss", "admin", is_staff=True, is_superuser=True)
    client = as_(admin)
    assert client.post(reverse("admin:leadapp_user_change", args=[boss.pk]), {}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code == 403
