"""The page of a company: its leads, what happened, what was won, and the facts that people edit."""

import json
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from leadapp.models import Company, CompanyChange, Lead, User
from leadapp.services.leads.company_edits import facts_of_company
from leadapp.services.leads.edits import edit_lead
from qualification.models import Task
from scoring.models import ScoringRequest
from tests.ui.build import make_activity, make_lead
from tests.ui.conftest import As
from tests.ui.lead_build import everything
from tests.ui.test_companies import make_deal


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(
        name="Vögele", domain="voegele.example", industry="Machinery", employees=480, country="DE"
    )


def page_of(client: Client, company: Company, query: str = "") -> str:
    html = client.get(f"/companies/{company.pk}/{query}").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def answers(company: Company, **changes: str) -> dict[str, str]:
    known = facts_of_company(company)
    return {**known, **changes, "seen": json.dumps(known)}


def test_the_page_brings_its_leads_together(as_: As, rep: User, other_rep: User, company: Company) -> None:
    lead = make_lead(170, company="Vögele", owner=rep, last_name="Großmann", job_title="Head of Sales")
    make_activity(lead, "demo_requested")
    make_activity(lead, "page_view")
    colleague = make_lead(40, company="Vögele", owner=other_rep, last_name="Adler", stage="customer")
    make_deal(colleague, "48000")
    Task.objects.create(lead=lead, owner=rep, text="Send the case study", due_at=timezone.now())
    make_lead(199, last_name="Stranger")

    page = page_of(as_(rep), company)

    assert page.index("Ada Großmann") < page.index("Ada Adler")
    assert "Head of Sales" in page
    assert "Demo requested" in page or "Asked for a demo" in page
    assert "Page view" not in page.split("What happened")[1]
    assert "48,000 EUR" in page
    assert "Send the case study" in page
    assert "Stranger" not in page
    assert "New lead at this company" in page


