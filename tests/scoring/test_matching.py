"""How many leads a rule matches is counted by the engine's own SQL, and what the data hold is known."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from leadapp.errors import Invalid, NotFound
from leadapp.models import Company, Lead
from scoring.analysis import matching, values
from scoring.analysis.matching import count_matches
from scoring.analysis.values import known_properties, known_types, known_values
from scoring.engine import explain_leads
from scoring.rules import ConditionFacts, RuleFacts, facts_of
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def whole_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read all pages: of those that other tests left empty, a sample might have no rows."""
    monkeypatch.setattr(values, "MOST_PAGES", 10**6)
    monkeypatch.setattr(values, "SOME_PAGES", 10**6)


VISITS = RuleFacts(
    name="x",
    dimension="engagement",
    points=5,
    activity_types=("page_view",),
    conditions=(ConditionFacts("property.path", "contains", "pricing"),),
)
TITLES = RuleFacts(
    name="x",
    dimension="fit",
    points=-5,
    conditions=(ConditionFacts("lead.job_title", "matches_list", ["head", "chief"]),),
)


def some_leads() -> list[Lead]:
    """Make five leads; the last opted out of scoring."""
    steel = Company.objects.create(name="Stahl AG", industry="Machinery", employees=300)
    paper = Company.objects.create(name="Papier AG", industry="machinery", employees=20)
    titles = ["Head of Sales", "Chief of staff", "Student", "", "Head of nothing"]
    leads = [make_lead(job_title=title) for title in titles]
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[:2]]).update(company=steel)
    Lead.objects.filter(pk=leads[2].pk).update(company=paper)
    Lead.objects.filter(pk=leads[4].pk).update(do_not_score=True)
    for index, lead in enumerate(leads):
        for hour in range(index + 1):
            log(lead, "page_view", NOW - timedelta(hours=hour), properties={"path": "/pricing", "seconds": 9})
        log(lead, "page_view", NOW, properties={"path": "/jobs"})
        log(lead, "login", NOW - 40 * DAY)
    return leads


def test_a_fit_rule_matches_leads() -> None:
    some_leads()
    found = count_matches(TITLES, now=NOW)
    assert (found.leads, found.of, found.is_estimate) == (2, 4, False)
    assert found.text == "Matches 2 of 4 leads"
    assert count_matches(replace(TITLES, conditions=()), now=NOW).leads == 4


@pytest.mark.parametrize(
    ("changes", "leads", "activities"),
    [
        ({}, 4, 1 + 2 + 3 + 4),
        ({"min_occurrences": 3}, 2, 3 + 4),
        ({"conditions": ()}, 4, 14),
        ({"activity_types": ("login",), "conditions": (), "window_days": 30}, 0, 0),
        ({"conditions": (ConditionFacts("lead.job_title", "equals", "student"),)}, 1, 4),
        ({"is_active": False, "max_points": 1, "counting": "once"}, 4, 10),
    ],
)
def test_an_engagement_rule_matches_leads_and_activities(
    changes: dict[str, Any], leads: int, activities: int
) -> None:
    some_leads()
    found = count_matches(replace(VISITS, **changes), now=NOW)
    assert (found.leads, found.activities) == (leads, activities)


def test_a_stored_rule_matches_those_whose_breakdown_has_it() -> None:
    leads = some_leads()
    version = make_version()
    rule = make_rule(version, types=["page_view"], min_occurrences=2, name="Pages")
    explained = explain_leads(version=version, moments={lead.pk: NOW for lead in leads})
    with_it = [one for one in explained.values() if any(line.points for line in one.lines)]
    assert count_matches(rule, now=NOW).leads == len(with_it) == 4
    assert count_matches(facts_of(rule), now=NOW).text == "Matches 4 of 4 leads, 14 activities"


def test_facts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        count_matches(replace(TITLES, conditions=(ConditionFacts("lead.city", "between", "x"),)), now=NOW)
    assert set(refusal.value.errors) == {"conditions[0].operator"}


def test_without_leads_it_says_so() -> None:
    assert count_matches(TITLES, now=NOW).text == "There are no leads yet"


def test_above_so_many_leads_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    Lead.objects.bulk_create(
        Lead(email=f"many{number}@example.com", job_title="Head of it" if number % 2 else "", created_at=NOW)
        for number in range(1200)
    )
    monkeypatch.setattr(matching, "MOST_LEADS", 1000)
    monkeypatch.setattr(matching, "SAMPLE", 500)
    found = count_matches(TITLES, now=NOW)
    assert found.is_estimate
    assert 0 < found.looked_at <= 500
    assert 500 < found.leads < 700
    assert found.text.startswith("Matches about ")
    assert found.text.endswith(f"(estimated from {found.looked_at:,} leads)")
    engaged = count_matches(VISITS, now=NOW)
    assert (engaged.leads, engaged.activities, engaged.is_estimate) == (0, 0, True)


def test_values_of_a_fact_are_counted_without_regard_to_case() -> None:
    some_leads()
    known = known_values("company.industry")
    assert [(each.value, each.count) for each in known.values] == [("Machinery", 3)]
    assert (known.of, known.filled, known.are_activities, known.is_estimate) == (5, 3, False, False)
    titles = known_values("lead.job_title", search="HEAD", limit=1)
    assert [each.value for each in titles.values] == ["Head of Sales"]
    assert [each.value for each in known_values("lead.job_title", search="%").values] == []


def test_values_of_activities_are_those_of_the_kinds_that_the_rule_counts() -> None:
    leads = some_leads()
    log(leads[0], "content_download", properties={"path": "/pricing"})
    known = known_values("property.path", types=["page_view"])
    assert [(each.value, each.count) for each in known.values] == [("/pricing", 15), ("/jobs", 5)]
    assert (known.label, known.are_activities, known.of) == ("Path", True, 20)
    assert known_values("property.path").values[0].count == 16
    assert known_properties(["page_view"]) == {"path": 20, "seconds": 15}
    assert known_types()["login"] == 5
    assert known_types()["meeting_held"] == 0


def test_numbers_have_a_spread_and_codes_their_words() -> None:
    some_leads()
    Lead.objects.filter(job_title="Student").update(seniority="vp", do_not_email=True)
    assert known_values("company.employees").spread == (20, 300, 300)
    assert [(each.value, each.label) for each in known_values("lead.seniority").values] == [("vp", "VP")]
    assert [(each.value, each.count) for each in known_values("lead.do_not_email").values] == [
        ("no", 4),
        ("yes", 1),
    ]
    assert known_values("lead.created_at").values == ()


@pytest.mark.parametrize("field", ["lead.nothing", "lead.score", "property.", "x'; --"])
def test_a_field_that_rules_do_not_know_is_not_found(field: str) -> None:
    with pytest.raises(NotFound):
        known_values(field)


def test_large_tables_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    Lead.objects.bulk_create(
        Lead(email=f"many{number}@example.com", city="Bern" * (number % 2), created_at=NOW)
        for number in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('leadapp_lead') / 8192")
        (pages,) = cursor.fetchone()
    monkeypatch.setattr(values, "MOST_PAGES", pages // 2)
    known = known_values("lead.city")
    assert known.is_estimate
    assert 1000 < known.of < 3000
    assert known.values[0].value == "Bern"
