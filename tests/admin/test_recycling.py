"""Reasons, wake-ups, deals and advocates in the admin."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from leadapp.models import Lead, User
from qualification.models import AdvocacyChange, Deal, DisqualifyReason, WakeUp
from tests.admin.build import said
from tests.admin.conftest import As
from tests.qualification.build import everything, make_lead

REASONS = reverse("admin:qualification_disqualifyreason_changelist")


def move(as_: As, actor: User, *leads: Lead, **answers: Any) -> Any:
    """Answer the page that moves leads."""
    address = f"{reverse('admin:leadapp_lead_move')}?ids={','.join(str(lead.pk) for lead in leads)}"
    seen = {f"seen-{lead.pk}": f"{lead.stage}:{lead.status}" for lead in leads}
    return as_(actor).post(address, {"reason": "", **answers, **seen}, follow=True)


def test_marketers_edit_the_reasons(as_: As, marketer: User) -> None:
    client = as_(marketer)
    page = client.get(REASONS)
    assert "Went with a competitor" in page.content.decode()
    client.post(
        reverse("admin:qualification_disqualifyreason_add"),
        {"code": "sanctions", "label": "Under sanctions", "position": "5", "is_active": "on"},
    )
    assert DisqualifyReason.objects.get(code="sanctions").label == "Under sanctions"
    reason = DisqualifyReason.objects.get(code="no_need")
    change = reverse("admin:qualification_disqualifyreason_change", args=[reason.pk])
    client.post(change, {"code": "hacked", "label": "Has no use for it", "position": "1"})
    reason.refresh_from_db()
    assert (reason.code, reason.label, reason.is_active) == ("no_need", "Has no use for it", False)


def test_managers_see_reasons_and_change_none(as_: As, manager: User) -> None:
    client = as_(manager)
    assert client.get(REASONS).status_code == 200
    assert client.get(reverse("admin:qualification_disqualifyreason_add")).status_code == 403


def test_leads_are_counted_by_reason_in_one_query(as_: As, marketer: User, manager: User) -> None:
    leads = [make_lead() for _ in range(3)]
    move(as_, manager, *leads, what="disqualify", reason_code="no_need")
    html = as_(marketer).get(REASONS).content.decode()
    assert '<td class="field-lead_count">3</td>' in html


def test_nurture_takes_a_day_and_a_score(as_: As, manager: User) -> None:
    lead = make_lead()
    move(as_, manager, lead, what="nurture", reason="Spring", wake_on="2030-03-03", wake_score="400")
    wake_up = WakeUp.objects.get(lead=lead)
    assert (wake_up.wake_on, wake_up.wake_score, wake_up.set_by) == (date(2030, 3, 3), 400, manager)
    assert as_(manager).get(reverse("admin:qualification_wakeup_changelist")).status_code == 200


def test_a_customer_sets_out_anew(as_: As, manager: User) -> None:
    lead = make_lead(stage="customer")
    move(as_, manager, lead, what="opportunity:sql", reason="Second plant")
    lead.refresh_from_db()
    assert lead.stage == "sql"


def test_deals_are_added_and_voided(as_: As, manager: User, marketer: User) -> None:
    lead, client = make_lead(stage="customer"), as_(manager)
    address = reverse("admin:leadapp_lead_deal", args=[lead.pk])
    assert client.get(address).status_code == 200
    sent = {"value": "1200.50", "currency": "chf", "won_on": "2026-01-05", "product": "Training"}
    assert client.post(address, sent | {"currency": "xyz"}).status_code == 200  # asked again
    assert client.post(address, sent).status_code == 302
    deal = Deal.objects.get(lead=lead)
    assert (deal.currency, deal.created_by) == ("CHF", manager)

    void = f"{reverse('admin:qualification_deal_void')}?ids={deal.pk}"
    before = everything()
    assert as_(marketer).post(void, {"reason": "x"}).status_code == 403
    assert client.post(void, {"reason": ""}).status_code == 200
    assert everything() == before
    assert "voided" in said(client.post(void, {"reason": "Typed twice"}, follow=True))
    assert "already" in said(client.post(void, {"reason": "Again"}, follow=True))
    deal.refresh_from_db()
    assert deal.void_reason == "Typed twice"
    assert "Training" in client.get(reverse("admin:leadapp_lead_change", args=[lead.pk])).content.decode()


def test_who_speaks_for_us_is_noted(as_: As, manager: User, marketer: User) -> None:
    lead, client = make_lead(stage="customer"), as_(manager)
    address = reverse("admin:leadapp_lead_advocacy", args=[lead.pk])
    assert as_(marketer).post(address, {"advocacy": "fan"}).status_code == 403
    assert client.post(address, {"advocacy": "fan", "note": "Posted about us"}).status_code == 302
    assert AdvocacyChange.objects.get().actor == manager
    assert client.post(address, {"advocacy": "fan"}).status_code == 200  # it is one already
    assert client.get(reverse("admin:qualification_advocacychange_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["wakeup", "advocacychange", "deal"])
def test_history_is_read_only(name: str, as_: As, admin: User) -> None:
    assert as_(admin).get(reverse(f"admin:qualification_{name}_add")).status_code == 403