def test_leads_that_a_rep_may_not_see_leave_nothing_on_the_page(
    as_: As, rep: User, other_rep: User, company: Company, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    lead = make_lead(170, company="Vögele", owner=other_rep, last_name="Hidden", stage="customer")
    make_activity(lead, "demo_requested")
    make_deal(lead, "48000")
    Task.objects.create(lead=lead, owner=other_rep, text="Secret task", due_at=timezone.now())

    page = page_of(as_(rep), company)

    assert "Machinery" in page
    assert "No lead that you may see works here" in page
    for hidden in ("Hidden", "48,000", "Secret task", "emo"):
        assert hidden not in page.replace("Demo", "")
    # Whom to ask is said: its next lead goes to them.
    assert "Priya Nair" in page


def test_the_number_of_queries_does_not_depend_on_what_there_is(as_: As, rep: User, company: Company) -> None:
    client = as_(rep)
    counts = []
    for number in (1, 19):
        for _ in range(number):
            lead = make_lead(80, company="Vögele", owner=rep, stage="customer")
            make_activity(lead, "demo_requested")
            make_deal(lead, "5")
            Task.objects.create(lead=lead, owner=rep, text="Call", due_at=timezone.now())
        client.get(f"/companies/{company.pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/companies/{company.pk}/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 24


def test_older_events_follow_page_by_page(as_: As, rep: User, company: Company) -> None:
    lead = make_lead(80, company="Vögele")
    for hours in range(45):
        make_activity(lead, "demo_requested", at=timezone.now() - timedelta(hours=hours))
    client, path, events = as_(rep), f"/companies/{company.pk}/", 0
    while path:
        html = client.get(path).content.decode()
        events += len(re.findall(r'class="event[ "]', html))
        older = re.search(r'id="older" href="([^"#]*)', html)
        path = older[1].replace("&amp;", "&") if older else ""

    assert events == 45
    assert client.get(f"/companies/{company.pk}/?before=nonsense").status_code == 422


def test_leads_are_turned_page_by_page(as_: As, rep: User, company: Company) -> None:
    for number in range(25):
        make_lead(number, company="Vögele")
    client = as_(rep)
    html = client.get(f"/companies/{company.pk}/").content.decode()
    following = re.search(r'href="([^"]*)" rel="next"', html)
    assert following is not None

    second = client.get(following[1].replace("&amp;", "&")).content.decode()

    assert (html.count("leads__name"), second.count("leads__name")) == (20, 5)
    assert "21 to 25 of 25" in second


def test_a_rep_with_a_lead_there_edits_the_facts_and_it_is_kept(
    as_: As, rep: User, company: Company, settings: Settings
) -> None:
    lead = make_lead(80, company="Vögele", owner=rep)

    response = as_(rep).post(
        f"/companies/{company.pk}/edit/", answers(company, employees="500", industry="Tools", domain="")
    )

    assert response["Location"] == f"/companies/{company.pk}/"
    company.refresh_from_db()
    assert (company.employees, company.industry, company.domain) == (500, "Tools", None)
    change = CompanyChange.objects.get()
    assert (change.actor, change.before["employees"], change.after["employees"]) == (rep, 480, 500)
    assert ScoringRequest.objects.filter(lead=lead).exists()
    page = page_of(as_(rep), company)
    assert "Employees from 480 to 500" in page
    assert "Jonas Wiegand" in page


def test_what_somebody_changes_on_a_lead_of_it_is_kept_too(as_: As, rep: User, company: Company) -> None:
    lead = make_lead(80, company="Vögele", owner=rep)

    edit_lead(
        lead=lead,
        facts={"company.employees": 510},
        seen={"company.employees": "480"},
        actor=rep,
        now=timezone.now(),
    )

    assert "Jonas Wiegand: Employees from 480 to 510" in page_of(as_(rep), company)


def test_others_may_look_and_not_edit(
    as_: As, rep: User, other_rep: User, marketer: User, manager: User, company: Company
) -> None:
    make_lead(80, company="Vögele", owner=rep)
    before = everything()
    for person in (other_rep, marketer):
        response = as_(person).post(f"/companies/{company.pk}/edit/", answers(company, employees="1"))
        assert response.status_code == 403
        assert "do-edit" not in as_(person).get(f"/companies/{company.pk}/").content.decode()
    assert everything() == before

    as_(manager).post(f"/companies/{company.pk}/edit/", answers(company, employees="1"))

    company.refresh_from_db()
    assert company.employees == 1


def test_what_somebody_wrote_meanwhile_is_not_overwritten(as_: As, manager: User, company: Company) -> None:
    typed = answers(company, employees="500")
    Company.objects.filter(pk=company.pk).update(employees=490)

    response = as_(manager).post(f"/companies/{company.pk}/edit/", typed)

    assert response.status_code == 409
    assert "It is “490” now." in response.content.decode()
    assert Company.objects.get(pk=company.pk).employees == 490
    assert not CompanyChange.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"employees": "many"}, 422, "Must be a whole number."),
        ({"name": " "}, 422, "A company has a name."),
        ({"country": "Germany"}, 422, "country code of two letters"),
        ({"domain": "no domain"}, 422, "Is not a domain"),
        ({"domain": "taken.example"}, 409, "Another company has this domain."),
        ({"domain": "", "name": "nameless"}, 409, "Another company without a domain has this name."),
        ({"seen": "[1"}, 422, "damaged"),
        ({"seen": "[" * 100_000}, 422, "damaged"),
    ],
)
def test_a_refusal_writes_nothing(
    as_: As, manager: User, company: Company, changes: dict[str, str], status: int, said: str
) -> None:
    Company.objects.create(name="Taken", domain="taken.example")
    Company.objects.create(name="Nameless")
    before = everything()

    response = as_(manager).post(f"/companies/{company.pk}/edit/", answers(company) | changes)

    assert response.status_code == status
    assert said in response.content.decode()
    assert everything() == before


def test_saving_what_is_there_writes_nothing(as_: As, manager: User, company: Company) -> None:
    before = everything()
    as_(manager).post(f"/companies/{company.pk}/edit/", answers(company))
    assert everything() == before


def test_the_record_of_changes_is_never_changed(db: None, company: Company) -> None:
    change = CompanyChange.objects.create(company=company, before={"employees": 1}, after={"employees": 2})
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        CompanyChange.objects.filter(pk=change.pk).update(after={"employees": 3})
    with pytest.raises(DatabaseError, match="company_change_changes"), transaction.atomic():
        CompanyChange.objects.create(company=company, before={"employees": 1}, after={"employees": 1})


def test_a_new_lead_at_a_company_belongs_to_this_very_one(as_: As, rep: User, company: Company) -> None:
    namesake = Company.objects.create(name="Vögele", domain="voegele.test")
    client = as_(rep)
    form = client.get(f"/leads/new/?company={namesake.pk}").content.decode()
    assert 'value="Vögele"' in form

    client.post("/leads/new/", {"last_name": "Neu", "company": "Vögele", "company_id": namesake.pk})

    assert Lead.objects.get().company == namesake


def test_the_lead_page_leads_to_its_company(as_: As, rep: User, company: Company) -> None:
    lead = make_lead(80, company="Vögele")
    assert f"/companies/{company.pk}/" in as_(rep).get(f"/leads/{lead.pk}/").content.decode()


def test_what_is_not_there_is_404(as_: As, rep: User) -> None:
    assert as_(rep).get("/companies/9999/").status_code == 404
    assert as_(rep).get("/companies/9999/edit/").status_code == 404
