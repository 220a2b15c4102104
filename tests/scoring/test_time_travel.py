"""A past score is rebuilt from the version, the facts and the activities of then."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Invalid
from leadapp.models import Company, CustomField, Lead
from leadapp.services.leads.changes import Change, Origin, Overwrite, apply_facts
from leadapp.services.leads.facts import clean_facts
from leadapp.services.leads.leads import create_lead, update_lead
from scoring.analysis.time_travel import look_back
from scoring.engine import explain_leads
from scoring.models import Cause, ScoringModel, ScoringRule
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import DAY, NOW, explain_at, log, make_lead, the_live_version

pytestmark = pytest.mark.django_db

FACTS = {
    "email": "annelie@voegele.example",
    "job_title": "Head of Operations",
    "company": {"name": "Vögele", "industry": "Machinery", "employees": 480},
}


def score(*leads: Lead, at: datetime, cause: Cause = Cause.ACTIVITY) -> None:
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=cause, now=at)
    while score_waiting(now=at):
        pass
    for lead in leads:
        lead.refresh_from_db()


def made(at: datetime, **facts: Any) -> Lead:
    lead = create_lead(facts=FACTS | facts, source="test", actor=None, now=at)
    score(lead, at=at)
    return lead


def edit(lead: Lead, at: datetime, **facts: Any) -> Lead:
    update_lead(lead=lead, facts=facts, source="test", actor=None, now=at)
    score(lead, at=at, cause=Cause.FACTS)
    return Lead.objects.select_related("company").get(pk=lead.pk)


def then(lead: Lead, at: datetime) -> tuple[int | None, str | None]:
    past = look_back(lead=lead, at=at)
    company = past.lead.company
    score = past.explanation.score if past.explanation else None
    return score, company.name if company else None


def test_facts_are_those_of_then() -> None:
    lead = made(NOW - 9 * DAY)
    before = lead.score
    lead = edit(lead, NOW - 5 * DAY, job_title="Student", country="DE", company={"name": "Other"})
    lead = edit(lead, NOW - 3 * DAY, job_title="CEO", email=None, phone="+491701234567")
    assert then(lead, NOW - 6 * DAY) == (before, "Vögele")
    assert then(lead, NOW - 5 * DAY)[1] == "Other"
    past = look_back(lead=lead, at=NOW - 4 * DAY)
    assert (past.lead.job_title, past.lead.email) == ("Student", "annelie@voegele.example")
    assert past.differing == (
        ("Email", "annelie@voegele.example", None),
        ("Phone", "", "+491701234567"),
        ("Job title", "Student", "CEO"),
    )
    stored = past.stored
    assert past.explanation is not None
    assert stored is not None
    assert past.explanation.score == stored.score
    lead.refresh_from_db()
    assert lead.job_title == "CEO"


def test_own_facts_that_were_different_are_named_by_their_labels() -> None:
    CustomField.objects.create(key="erp", label="ERP in use")
    lead = made(NOW - 9 * DAY, attributes={"erp": "none"})
    lead = edit(lead, NOW - 5 * DAY, attributes={"erp": "abas"})
    assert look_back(lead=lead, at=NOW - 6 * DAY).differing == (("ERP in use", "none", "abas"),)


def test_facts_of_the_company_are_those_of_then_even_if_a_colleague_brought_them() -> None:
    lead = made(NOW - 9 * DAY)
    was = lead.score
    colleague = made(NOW - 8 * DAY, email="ben@voegele.example", company={"name": "Vögele"})
    origin = Origin(source="test", actor=None, by="edit", now=NOW - 5 * DAY)
    facts = clean_facts(
        {"company": {"name": "Vögele", "industry": "Retail", "employees": 5}}, custom_fields={}
    )
    applied = apply_facts(changes=[Change(colleague.pk, facts, Overwrite.ALWAYS)], origin=origin)
    for record in applied.records:
        record.save()
    lead = Lead.objects.select_related("company").get(pk=lead.pk)
    score(lead, at=NOW - 5 * DAY, cause=Cause.FACTS)
    assert lead.score != was
    past = look_back(lead=lead, at=NOW - 6 * DAY)
    assert past.explanation is not None
    assert past.explanation.score == was
    assert ("Company industry", "Machinery", "Retail") in past.differing
    assert Company.objects.get(name="Vögele").industry == "Retail"


def test_what_came_in_late_or_was_voided_later_counts_as_it_did_then() -> None:
    lead = made(NOW - 9 * DAY)
    void = log(lead, "demo_requested", NOW - 8 * DAY, received_at=NOW - 8 * DAY)
    score(lead, at=NOW - 8 * DAY)
    with_demo = lead.score
    void.voided_at, void.void_reason = NOW - 6 * DAY, "A test"
    void.save(update_fields=["voided_at", "void_reason"])
    score(lead, at=NOW - 6 * DAY)
    log(lead, "quote_requested", NOW - 8 * DAY, received_at=NOW - 2 * DAY)
    without = lead.score
    assert then(lead, NOW - 8 * DAY)[0] == with_demo
    assert then(lead, NOW - 6 * DAY)[0] == without
    assert then(lead, NOW - 2 * DAY)[0] == (without or 0) + 47  # 50, six days old


def test_the_version_is_the_one_that_was_live_then(admin_user: Any) -> None:
    admin_user.is_superuser = True
    before = the_live_version()
    lead = make_lead(first_name="Anna", last_name="Berg", created_at=NOW - 9 * DAY)
    score(lead, at=NOW - 9 * DAY)
    was = lead.score
    draft = make_draft(model=before.model, actor=admin_user, now=NOW)
    ScoringRule.objects.filter(version=draft, name="First and last name known").update(points=9)
    # In this test all versions of before went live when the database was made.
    published = before.publications.get().at
    publish(version=draft, actor=admin_user, note="More", now=published + DAY)
    score(lead, at=published + DAY)
    assert lead.score == (was or 0) + 5
    now = explain_at(lead=lead, at=published + 2 * DAY)
    assert now is not None
    assert (now.score, now.version) == (lead.score, draft)
    for moment in (NOW - 5 * DAY, published, published + timedelta(hours=23)):
        past = explain_at(lead=lead, at=moment)
        assert past is not None
        assert (past.score, past.version) == (was, before)
    other = explain_at(lead=lead, at=NOW - 5 * DAY, version=draft)
    assert other is not None
    assert other.score == lead.score


def test_who_had_opted_out_then_had_no_score() -> None:
    lead = made(NOW - 9 * DAY, do_not_score=True)
    lead = edit(lead, NOW - 5 * DAY, do_not_score=False)
    assert explain_at(lead=lead, at=NOW - 6 * DAY) is None
    assert explain_at(lead=lead, at=NOW - 5 * DAY) is not None
    lead = edit(lead, NOW - 2 * DAY, do_not_score=True)
    assert lead.score is None
    assert explain_at(lead=lead, at=NOW - 3 * DAY) is not None


def test_before_the_lead_came_in_there_is_nothing_to_look_at() -> None:
    lead = made(NOW - 9 * DAY)
    with pytest.raises(Invalid) as refused:
        explain_at(lead=lead, at=NOW - 10 * DAY)
    assert list(refused.value.errors) == ["as_of"]


def test_now_it_says_what_explaining_says_now() -> None:
    lead = made(NOW - 9 * DAY)
    log(lead, "page_view", NOW - DAY, properties={"path": "/pricing"})
    live = the_live_version()
    at = NOW + timedelta(seconds=1)
    assert explain_at(lead=lead, at=at) == explain_leads(version=live, moments={lead.pk: at})[lead.pk]


def test_the_model_that_drove_the_list_then_is_the_one_that_explains(admin_user: Any) -> None:
    lead = made(NOW - 9 * DAY)
    other = ScoringModel.objects.create(name="Second", slug="second")
    ScoringModel.objects.filter(is_primary=True).update(is_primary=False)
    ScoringModel.objects.filter(pk=other.pk).update(is_primary=True)
    past = explain_at(lead=lead, at=NOW - 8 * DAY)
    assert past is not None
    assert past.version.model.name != "Second"


def test_the_number_of_queries_does_not_depend_on_how_much_happened() -> None:
    lead = made(NOW - 20 * DAY)
    look_back(lead=lead, at=NOW)
    for times in (1, 8):
        for number in range(times):
            lead = edit(lead, NOW - 10 * DAY + timedelta(minutes=number), job_title=f"Title {times}-{number}")
            log(lead, "page_view", NOW - 9 * DAY)
        with CaptureQueriesContext(connection) as queries:
            look_back(lead=lead, at=NOW - 15 * DAY)
        assert len(queries) == 6, "\n".join(query["sql"][:200] for query in queries)
