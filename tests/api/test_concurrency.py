"""Many requests at once about one person, one event, one company: each is stored once, and nobody fails."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from leadapp.models import Activity, Company, Lead, LeadIdentifier
from scoring.models import ScoringRequest
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 8
Answers = list[Any]


def all_at_once(calls: list[Callable[[], Any]]) -> Answers:
    """Make the calls in threads of their own, each with its own connection, and begin them together."""
    start = threading.Barrier(len(calls))
    answers: Answers = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            answers[index] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def pusher(api: Caller, path: str, body: Any) -> Callable[[], Any]:
    mine = Caller("")
    mine.headers = api.headers
    return lambda: mine.post(path, body)


def test_first_submissions_of_one_person_make_one_lead(api: Caller) -> None:
    body = {"email": "jane@acme.example", "company": "Acme", "first_name": "Jane"}

    answers = all_at_once([pusher(api, "forms/demo-request/submissions", body) for _ in range(CLIENTS)])

    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["lead"] for answer in answers} == {Lead.objects.get().pk}
    assert len({answer.json()["id"] for answer in answers}) == CLIENTS
    assert Company.objects.count() == 1
    assert Activity.objects.filter(type__slug="demo_requested").count() == CLIENTS
    assert Activity.objects.filter(type__slug="lead.created").count() == 1
    assert ScoringRequest.objects.count() == CLIENTS


def test_first_events_of_one_person_known_by_another_systems_id_make_one_lead(api: Caller) -> None:
    events = [
        {"lead": {"external_id": "crm-1", "visitor_id": "v1", "company": "Acme"}, "type": "login"}
        for _ in range(CLIENTS)
    ]

    answers = all_at_once([pusher(api, "activities", event) for event in events])

    assert {answer.status_code for answer in answers} == {202}
    lead = Lead.objects.get()
    assert {answer.json()["lead"] for answer in answers} == {lead.pk}
    assert set(lead.identifiers.values_list("kind", "value")) == {("external", "crm-1"), ("visitor", "v1")}
    assert LeadIdentifier.objects.count() == 2
    assert Company.objects.count() == 1
    assert Activity.objects.filter(type__slug="lead.created").count() == 1


def test_one_event_sent_many_times_at_once_is_stored_once(api: Caller) -> None:
    event = {"lead": {"email": "jane@example.com"}, "type": "login", "external_id": "e1"}

    answers = all_at_once([pusher(api, "activities", event) for _ in range(CLIENTS)])

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.json()["repeated"] for answer in answers) == [False] + [True] * (CLIENTS - 1)
    assert Activity.objects.filter(type__slug="login").count() == 1


def test_batches_that_overlap_in_every_order_get_by(api: Caller) -> None:
    events = [
        {
            "lead": {
                "email": f"p{number}@firm{number % 5}.example",
                "external_id": f"crm-{number}",
                "visitor_id": f"v{number}",
                "company": f"Firm {number % 5}",
            },
            "type": "page_view",
            "external_id": f"e{number}",
        }
        for number in range(60)
    ]
    orders = [events, events[::-1], events[30:] + events[:30], events[::2] + events[1::2]]

    answers = all_at_once([pusher(api, "activities/batch", order) for order in orders * 2])

    assert {answer.status_code for answer in answers} == {202}, [answer.content[:300] for answer in answers]
    assert sum(answer.json()["accepted"] for answer in answers) == 60
    assert Lead.objects.count() == 60
    assert Activity.objects.filter(type__slug="page_view").count() == 60
    assert Activity.objects.filter(type__slug="lead.created").count() == 60
    assert LeadIdentifier.objects.count() == 120
    assert Company.objects.count() == 5


def test_changes_and_events_about_the_same_leads_get_by(api: Caller) -> None:
    batch = [{"lead": {"email": f"p{number}@example.com"}, "type": "login"} for number in range(20)]
    leads = [result["lead"] for result in api.post("activities/batch", batch).json()["results"]]
    filling = [
        {"lead": {"id": lead, "city": "Bonn", "company": {"name": "Acme", "employees": 5}}, "type": "login"}
        for lead in leads
    ]
    calls = [
        pusher(api, "activities/batch", filling),
        pusher(api, "activities/batch", filling[::-1]),
        *(_patcher(api, lead, {"city": "Ulm", "do_not_score": True}) for lead in leads[:4]),
    ]

    answers = all_at_once(calls)

    assert {answer.status_code for answer in answers} <= {200, 202}, [
        answer.content[:300] for answer in answers
    ]
    assert {lead.city for lead in Lead.objects.filter(pk__in=leads[:4])} == {"Ulm"}
    assert {lead.city for lead in Lead.objects.filter(pk__in=leads[4:])} == {"Bonn"}
    assert Company.objects.get().employees == 5
    for lead in leads[4:]:
        assert Activity.objects.filter(lead=lead, type__slug="lead.updated").count() == 1


def _patcher(api: Caller, lead: int, facts: dict[str, Any]) -> Callable[[], Any]:
    mine = Caller("")
    mine.headers = api.headers
    return lambda: mine.patch(f"leads/{lead}", facts)


def test_two_who_make_the_same_lead_at_once_make_one(api: Caller) -> None:
    for names in ({"email": "jane@example.com"}, {"external_id": "crm-1", "first_name": "Jane"}):
        Lead.objects.all().delete()
        answers = all_at_once([pusher(api, "leads", names) for _ in range(CLIENTS)])

        assert sorted(answer.status_code for answer in answers) == [201] + [409] * (CLIENTS - 1)
        assert Lead.objects.count() == 1
        assert Activity.objects.filter(type__slug="lead.created").count() == 1
