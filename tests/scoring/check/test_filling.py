"""Conditions on fields that are mostly empty, and on properties that no event carries."""

from typing import Any

import pytest

from scoring.models import ScoringModelVersion
from tests.scoring.build import DAY, NOW, make_rule
from tests.scoring.check.build import codes, found, log_all, make_crowd, make_draft, only

pytestmark = pytest.mark.django_db

HALVES: dict[str, Any] = {"decay": "half_life", "decay_days": 30}


@pytest.fixture
def version() -> ScoringModelVersion:
    return make_draft()


def known_for(known: int, of: int = 20) -> None:
    make_crowd(of, lambda number: {"city": "Bonn" if number < known else ""})


def test_a_field_that_is_nearly_always_empty_is_found(version: ScoringModelVersion) -> None:
    known_for(3)
    rule = make_rule(version, name="Place", conditions=[("lead.city", "equals", "Bonn")])

    finding = only(version, "mostly_empty")

    assert (finding.severity, finding.rule_id) == ("warn", rule.pk)
    assert finding.title == "“Place” looks at City, which is mostly empty"
    assert finding.text == "Of 20 leads, 3 (15 %) have it; the rule passes over the others."


def test_a_field_that_nobody_has_is_found_and_told_once(version: ScoringModelVersion) -> None:
    known_for(0)
    make_rule(version, name="Place", conditions=[("lead.city", "equals", "Bonn")])
    finding = only(version, "always_empty")
    assert finding.title == "“Place” looks at City, which nobody has"
    assert finding.text == "It is empty for all of 20 leads."
    assert not {"never_matches", "mostly_empty"} & codes(version)


def test_a_field_that_is_empty_for_most_is_noted(version: ScoringModelVersion) -> None:
    known_for(9)
    make_rule(version, conditions=[("lead.city", "equals", "Bonn")])
    assert only(version, "mostly_empty").severity == "info"


def test_a_field_that_half_of_the_leads_have_is_right(version: ScoringModelVersion) -> None:
    known_for(10)
    make_rule(version, conditions=[("lead.city", "equals", "Bonn")])
    assert not found(version, "mostly_empty")


def test_asking_whether_something_is_known_is_right(version: ScoringModelVersion) -> None:
    known_for(1)
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    make_rule(version, conditions=[("lead.country", "is_empty", None)])
    assert not found(version, "mostly_empty")


def test_what_holds_for_the_unknown_says_so(version: ScoringModelVersion) -> None:
    known_for(1)
    make_rule(version, conditions=[("lead.city", "not_equals", "Ulm")])
    finding = only(version, "mostly_empty")
    assert "the rule matches the others" in finding.text
    assert finding.mend == "Add the condition that it is set."


def test_one_of_several_alternatives_is_only_noted(version: ScoringModelVersion) -> None:
    known_for(1)
    conditions = [("lead.city", "equals", "Bonn"), ("company.industry", "equals", "Machinery")]
    make_rule(version, match="any", conditions=conditions)
    assert only(version, "mostly_empty").severity == "info"


def test_companies_own_fields_and_yes_or_no_are_understood(version: ScoringModelVersion) -> None:
    make_crowd(20, lambda number: {"attributes": {"plan": "pro"} if number < 2 else {}})
    make_rule(version, conditions=[("lead.attributes.plan", "equals", "pro")])
    make_rule(version, conditions=[("company.industry", "equals", "Machinery")])
    make_rule(version, conditions=[("lead.do_not_email", "equals", True)])
    assert "2 (10 %)" in only(version, "mostly_empty").text


def test_a_property_that_no_event_carries_is_found(version: ScoringModelVersion) -> None:
    log_all(make_crowd(20), "page_view", properties={"path": "/pricing", "seconds": 4})
    rule = make_rule(
        version, name="Prices", types=["page_view"], conditions=[("property.pth", "contains", "p")], **HALVES
    )

    finding = only(version, "property_unknown")

    assert finding.rule_id == rule.pk
    assert finding.title == "No event carries “pth”, which “Prices” reads"
    assert finding.text == (
        "Of 20 activities “Page view” of the last 90 days, none carries it. They carry path, seconds."
    )
    assert finding.mend == "Is “path” meant? Correct the name of the property."
    # Said once: that the rule never matches follows from it.
    assert "never_matches" not in codes(version)


def test_a_property_that_events_carry_is_right(version: ScoringModelVersion) -> None:
    log_all(make_crowd(20), "page_view", properties={"path": "/pricing"})
    make_rule(version, types=["page_view"], conditions=[("property.path", "contains", "p")], **HALVES)
    assert not {"property_unknown", "property_rare"} & codes(version)


def test_a_property_that_few_events_carry_is_noted(version: ScoringModelVersion) -> None:
    leads = make_crowd(20)
    log_all(leads[:3], "page_view", properties={"campaign": "x"})
    log_all(leads[3:], "page_view", properties={})
    make_rule(version, types=["page_view"], conditions=[("property.campaign", "equals", "x")], **HALVES)
    assert "Of 20 activities “Page view” of the last 90 days, 3 (15 %)" in only(version, "property_rare").text


def test_only_events_of_the_last_ninety_days_are_asked(version: ScoringModelVersion) -> None:
    leads = make_crowd(20)
    log_all(leads, "page_view", properties={"url": "/x"}, occurred_at=NOW - 91 * DAY)
    make_rule(version, types=["page_view"], conditions=[("property.url", "contains", "x")], **HALVES)
    assert not found(version, "property_unknown")  # there were no events, so nothing can be said
    log_all(leads, "page_view", properties={})
    assert only(version, "property_unknown").text.endswith("They carry no properties at all.")


def test_only_events_of_the_types_of_the_rule_are_asked(version: ScoringModelVersion) -> None:
    leads = make_crowd(20)
    log_all(leads, "page_view", properties={"path": "/x"})
    log_all(leads, "login", properties={"device": "phone"})
    make_rule(version, types=["login"], conditions=[("property.path", "contains", "x")], **HALVES)
    assert found(version, "property_unknown")
