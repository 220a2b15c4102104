"""What the rule check says of how rules, caps and bounds work out on the leads there are."""

from typing import Any

import pytest

from scoring.analysis.check import check
from scoring.analysis.check import sample as sampling
from tests.scoring.build import DAY, NOW, make_group, make_rule
from tests.scoring.check.build import codes, found, log_all, make_crowd, make_draft, only

pytestmark = pytest.mark.django_db

HALVES: dict[str, Any] = {"decay": "half_life", "decay_days": 30}
CITY = [("lead.city", "equals", "Bonn")]


def test_a_fit_rule_that_never_matches_is_found() -> None:
    make_crowd(20, lambda number: {"city": "Ulm"})
    version = make_draft()
    rule = make_rule(version, name="From Bonn", conditions=CITY)

    finding = only(version, "never_matches")

    assert (finding.severity, finding.rule_id) == ("warn", rule.pk)
    assert finding.title == "“From Bonn” never matches"
    assert finding.text == "Of 20 leads it holds for none."


def test_a_rule_that_matches_a_single_lead_is_right() -> None:
    make_crowd(20, lambda number: {"city": "bonn" if number == 7 else "Ulm"})
    version = make_draft()
    make_rule(version, conditions=CITY)
    assert not found(version, "never_matches")


def test_nothing_is_said_of_use_when_there_are_too_few_leads() -> None:
    make_crowd(19)
    version = make_draft()
    make_rule(version, conditions=CITY)
    assert check(version, NOW).sample is None
    make_crowd(1)
    assert check(version, NOW).sample is not None


def test_leads_that_opted_out_are_not_looked_at() -> None:
    make_crowd(20, lambda number: {"do_not_score": number == 0, "city": "Ulm"})
    version = make_draft()
    make_rule(version, conditions=CITY)
    assert check(version, NOW).sample is None


def test_a_type_of_which_there_is_no_activity_is_named() -> None:
    log_all(make_crowd(20), "page_view", times=2)
    version = make_draft()
    make_rule(version, types=["trial_started"], **HALVES)
    assert only(version, "never_matches").text == (
        "Among the 40 activities of 20 leads there is no “Trial started”."
    )


def test_activities_that_fit_no_condition_are_counted() -> None:
    log_all(make_crowd(20), "page_view", properties={"path": "/blog"})
    version = make_draft()
    make_rule(version, types=["page_view"], conditions=[("property.path", "contains", "pricing")], **HALVES)
    assert "None of the 20 activities “Page view”" in only(version, "never_matches").text


def test_a_minimum_that_nobody_reaches_is_explained() -> None:
    log_all(make_crowd(25)[:21], "page_view", times=2)
    version = make_draft()
    make_rule(version, types=["page_view"], min_occurrences=3, window_days=7)
    assert only(version, "never_matches").text == (
        "Of 25 leads, 21 have such activities, but none 3 times within 7 days."
    )


def test_voided_and_future_activities_do_not_count() -> None:
    leads = make_crowd(20)
    log_all(leads, "page_view", voided_at=NOW, void_reason="A robot")
    log_all(leads, "page_view", occurred_at=NOW + DAY, received_at=NOW + DAY)
    version = make_draft()
    make_rule(version, types=["page_view"], **HALVES)
    assert found(version, "never_matches")


def test_points_that_have_all_faded_are_noted() -> None:
    log_all(make_crowd(20), "webinar_attended", occurred_at=NOW - 61 * DAY)
    version = make_draft()
    make_rule(version, types=["webinar_attended"], decay="linear", decay_days=60)
    assert "20 of 20 leads" in only(version, "all_faded").text
    assert not found(version, "never_matches")


