"""POST /api/v1/activities: an event becomes an activity, a lead, and a request for scoring."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import Activity, Lead, LeadIdentifier
from scoring.models import ScoringRequest
from tests.api.conftest import Caller, faults, stored

pytestmark = pytest.mark.django_db


def event(**more: Any) -> dict[str, Any]:
    return {"lead": {"email": "jane@example.com"}, "type": "page_view", **more}


def test_an_event_of_a_stranger_makes_a_lead_that_waits_for_its_score(api: Caller) -> None:
    response = api.post("activities", event(properties={"url": "/pricing"}))

    assert response.status_code == 202
    activity = Activity.objects.get(type__slug="page_view")
    assert response.json() == {"id": activity.pk, "lead": activity.lead_id, "repeated": False}
    assert activity.properties == {"url": "/pricing"}
    assert activity.source == "tracker"
    assert activity.lead.email == "jane@example.com"
    assert ScoringRequest.objects.filter(lead=activity.lead).exists()
    assert activity.lead.activities.filter(type__slug="lead.created").count() == 1


def test_an_event_of_somebody_known_finds_their_lead_however_the_address_is_written(api: Caller) -> None:
    first = api.post("activities", event()).json()
    again = api.post("activities", event(lead={"email": "  JANE@Example.COM "})).json()

    assert first["lead"] == again["lead"]
    assert Lead.objects.count() == 1


def test_a_repeated_event_is_answered_with_the_same_id_and_stored_once(api: Caller) -> None:
    first = api.post("activities", event(external_id="e1")).json()
    before = stored()

    again = api.post("activities", event(external_id="e1", lead={"email": "other@example.com"}))

    assert again.status_code == 202
    assert again.json() == {**first, "repeated": True}
    assert stored() == before


def test_the_same_external_id_from_another_source_is_another_event(api: Caller) -> None:
    api.post("activities", event(external_id="e1"))
    other = api.post("activities", event(external_id="e1", source="webinar tool"))

    assert not other.json()["repeated"]
    assert Activity.objects.filter(external_id="e1").count() == 2


def test_an_event_brings_facts_that_fill_gaps_and_replace_nothing(api: Caller) -> None:
    api.post("leads", {"email": "jane@example.com", "job_title": "CTO"})

    facts = {"email": "jane@example.com", "job_title": "Intern", "city": "Bonn", "company": "Acme"}
    api.post("activities", event(lead=facts))

    lead = Lead.objects.get()
    assert (lead.job_title, lead.city) == ("CTO", "Bonn")
    assert lead.company is not None
    assert lead.company.name == "Acme"
    change = lead.activities.get(type__slug="lead.updated")
    assert change.properties == {
        "before": {"city": "", "company": None},
        "after": {"city": "Bonn", "company": "Acme"},
        "by": "event",
        "key": "tracker",
    }


def test_a_lead_can_be_named_by_its_id_or_by_another_systems_id(api: Caller) -> None:
    lead = api.post("leads", {"external_id": "crm-7", "first_name": "Jane"}).json()["id"]

    assert api.post("activities", event(lead={"id": lead})).json()["lead"] == lead
    assert api.post("activities", event(lead={"external_id": "crm-7"})).json()["lead"] == lead


def test_a_visitor_id_that_came_with_an_address_is_enough_from_then_on(api: Caller) -> None:
    lead = api.post("activities", event(lead={"email": "a@example.com", "visitor_id": "v1"})).json()["lead"]

    assert api.post("activities", event(lead={"visitor_id": "v1"})).json()["lead"] == lead


def test_another_systems_id_decides_where_it_and_the_address_disagree(api: Caller) -> None:
    by_id = api.post("activities", event(lead={"external_id": "crm-1"})).json()["lead"]
    by_email = api.post("activities", event(lead={"email": "jane@example.com"})).json()["lead"]

    both = api.post("activities", event(lead={"external_id": "crm-1", "email": "jane@example.com"}))

    assert both.json()["lead"] == by_id != by_email
    assert Lead.objects.get(pk=by_id).email is None


def test_a_new_address_of_somebody_known_by_another_id_fills_the_gap(api: Caller) -> None:
    lead = api.post("activities", event(lead={"external_id": "crm-1"})).json()["lead"]

    api.post("activities", event(lead={"external_id": "crm-1", "email": "jane@example.com"}))

    assert Lead.objects.get(pk=lead).email == "jane@example.com"
    assert api.post("activities", event()).json()["lead"] == lead


def test_an_odd_phone_number_costs_nobody_their_event(api: Caller) -> None:
    response = api.post("activities", event(lead={"email": "jane@example.com", "phone": "call me"}))

    activity = Activity.objects.get(pk=response.json()["id"])
    assert activity.lead.phone == ""
    assert "phone number" in activity.properties["not_understood"]["phone"]["reason"]
    assert activity.properties["not_understood"]["phone"]["given"] == "call me"


def test_an_odd_phone_number_that_is_the_only_name_is_named(api: Caller) -> None:
    response = api.post("activities", event(lead={"phone": "call me"}))

    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["field"], "phone number" in error["detail"]) == ("lead.phone", True)
    assert not Lead.objects.exists()


def test_unsubscribing_stops_email_at_once(api: Caller) -> None:
    lead = api.post("activities", event(type="unsubscribed")).json()["lead"]
    assert Lead.objects.get(pk=lead).do_not_email

    api.post("leads", {"email": "other@example.com"})
    api.post("activities", event(type="unsubscribed", lead={"email": "other@example.com"}))
    assert Lead.objects.get(email="other@example.com").do_not_email


def test_an_opt_out_that_comes_with_an_event_holds_and_no_event_takes_it_back(api: Caller) -> None:
    api.post("activities", event())
    api.post("activities", event(lead={"email": "jane@example.com", "do_not_score": True}))
    api.post("activities", event(lead={"email": "jane@example.com", "do_not_score": False}))

    assert Lead.objects.get().do_not_score


@pytest.mark.parametrize(
    ("ahead", "is_taken"),
    [(timedelta(minutes=4), True), (timedelta(minutes=6), False), (timedelta(days=-3700), False)],
)
def test_a_clock_may_be_five_minutes_ahead_and_an_event_ten_years_old(
    api: Caller, ahead: timedelta, is_taken: bool
) -> None:
    before, now = stored(), timezone.now()

    response = api.post("activities", event(occurred_at=(now + ahead).isoformat()))

    if is_taken:
        activity = Activity.objects.get(pk=response.json()["id"])
        assert activity.occurred_at == activity.received_at
    else:
        assert response.status_code == 422
        assert set(faults(response)) == {"#/occurred_at"}
        assert stored() == before


def test_a_time_keeps_its_zone_and_without_one_is_utc(api: Caller) -> None:
    for text, hour in (("2026-01-31T09:30:00+02:00", 7), ("2026-01-31T09:30:00", 9), ("2026-01-31", 0)):
        number = api.post("activities", event(occurred_at=text)).json()["id"]
        occurred_at: datetime = Activity.objects.get(pk=number).occurred_at
        assert occurred_at.hour == hour


def test_a_record_of_leadapps_own_cannot_be_pushed(api: Caller) -> None:
    response = api.post("activities", event(type="lead.updated"))

    assert response.status_code == 422
    assert set(faults(response)) == {"#/type"}


@pytest.mark.parametrize("already_known", [False, True])
def test_an_event_takes_few_statements(api: Caller, already_known: bool) -> None:
    if already_known:
        api.post("activities", event())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api.post("activities", event(external_id="e1"))
    counted = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    # Known: key, all in one. New, on top: type, repeat?, lead, whose further address?, company, lead, its
    # record and its event, activity, request.
    assert len(counted) == (2 if already_known else 12), [query["sql"][:90] for query in counted]


def test_names_of_one_lead_add_up(api: Caller) -> None:
    lead = {"email": "jane@example.com", "external_id": "crm-1", "visitor_id": "v1"}
    api.post("activities", event(lead=lead))
    api.post("activities", event(lead={"email": "jane@example.com", "external_id": "crm-2"}))

    names = set(LeadIdentifier.objects.values_list("kind", "value"))
    assert names == {("external", "crm-1"), ("external", "crm-2"), ("visitor", "v1")}
