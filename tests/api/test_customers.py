"""Deals, new opportunities and advocates through the API; refusals write nothing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead
from qualification.models import AdvocacyChange, Deal, DisqualifyReason
from qualification.services.moves import nurture_lead
from qualification.services.recycling.wake_ups import Waking
from tests.api.conftest import Caller, faults
from tests.qualification.build import NOW, everything, make_lead

pytestmark = pytest.mark.django_db

SOLD = {"value": "1200.50", "currency": "CHF", "won_on": "2026-01-05", "product": "Training"}


def refused(response: Any, status: int, before: dict[str, Any]) -> dict[str, str]:
    """Show that it was refused and nothing written; return the faults by field."""
    assert response.status_code == status, response.content
    assert everything() == before
    return faults(response)


def test_a_deal_is_added_listed_and_voided(api: Caller) -> None:
    lead = make_lead(stage="customer")
    added = api.post(f"leads/{lead.pk}/deals", SOLD)
    assert added.status_code == 201
    deal = Deal.objects.get(lead=lead)
    assert added.json() == {
        "id": deal.pk, "lead": lead.pk, "round": 1, "value": "1200.50", "currency": "CHF",
        "won_on": "2026-01-05", "product": "Training", "created_at": added.json()["created_at"],
        "created_by": None, "voided_at": None, "void_reason": "",
    }  # fmt: skip
    api.post(f"leads/{lead.pk}/deals", {"value": 0.1, "currency": "CHF", "won_on": "2026-01-06"})
    said = api.get(f"leads/{lead.pk}/deals").json()
    assert said["totals"] == [{"currency": "CHF", "value": "1200.60", "deals": 2}]
    assert [deal["won_on"] for deal in said["results"]] == ["2026-01-06", "2026-01-05"]

    voided = api.post(f"leads/{lead.pk}/deals/{deal.pk}/void", {"reason": "Sent twice"})
    assert voided.status_code == 200
    assert voided.json()["void_reason"] == "Sent twice"
    assert api.get(f"leads/{lead.pk}/deals").json()["totals"][0]["value"] == "0.10"
    before = everything()
    refused(api.post(f"leads/{lead.pk}/deals/{deal.pk}/void", {"reason": "Again"}), 409, before)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"value": "lots"}, "value"),
        ({"value": None}, "value"),
        ({"value": True}, "value"),
        ({"value": "1.005"}, "value"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": 5}, "currency"),
        ({"won_on": "5 January"}, "won_on"),
        ({"won_on": "2999-01-01"}, "won_on"),
        ({"product": 5}, "product"),
        ({"discount": 5}, "discount"),
    ],
)
def test_a_deal_that_makes_no_sense_is_refused_by_field(
    changed: dict[str, Any], field: str, api: Caller
) -> None:
    lead = make_lead(stage="customer")
    before = everything()
    assert f"#/{field}" in refused(api.post(f"leads/{lead.pk}/deals", SOLD | changed), 422, before)


def test_deals_belong_to_customers_and_to_their_lead(api: Caller, make_caller: Any) -> None:
    lead, other = make_lead(stage="sql"), make_lead(stage="customer")
    deal = Deal.objects.create(lead=other, value=Decimal(1), won_on=date(2026, 1, 5), created_at=NOW)
    before = everything()
    refused(api.post(f"leads/{lead.pk}/deals", SOLD), 422, before)
    refused(api.post(f"leads/{lead.pk}/deals/{deal.pk}/void", {"reason": "x"}), 404, before)
    refused(api.post("leads/999999/deals", SOLD), 404, before)
    reader = make_caller("read", name="reader")
    refused(reader.post(f"leads/{other.pk}/deals", SOLD), 403, before)
    assert reader.get(f"leads/{other.pk}/deals").status_code == 200


def test_a_customer_sets_out_anew(api: Caller) -> None:
    lead = make_lead(stage="customer")
    body = {"to_stage": "sql", "seen_stage": "customer", "reason": "Second plant"}
    said = api.post(f"leads/{lead.pk}/opportunity", body)
    assert (said.status_code, said.json()["move"], said.json()["to_stage"]) == (201, "opportunity", "sql")
    before = everything()
    refused(api.post(f"leads/{lead.pk}/opportunity", body), 409, before)
    assert "#/reason" in refused(
        api.post(f"leads/{lead.pk}/opportunity", body | {"reason": None}), 422, before
    )


def test_who_speaks_for_us_is_noted_and_shown(api: Caller) -> None:
    lead = make_lead(stage="customer")
    said = api.post(f"leads/{lead.pk}/advocacy", {"advocacy": "fan", "note": "Posted about us"})
    assert (said.status_code, said.json()["before"], said.json()["after"]) == (201, "none", "fan")
    assert api.get(f"leads/{lead.pk}").json()["advocacy"] == "fan"
    assert AdvocacyChange.objects.get().note == "Posted about us"
    before = everything()
    refused(api.post(f"leads/{lead.pk}/advocacy", {"advocacy": "fan"}), 409, before)
    refused(api.post(f"leads/{lead.pk}/advocacy", {"advocacy": "hero"}), 422, before)
    refused(api.post(f"leads/{make_lead().pk}/advocacy", {"advocacy": "fan"}), 422, everything())


def test_a_lead_says_why_it_is_out_and_until_when_it_rests(
    api: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    out, resting = make_lead(), make_lead()
    code = {"seen_stage": "lead", "reason_code": "competitor", "reason": "Acme"}
    api.post(f"leads/{out.pk}/disqualify", code)
    nurture_lead(
        lead=resting,
        seen_stage="lead",
        actor=None,
        reason="Spring",
        now=NOW,
        waking=Waking(date(2027, 3, 3), 90),
    )
    said = api.get(f"leads/{out.pk}").json()
    assert (said["reason_code"], said["status_reason"]) == ("competitor", "Went with a competitor: Acme")
    said = api.get(f"leads/{resting.pk}").json()
    assert (said["wake_on"], said["wake_score"], said["reason_code"]) == ("2027-03-03", 90, None)
    with django_assert_num_queries(6):
        api.get("leads")
    for _ in range(10):
        lead = make_lead()
        api.post(f"leads/{lead.pk}/disqualify", code)
    Lead.objects.filter(disqualify_reason=None).update(city="Bonn")
    with django_assert_num_queries(6):
        api.get("leads")


def test_reasons_are_listed_in_the_order_of_the_team(api: Caller) -> None:
    DisqualifyReason.objects.filter(code="duplicate").update(is_active=False)
    reasons = api.get("disqualify-reasons").json()["results"]
    assert reasons[0] == {"code": "no_need", "label": "No need", "needs_detail": False, "is_active": True}
    assert [reason["code"] for reason in reasons if not reason["is_active"]] == ["duplicate"]
