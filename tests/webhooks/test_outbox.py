"""What happens is announced in its transaction, to those who listen, and nothing else is written."""

from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Company, EventType, OutgoingEvent, WebhookDelivery, WebhookEndpoint
from leadapp.outbox import announce, is_heard
from tests.qualification.build import make_lead, make_user
from tests.webhooks.build import NOW, make_endpoint, say

pytestmark = pytest.mark.django_db

URL = "https://crm.example/hooks"


@pytest.fixture(autouse=True)
def no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadapp.outbox.wake", lambda task: None)


def test_each_listening_endpoint_gets_a_delivery_of_one_event() -> None:
    make_endpoint(URL)
    make_endpoint("https://shop.example/hooks", [EventType.CREATED])
    make_endpoint("https://deaf.example/hooks", [EventType.WON])
    lead = make_lead()
    say(lead)
    event = OutgoingEvent.objects.get()
    found = WebhookDelivery.objects.filter(event=event, lead=lead, state="waiting", due_at=NOW)
    assert sorted(found.values_list("endpoint__url", flat=True)) == [URL, "https://shop.example/hooks"]


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_leads_takes_one_statement(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_endpoint(URL)
    leads = [make_lead() for _ in range(count)]
    with django_assert_num_queries(1):
        say(*leads)
    assert list(OutgoingEvent.objects.order_by("pk").values_list("lead_id", flat=True)) == [
        lead.pk for lead in leads
    ]


def test_where_nobody_listens_nothing_is_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_endpoint(URL, [EventType.WON])
    switched_off = make_endpoint("https://off.example/hooks")
    WebhookEndpoint.objects.filter(pk=switched_off.pk).update(is_active=False)
    lead = make_lead()
    with django_assert_num_queries(1):
        say(lead)
    assert not OutgoingEvent.objects.exists()
    assert not is_heard(EventType.CREATED)
    assert is_heard(EventType.WON)


def test_no_lead_takes_no_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        announce(type=EventType.CREATED, details={}, now=NOW)


def test_what_is_taken_back_was_never_announced() -> None:
    make_endpoint(URL)
    lead = make_lead()
    with transaction.atomic():
        say(lead)
        transaction.set_rollback(True)
    assert not OutgoingEvent.objects.exists()


def test_an_event_tells_the_lead_as_it_was_then(settings: Any) -> None:
    settings.LEADAPP_ADDRESS = "https://leads.example"
    make_endpoint(URL)
    owner = make_user("jonas", "rep")
    company = Company.objects.create(name="Vögele")
    lead = make_lead(score=130, first_name="Annelie", company=company, owner=owner, do_not_call=True)
    say(lead, before=None, after="jonas")
    lead.first_name = "Anna"
    lead.save()
    assert OutgoingEvent.objects.get().data == {
        "before": None,
        "after": "jonas",
        "lead": {
            "id": lead.pk,
            "email": lead.email,
            "first_name": "Annelie",
            "last_name": "",
            "company": "Vögele",
            "source": "",
            "stage": "lead",
            "status": "open",
            "score": 130,
            "grade": "A1",
            "temperature": "hot",
            "owner": {"id": owner.pk, "username": "jonas"},
            "do_not_email": False,
            "do_not_call": True,
            "do_not_score": False,
            "created_at": "2026-11-19T10:00:00Z",
            "url": f"https://leads.example/leads/{lead.pk}/",
            "api_url": f"https://leads.example/api/v1/leads/{lead.pk}",
        },
    }


def test_what_is_not_known_of_a_lead_is_null() -> None:
    make_endpoint(URL)
    lead = make_lead()
    say(lead)
    told = OutgoingEvent.objects.get().data["lead"]
    assert [told[name] for name in ("company", "score", "grade", "temperature", "owner")] == [None] * 5


def test_a_lead_that_is_erased_takes_its_events_along() -> None:
    make_endpoint(URL)
    lead, other = make_lead(), make_lead()
    say(lead, other)
    lead.delete()
    assert OutgoingEvent.objects.get().lead == other
    assert WebhookDelivery.objects.get().lead == other
