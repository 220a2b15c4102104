"""Who changed which fact of a lead is kept, and can be taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from leadapp.errors import Conflict, Invalid, NotAllowed, Refused
from leadapp.models import Activity, ApiKey, Company, CustomField, Form, Lead, User
from leadapp.services.forms import submit_form
from leadapp.services.leads.company_edits import edit_company
from leadapp.services.leads.edits import edit_lead, undo_change
from leadapp.services.leads.fact_history import changes_of
from leadapp.services.leads.leads import update_lead
from scoring.models import ScoringRequest
from tests.qualification.build import make_lead, make_user
from tests.ui.lead_build import everything

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def mara(db: None) -> User:
    """Give a rep."""
    return make_user("mara", "rep", first_name="Mara")


@pytest.fixture
def lead(mara: User) -> Lead:
    """Give a lead of hers, at a company."""
    vogele = Company.objects.create(name="Vögele", domain="voegele.example", industry="Machinery")
    return make_lead(owner=mara, job_title="Director", company=vogele, created_at=NOW - HOUR)


def edit(lead: Lead, actor: Any, *, now: datetime = NOW, **facts: object) -> Activity:
    """Edit facts as a page does; `company_name` stands for company.name."""
    named = {name.replace("company_", "company.", 1): value for name, value in facts.items()}
    record = edit_lead(lead=lead, facts=named, seen={}, actor=actor, now=now)
    assert record is not None
    return record


def told(lead: Lead, *facts: str) -> list[tuple[str, Any, Any, str]]:
    """Return the changes as (fact, before, after, who)."""
    return [(each.name, each.before, each.after, each.who) for each in changes_of(lead=lead, facts=facts)]


def test_the_history_names_people_keys_and_forms(lead: Lead, mara: User) -> None:
    edit(lead, mara, job_title="Head of IT")
    key = ApiKey.objects.create(name="crm", prefix="p", digest=b"x", scopes=["write"])
    update_lead(lead=lead, facts={"job_title": "CIO"}, source="crm", actor=key, now=NOW + HOUR)
    form = Form.objects.get(slug="demo-request")
    answers = {"email": lead.email, "first_name": "Grace", "last_name": "Hopper", "company": "Vögele"}
    submit_form(form=form, answers=answers, actor=None, now=NOW + 2 * HOUR)
    assert told(lead, "job_title") == [
        ("job_title", "Head of IT", "CIO", "the API key crm"),
        ("job_title", "Director", "Head of IT", "Mara"),
    ]
    assert told(lead, "first_name") == [("first_name", "", "Grace", "the form demo-request")]


def test_facts_of_the_company_come_from_both_histories_once_each(lead: Lead, mara: User) -> None:
    edit(lead, mara, company_industry="Logistics")
    assert lead.company is not None
    edit_company(company=lead.company, facts={"industry": "Retail"}, seen={}, actor=mara, now=NOW + HOUR)
    assert told(lead) == [
        ("company.industry", "Logistics", "Retail", "Mara"),
        ("company.industry", "Machinery", "Logistics", "Mara"),
    ]


def test_the_history_takes_the_same_queries_however_long(
    lead: Lead, mara: User, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        edit(lead, mara, job_title=f"Title {number}", now=NOW + number * HOUR)
        for count in (0, 19):
            if number == count:
                with django_assert_num_queries(2):
                    assert len(changes_of(lead=lead)) == number + 1


def test_undoing_gives_the_facts_back_and_is_kept_itself(lead: Lead, mara: User) -> None:
    CustomField.objects.create(key="erp", label="ERP")
    record = edit_lead(
        lead=lead,
        facts={"job_title": "CIO", "attributes.erp": "SAP", "company.name": "Acme"},
        seen={},
        actor=mara,
        now=NOW,
    )
    assert record is not None
    ScoringRequest.objects.all().delete()
    undone = undo_change(change=record, actor=mara, now=NOW + HOUR)
    lead.refresh_from_db()
    assert (lead.job_title, lead.attributes, lead.company and lead.company.name) == ("Director", {}, "Vögele")
    assert undone is not None
    assert undone.properties["by"] == "undo"
    assert told(lead, "job_title")[0] == ("job_title", "CIO", "Director", "Mara")
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_one_fact_of_a_change_can_be_undone_alone(lead: Lead, mara: User) -> None:
    record = edit(lead, mara, job_title="CIO", city="Ulm")
    undo_change(change=record, fact="city", actor=mara, now=NOW + HOUR)
    lead.refresh_from_db()
    assert (lead.job_title, lead.city) == ("CIO", "")


def test_a_fact_that_has_become_something_else_since_is_not_undone(lead: Lead, mara: User) -> None:
    record = edit(lead, mara, job_title="CIO")
    edit(lead, mara, job_title="CEO", now=NOW + HOUR)
    before = everything()
    with pytest.raises(Conflict) as refusal:
        undo_change(change=record, actor=mara, now=NOW + 2 * HOUR)
    assert refusal.value.errors == {"job_title": ["It is “CEO” now. Changed by Mara."]}
    assert everything() == before


def test_undoing_twice_changes_nothing_more(lead: Lead, mara: User) -> None:
    record = edit(lead, mara, job_title="CIO")
    undo_change(change=record, actor=mara, now=NOW + HOUR)
    before = everything()
    assert undo_change(change=record, actor=mara, now=NOW + 2 * HOUR) is None
    assert everything() == before


REFUSED: dict[str, tuple[type[Refused], Callable[[Activity, User], Any]]] = {
    "of somebody else": (
        NotAllowed,
        lambda record, mara: undo_change(change=record, actor=make_user("other", "rep"), now=NOW),
    ),
    "another fact": (
        Invalid,
        lambda record, mara: undo_change(change=record, fact="city", actor=mara, now=NOW),
    ),
    "what a company had not": (
        Invalid,
        lambda record, mara: undo_change(
            change=edit(record.lead, mara, company_country="DE"), actor=mara, now=NOW
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_undone_writes_nothing(lead: Lead, mara: User, what: str) -> None:
    record = edit(lead, mara, job_title="CIO")
    kind, undo = REFUSED[what]
    with pytest.raises(kind):
        undo(record, mara)
    lead.refresh_from_db()
    assert lead.job_title == "CIO"


def test_only_changes_of_facts_are_undone(lead: Lead, mara: User) -> None:
    note = Activity.objects.create(
        lead=lead, type_id=1, occurred_at=NOW, received_at=NOW, source="test", properties={}
    )
    with pytest.raises(Invalid):
        undo_change(change=note, actor=mara, now=NOW)


def test_whoever_writes_the_very_same_is_not_told_of_a_conflict(lead: Lead, mara: User) -> None:
    edit(lead, mara, job_title="CIO")
    seen = {"job_title": "Director"}
    assert edit_lead(lead=lead, facts={"job_title": "CIO"}, seen=seen, actor=mara, now=NOW) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_fact_at_once_one_is_told() -> None:
    mara = make_user("mara", "manager", first_name="Mara")
    lead = make_lead(job_title="Director")
    barrier, outcomes = Barrier(2), []

    def change(title: str) -> None:
        barrier.wait()
        try:
            edit_lead(
                lead=lead, facts={"job_title": title}, seen={"job_title": "Director"}, actor=mara, now=NOW
            )
            outcomes.append(title)
        except Conflict as refused:
            outcomes.append(refused.errors["job_title"][0])
        finally:
            connection.close()

    threads = [Thread(target=change, args=[title]) for title in ("CIO", "CEO")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lead.refresh_from_db()
    assert sorted(outcomes) == sorted([lead.job_title, f"It is “{lead.job_title}” now. Changed by Mara."])
