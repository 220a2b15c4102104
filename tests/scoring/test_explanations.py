"""Where points come from, and the reasons in the list."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadapp.models import Company, Lead
from scoring.engine import Explanation, explain_leads, reasons_for
from scoring.engine.wording import ago
from scoring.models import Cause, ScoringModelVersion
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import (
    DAY,
    NOW,
    log,
    make_group,
    make_lead,
    make_rule,
    make_version,
    the_live_version,
)

pytestmark = pytest.mark.django_db


def explain(lead: Lead, version: ScoringModelVersion | None = None) -> Explanation:
    return explain_leads(version=version or the_live_version(), moments={lead.pk: NOW})[lead.pk]


def points(explanation: Explanation) -> dict[str, Decimal]:
    return {line.name: line.points for line in explanation.lines}


def score(*leads: Lead, now: Any = NOW) -> None:
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=now)
    score_waiting(now=now)
    for lead in leads:
        lead.refresh_from_db()


def busy_lead(**facts: Any) -> Lead:
    company, _ = Company.objects.get_or_create(
        name="Vögele", defaults={"industry": "Machinery", "employees": 480}
    )
    lead = make_lead(company=company, first_name="Annelie", last_name="Großmann", **facts)
    log(lead, "demo_requested", NOW - timedelta(minutes=41))
    for hours in range(6):
        log(lead, "page_view", NOW - timedelta(hours=hours), properties={"path": "/pricing"})
    log(lead, "unsubscribed", NOW - 3 * DAY)
    return lead


def test_each_line_says_what_it_is_made_of() -> None:
    lines = {line.name: line for line in explain(busy_lead()).lines}
    industry = lines["Target industry"]
    assert industry.points == 20
    assert (industry.evidence, industry.dimension) == ("Machinery", "fit")
    assert (industry.group, industry.matches, industry.newest) == ("Company", None, None)
    assert lines["200 to 999 employees"].evidence == "480 people"
    demo = lines["Asked for a demo"]
    assert (demo.matches, demo.newest) == (1, NOW - timedelta(minutes=41))
    assert demo.evidence == "19 Nov; halves every 60 days"
    pricing = lines["Viewed the pricing page"]
    assert pricing.points == 32
    assert pricing.raw > 47
    assert pricing.evidence == "6 times, newest 19 Nov; 47.8 before the cap of 32; halves every 14 days"
    assert lines["Unsubscribed"].points == -25


def test_lines_sum_exactly_to_each_dimension_and_the_total() -> None:
    explanation = explain(busy_lead())
    assert sum(line.points for line in explanation.lines) == explanation.score
    for dimension in ("fit", "engagement"):
        assert sum(line.points for line in explanation.lines_of(dimension)) == getattr(explanation, dimension)


def test_caps_of_groups_bounds_and_the_floor_have_lines_of_their_own() -> None:
    lead = make_lead()
    version = make_version(fit_min=-30, engagement_max=18)
    group = make_group(version, "engagement", 15)
    make_rule(version, name="Pages", types=["page_view"], points=20, group=group)
    make_rule(version, name="Emails", types=["email_opened"], points=20, max_points=5)
    make_rule(version, name="Nobody", points=-50)
    log(lead, "page_view")
    log(lead, "email_opened")
    explanation = explain(lead, version)
    assert points(explanation) == {
        "Nobody": -50,
        "Fit: between -30 and 10000 points": 20,
        "Pages": 20,
        f"{group.name}: at most 15 points": -5,
        "Emails": 5,
        "Engagement: between -10000 and 18 points": -2,
        "A score is never below zero": 12,
    }
    emails = next(line for line in explanation.lines if line.name == "Emails")
    assert emails.raw == 20
    assert emails.points == 5
    assert explanation.score == 0


def test_rounding_has_a_line() -> None:
    lead, version = make_lead(), make_version()
    make_rule(version, name="Pages", types=["page_view"], points=1, decay="half_life", decay_days=1)
    log(lead, "page_view", NOW - 2 * DAY)
    assert points(explain(lead, version)) == {"Pages": Decimal("0.25"), "Rounding": Decimal("-0.25")}


def test_rules_that_give_nothing_are_among_all_lines_only() -> None:
    explanation = explain(make_lead())
    names = {line.name for line in explanation.all_lines}
    assert "Asked for a demo" in names
    assert "Asked for a demo" not in points(explanation)


def test_an_opted_out_lead_has_no_explanation() -> None:
    lead = make_lead(do_not_score=True)
    assert explain_leads(version=the_live_version(), moments={lead.pk: NOW}) == {}


def test_explaining_many_leads_is_one_query(django_assert_num_queries: Any) -> None:
    leads = [busy_lead() for _ in range(5)]
    version = the_live_version()
    explain(leads[0])
    with django_assert_num_queries(1):
        assert len(explain_leads(version=version, moments={lead.pk: NOW for lead in leads})) == 5


def test_the_three_strongest_reasons_in_plain_words() -> None:
    lead = busy_lead()
    score(lead)
    assert reasons_for([lead], now=NOW)[lead.pk] == [
        "Asked for a demo 41 minutes ago",
        "Machinery, 480 people",
        "Viewed the pricing page 6 times, last just now",
    ]


def test_what_takes_points_is_a_reason_too() -> None:
    lead = make_lead(job_title="Student")
    log(lead, "unsubscribed", NOW - 3 * DAY)
    score(lead)
    assert reasons_for([lead], now=NOW)[lead.pk] == [
        "Student or intern",
        "Unsubscribed 3 days ago",
        "Business email address",
    ]


@pytest.mark.parametrize("count", [1, 20])
def test_reasons_are_two_queries_for_any_number_of_leads(count: int, django_assert_num_queries: Any) -> None:
    leads = [busy_lead() for _ in range(count + 1)]
    score(*leads)
    reasons_for(leads[:1])  # the version is read once
    with django_assert_num_queries(2):
        told = reasons_for(leads)
    with django_assert_num_queries(1):  # what a score came from never changes
        assert reasons_for(leads) == told
    assert all(told.values())


def test_known_reasons_are_those_of_the_last_scoring_and_told_anew() -> None:
    lead = busy_lead()
    score(lead)
    before = reasons_for([lead], now=NOW)[lead.pk]
    later = reasons_for([lead], now=NOW + DAY)[lead.pk]
    log(lead, "demo_requested", NOW + DAY, received_at=NOW + DAY)
    assert reasons_for([lead], now=NOW + DAY)[lead.pk] == later
    score(lead, now=NOW + DAY)
    lead.refresh_from_db()

    assert later != before
    assert reasons_for([lead], now=NOW + DAY)[lead.pk][0] == "Asked for a demo, last just now"


def test_no_leads_or_no_scores_ask_nothing(django_assert_num_queries: Any) -> None:
    lead = make_lead()
    with django_assert_num_queries(0):
        assert reasons_for([]) == {}
        assert reasons_for([lead]) == {lead.pk: []}


def test_reasons_are_those_of_the_stored_score() -> None:
    lead = make_lead()
    score(lead)
    log(lead, "demo_requested", NOW + DAY, received_at=NOW + DAY)
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    draft.rules.filter(name="Business email address").update(name="Works somewhere")
    publish(version=draft, actor=None, note="", now=NOW)
    assert reasons_for([lead], now=NOW)[lead.pk] == ["Business email address"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=9), "9 hours ago"),
        (timedelta(hours=20), "yesterday"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=20), "on 30 Oct"),
        (timedelta(days=400), "on 15 Oct 2025"),
    ],
)
def test_times_are_said_as_people_do(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, now=NOW) == words
