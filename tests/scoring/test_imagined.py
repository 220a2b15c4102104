"""Leads that are not stored are scored by the statements that score the stored ones."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from leadapp.errors import Invalid
from leadapp.models import Activity, Company, Lead, Quarantine
from scoring.engine import explain_leads
from scoring.engine.imagined import (
    ImaginedActivity,
    ImaginedLead,
    explain_all_imagined,
    explain_imagined,
    score_imagined,
)
from scoring.models import ScoringModelVersion
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version, the_live_version
from tests.scoring.strategies import LEADS, VERSIONS
from tests.scoring.test_oracle import SETTINGS, build_leads, build_version, undone

pytestmark = pytest.mark.django_db


def explain(lead: ImaginedLead, version: ScoringModelVersion | None = None) -> dict[str, Any]:
    explanation = explain_imagined(version=version or the_live_version(), lead=lead, as_of=NOW)
    return {line.name: line.points for line in explanation.lines if line.is_rule}


def made_up(lead: Lead) -> ImaginedLead:
    """Type in all that is known of a stored lead."""
    names = ("email", "job_title", "country", "seniority", "birth_year", "created_at", "do_not_call")
    facts = {name: getattr(lead, name) for name in (*names, "do_not_score")}
    facts |= {f"lead.attributes.{key}": value for key, value in lead.attributes.items()}
    if lead.company:
        facts |= {
            f"company.{name}": getattr(lead.company, name) for name in ("name", "industry", "employees")
        }
    activities = [
        ImaginedActivity(
            type=activity.type.slug,
            occurred_at=activity.occurred_at,
            properties=activity.properties,
            source=activity.source,
        )
        for activity in lead.activities.filter(voided_at=None).select_related("type")
    ]
    return ImaginedLead(facts=facts, activities=activities)


@settings(SETTINGS, max_examples=60)
@given(version=VERSIONS, leads=st.lists(LEADS, min_size=1, max_size=3))
def test_a_copy_of_a_stored_lead_explains_as_the_stored_one_does(
    version: dict[str, Any], leads: list[dict[str, Any]]
) -> None:
    with undone():
        built, people = build_version(version), build_leads(leads)
        stored = explain_leads(version=built, moments={lead.pk: NOW for lead in people})
        copies = [ImaginedLead(copy_of=lead) for lead in people]
        typed = {
            lead.pk: made_up(lead)
            for lead in people
            if not any(isinstance(value, list | dict) for value in lead.attributes.values())
        }
        imagined = explain_all_imagined(version=built, leads=copies, as_of=NOW)
        for number, (lead, explanation) in enumerate(zip(people, imagined, strict=True), 1):
            told = stored.get(lead.pk)
            assert explanation == (told and replace(told, lead_id=-number))
        scores = score_imagined(version=built, leads=list(typed.values()), as_of=NOW)
        for lead_id, score in zip(typed, scores, strict=True):
            told = stored.get(lead_id)
            assert (score and score.score) == (told and told.score)


def test_a_made_up_lead_gets_points_for_what_is_typed_in() -> None:
    points = explain(
        ImaginedLead(
            facts={
                "lead.job_title": "Head of Sales",
                "country": "de",
                "company.industry": "Machinery",
                "company.employees": "480",
                "lead.email_domain": "Example.com",
            },
            activities=[
                ImaginedActivity(type="demo_requested", occurred_at=NOW),
                ImaginedActivity(
                    type="page_view", occurred_at=NOW - 14 * DAY, properties={"path": "/pricing"}
                ),
            ],
        )
    )
    assert points == {
        "Target industry": 20,
        "200 to 999 employees": 20,
        "Head, VP or director": 20,
        "Target country": 15,
        "Business email address": 8,
        "Asked for a demo": 50,
        "Viewed the pricing page": 4,
        "Viewed a page": pytest.approx(0.5),
    }


def test_nothing_is_stored() -> None:
    before = Lead.objects.count(), Activity.objects.count(), Company.objects.count()
    explain(
        ImaginedLead(
            facts={"company.name": "Nobody Ltd"},
            activities=[ImaginedActivity(type="demo_requested", occurred_at=NOW)],
        )
    )
    assert (Lead.objects.count(), Activity.objects.count(), Company.objects.count()) == before


def test_a_copy_takes_other_facts_and_more_activities() -> None:
    lead = make_lead(job_title="Student", company=Company.objects.create(name="Vögele", employees=480))
    log(lead, "page_view", NOW - DAY)
    plain = ImaginedLead(copy_of=lead)
    assert "200 to 999 employees" in explain(plain)
    richer = replace(
        plain,
        facts={"lead.job_title": "CEO", "company.employees": 60},
        activities=[ImaginedActivity(type="demo_requested", occurred_at=NOW)],
    )
    points = explain(richer)
    assert points.keys() == {
        "Business email address",
        "C-level or owner",
        "50 to 199 employees",
        "Viewed a page",
        "Asked for a demo",
    }
    lead.refresh_from_db()
    assert (lead.job_title, lead.company and lead.company.employees) == ("Student", 480)


def test_a_copy_without_a_company_gets_one_with_the_first_fact_about_it() -> None:
    copy = ImaginedLead(copy_of=make_lead(), facts={"company.industry": "Machinery"})
    assert explain(copy)["Target industry"] == 20


def test_a_copy_as_it_was_known_leaves_out_what_came_in_or_was_voided_later() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], points=1, name="Page")
    then = NOW - 10 * DAY
    lead = make_lead()
    log(lead, "page_view", then - DAY, received_at=then - DAY)
    log(lead, "page_view", then - DAY, received_at=then + timedelta(minutes=1))
    log(lead, "page_view", then - DAY, received_at=then - DAY, voided_at=then, void_reason="Wrong")
    log(lead, "page_view", then - DAY, received_at=then - DAY, voided_at=then + DAY, void_reason="Wrong")
    assert explain(ImaginedLead(copy_of=lead), version) == {"Page": 2}
    was = explain_imagined(version=version, lead=ImaginedLead(copy_of=lead, known_at=then), as_of=then)
    assert was.score == 2
    assert [line.matches for line in was.lines if line.is_rule] == [2]


def test_a_burst_that_was_released_later_still_gave_nothing_while_it_was_held_back() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], points=1, name="Page")
    lead, began = make_lead(), NOW - 10 * DAY
    held = Quarantine.objects.create(
        lead=lead,
        kind="views",
        started_at=began,
        ended_at=began,
        activity_count=1,
        found_at=began + DAY,
        released_at=began + 3 * DAY,
    )
    log(lead, "page_view", began, received_at=began, quarantine=held)

    def score(at: datetime) -> int:
        lead_then = ImaginedLead(copy_of=lead, known_at=at)
        return explain_imagined(version=version, lead=lead_then, as_of=at).score

    assert [score(began + days * DAY) for days in range(5)] == [1, 0, 0, 1, 1]


def test_who_opted_out_has_no_score() -> None:
    out = ImaginedLead(facts={"do_not_score": True})
    assert score_imagined(version=the_live_version(), leads=[out, ImaginedLead()], as_of=NOW)[0] is None
    with pytest.raises(Invalid) as refused:
        explain(out)
    assert list(refused.value.errors) == ["lead.do_not_score"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lead.score", 200),
        ("lead.shoe_size", 43),
        ("nonsense", "x"),
        ("activity.source", "web"),
        ("property.path", "/pricing"),
        ("lead.email", "not an address"),
        ("lead.email_domain", "a b"),
        ("lead.country", "Germany"),
        ("lead.country", "1"),
        ("lead.seniority", "boss"),
        ("lead.birth_year", "soon"),
        ("lead.birth_year", 18),
        ("lead.created_at", "yesterday"),
        ("lead.do_not_call", "perhaps"),
        ("lead.job_title", "x" * 201),
        ("lead.job_title", "C\0O"),
        ("lead.job_title", "C\ud800O"),
        ("lead.job_title", ["CEO"]),
        ("lead.attributes.erp", {"name": "SAP"}),
        ("company.employees", -1),
        ("company.employees", float("inf")),
        ("company.annual_revenue", 10**30),
        ("company.id", 1),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_its_name(key: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        explain(ImaginedLead(facts={key: value, "lead.first_name": "Anna"}))
    assert list(refused.value.errors) == [key]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"type": "flew_to_the_moon"}, "type"),
        ({"occurred_at": datetime(2026, 1, 1)}, "occurred_at"),  # noqa: DTZ001
        ({"properties": ["path"]}, "properties"),
        ({"properties": {"path": "/\0"}}, "properties"),
        ({"properties": {"path": "/\ud800"}}, "properties"),
        ({"properties": {"seconds": float("nan")}}, "properties"),
        ({"properties": {"path": "x" * 100_001}}, "properties"),
    ],
)
def test_an_activity_that_cannot_be_is_refused_by_its_place(facts: dict[str, Any], name: str) -> None:
    good = ImaginedActivity(type="page_view", occurred_at=NOW)
    with pytest.raises(Invalid) as refused:
        explain(ImaginedLead(activities=[good, replace(good, **facts)]))
    assert list(refused.value.errors) == [f"activities.1.{name}"]


def test_any_number_of_copies_takes_two_queries() -> None:
    version, leads = the_live_version(), [make_lead() for _ in range(5)]
    more = [ImaginedActivity(type="page_view", occurred_at=NOW)]
    score_imagined(version=version, leads=[ImaginedLead()], as_of=NOW)
    for number in (1, 5):
        copies = [ImaginedLead(copy_of=lead, activities=more) for lead in leads[:number]]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            scores = score_imagined(version=version, leads=copies, as_of=NOW)
        assert len(queries) == 2  # types of activities, and the statement
        assert len(scores) == number
