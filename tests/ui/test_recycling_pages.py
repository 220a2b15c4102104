"""Nurture, reasons, deals and advocates as the lead page and the list show them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Lead, User
from qualification.models import AdvocacyChange, Deal, DisqualifyReason, WakeUp
from qualification.services.customers.deals import DealFacts, add_deal, void_deal
from qualification.services.moves import disqualify_lead, nurture_lead
from qualification.services.recycling.wake_ups import Waking
from tests.ui.lead_build import as_user, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def html_of(user: User, lead: Lead, tab: str = "") -> str:
    """Return the lead page as somebody sees it."""
    return as_user(user).get(f"/leads/{lead.pk}/{tab}").content.decode()


def seen(lead: Lead) -> dict[str, str]:
    """Return what a form says that the person saw."""
    return {"seen_stage": lead.stage, "seen_status": lead.status}


@pytest.mark.parametrize(
    ("waking", "wishes", "says"),
    [
        (Waking(date(2030, 3, 3), 400), {}, "Rests until 3 March 2030, or from 400 points."),
        (Waking(date(2030, 3, 3)), {}, "Rests until 3 March 2030."),
        (Waking(), {}, "Rests until somebody reopens it."),
        (
            Waking(date(2030, 3, 3)),
            {"do_not_email": True, "do_not_call": True},
            "Wants no contact, so it rests until somebody reopens it.",
        ),
    ],
)
def test_a_lead_in_nurture_says_until_when(
    waking: Waking, wishes: dict[str, bool], says: str, people: People
) -> None:
    lead = new_lead(people["owner"])
    nurture_lead(
        lead=lead, seen_stage="lead", actor=None, reason="Budget in spring", now=timezone.now(), waking=waking
    )
    Lead.objects.filter(pk=lead.pk).update(**wishes)
    html = html_of(people["owner"], lead)
    assert says in html
    assert "Change when it wakes" in html


def test_nurture_offers_three_months_and_keeps_what_was_chosen(people: People) -> None:
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    form = client.get(f"/leads/{lead.pk}/nurture/").context["form"]
    assert (form["wake_on"].value() - timezone.localdate()).days == 90
    client.post(f"/leads/{lead.pk}/nurture/", seen(lead) | {"reason": "Spring", "wake_score": "400"})
    assert WakeUp.objects.get(lead=lead).wake_score == 400
    client.post(f"/leads/{lead.pk}/wake-up/", {"wake_on": "2030-03-03"})
    running = WakeUp.objects.get(lead=lead, ended_at=None)
    assert (running.wake_on, running.wake_score) == (date(2030, 3, 3), None)


@pytest.mark.parametrize(
    ("wake", "field"), [({"wake_on": "2020-01-01"}, "wake_on"), ({"wake_score": "1"}, "wake_score")]
)
def test_what_would_wake_at_once_is_told_beside_its_field(
    wake: dict[str, str], field: str, people: People
) -> None:
    lead = new_lead(people["owner"])
    assert (lead.score or 0) >= 1
    answer = as_user(people["owner"]).post(f"/leads/{lead.pk}/nurture/", seen(lead) | {"reason": "x"} | wake)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not WakeUp.objects.exists()


def test_only_reasons_that_are_offered_can_be_chosen(people: People) -> None:
    DisqualifyReason.objects.filter(code="duplicate").update(is_active=False)
    lead, client = new_lead(people["owner"]), as_user(people["owner"])
    html = client.get(f"/leads/{lead.pk}/disqualify/").content.decode()
    assert "Went with a competitor" in html
    assert "Duplicate" not in html
    for data in ({"reason_code": "duplicate"}, {"reason_code": "other"}):
        assert client.post(f"/leads/{lead.pk}/disqualify/", seen(lead) | data).status_code == 422
    client.post(f"/leads/{lead.pk}/disqualify/", seen(lead) | {"reason_code": "competitor", "reason": "Acme"})
    assert "Disqualified: Went with a competitor: Acme." in html_of(people["owner"], lead)


def customer_of(owner: User) -> Lead:
    """Make a customer with three deals in two currencies, one of them voided."""
    lead, now = new_lead(owner), timezone.now()
    Lead.objects.filter(pk=lead.pk).update(stage="customer")
    lead.refresh_from_db()
    for value, currency, product in [
        ("1000.10", "EUR", "Line 1"),
        ("2000.20", "EUR", "Line 2"),
        ("5", "USD", "Pen"),
    ]:
        facts = DealFacts(Decimal(value), currency, now.date(), product)
        deal = add_deal(lead=lead, deal=facts, actor=owner, now=now)
    void_deal(deal=deal, reason="A gift", actor=owner, now=now)
    return lead


def test_deals_are_listed_with_totals_and_voided_ones_with_their_reason(people: People) -> None:
    lead = customer_of(people["owner"])
    html = html_of(people["owner"], lead, "stages/")
    assert "3,000.30 EUR" in html
    assert "<s>5.00 USD</s>" in html
    assert "A gift" in html
    assert "2 deals" in html_of(people["owner"], lead)


def test_a_deal_of_another_lead_is_not_found(people: People) -> None:
    lead = customer_of(people["owner"])
    other = new_lead(people["owner"], email="other@x.example")
    deal = Deal.objects.filter(lead=lead, voided_at=None).first()
    assert deal is not None
    client = as_user(people["owner"])
    assert client.post(f"/leads/{other.pk}/deals/{deal.pk}/void/", {"reason": "x"}).status_code == 404


def test_money_that_does_not_exist_is_told_beside_its_field(people: People) -> None:
    lead = customer_of(people["owner"])
    client, before = as_user(people["owner"]), Deal.objects.count()
    for data, field in [({"currency": "xyz"}, "currency"), ({"currency": "jpy", "value": "1.50"}, "value")]:
        sent = {"value": "1", "currency": "eur", "won_on": "2026-01-05"} | data
        answer = client.post(f"/leads/{lead.pk}/deals/new/", sent)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
    assert Deal.objects.count() == before


def test_who_speaks_for_us_is_shown_with_its_history_and_can_be_filtered(people: People) -> None:
    lead = customer_of(people["owner"])
    new_lead(people["owner"], email="other@x.example", last_name="Other")
    client = as_user(people["owner"])
    client.post(f"/leads/{lead.pk}/advocacy/", {"advocacy": "reference", "note": "Not in December"})
    assert AdvocacyChange.objects.get().note == "Not in December"
    html = html_of(people["owner"], lead, "stages/")
    assert "Not in December" in html
    assert "<b>reference</b>" in html
    found = client.get("/", {"advocacy": "reference,fan"}).content.decode()
    assert "Großmann" in found
    assert "Other" not in found


def test_the_list_can_be_narrowed_to_a_reason(people: People) -> None:
    lead = new_lead(people["owner"])
    new_lead(people["owner"], email="other@x.example", last_name="Other")
    disqualify_lead(lead=lead, seen_stage="lead", actor=None, reason_code="no_budget", now=timezone.now())
    client = as_user(people["owner"])
    page: Any = client.get("/", {"reason": "no_budget"})
    assert "Großmann" in page.content.decode()
    assert "Other" not in page.content.decode()
    assert "No budget" in page.content.decode()
    assert (
        'value="no_budget" selected'
        in client.get("/leads/filters/", {"reason": "no_budget"}).content.decode()
    )
