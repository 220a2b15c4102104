"""The single activities behind each rule's points."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from leadapp.models import Lead
from scoring.engine import explain_leads
from scoring.engine.imagined import ImaginedActivity, ImaginedLead, explain_imagined
from scoring.engine.occurrences import Occurrence, occurrences_of
from scoring.models import ScoringModelVersion
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
from tests.scoring.strategies import LEADS, VERSIONS
from tests.scoring.test_oracle import SETTINGS, build_leads, build_version, undone

pytestmark = pytest.mark.django_db


def of_rule(version: ScoringModelVersion, lead: Lead) -> tuple[Occurrence, ...]:
    explanation = explain_leads(version=version, moments={lead.pk: NOW})[lead.pk]
    (found,) = occurrences_of(explanation).values()
    return found


@settings(SETTINGS, max_examples=60)
@given(version=VERSIONS, leads=st.lists(LEADS, min_size=1, max_size=2))
def test_the_activities_of_a_rule_sum_exactly_to_its_raw_points(
    version: dict[str, Any], leads: list[dict[str, Any]]
) -> None:
    with undone():
        built, people = build_version(version), build_leads(leads)
        moments = {lead.pk: NOW for lead in people}
        for explanation in explain_leads(version=built, moments=moments).values():
            found = occurrences_of(explanation)
            for line in explanation.all_lines:
                if line.matches is not None and line.rule_id is not None:
                    activities = found.get(line.rule_id, ())
                    assert len(activities) == line.matches
                    assert sum((each.points for each in activities), Decimal(0)) == line.raw
                    assert max((each.occurred_at for each in activities), default=None) == line.newest
                    for each in activities:
                        full = each.before * each.share
                        assert 0 <= each.share <= 1
                        assert float(each.points) == pytest.approx(full, abs=1e-4) or each.points == 0


def test_each_activity_has_its_date_its_points_and_what_age_left_of_them() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], points=8, decay="half_life", decay_days=14)
    lead = make_lead()
    first = log(lead, "page_view", NOW - 14 * DAY, properties={"path": "/pricing"})
    log(lead, "page_view", NOW)
    newest, oldest = of_rule(version, lead)
    assert (newest.share, newest.before, newest.points) == (1.0, 8, Decimal(8))
    assert (oldest.activity_id, oldest.occurred_at) == (first.pk, first.occurred_at)
    assert (oldest.type, oldest.label, oldest.properties) == (
        "page_view",
        "Page view",
        {"path": "/pricing"},
    )
    assert (oldest.before, oldest.points) == (8, Decimal(4))
    assert oldest.percent_left == pytest.approx(50)


def test_of_many_the_newest_are_read_and_what_is_left_of_the_points_is_that_of_the_older() -> None:
    version = make_version()
    pages = make_rule(version, types=["page_view"], points=8, decay="half_life", decay_days=14)
    demos = make_rule(version, types=["demo_requested"], points=50)
    lead = make_lead()
    for days in (0, 14, 28):
        log(lead, "page_view", NOW - days * DAY)
    log(lead, "demo_requested", NOW - 40 * DAY)
    explanation = explain_leads(version=version, moments={lead.pk: NOW})[lead.pk]
    found = occurrences_of(explanation, most=2)
    assert [each.points for each in found[pages.pk]] == [8, 4]
    assert [each.points for each in found[demos.pk]] == [50]
    (line,) = [line for line in explanation.all_lines if line.rule_id == pages.pk]
    assert (line.matches, line.raw - 12) == (3, Decimal(2))


def test_of_a_rule_that_counts_once_only_the_newest_gives_points() -> None:
    version = make_version()
    make_rule(version, types=["demo_requested"], points=50, counting="once")
    lead = make_lead()
    for days in (1, 2, 3):
        log(lead, "demo_requested", NOW - days * DAY)
    assert [each.points for each in of_rule(version, lead)] == [50, 0, 0]


def test_below_the_smallest_number_none_gives_points() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], points=5, min_occurrences=3)
    lead = make_lead()
    log(lead, "page_view", NOW - DAY)
    log(lead, "page_view", NOW - 2 * DAY)
    assert [each.points for each in of_rule(version, lead)] == [0, 0]
    log(lead, "page_view", NOW - 3 * DAY)
    assert [each.points for each in of_rule(version, lead)] == [5, 5, 5]


def test_voided_later_and_other_activities_are_left_out() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], conditions=[("property.path", "contains", "pricing")])
    lead = make_lead()
    log(lead, "page_view", NOW, properties={"path": "/pricing"})
    log(lead, "page_view", NOW, properties={"path": "/"})
    log(lead, "page_view", NOW, properties={"path": "/pricing"}, voided_at=NOW, void_reason="Wrong")
    log(lead, "page_view", NOW + timedelta(seconds=1), properties={"path": "/pricing"})
    log(make_lead(), "page_view", NOW, properties={"path": "/pricing"})
    assert len(of_rule(version, lead)) == 1


def test_what_caps_took_stays_in_the_lines() -> None:
    version = make_version()
    group = make_group(version, "engagement", 30)
    make_rule(version, types=["page_view"], points=20, max_points=25, group=group, name="Pages")
    make_rule(version, types=["demo_requested"], points=10, group=group)
    lead = make_lead()
    for slug in ("page_view", "page_view", "demo_requested"):
        log(lead, slug, NOW)
    explanation = explain_leads(version=version, moments={lead.pk: NOW})[lead.pk]
    (pages,) = (line for line in explanation.lines if line.name == "Pages")
    assert (pages.raw, pages.points, pages.capped) == (Decimal(40), Decimal(25), Decimal(-15))
    assert sum(each.points for each in occurrences_of(explanation)[pages.rule_id or 0]) == 40
    assert sum(line.points for line in explanation.lines) == explanation.score == 30


def test_an_imagined_lead_has_occurrences_too() -> None:
    version = make_version()
    make_rule(version, types=["page_view"], points=8)
    imagined = ImaginedLead(activities=[ImaginedActivity(type="page_view", occurred_at=NOW - DAY)])
    explanation = explain_imagined(version=version, lead=imagined, as_of=NOW)
    (found,) = occurrences_of(explanation, imagined=imagined).values()
    assert [each.points for each in found] == [8]


def test_a_lead_that_did_nothing_and_a_version_without_rules_have_none() -> None:
    explanation = explain_leads(version=the_live_version(), moments={(lead := make_lead()).pk: NOW})[lead.pk]
    assert occurrences_of(explanation) == {}
    empty = explain_leads(version=make_version(), moments={lead.pk: NOW})[lead.pk]
    assert occurrences_of(empty) == {}


def test_any_number_of_activities_takes_one_query() -> None:
    lead = make_lead()
    for minutes in range(40):
        log(lead, "page_view", NOW - timedelta(minutes=minutes), properties={"path": "/pricing"})
    explanation = explain_leads(version=the_live_version(), moments={lead.pk: NOW})[lead.pk]
    with CaptureQueriesContext(connection) as queries:
        found = occurrences_of(explanation)
    assert len(queries) == 1
    assert len(found) == 3
