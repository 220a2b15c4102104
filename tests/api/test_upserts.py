"""POST /api/v1/leads/batch: leads made or changed, each by itself, in few statements."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.models import Activity, Lead, LeadIdentifier
from scoring.models import ScoringRequest
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db


def leads(count: int, **facts: Any) -> list[dict[str, Any]]:
    return [
        {"external_id": f"crm-{n}", "email": f"p{n}@firm{n % 7}.example", "city": "Bonn", **facts}
        for n in range(count)
    ]


def results(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["result"] for one in answer.json()["results"]]


def test_leads_are_made_changed_or_left_as_they_are(api: Caller) -> None:
    assert results(api.post("leads/batch", leads(2))) == ["created", "created"]
    ScoringRequest.objects.all().delete()

    changed = [{"external_id": "crm-0", "city": "Köln", "job_title": None}, {"email": "P1@firm1.example"}]
    answer = api.post("leads/batch", [*changed, {"phone": "+49 30 901820", "first_name": "Ada"}])

    assert results(answer) == ["updated", "unchanged", "created"]
    body = answer.json()
    assert [body[name] for name in ("created", "updated", "unchanged", "refused")] == [1, 1, 1, 0]
    first, second, third = (Lead.objects.get(pk=one["lead"]) for one in body["results"])
    assert (first.email, first.city) == ("p0@firm0.example", "Köln")
    assert (second.email, second.city) == ("p1@firm1.example", "Bonn")
    assert (third.phone, third.source) == ("+4930901820", "tracker")
    assert set(ScoringRequest.objects.values_list("lead", flat=True)) == {first.pk, third.pk}
    record = Activity.objects.get(lead=first, type__slug="lead.updated")
    assert record.properties == {
        "before": {"city": "Bonn"},
        "after": {"city": "Köln"},
        "by": "edit",
        "key": "tracker",
    }


def test_the_same_batch_again_changes_nothing(api: Caller) -> None:
    first = api.post("leads/batch", leads(5, company={"name": "Acme", "employees": 7}, do_not_email=True))
    before = stored()
    again = api.post("leads/batch", leads(5, company={"name": "Acme", "employees": 7}, do_not_email=True))

    assert results(again) == ["unchanged"] * 5
    assert [one["lead"] for one in again.json()["results"]] == [
        one["lead"] for one in first.json()["results"]
    ]
    assert stored() == before


def test_a_refusal_names_the_field_and_stops_no_other(api: Caller) -> None:
    api.post("leads/batch", leads(2))
    batch: list[Any] = [
        {"email": "new@example.com"},
        {"email": "none"},
        {"id": 987654321, "city": "Bonn"},
        {"external_id": "crm-0", "email": "p1@firm1.example"},
        {"city": "Bonn"},
        "a lead",
        {"email": "NEW@example.com", "city": "Ulm"},
        {"external_id": "crm-1", "colour": "red", "birth_year": 5},
        {"external_id": "crm-1", "city": "Ulm"},
    ]
    answer = api.post("leads/batch", batch)

    assert results(answer) == ["created", *["refused"] * 7, "updated"]
    problems = [one["problem"] for one in answer.json()["results"]]
    assert [problem and problem["status"] for problem in problems] == [
        *(None, 422, 404, 409, 422, 422, 422, 422, None)
    ]
    named = [[error["pointer"] for error in (one or {}).get("errors", [])] for one in problems]
    assert named == [
        *([], ["#/email"], ["#/id"], ["#/email"], ["#"], [], ["#/email"]),
        *(["#/colour", "#/birth_year"], []),
    ]
    assert Lead.objects.get(email="p0@firm0.example").city == "Bonn"
    assert Lead.objects.get(email="p1@firm1.example").city == "Ulm"


def test_all_or_nothing_stores_nothing_if_one_is_refused(api: Caller) -> None:
    batch = [*leads(2), {"email": "none"}, {"id": 987654321}]
    before = stored()

    answer = api.post("leads/batch?all_or_nothing=true", batch)

    assert answer.status_code == 422
    assert set(faults(answer)) == {"#/2/email", "#/3/id"}
    assert stored() == before
    assert results(api.post("leads/batch?all_or_nothing=true", batch[:2])) == ["created", "created"]


@pytest.mark.parametrize("body", [[], {}, {"leads": []}, "x", None, 5, [{}] * 1001])
def test_a_batch_is_a_list_of_a_thousand_at_most(api: Caller, body: Any) -> None:
    answer = api.post("leads/batch", body)
    assert answer.status_code == 422
    assert list(faults(answer)) == ["#"]


def test_only_keys_that_may_write_push_batches(make_caller: Any, client: Any) -> None:
    for caller in (make_caller("read", name="a"), make_caller("ingest", name="b")):
        assert caller.post("leads/batch", leads(1)).status_code == 403
    assert Lead.objects.count() == 0


def test_the_statements_do_not_grow_with_the_leads(api: Caller) -> None:
    def statements(batch: list[Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert "refused" not in results(api.post("leads/batch", batch))
        return len(queries)

    few = [{"email": "a@b.example", "city": "Bonn", "company": "Firm"}]
    many = [{**lead, "company": f"Firm {lead['external_id']}"} for lead in leads(20)]
    made = statements(few), statements([{**lead, "external_id": None} for lead in many])
    assert made[0] == made[1] <= 26
    changed = [[{**lead, "city": "Köln"} for lead in batch] for batch in (few, many)]
    assert statements(changed[0]) <= statements(changed[1]) <= 26


@pytest.mark.django_db(transaction=True)
def test_the_same_new_people_at_the_same_moment_are_made_once(api: Caller) -> None:
    barrier, answers = threading.Barrier(3), []

    def push() -> None:
        try:
            barrier.wait()
            answers.append(results(api.post("leads/batch", leads(30))))
        finally:
            connection.close()

    threads = [threading.Thread(target=push) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Lead.objects.count() == LeadIdentifier.objects.count() == 30
    made = [[answer[index] for answer in answers].count("created") for index in range(30)]
    assert made == [1] * 30
