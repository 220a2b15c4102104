"""GET, POST and PATCH /api/v1/leads and /leads/ID."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from leadapp.models import Activity, Company, CustomField, Lead, User
from qualification.services.assignment import hand_over
from scoring.models import ScoringRequest
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db

JANE = {
    "email": "Jane@Acme.example",
    "first_name": "Jane",
    "last_name": "Doe",
    "phone": "+49 30 901820",
    "country": "de",
    "seniority": "c_level",
    "birth_year": 1980,
    "company": {"name": "Acme", "employees": 480},
    "external_id": "crm-1",
}


def test_a_lead_is_made_with_its_facts(api: Caller) -> None:
    response = api.post("leads", JANE)

    assert response.status_code == 201
    body = response.json()
    assert response.headers["Location"] == f"/api/v1/leads/{body['id']}"
    assert body["email"] == "jane@acme.example"
    assert (body["phone"], body["country"], body["birth_year"]) == ("+4930901820", "DE", 1980)
    assert body["company"]["name"] == "Acme"
    assert body["company"]["employees"] == 480
    assert body["external_ids"] == ["crm-1"]
    assert (body["stage"], body["status"], body["score"], body["reasons"]) == ("lead", "open", None, [])
    record = Activity.objects.get(lead=body["id"], type__slug="lead.created")
    assert record.properties["after"]["first_name"] == "Jane"
    assert ScoringRequest.objects.filter(lead=body["id"]).exists()
    assert api.get(response.headers["Location"]).json() == body


def test_a_scored_lead_shows_its_score_and_reasons(api: Caller) -> None:
    lead = api.post("leads", JANE).json()["id"]
    api.post("activities", {"lead": {"id": lead}, "type": "demo_requested"})
    score_waiting(now=timezone.now())

    body = api.get(f"leads/{lead}").json()

    assert body["score"] == body["fit"] + body["engagement"] > 0
    assert body["grade"]
    assert body["temperature"]
    assert body["scored_at"]
    assert any("demo" in reason for reason in body["reasons"])


@pytest.mark.parametrize(
    "again", [{"email": "jane@acme.EXAMPLE"}, {"external_id": "crm-1", "first_name": "X"}]
)
def test_nobody_is_made_twice(api: Caller, again: dict[str, Any]) -> None:
    first = api.post("leads", JANE).json()["id"]
    before = stored()

    response = api.post("leads", again)

    assert response.status_code == 409
    assert str(first) in response.json()["detail"]
    assert stored() == before


@pytest.mark.parametrize(
    ("facts", "at_fault"),
    [
        ({}, set()),
        ({"company": "Acme"}, set()),
        ({"email": "nonsense"}, {"#/email"}),
        ({"email": ["a@example.com"]}, {"#/email"}),
        ({"email": f"{'a' * 300}@example.com"}, {"#/email"}),
        ({"first_name": "x" * 101}, {"#/first_name"}),
        ({"first_name": "a\x00b"}, {"#/first_name"}),
        ({"first_name": "\udfff"}, {"#/first_name"}),
        ({"first_name": 7}, {"#/first_name"}),
        ({"first_name": "J", "phone": "ask"}, {"#/phone"}),
        ({"first_name": "J", "country": "Germany"}, {"#/country"}),
        ({"first_name": "J", "country": "ÄÖ"}, {"#/country"}),
        ({"first_name": "J", "birth_year": 1066}, {"#/birth_year"}),
        ({"first_name": "J", "birth_year": 10**30}, {"#/birth_year"}),
        ({"first_name": "J", "birth_year": 1980.5}, {"#/birth_year"}),
        ({"first_name": "J", "birth_year": True}, {"#/birth_year"}),
        ({"first_name": "J", "seniority": "emperor"}, {"#/seniority"}),
        ({"first_name": "J", "linkedin_url": "javascript:alert(1)"}, {"#/linkedin_url"}),
        ({"first_name": "J", "do_not_email": "perhaps"}, {"#/do_not_email"}),
        ({"first_name": "J", "score": 100}, {"#/score"}),
        ({"first_name": "J", "stage": "customer"}, {"#/stage"}),
        ({"first_name": "J", "owner": "rep"}, {"#/owner"}),
        ({"first_name": "J", "id": 5}, {"#/id"}),
        ({"first_name": "J", "company": ["Acme"]}, {"#/company"}),
        ({"first_name": "J", "company": {"name": "x" * 201}}, {"#/company/name"}),
        ({"first_name": "J", "company": {"domain": "no domain"}}, {"#/company/domain"}),
        ({"first_name": "J", "company": {"employees": -1}}, {"#/company/employees"}),
        ({"first_name": "J", "company": {"employees": 2**31}}, {"#/company/employees"}),
        ({"first_name": "J", "company": {"staff": 5}}, {"#/company/staff"}),
        ({"first_name": "J", "attributes": {"unheard": 1}}, {"#/attributes/unheard"}),
        ({"first_name": "J", "attributes": []}, {"#/attributes"}),
        ({"first_name": "J", "external_id": 7}, {"#/external_id"}),
        ({"email": "x", "birth_year": 1}, {"#/email", "#/birth_year"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    api: Caller, facts: dict[str, Any], at_fault: set[str]
) -> None:
    before = stored()

    response = api.post("leads", facts)

    assert response.status_code == 422
    assert set(faults(response)) == at_fault
    assert stored() == before


def test_a_change_replaces_what_is_given_and_keeps_the_rest(api: Caller) -> None:
    lead = api.post("leads", JANE).json()["id"]

    response = api.patch(f"leads/{lead}", {"first_name": "Janet", "birth_year": None, "phone": ""})

    assert response.status_code == 200
    body = response.json()
    assert (body["first_name"], body["last_name"], body["birth_year"], body["phone"]) == (
        "Janet",
        "Doe",
        None,
        "",
    )
    change = Activity.objects.get(lead=lead, type__slug="lead.updated")
    assert change.properties == {
        "before": {"first_name": "Jane", "birth_year": 1980, "phone": "+4930901820"},
        "after": {"first_name": "Janet", "birth_year": None, "phone": ""},
        "by": "edit",
        "key": "tracker",
    }


def test_a_change_that_changes_nothing_writes_nothing(api: Caller) -> None:
    lead = api.post("leads", JANE).json()["id"]
    before, updated_at = stored(), Lead.objects.get().updated_at

    assert api.patch(f"leads/{lead}", {"first_name": "Jane", "country": "DE"}).status_code == 200

    assert stored() == before
    assert Lead.objects.get().updated_at == updated_at


def test_the_country_of_a_lead_tells_how_to_read_their_phone_number(api: Caller) -> None:
    lead = api.post("leads", {"first_name": "J", "country": "DE"}).json()["id"]

    assert api.patch(f"leads/{lead}", {"phone": "030 901820"}).json()["phone"] == "+4930901820"


def test_a_lead_can_change_its_company_and_leave_it(api: Caller) -> None:
    lead = api.post("leads", {"first_name": "J", "company": "Acme"}).json()["id"]

    moved = api.patch(f"leads/{lead}", {"company": {"name": "Umbrella", "industry": "Pharma"}}).json()
    assert (moved["company"]["name"], moved["company"]["industry"]) == ("Umbrella", "Pharma")
    assert api.patch(f"leads/{lead}", {"company": None}).json()["company"] is None


def test_what_is_learnt_of_a_company_lets_all_who_work_there_be_scored_again(api: Caller) -> None:
    leads = [
        api.post("leads", {"first_name": str(number), "company": "Acme"}).json()["id"] for number in range(3)
    ]
    ScoringRequest.objects.all().delete()

    api.patch(f"leads/{leads[0]}", {"company": {"employees": 500}})

    assert Company.objects.get().employees == 500
    assert set(ScoringRequest.objects.values_list("lead", flat=True)) == set(leads)


def test_whoever_opts_out_of_scoring_loses_the_score_at_once(api: Caller) -> None:
    lead = api.post("leads", JANE).json()["id"]
    score_waiting(now=timezone.now())
    assert api.get(f"leads/{lead}").json()["score"] is not None

    body = api.patch(f"leads/{lead}", {"do_not_score": True}).json()

    assert (body["score"], body["grade"], body["temperature"], body["reasons"]) == (None, None, None, [])
    score_waiting(now=timezone.now())
    assert api.get(f"leads/{lead}/score").json()["opted_out"]
    assert api.get(f"leads/{lead}").json()["score"] is None


def test_custom_fields_are_checked_and_merged(api: Caller) -> None:
    for key, kind in (("seats", "number"), ("vip", "boolean"), ("since", "date"), ("note", "text")):
        CustomField.objects.create(key=key, label=key, kind=kind)
    facts = {"first_name": "J", "attributes": {"seats": 5, "vip": True, "since": "2026-01-31"}}
    lead = api.post("leads", facts).json()["id"]

    body = api.patch(f"leads/{lead}", {"attributes": {"seats": 6, "vip": None, "note": "x"}}).json()

    assert body["attributes"] == {"seats": 6, "since": "2026-01-31", "note": "x"}
    for key, value in (
        ("seats", "many"),
        ("vip", "x"),
        ("since", "31.1."),
        ("note", 5),
        ("seats", float(2**60)),
    ):
        response = api.patch(f"leads/{lead}", {"attributes": {key: value}})
        assert set(faults(response)) == {f"#/attributes/{key}"}


def test_an_address_that_somebody_else_has_is_a_conflict(api: Caller) -> None:
    api.post("leads", {"email": "a@example.com"})
    other = api.post("leads", {"email": "b@example.com"}).json()["id"]
    before = stored()

    response = api.patch(f"leads/{other}", {"email": "A@example.com", "first_name": "X"})

    assert response.status_code == 409
    assert set(faults(response)) == {"#/email"}
    assert stored() == before
    assert Lead.objects.get(pk=other).first_name == ""


@pytest.mark.parametrize("path", ["leads/987654321", "leads/987654321/score", "leads/99999999999999999999"])
def test_a_lead_that_does_not_exist_is_not_found(api: Caller, path: str) -> None:
    assert api.get(path).status_code == 404


def test_a_score_is_explained_by_lines_that_sum_to_it(api: Caller) -> None:
    lead = api.post("leads", JANE).json()["id"]
    for kind in ("demo_requested", "page_view", "page_view", "unsubscribed"):
        api.post("activities", {"lead": {"id": lead}, "type": kind})
    unscored = api.get(f"leads/{lead}/score").json()
    assert (unscored["score"], unscored["lines"]) == (None, [])
    score_waiting(now=timezone.now())

    body = api.get(f"leads/{lead}/score").json()

    assert body["lines"]
    assert sum(Decimal(line["points"]) for line in body["lines"]) == body["score"]
    assert body["version"] == 1


@pytest.fixture
def people() -> Callable[[str], User]:
    def make(role: str) -> User:
        user = User.objects.create_user(username=role)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


def test_people_who_are_signed_in_use_it_with_the_rights_they_have(
    api: Caller, people: Callable[[str], User], settings: Any
) -> None:
    lead = api.post("leads", JANE).json()["id"]
    rep, marketer = people("rep"), people("marketer")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(marketer)
    assert browser.get(f"/api/v1/leads/{lead}").status_code == 200
    no_token = browser.patch(f"/api/v1/leads/{lead}", {"city": "Bonn"}, content_type="application/json")
    assert no_token.status_code == 403

    browser = Client()
    browser.force_login(marketer)
    assert (
        browser.patch(f"/api/v1/leads/{lead}", {"city": "Bonn"}, content_type="application/json").status_code
        == 403
    )
    assert (
        browser.post("/api/v1/leads", {"first_name": "X"}, content_type="application/json").status_code == 403
    )
    assert browser.post("/api/v1/activities", {}, content_type="application/json").status_code == 403

    Lead.objects.filter(pk=lead).update(owner=rep)
    browser.force_login(rep)
    assert (
        browser.patch(f"/api/v1/leads/{lead}", {"city": "Bonn"}, content_type="application/json").status_code
        == 200
    )
    assert browser.get("/api/v1/leads?owner=me").json()["results"][0]["city"] == "Bonn"

    settings.REPS_SEE = "own"
    Lead.objects.filter(pk=lead).update(owner=marketer)
    for path in (f"leads/{lead}", f"leads/{lead}/score", f"activities?lead={lead}"):
        assert browser.get(f"/api/v1/{path}").status_code == 404
    hidden = browser.patch(f"/api/v1/leads/{lead}", {"city": "Ulm"}, content_type="application/json")
    assert hidden.status_code == 404
    assert Lead.objects.get(pk=lead).city == "Bonn"


@pytest.mark.parametrize("path", ["leads/{}", "leads/{}/score", "activities?lead={}"])
def test_reading_takes_the_same_few_statements_however_much_there_is(api: Caller, path: str) -> None:
    lead = api.post("leads", JANE).json()["id"]

    def statements() -> int:
        score_waiting(now=timezone.now())
        api.get(path.format(lead))  # what is compiled once for a version
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path.format(lead)).status_code == 200
        return len(queries)

    api.post("activities", {"lead": {"id": lead}, "type": "login"})
    few = statements()
    api.post("activities/batch", [{"lead": {"id": lead}, "type": "page_view"}] * 20)
    # Why it has its score, how it goes on, what would change it, and what other models say.
    assert statements() == few <= (12 if path.endswith("score") else 7)


def test_a_lead_that_waits_says_since_when_and_until_when(api: Caller) -> None:
    lead = Lead.objects.create(email="waits@example.com", stage="mql", stage_changed_at=timezone.now())
    quiet = api.get(f"leads/{lead.pk}").json()
    assert [quiet[name] for name in ("waits_since", "answer_due_at", "answered_at")] == [None, None, None]

    [clock] = hand_over(lead_ids=[lead.pk], now=timezone.now())

    waiting = api.get(f"leads/{lead.pk}").json()
    assert parse_datetime(waiting["waits_since"]) == clock.clock_started_at
    assert parse_datetime(waiting["answer_due_at"]) == clock.due_at
    assert waiting["answered_at"] is None
