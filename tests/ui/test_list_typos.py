"""The search forgives slips of the pen, in the list and in the search over everything, and says so."""

import pytest
from django.db import connection
from pytest_django import Settings

from leadapp.models import Lead, User
from leadapp.search import alike, leads_like
from tests.ui.build import make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import names, text_of


@pytest.fixture
def leads(rep: User, other_rep: User) -> None:
    make_lead(
        90, first_name="Ada", last_name="Schmidt", email="a.schmidt@voegele.example", company="Vögele AG"
    )
    make_lead(80, first_name="Ada", last_name="Brzęczyszczykiewicz", email="tomasz@nordhafen.example")
    make_lead(70, first_name="Ada", last_name="Anderson", company="Northwick Analytics", owner=other_rep)
    make_lead(60, first_name="Ada", last_name="Smith", phone="+49301234567")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shmidt", ["Schmidt"]),
        ("schmitd", ["Schmidt"]),
        ("andersen", ["Anderson"]),
        ("northwik", ["Anderson"]),
        ("analitycs", ["Anderson"]),
        ("brzeczyszczykiewicz", ["Brzęczyszczykiewicz"]),
        ("ada andersen", ["Anderson"]),
        ("nordhaven", ["Brzęczyszczykiewicz"]),
        ("tomaz@nordhafen.example", ["Brzęczyszczykiewicz"]),
        ("smiht", ["Smith"]),
    ],
)
def test_what_is_spelt_like_it_is_found_where_nothing_has_the_text(
    as_: As, rep: User, leads: None, text: str, found: list[str]
) -> None:
    client = as_(rep)

    assert names(client, f"/?q={text}") == found
    assert f"No lead here has “{text}” in it. These are spelt like it." in text_of(client, f"/?q={text}")


@pytest.mark.parametrize("text", ["xqzvw", "xyz", "ad ander qqqq", "030999999", "'; --", "%%%%"])
def test_what_is_like_nothing_finds_nothing(as_: As, rep: User, leads: None, text: str) -> None:
    assert names(as_(rep), f"/?q={text}") == []


def test_a_part_of_a_name_comes_before_all_that_is_like_it(as_: As, rep: User, leads: None) -> None:
    make_lead(10, last_name="Smithers")
    page = text_of(as_(rep), "/?q=smith")

    assert "spelt like it" not in page
    assert names(as_(rep), "/?q=smith") == ["Smith", "Smithers"]


def test_the_filters_hold_for_what_is_like_it_too(as_: As, rep: User, leads: None) -> None:
    assert names(as_(rep), "/?q=andersen&owner=me") == []
    assert names(as_(rep), "/?q=andersen&owner=none") == []


def test_nothing_is_found_that_somebody_may_not_see(
    as_: As, rep: User, leads: None, settings: Settings
) -> None:
    settings.REPS_SEE = "own"

    assert names(as_(rep), "/?q=andersen") == []
    assert (
        "Anderson" not in as_(rep).get("/search/?q=andersen", headers={"HX-Request": "true"}).content.decode()
    )


def test_the_search_over_everything_forgives_too(as_: As, rep: User, leads: None) -> None:
    found = as_(rep).get("/search/?q=shmidt", headers={"HX-Request": "true"}).content.decode()

    assert "Ada Schmidt" in found
    assert "Leads spelt like it" in found


def test_the_poll_looks_at_the_same_leads(as_: As, rep: User, leads: None) -> None:
    pk = Lead.objects.get(last_name="Anderson").pk
    address = f"/leads/moved/?q=andersen&shown={pk}.70"

    assert as_(rep).get(address).status_code == 204


@pytest.mark.parametrize("text", ["shmidt", "shmidt voegele"])
def test_what_is_like_it_is_found_through_the_index_of_trigrams(leads: None, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")

    assert "lead_search_trigram" in alike(Lead.objects.all(), text).explain()
    assert leads_like(Lead.objects.all(), text) == [Lead.objects.get(last_name="Schmidt").pk]
