"""POST /api/v1/activities/batch: all events or none, in few statements."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.models import Activity, Lead, LeadIdentifier
from scoring.models import ScoringRequest
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db


def events(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "lead": {
                "email": f"p{number}@firm{number % 7}.example",
                "external_id": f"crm-{number}",
                "city": "Bonn",
            },
            "type": "page_view",
            "properties": {"url": "/pricing"},
            "external_id": f"e{number}",
        }
        for number in range(start, start + count)
    ]


def test_a_batch_is_stored_in_its_order(api: Caller) -> None:
    response = api.post("activities/batch", events(3))

    assert response.status_code == 202
    body = response.json()
    assert (body["accepted"], body["repeated"]) == (3, 0)
    for number, result in enumerate(body["results"]):
        activity = Activity.objects.select_related("lead").get(pk=result["id"])
        assert activity.external_id == f"e{number}"
        assert activity.lead_id == result["lead"]
        assert activity.lead.email == f"p{number}@firm{number % 7}.example"
    assert ScoringRequest.objects.values("lead").distinct().count() == 3


def test_a_batch_sent_twice_is_stored_once(api: Caller) -> None:
    first = api.post("activities/batch", events(5)).json()
    before = stored()

    again = api.post("activities/batch", events(5)).json()

    assert [result["id"] for result in again["results"]] == [result["id"] for result in first["results"]]
    assert (again["accepted"], again["repeated"]) == (0, 5)
    assert stored() == before


def test_a_batch_that_holds_an_event_twice_stores_it_once(api: Caller) -> None:
    body = api.post("activities/batch", [*events(2), *events(1)]).json()

    assert (body["accepted"], body["repeated"]) == (2, 1)
    assert body["results"][2] == {**body["results"][0], "repeated": True}


def test_a_batch_gives_what_its_events_give_one_by_one(api: Caller) -> None:
    names = [
        {"email": "a@example.com"},
        {"external_id": "1"},
        {"external_id": "1", "email": "b@example.com"},
        {"email": "b@example.com", "visitor_id": "v"},
        {"visitor_id": "v"},
        {"external_id": "1", "email": "a@example.com"},
        {"email": "c@example.com", "external_id": "2", "visitor_id": "v"},
        {"external_id": "2", "first_name": "Cleo"},
    ]
    batch = [{"lead": lead, "type": "login"} for lead in names]
    together = [result["lead"] for result in api.post("activities/batch", batch).json()["results"]]
    facts = _facts()
    LeadIdentifier.objects.all().delete()
    Lead.objects.all().delete()

    apart = [api.post("activities", one).json()["lead"] for one in batch]

    assert _shape(apart) == _shape(together) == [0, 1, 1, 1, 1, 1, 2, 2]
    assert _facts() == facts


def _shape(numbers: list[int]) -> list[int]:
    return [sorted(set(numbers)).index(number) for number in numbers]


def _facts() -> set[tuple[Any, ...]]:
    names = {
        lead: (email, first_name)
        for lead, email, first_name in Lead.objects.values_list("id", "email", "first_name")
    }
    known = LeadIdentifier.objects.values_list("lead", "kind", "value")
    return {(*names[lead], kind, value) for lead, kind, value in known} | set(names.values())


def test_one_bad_event_stops_the_whole_batch_and_is_named(api: Caller) -> None:
    before = stored()
    batch = events(3)
    batch[1] = {"lead": {"email": "nonsense", "shoe_size": 44}, "type": "unheard_of"}

    response = api.post("activities/batch", batch)

    assert response.status_code == 422
    assert set(faults(response)) == {"#/1/lead/email", "#/1/lead/shoe_size", "#/1/type"}
    named = {(error["index"], error["field"]) for error in response.json()["errors"]}
    assert named == {(1, "lead.email"), (1, "lead.shoe_size"), (1, "type")}
    assert stored() == before


def test_an_unknown_lead_in_a_batch_is_named_too(api: Caller) -> None:
    before = stored()
    response = api.post(
        "activities/batch",
        [
            *events(2),
            {"lead": {"id": 987654321}, "type": "login"},
            {"lead": {"id": 987654322, "visitor_id": "x"}, "type": "login"},
        ],
    )

    assert response.status_code == 422
    assert set(faults(response)) == {"#/2/lead", "#/3/lead"}
    assert stored() == before


@pytest.mark.parametrize("body", [{}, [], "x", None, 5, [[]], [1], {"events": []}])
def test_what_is_not_a_list_of_events_is_refused(api: Caller, body: Any) -> None:
    before = stored()
    assert api.post("activities/batch", body).status_code == 422
    assert stored() == before


def test_a_thousand_events_are_taken_and_one_more_is_not(api: Caller) -> None:
    response = api.post("activities/batch", events(1001))
    assert response.status_code == 422
    assert Lead.objects.count() == 0

    assert api.post("activities/batch", events(1000)).status_code == 202
    assert Lead.objects.count() == 1000
    assert Activity.objects.filter(type__slug="page_view").count() == 1000


def test_the_number_of_statements_does_not_grow_with_the_batch(api: Caller) -> None:
    def statements(batch: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.post("activities/batch", batch).status_code == 202
        return len(queries)

    statements(events(1, start=2000))  # a process asks for a kind once
    new_one, new_many = statements(events(1)), statements(events(1000, start=1))
    assert new_one == new_many
    known_one, known_many = statements(events(1)), statements(events(1000))
    assert known_one == known_many
    assert new_many <= 20

    filling = [
        {**one, "external_id": None, "lead": {**one["lead"], "job_title": "CTO"}} for one in events(1000)
    ]
    assert statements(filling[:1]) == statements(filling[1:])
    assert Lead.objects.filter(job_title="CTO").count() == 1000


def test_people_of_one_firm_get_one_company(api: Caller) -> None:
    batch = [
        {"lead": {"email": f"p{number}@acme.example", "company": "Acme"}, "type": "login"}
        for number in range(10)
    ]
    batch.append({"lead": {"email": "q@other.example", "company": "ACME"}, "type": "login"})
    batch.append(
        {"lead": {"external_id": "r", "company": {"name": "Acme", "industry": "Machinery"}}, "type": "login"}
    )
    api.post("activities/batch", batch)

    assert Lead.objects.values("company").distinct().count() == 1
