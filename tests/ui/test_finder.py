"""The search over everything: what it finds, for whom, and with how many queries."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from leadapp.models import Company, Lead, User
from tests.ui.build import make_lead
from tests.ui.conftest import As


def find(client: Client, text: str) -> str:
    response = client.get("/search/", {"q": text}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def hits(client: Client, text: str) -> list[str]:
    html = find(client, text)
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", hit)).strip()
        for hit in re.findall(r'class="finder__name">(.*?)</span>(?=<span class="finder__end|</a>)', html)
    ]


@pytest.mark.parametrize(
    "text", ["Großm", "annelie@fi", "+49 7131 55 50 14", "07131 555014", "Vögele", "ada groß"]
)
def test_a_lead_is_found_by_name_address_phone_and_company(as_: As, rep: User, text: str) -> None:
    make_lead(80, company="Vögele", last_name="Großmann", email="annelie@firm.example", phone="+497131555014")
    make_lead(90, last_name="Other")

    assert any(hit.startswith("Ada Großmann") for hit in hits(as_(rep), text))
    assert not any("Other" in hit for hit in hits(as_(rep), text))


def test_a_changed_phone_is_found_at_once(as_: As, rep: User) -> None:
    lead = make_lead(80, phone="+497131555014")
    Lead.objects.filter(pk=lead.pk).update(phone="+4930901820")

    assert hits(as_(rep), "030 901820")
    assert not hits(as_(rep), "07131 555014")


def test_companies_are_found_also_with_a_typo(as_: As, rep: User) -> None:
    company = Company.objects.create(name="Volkswagen", domain="vw.example", industry="Automotive")

    assert hits(as_(rep), "volksw") == ["Volkswagen vw.example, Automotive"]
    assert hits(as_(rep), "Volkswagn") == ["Volkswagen vw.example, Automotive"]
    assert f'href="/companies/{company.pk}/"' in find(as_(rep), "vw.ex")


def test_five_of_a_kind_and_the_way_to_all(as_: As, rep: User) -> None:
    for number in range(7):
        make_lead(number, last_name=f"Schmidt{number}", company=f"Schmidt & Co {number}")

    found = hits(as_(rep), "schmidt")

    assert [hit.split()[1] for hit in found[:5]] == [f"Schmidt{number}" for number in (6, 5, 4, 3, 2)]
    assert "All 7 leads with “schmidt”" in found
    assert "All 7 companies with “schmidt”" in found
    assert 'href="/?q=schmidt"' in find(as_(rep), "schmidt")
    assert "10 results" in find(as_(rep), "schmidt")


def test_what_a_rep_may_not_see_is_not_found(
    as_: As, rep: User, other_rep: User, manager: User, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    make_lead(80, last_name="Hidden", owner=other_rep)

    assert hits(as_(rep), "Hidden") == []
    assert "Nothing has “Hidden” in it" in find(as_(rep), "Hidden")
    assert hits(as_(manager), "Hidden")


def test_rules_and_models_are_found_by_those_who_may_see_scoring(as_: As, rep: User) -> None:
    found = find(as_(rep), "pricing")
    assert "Rule of" in found
    assert re.search(r'href="/scoring/[a-z-]+/#rule-[0-9]+"', found)
    nobody = User.objects.create_user("nobody")
    assert "Rule of" not in find(as_(nobody), "pricing")


def test_places_to_go_to_are_those_that_somebody_may_open(as_: As, rep: User, marketer: User) -> None:
    assert {"My day", "Board", "Companies", "New lead"} <= set(hits(as_(rep), ""))
    assert "My day" not in hits(as_(marketer), "")
    assert "Admin" in hits(as_(marketer), "adm")
    assert hits(as_(rep), "my d") == ["My day"]
    for person in (rep, marketer):
        for address in re.findall(r'href="([^"]*)"', find(as_(person), "")):
            assert as_(person).get(address).status_code == 200, address


def test_without_the_dialog_the_lead_list_searches(as_: As, rep: User) -> None:
    assert as_(rep).get("/search/?q=A%26B")["Location"] == "/?q=A%26B"
    assert Client().get("/search/?q=x").status_code == 302


def test_one_letter_finds_places_only(as_: As, rep: User) -> None:
    make_lead(80)

    assert hits(as_(rep), "b") == ["Board"]
    assert "Write two letters or more" in find(as_(rep), "ä")


def test_what_cannot_be_searched_for_is_no_error(as_: As, rep: User) -> None:
    assert "places to go to" in find(as_(rep), "\0")
    assert "places to go to" in find(as_(rep), "x" * 300)
    assert "&lt;b&gt;" in find(as_(rep), "<b>")


def test_the_number_of_queries_is_always_the_same(as_: As, rep: User) -> None:
    client = as_(rep)
    counts = []
    for number in (6, 30):
        for index in range(number):
            make_lead(index, last_name="Schmidt", company=f"Schmidt {number} {index}")
        find(client, "schmidt")
        with CaptureQueriesContext(connection) as queries:
            find(client, "schmidt")
        counts.append(len(queries))

    # Session, person, two of permissions; leads and companies with their numbers; models and rules.
    assert counts == [10, 10]
