"""Leads in the admin: facts through the lead services, moves through the gates, the rest is read."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Activity, Company, CustomField, Lead, User
from qualification.models import BantAnswer, Deal, StageChange
from scoring.models import ScoringRequest
from tests.admin.build import errors_of, goes_to, said, shown
from tests.admin.conftest import As
from tests.qualification.build import confirm, everything, log, make_good_lead, make_lead


def lead_url(lead: Lead) -> str:
    return reverse("admin:leadapp_lead_change", args=[lead.pk])


def move_url(*leads: Lead) -> str:
    return f"{reverse('admin:leadapp_lead_move')}?ids={','.join(str(lead.pk) for lead in leads)}"


def seen(*leads: Lead) -> dict[str, str]:
    return {f"seen-{lead.pk}": f"{lead.stage}:{lead.status}" for lead in leads}


def test_facts_are_written_by_the_lead_services(as_: As, manager: User) -> None:
    lead, client = make_good_lead(), as_(manager)
    answer = client.post(
        lead_url(lead), shown(client.get(lead_url(lead)), job_title="CFO", email="Neu@Firm.example")
    )
    assert answer.status_code == 302
    lead.refresh_from_db()
    assert (lead.job_title, lead.email) == ("CFO", "neu@firm.example")
    record = Activity.objects.get(lead=lead, type__slug="lead.updated")
    assert record.properties["after"] == {"email": "neu@firm.example", "job_title": "CFO"}
    assert (record.actor, record.source) == (manager, "admin")
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_company_and_own_fields_are_facts_as_well(as_: As, manager: User) -> None:
    CustomField.objects.create(key="machines", label="Machines", kind="number")
    lead, client = make_good_lead(company=None), as_(manager)
    company = Company.objects.create(name="Northwick", domain="northwick.example")
    client.post(lead_url(lead), shown(client.get(lead_url(lead)), company=str(company.pk), own_machines="12"))
    lead.refresh_from_db()
    assert lead.company == company
    assert lead.attributes == {"machines": 12}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"phone": "call me"}, "phone"),
        ({"linkedin_url": "https://example.com/me"}, "linkedin_url"),
        ({"country": "Germany"}, "country"),
        ({"country": "D1"}, "country"),
        ({"birth_year": "1700"}, "birth_year"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_wrong_fact_is_named_at_its_field(
    as_: As, manager: User, changes: dict[str, Any], place: str
) -> None:
    lead, client, before = make_good_lead(), as_(manager), everything()
    before = everything()
    answer = client.post(lead_url(lead), shown(client.get(lead_url(lead)), **changes))
    assert place in errors_of(answer)
    assert everything() == before
    assert not Activity.objects.exists()


def test_an_address_that_somebody_has_is_refused(as_: As, manager: User) -> None:
    taken, lead, client = make_good_lead(), make_good_lead(), as_(manager)
    answer = client.post(lead_url(lead), shown(client.get(lead_url(lead)), email=str(taken.email)))
    assert "email" in errors_of(answer)


def test_a_lead_is_made(as_: As, manager: User) -> None:
    client, url = as_(manager), reverse("admin:leadapp_lead_add")
    answer = client.post(url, shown(client.get(url), first_name="Ada", email="ada@firm.example"))
    assert answer.status_code == 302
    lead = Lead.objects.get(email="ada@firm.example")
    assert Activity.objects.filter(lead=lead, type__slug="lead.created", actor=manager).exists()
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_stage_score_and_owner_cannot_be_typed(as_: As, manager: User) -> None:
    lead, client = make_good_lead(), as_(manager)
    forged = {
        "stage": "customer",
        "status": "nurture",
        "score": "999",
        "owner": str(manager.pk),
        "grade": "A1",
    }
    client.post(lead_url(lead), shown(client.get(lead_url(lead)), **forged))
    lead.refresh_from_db()
    assert (lead.stage, lead.status, lead.score, lead.owner) == ("lead", "open", 60, None)


def test_leads_move_one_by_one_and_each_refusal_is_told(as_: As, manager: User) -> None:
    good, closed = make_good_lead(), make_lead(first_name="Closed", last_name="Gate")
    data = {"what": "mql", "reason": "", **seen(good, closed)}
    answer = as_(manager).post(move_url(good, closed), data, follow=True)
    good.refresh_from_db()
    closed.refresh_from_db()
    assert (good.stage, closed.stage) == ("mql", "lead")
    assert "Closed Gate:" in said(answer)
    assert "1 of 2: move to MQL, done." in said(answer)
    assert StageChange.objects.get().actor == manager


def test_a_manager_moves_past_a_gate_with_a_reason(as_: As, manager: User) -> None:
    lead = make_lead()
    as_(manager).post(move_url(lead), {"what": "mql", "reason": "Known from the fair", **seen(lead)})
    assert StageChange.objects.get(lead=lead).move == "override"


def test_a_move_of_what_changed_meanwhile_is_refused(as_: As, manager: User) -> None:
    lead = make_good_lead()
    old = seen(lead)
    Lead.objects.filter(pk=lead.pk).update(stage="mql")
    answer = as_(manager).post(move_url(lead), {"what": "mql", "reason": "", **old})
    assert "meanwhile" in said(answer)
    assert not StageChange.objects.exists()


@pytest.mark.parametrize("what", ["nurture", "disqualify", "lead"])
def test_going_back_needs_a_reason(as_: As, manager: User, what: str) -> None:
    lead = make_good_lead(stage="mql")
    client = as_(manager)
    client.post(move_url(lead), {"what": what, "reason": "", **seen(lead)})
    assert not StageChange.objects.exists()
    client.post(move_url(lead), {"what": what, "reason": "No project", **seen(lead)})
    assert StageChange.objects.get().reason == "No project"


def test_a_lead_becomes_a_customer_with_its_deal(as_: As, manager: User) -> None:
    lead = make_good_lead(stage="sql")
    confirm(lead, now=timezone.now())
    log(lead, "quote_requested")
    client = as_(manager)
    data = {"what": "customer", "reason": "", "currency": "EUR", **seen(lead)}
    client.post(move_url(lead), data)
    assert not Deal.objects.exists()
    client.post(move_url(lead), {**data, "value": "48000", "won_on": "2026-11-20", "product": "Plant"})
    lead.refresh_from_db()
    assert lead.stage == "customer"
    assert Deal.objects.get().product == "Plant"


def test_the_action_of_the_list_leads_to_the_question(as_: As, manager: User) -> None:
    leads = [make_good_lead(), make_good_lead()]
    url = reverse("admin:leadapp_lead_changelist")
    data = {"action": "move", "_selected_action": [str(lead.pk) for lead in leads]}
    answer = as_(manager).post(url, data, follow=True)
    assert answer.status_code == 200
    assert "Move 2 leads" in answer.content.decode()


@pytest.mark.parametrize("ids", ["", "x", "1;2", ",".join(map(str, range(101)))])
def test_moving_nothing_or_too_much_is_not_found(as_: As, manager: User, ids: str) -> None:
    assert as_(manager).get(f"{reverse('admin:leadapp_lead_move')}?ids={ids}").status_code == 404


def test_bant_is_answered_through_the_service(as_: As, manager: User) -> None:
    lead = make_good_lead()
    url = reverse("admin:leadapp_lead_bant", args=[lead.pk])
    data = {"dimension": "budget", "state": "confirmed", "value": "€60,000", "source": "call"}
    client = as_(manager)
    assert goes_to(client.post(url, data)) == lead_url(lead)
    answer = BantAnswer.objects.get(lead=lead)
    assert (answer.value, answer.author) == ("€60,000", manager)
    assert "€60,000" in client.get(lead_url(lead)).content.decode()


def test_a_marketer_reads_leads_and_changes_nothing(as_: As, marketer: User, manager: User) -> None:
    lead = make_good_lead()
    data = shown(as_(manager).get(lead_url(lead)), job_title="CFO")
    before, client = everything(), as_(marketer)
    assert client.get(lead_url(lead)).status_code == 200
    assert client.post(lead_url(lead), data).status_code == 403
    assert client.post(move_url(lead), {"what": "mql", "reason": "x", **seen(lead)}).status_code == 403
    assert (
        client.post(reverse("admin:leadapp_lead_bant", args=[lead.pk]), {"dimension": "need"}).status_code
        == 403
    )
    assert (
        client.post(reverse("admin:leadapp_lead_delete", args=[lead.pk]), {"post": "yes"}).status_code == 403
    )
    assert everything() == before


def test_activities_are_voided_with_a_reason(as_: As, manager: User) -> None:
    lead = make_good_lead()
    wrong, right = log(lead, "email_clicked"), log(lead, "page_view")
    url = f"{reverse('admin:leadapp_activity_void')}?ids={wrong.pk}"
    client = as_(manager)
    assert client.post(url, {"reason": ""}).status_code == 200
    client.post(url, {"reason": "A mail scanner"})
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.void_reason, wrong.voided_by) == ("A mail scanner", manager)
    assert not right.is_voided
    assert ScoringRequest.objects.filter(lead=lead).exists()
    again = client.post(url, {"reason": "Twice"}, follow=True)
    assert "voided already" in said(again)


def test_activities_are_never_changed(as_: As, admin: User) -> None:
    activity = log(make_good_lead(), "page_view")
    client, url = as_(admin), reverse("admin:leadapp_activity_change", args=[activity.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"source": "forged"}).status_code == 403
    assert client.post(reverse("admin:leadapp_activity_delete", args=[activity.pk])).status_code == 403


def test_the_search_finds_names_addresses_and_companies(as_: As, manager: User) -> None:
    lead = make_good_lead(first_name="Sjoerd", company=Company.objects.create(name="Waterland Logistiek"))
    make_good_lead()
    for text in ("sjoer", "waterl", str(lead.email)[:5] + "x"):
        page = as_(manager).get(reverse("admin:leadapp_lead_changelist"), {"q": text})
        found = [row.pk for row in page.context["cl"].result_list]
        assert found == ([lead.pk] if not text.endswith("x") else [])


def test_a_change_of_a_company_scores_its_leads(as_: As, admin: User) -> None:
    lead, client = make_good_lead(), as_(admin)
    url = reverse("admin:leadapp_company_change", args=[lead.company_id])
    assert client.post(url, shown(client.get(url), employees="480")).status_code == 302
    assert ScoringRequest.objects.get().lead == lead


def test_the_country_of_a_company_is_one_that_there_is(as_: As, admin: User) -> None:
    lead, client = make_good_lead(), as_(admin)
    url = reverse("admin:leadapp_company_change", args=[lead.company_id])
    answer = client.post(url, shown(client.get(url), country="XX"))
    assert "country" in answer.context["adminform"].form.errors
    assert not ScoringRequest.objects.exists()
