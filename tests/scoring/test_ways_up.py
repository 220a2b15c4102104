"""The shortest ways to the next line, computed by the engine."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.models import Lead
from scoring.analysis.ways import Ways, ways_up
from scoring.models import ScoringModelVersion
from tests.scoring.build import DAY, NOW, log, make_lead, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db


def ways(lead: Lead, version: ScoringModelVersion) -> Ways:
    found = ways_up(lead=lead, version=version, now=NOW)
    assert found is not None
    return found


def sentences(lead: Lead, version: ScoringModelVersion) -> list[tuple[str, bool]]:
    return [(way.sentence, way.suffices) for way in ways(lead, version).ways]


@pytest.fixture
def version() -> ScoringModelVersion:
    """Give a model with a line at 50, and rules of every kind."""
    version = make_version(warm_from=50, hot_from=100, threshold=150)
    make_rule(version, types=["demo_requested"], points=50, counting="once", name="Asked for a demo")
    make_rule(
        version,
        types=["page_view"],
        conditions=[("property.path", "contains", "pricing")],
        points=12,
        max_points=30,
        name="Viewed the pricing page",
    )
    make_rule(version, types=["unsubscribed"], points=-20, name="Unsubscribed")
    make_rule(version, conditions=[("lead.phone", "is_set", None)], points=4, name="Phone known")
    return version


def test_single_steps_that_suffice_come_first_the_smallest_ahead(version: ScoringModelVersion) -> None:
    make_rule(version, points=40, name="Every lead")
    lead = make_lead()
    found = ways(lead, version)
    assert found.target is not None
    assert (found.target.name, found.target.at, found.score, found.missing) == ("warm", 50, 40, 10)
    assert sentences(lead, version) == [
        ("+12: Viewed the pricing page", True),
        ("+50: Asked for a demo", True),
        ("+4: Phone known", False),
    ]


def test_without_a_single_step_the_best_pair_is_told(version: ScoringModelVersion) -> None:
    make_rule(version, points=35, name="Every lead")
    version.hot_from, version.warm_from = 100, 90
    version.save()
    lead = make_lead()
    assert sentences(lead, version) == [
        ("+62: Asked for a demo, and Viewed the pricing page", True),
        ("+50: Asked for a demo", False),
        ("+12: Viewed the pricing page", False),
        ("+4: Phone known", False),
    ]


def test_caps_count(version: ScoringModelVersion) -> None:
    make_rule(version, points=10, name="Every lead")
    lead = make_lead(phone="+491701234567")
    for _ in range(2):
        log(lead, "page_view", NOW, properties={"path": "/pricing"})
    assert sentences(lead, version) == [
        ("+50: Asked for a demo", True),
        ("+6: Viewed the pricing page once more", False),
    ]
    log(lead, "page_view", NOW, properties={"path": "/pricing"})
    log(lead, "demo_requested", NOW)
    found = ways(lead, version)
    assert found.ways == ()
    assert found.missing == 6


def test_what_counts_only_from_some_number_on_is_asked_for_that_often() -> None:
    version = make_version(warm_from=20)
    make_rule(version, types=["page_view"], points=8, min_occurrences=3, window_days=7, name="Often here")
    lead = make_lead()
    assert sentences(lead, version) == [("+24: Often here 3 times", True)]
    log(lead, "page_view", NOW - DAY)
    assert sentences(lead, version) == [("+24: Often here 2 more times", True)]


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("equals", "gold"),
        ("in", ["gold", "silver"]),
        ("matches_list", ["gold"]),
        ("contains", "old"),
        ("starts_with", "go"),
        ("greater", 60),
        ("at_least", 60),
        ("less", 60),
        ("at_most", 60),
        ("between", [50, 60]),
        ("is_set", None),
        ("is_empty", None),
        ("not_equals", "gold"),
        ("not_in", ["gold"]),
        ("within_days", 7),
        ("equals", True),
        ("equals", 5),
    ],
)
def test_a_step_satisfies_every_kind_of_condition(operator: str, value: Any) -> None:
    version = make_version(warm_from=20)
    conditions = [("property.plan", operator, value), ("activity.source", "is_set", None)]
    make_rule(version, types=["login"], points=20, conditions=conditions, name="Step")
    assert sentences(make_lead(), version) == [("+20: Step", True)]


def test_only_facts_that_are_missing_can_still_come_true() -> None:
    version = make_version(warm_from=20)
    top = [("lead.seniority", "equals", "owner"), ("lead.job_title", "matches_list", ["ceo"])]
    make_rule(version, points=25, match="any", conditions=top, name="Boss")
    make_rule(version, points=10, conditions=[("lead.job_title", "contains", "manager")], name="Manager")
    make_rule(version, points=9, conditions=[("company.employees", "between", [200, 999])], name="Size")
    make_rule(version, points=8, conditions=[("lead.attributes.erp", "equals", "SAP")], name="SAP")
    make_rule(version, points=7, conditions=[("lead.gender", "equals", "female")], name="Gender")
    make_rule(version, points=6, conditions=[("lead.birth_year", "greater", 1990)], name="Young")
    assert sentences(make_lead(), version) == [
        ("+25: Boss", True),
        ("+9: Size", False),
        ("+8: SAP", False),
    ]
    buyer = make_lead(job_title="Buyer", attributes={"erp": "none"})
    assert sentences(buyer, version)[:1] == [("+9: Size", False)]


def test_a_rule_that_no_lead_can_satisfy_is_left_out() -> None:
    version = make_version(warm_from=20)
    make_rule(version, points=25, conditions=[("lead.country", "equals", "Germany")], name="Country")
    assert sentences(make_lead(), version) == []


def test_above_all_lines_there_is_nothing_to_gain() -> None:
    version = make_version(warm_from=5, hot_from=6, threshold=7)
    make_rule(version, points=10)
    found = ways(make_lead(), version)
    assert (found.target, found.missing, found.ways) == (None, 0, ())


def test_who_opted_out_has_no_way_up() -> None:
    assert ways_up(lead=make_lead(do_not_score=True), version=the_live_version(), now=NOW) is None


def test_the_number_of_queries_is_small_and_fixed() -> None:
    version = the_live_version()
    busy, new = make_lead(), make_lead()
    for number in range(30):
        log(busy, "page_view", NOW - number * DAY, properties={"path": "/pricing"})
    ways(new, version)
    for lead in (new, busy):
        with CaptureQueriesContext(connection) as queries:
            found = ways(lead, version)
        # What it scores, two for types of activities, the copies.
        assert len(queries) == 4, [query["sql"][:80] for query in queries]
        assert found.sufficing
