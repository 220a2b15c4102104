"""/api/v1/leads/<id>/answers: evidence comes in and is read; it is never changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead
from qualification.models import BantAnswer, Framework
from qualification.services.evidence.answers import answer_bant
from tests.api.conftest import Caller, faults
from tests.qualification.build import everything, make_lead, make_user

pytestmark = pytest.mark.django_db
BUDGET = {"dimension": "budget", "state": "confirmed", "value": "€60,000", "source": "call"}


def address(lead: Lead) -> str:
    return f"leads/{lead.pk}/answers"


def test_an_answer_comes_in_and_counts(api: Caller) -> None:
    lead = make_lead()
    added = api.post(address(lead), BUDGET | {"confidence": "high"})
    assert added.status_code == 201
    answer = added.json()
    stored = BantAnswer.objects.get()
    assert stored.expires_at == stored.answered_at + timedelta(days=90)
    assert (answer["dimension"], answer["confidence"], answer["author"]) == ("budget", "high", None)
    listed = api.get(address(lead)).json()
    assert listed["framework"] == "BANT"
    assert listed["results"] == [answer]
    standing = {one["key"]: one for one in listed["dimensions"]}
    assert list(standing)[:4] == ["budget", "authority", "need", "timeline"]
    assert standing["budget"]["answer"] == answer
    assert (standing["budget"]["state"], standing["need"]["state"]) == ("confirmed", "unknown")
    assert (standing["budget"]["counts"], standing["competition"]["counts"]) == (True, False)


def test_a_contradiction_is_told(api: Caller) -> None:
    lead = make_lead()
    api.post(address(lead), BUDGET | {"source": "form", "value": "€50k"})
    api.post(address(lead), BUDGET | {"state": "ruled_out", "value": "None"})
    budget = api.get(address(lead)).json()["dimensions"][0]
    assert budget["state"] == "ruled_out"
    assert [one["value"] for one in budget["contradicting"]] == ["€50k"]
    assert budget["contradiction"] == (
        "The call says ruled out: “None”. The form said confirmed: “€50k”. The newest counts."
    )


def test_an_end_can_be_given_or_left_out(api: Caller) -> None:
    lead, end = make_lead(), timezone.now() + timedelta(days=7)
    assert api.post(address(lead), BUDGET | {"expires_at": None}).json()["expires_at"] is None
    api.post(address(lead), BUDGET | {"expires_at": end.isoformat()})
    assert BantAnswer.objects.order_by("-pk")[0].expires_at == end


def test_what_ran_out_is_stale(api: Caller) -> None:
    lead, now = make_lead(), timezone.now()
    answer_bant(lead=lead, actor=None, now=now - timedelta(days=91), **BUDGET)
    listed = api.get(address(lead)).json()
    assert listed["dimensions"][0]["state"] == "stale"
    assert listed["results"][0]["is_expired"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BUDGET, "dimension": "luck"}, "dimension"),
        ({**BUDGET, "dimension": "a\ud800"}, ""),
        ({**BUDGET, "dimension": None}, "dimension"),
        ({**BUDGET, "state": "stale"}, "state"),
        ({**BUDGET, "source": "rumour"}, "source"),
        ({**BUDGET, "confidence": "total"}, "confidence"),
        ({**BUDGET, "value": "x" * 501}, "value"),
        ({**BUDGET, "value": 5}, "value"),
        ({**BUDGET, "expires_at": "soon"}, "expires_at"),
        ({**BUDGET, "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({**BUDGET, "author": "me"}, "author"),
        ({}, "dimension"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Caller, body: dict[str, Any], field: str) -> None:
    lead = make_lead()
    before = everything()
    response = api.post(address(lead), body)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert field in {fault.get("field", "") for fault in response.json()["errors"]}
    assert everything() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_answers_are_never_changed(api: Caller, method: str) -> None:
    lead = make_lead()
    api.post(address(lead), BUDGET)
    before = everything()
    assert api.send(method, address(lead), BUDGET).status_code == 405
    assert everything() == before


def test_scopes_and_rights_are_asked(make_caller: Callable[..., Caller]) -> None:
    rep = make_user("rep1", "rep")
    lead = make_lead(owner=rep)
    reading = make_caller("read", name="reading")
    assert reading.get(address(lead)).status_code == 200
    before = everything()
    assert reading.post(address(lead), BUDGET).status_code == 403
    assert make_caller("ingest", name="pushing").get(address(lead)).status_code == 403
    assert Caller("").get(address(lead)).status_code == 401
    colleague = Client()
    colleague.force_login(make_user("rep2", "rep"))
    refused = colleague.post(f"/api/v1/{address(lead)}", BUDGET, content_type="application/json")
    assert refused.status_code == 403
    assert everything() == before
    own = Client()
    own.force_login(rep)
    added = own.post(f"/api/v1/{address(lead)}", BUDGET, content_type="application/json")
    assert (added.status_code, added.json()["author"]) == (201, "rep1")


def test_a_lead_that_is_not_there_has_no_answers(api: Caller, settings: Any) -> None:
    assert api.get("leads/987654321/answers").status_code == 404
    assert api.post("leads/987654321/answers", BUDGET).status_code == 404
    settings.REPS_SEE = "own"
    lead, colleague = make_lead(owner=make_user("rep1", "rep")), Client()
    colleague.force_login(make_user("rep2", "rep"))
    assert colleague.get(f"/api/v1/{address(lead)}").status_code == 404


def test_another_framework_counts_other_dimensions(api: Caller) -> None:
    Framework.objects.filter(is_in_use=True).update(is_in_use=False)
    Framework.objects.filter(name="CHAMP").update(is_in_use=True)
    listed = api.get(address(make_lead())).json()
    assert listed["framework"] == "CHAMP"
    assert [one["label"] for one in listed["dimensions"] if one["counts"]] == [
        "Challenges",
        "Authority",
        "Money",
        "Prioritization",
    ]


def test_pages_follow_one_another(api: Caller) -> None:
    lead = make_lead()
    for number in range(5):
        api.post(address(lead), BUDGET | {"value": str(number)})
    values, link = [], f"{address(lead)}?limit=2"
    while link:
        page = api.get(link).json()
        values += [one["value"] for one in page["results"]]
        link = page["next"]
    assert values == ["4", "3", "2", "1", "0"]
    assert faults(api.get(f"{address(lead)}?limit=0"))
    assert faults(api.get(f"{address(lead)}?dimension=budget"))


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_answers_takes_the_same_queries(
    api: Caller, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lead = make_lead()
    for _ in range(number):
        api.post(address(lead), BUDGET)
    with django_assert_num_queries(5):  # the key, the lead, the questions, the page, what counts
        assert api.get(address(lead)).status_code == 200
