"""`?fields=`: only what is asked for, and no statement for what is not."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Caller, faults

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(api: Caller) -> dict[str, Any]:
    body = {"email": "jane@example.com", "external_id": "1", "company": {"name": "Acme", "employees": 7}}
    found: dict[str, Any] = api.post("leads", body).json()
    return found


def test_an_answer_has_the_fields_that_are_named(api: Caller, lead: dict[str, Any]) -> None:
    api.post("leads", {"email": "alone@nowhere.example"})
    wanted = "email, company.name,external_ids"

    (alone, jane) = api.get(f"leads?fields={wanted}").json()["results"]
    assert jane == {"email": "jane@example.com", "company": {"name": "Acme"}, "external_ids": ["1"]}
    assert alone == {"email": "alone@nowhere.example", "company": None, "external_ids": []}
    assert api.get(f"leads/{lead['id']}?fields={wanted}").json() == jane
    assert api.get(f"leads/{lead['id']}?fields=company,company.name").json() == {"company": lead["company"]}
    assert set(api.get(f"leads/{lead['id']}?fields={','.join(lead)}").json()) == set(lead)


def test_the_etag_is_that_of_the_whole_lead(api: Caller, lead: dict[str, Any]) -> None:
    sparse, whole = api.get(f"leads/{lead['id']}?fields=id"), api.get(f"leads/{lead['id']}")
    assert sparse.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize(
    "name", ["colour", "company.colour", "company.", "email.x", "attributes.", ".", "id.*"]
)
def test_a_name_that_there_is_not_is_refused(api: Caller, lead: dict[str, Any], name: str) -> None:
    for path in ("leads", f"leads/{lead['id']}"):
        answer = api.get(f"{path}?fields=id,{name}")
        assert answer.status_code == 422
        assert faults(answer) == {"#/fields": f"There is no field {name}."}


def test_what_is_not_asked_for_is_not_read(api: Caller, lead: dict[str, Any]) -> None:
    for number in range(20):
        api.post("leads", {"email": f"p{number}@example.com", "company": f"Company {number}"})

    def statements(query: str) -> int:
        api.get("leads")
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(f"leads?{query}").json()["results"]) in (1, 20)
        return len(queries)

    few = statements("fields=id,email,score&limit=20")
    assert few == statements("fields=id,email,score&limit=1") == 2  # the key, and the leads
    assert statements("fields=id,tags&limit=20") == 3
    assert statements("fields=company.name,owner&limit=20") == 2
