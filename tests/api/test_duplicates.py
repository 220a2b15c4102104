"""Duplicates and merges over the API: keys read them, people who may merge decide."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import DuplicatePair, Lead
from tests.api.conftest import Caller, faults, stored
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(api: Caller) -> tuple[int, int]:
    first = api.post("leads", {"email": "jane@example.com", "city": "Bonn"}).json()["id"]
    other = {"email": "j.doe@example.com", "job_title": "CTO", "city": "Köln"}
    second = api.post("leads", other).json()["id"]
    DuplicatePair.objects.create(first_id=first, second_id=second, probability=0.9, found_at=timezone.now())
    return first, second


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(make_user(f"a-{role}", role))
    return client


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


def test_a_key_sees_who_may_be_one_person(api: Caller, two: tuple[int, int]) -> None:
    (pair,) = api.get(f"duplicates?lead={two[1]}").json()["results"]
    assert (pair["leads"], pair["probability"]) == (list(two), 0.9)
    assert api.get("duplicates?lead=987654321").json()["results"] == []
    assert "#/lead" in faults(api.get("duplicates?lead=x"))


def test_a_person_merges_and_takes_that_back(api: Caller, two: tuple[int, int]) -> None:
    winner, loser = two
    client = signed_in("manager")

    made = post(client, "merges", {"winner": winner, "loser": loser, "choices": {"city": "loser"}})

    assert made.status_code == 201
    assert (made.json()["winner"], made.json()["loser"]) == two
    left = api.get(f"leads/{loser}")
    assert (left.json()["id"], left.json()["city"], left.json()["job_title"]) == (winner, "Köln", "CTO")
    assert left.headers["Content-Location"] == f"/api/v1/leads/{winner}"
    for email in ("jane@example.com", "j.doe@example.com"):
        assert [one["id"] for one in api.get(f"leads?email={email}").json()["results"]] == [winner]
    (kept,) = api.get(f"merges?lead={loser}").json()["results"]
    assert (kept["id"], kept["actor"], kept["undone_at"]) == (made.json()["id"], "a-manager", None)

    undone = post(client, f"merges/{kept['id']}/undo", {})
    assert undone.status_code == 200
    assert undone.json()["undone_at"]
    assert api.get(f"leads/{loser}").json()["city"] == "Köln"
    assert post(client, f"merges/{kept['id']}/undo", {}).status_code == 409


def test_what_somebody_changed_meanwhile_is_not_merged(api: Caller, two: tuple[int, int]) -> None:
    seen = api.get(f"leads/{two[0]}").json()["updated_at"]
    api.patch(f"leads/{two[0]}", {"city": "Ulm"})
    body = {"winner": two[0], "loser": two[1], "winner_updated_at": seen}
    assert post(signed_in("manager"), "merges", body).status_code == 409
    assert Lead.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"winner": 1}, "#/loser"),
        ({"winner": "x", "loser": 2}, "#/winner"),
        ({"winner": 1, "loser": 2, "choices": "all"}, "#/choices"),
        ({"winner": 1, "loser": 2, "by": "me"}, "#/by"),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(two: tuple[int, int], body: Any, field: str) -> None:
    assert field in faults(post(signed_in("manager"), "merges", body))


def test_two_who_are_not_one_person(api: Caller, two: tuple[int, int]) -> None:
    number = api.get("duplicates").json()["results"][0]["id"]
    client = signed_in("manager")
    assert post(client, f"duplicates/{number}/dismiss", {}).status_code == 204
    assert api.get("duplicates").json()["results"] == []
    assert post(client, f"duplicates/{number}/dismiss", {}).status_code == 404


def test_keys_and_reps_decide_nothing(api: Caller, two: tuple[int, int]) -> None:
    number = api.get("duplicates").json()["results"][0]["id"]
    before = stored()
    merge = {"winner": two[0], "loser": two[1]}
    for answer in (
        api.post("merges", merge),
        post(signed_in("rep"), "merges", merge),
        api.post(f"duplicates/{number}/dismiss", {}),
    ):
        assert answer.status_code == 403
    assert stored() == before
