"""Thresholds, bands, grades, bounds and caps that no sum can reach; and what stops a publish."""

from typing import Any

import pytest

from scoring.analysis.check import blocking, check_version
from tests.scoring.build import NOW, make_group, make_rule, the_live_version
from tests.scoring.check.build import codes, found, make_draft, only

pytestmark = pytest.mark.django_db

HALVES: dict[str, Any] = {"decay": "half_life", "decay_days": 30}


def test_a_threshold_that_no_lead_can_reach_stops_a_publish() -> None:
    version = make_draft(threshold=31)
    make_rule(version, points=10, conditions=[("lead.city", "is_set", None)])
    make_rule(version, points=20, types=["login"], counting="once", **HALVES)
    make_rule(version, points=-5, types=["unsubscribed"], counting="once")

    finding = only(version, "threshold_out_of_reach")

    assert finding.is_bad
    assert finding.text == (
        "Sales gets a lead from 31 points on. Fit gives at most 10 and engagement at most 20, 30 together."
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"points": 15, "counting": "once"},
        {"points": 1},  # adds up without end
        {"points": 5, "max_points": 15},
    ],
)
def test_a_threshold_that_the_best_lead_reaches_is_right(facts: dict[str, Any]) -> None:
    version = make_draft(threshold=15)
    make_rule(version, types=["login"], **HALVES, **facts)
    assert not found(version, "threshold_out_of_reach")


def test_caps_groups_and_bounds_count_for_what_can_be_reached() -> None:
    version = make_draft(threshold=46, fit_max=20)
    group = make_group(version, "engagement", 25)
    for slug in ("login", "page_view"):
        make_rule(version, types=[slug], points=20, group=group, **HALVES)
    make_rule(version, points=50, conditions=[("lead.city", "is_set", None)])
    assert only(version, "threshold_out_of_reach").text.endswith(
        "Fit gives at most 20 and engagement at most 25, 45 together."
    )


def test_a_version_without_rules_reaches_nothing() -> None:
    version = make_draft()
    assert {"threshold_out_of_reach", "hot_out_of_reach", "warm_out_of_reach"} <= codes(version)


def test_a_threshold_below_every_score_is_found() -> None:
    version = make_draft(threshold=10)
    make_rule(version, points=10)  # without conditions it holds for everybody
    assert "less than 10" in only(version, "threshold_always_reached").text
    make_rule(version, points=-1, conditions=[("lead.city", "is_set", None)])
    assert not found(version, "threshold_always_reached")


def test_bands_out_of_reach_are_found() -> None:
    version = make_draft(warm_from=5, hot_from=50)
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    assert only(version, "hot_out_of_reach").title == "No lead can ever be hot"
    assert not found(version, "warm_out_of_reach")


def test_grades_out_of_reach_are_found() -> None:
    version = make_draft(fit_a=60, fit_b=10, fit_c=5)
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    make_rule(version, types=["login"], **HALVES)
    finding = only(version, "grade_out_of_reach")
    assert finding.text == "Fit A begins at 60; fit gives at most 10."


def test_a_grade_that_nobody_gets_is_noted() -> None:
    version = make_draft(fit_c=0, fit_b=5, fit_a=10)
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    assert only(version, "grade_never_given").title == "No lead can ever have fit D"


def test_a_group_that_cannot_reach_its_cap_is_noted() -> None:
    version = make_draft()
    high, low = make_group(version, "fit", 30), make_group(version, "fit", 15)
    for city in ("Bonn", "Ulm"):
        for group in (high, low):
            make_rule(version, group=group, conditions=[("lead.city", "equals", city)])
    finding = only(version, "group_cap_out_of_reach")
    assert finding.group_id == high.pk
    assert finding.text == "The cap is 30, its rules give at most 20."


def test_a_group_without_rules_is_noted() -> None:
    version = make_draft()
    empty, used = make_group(version, "fit", None), make_group(version, "fit", None)
    make_rule(version, group=used, conditions=[("lead.city", "is_set", None)])
    assert only(version, "group_empty").group_id == empty.pk


def test_a_bound_that_the_rules_cannot_reach_is_noted() -> None:
    version = make_draft(fit_max=100, engagement_max=100)
    make_rule(version, points=40, conditions=[("lead.city", "is_set", None)])
    make_rule(version, types=["login"], **HALVES)  # without end
    finding = only(version, "bound_out_of_reach")
    assert finding.text == "The bound is 100, the rules give at most 40."


def test_a_draft_needs_a_note() -> None:
    version = make_draft(note="  ")
    assert only(version, "no_note").is_bad
    assert not found(make_draft(note="Why."), "no_note")
    assert not found(the_live_version(), "no_note")


def test_what_ships_is_not_stopped_by_anything() -> None:
    findings = check_version(the_live_version(), NOW)
    assert blocking(findings) == []
    assert {finding.severity for finding in findings} <= {"info"}


def test_only_what_is_wrong_for_certain_stops_a_publish() -> None:
    version = make_draft(note="", threshold=1000)
    make_rule(version, conditions=[("lead.gender", "equals", "female")])
    make_rule(version, conditions=[("lead.shoe_size", "equals", "44")])
    findings = check_version(version, NOW)
    assert [finding.code for finding in blocking(findings)] == [
        "no_note",
        "threshold_out_of_reach",
        "unreadable",
    ]


def test_a_note_that_comes_with_the_publish_will_do() -> None:
    version = make_draft(note="")
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    findings = check_version(version, NOW)
    assert [finding.code for finding in blocking(findings)] == ["no_note"]
    assert [finding.code for finding in blocking(findings, note=" ")] == ["no_note"]
    assert blocking(findings, note="Bonn is new.") == []