def test_a_rule_that_holds_for_nearly_everybody_is_noted() -> None:
    make_crowd(100, lambda number: {"city": "Bonn" if number < 98 else "Ulm"})
    version = make_draft()
    make_rule(version, name="Bonn", conditions=CITY)
    make_rule(version, name="Not Ulm", conditions=[("lead.city", "not_in", ["Ulm", "Trier"])])
    names = [finding.title for finding in found(version, "matches_everybody")]
    assert names == ["“Bonn” matches nearly everybody", "“Not Ulm” matches nearly everybody"]
    make_crowd(1, lambda number: {"city": "Ulm"})
    assert not found(version, "matches_everybody")


def test_a_cap_that_nearly_everybody_hits_is_found() -> None:
    leads = make_crowd(30)
    log_all(leads[:18], "page_view", times=3)
    log_all(leads[18:20], "page_view", times=1)
    version = make_draft()
    rule = make_rule(version, name="Views", types=["page_view"], points=5, max_points=10, window_days=30)

    finding = only(version, "cap_always_hit")

    assert finding.rule_id == rule.pk
    assert "18 of the 20 leads that have points of it (90 %) are at its 10" in finding.text


def test_a_cap_that_some_hit_is_right() -> None:
    leads = make_crowd(30)
    log_all(leads[:17], "page_view", times=3)
    log_all(leads[17:20], "page_view", times=1)
    version = make_draft()
    make_rule(version, types=["page_view"], points=5, max_points=10, window_days=30)
    assert not found(version, "cap_always_hit")


def test_a_cap_that_few_leads_come_near_says_nothing() -> None:
    log_all(make_crowd(30)[:9], "page_view", times=3)
    version = make_draft()
    make_rule(version, types=["page_view"], points=5, max_points=10, window_days=30)
    assert not found(version, "cap_always_hit")


def test_a_group_that_always_hits_its_cap_is_found() -> None:
    leads = make_crowd(20, lambda number: {"city": "Bonn", "country": "DE"})
    version = make_draft()
    tight, wide = make_group(version, "fit", 15), make_group(version, "fit", 25)
    for group in (tight, wide):
        for condition in (CITY, [("lead.country", "equals", "DE")]):
            make_rule(version, group=group, conditions=condition)
    finding = only(version, "group_cap_always_hit")
    assert finding.group_id == tight.pk
    assert f"{len(leads)} of the 20 leads" in finding.text


def test_a_bound_at_which_most_leads_are_is_found() -> None:
    make_crowd(20, lambda number: {"city": "Bonn" if number < 10 else "Ulm"})
    version = make_draft(fit_max=5)
    make_rule(version, conditions=CITY)
    assert "Fit ends at 5; 10 of 20 leads (50 %) are there" in only(version, "bound_always_hit").text
    make_crowd(1)
    assert not found(version, "bound_always_hit")


def test_negative_fit_that_floors_most_leads_is_found() -> None:
    leads = make_crowd(20, lambda number: {"city": "Bonn"})
    version = make_draft()
    make_rule(version, points=-30, conditions=CITY)
    make_rule(version, points=40, types=["login"], counting="once", window_days=30)
    log_all(leads[:10], "login")

    assert "10 (50 %)" in only(version, "fit_floors").text

    log_all(leads[10:11], "login")
    assert "fit_floors" not in codes(version)


def test_no_more_than_the_sample_is_looked_at(monkeypatch: Any) -> None:
    monkeypatch.setattr(sampling, "MOST_LEADS", 30)
    make_crowd(100, lambda number: {"city": "Ulm"})
    version = make_draft()
    make_rule(version, conditions=CITY)

    first, second = check(version, NOW), check(version, NOW)

    assert first.sample is not None
    assert (first.sample.leads, first.sample.leads_total) == (30, 100)
    assert first == second
    assert "30 leads picked at random out of 100" in only(version, "never_matches").text


def test_the_queries_do_not_grow(django_assert_num_queries: Any) -> None:
    log_all(make_crowd(60), "page_view", properties={"path": "/"})
    version = make_draft()
    for number in range(10):
        make_rule(
            version,
            types=["page_view"],
            conditions=[("property.path", "contains", str(number)), ("lead.city", "is_set", None)],
            **HALVES,
        )
    with django_assert_num_queries(12):
        check(version, NOW)
