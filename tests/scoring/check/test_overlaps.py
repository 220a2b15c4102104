"""Rules that say the same thing twice."""

from typing import Any

import pytest

from scoring.analysis.check import findings_for_rule
from scoring.models import ScoringModelVersion
from tests.scoring.build import NOW, make_group, make_rule
from tests.scoring.check.build import found, log_all, make_crowd, make_draft, only

pytestmark = pytest.mark.django_db

HALVES: dict[str, Any] = {"decay": "half_life", "decay_days": 30}
BONN = [("lead.city", "equals", "Bonn")]
GERMANY = [("lead.country", "equals", "DE")]


@pytest.fixture
def version() -> ScoringModelVersion:
    return make_draft()


def crowd(bonn: int, germany: int, both: int, size: int = 100) -> None:
    """Make leads of whom so many are from Bonn, from Germany, and both."""

    def facts(number: int) -> dict[str, Any]:
        in_germany = number < both or bonn <= number < bonn + germany - both
        return {"city": "Bonn" if number < bonn else "Ulm", "country": "DE" if in_germany else "AT"}

    make_crowd(size, facts)


def test_the_same_conditions_are_found_without_any_lead(version: ScoringModelVersion) -> None:
    first = make_rule(version, name="One", points=10, conditions=[*BONN, *GERMANY])
    second = make_rule(version, name="Two", points=5, conditions=[*GERMANY, *BONN])

    finding = only(version, "identical")

    assert (finding.rule_id, finding.other_rule_id) == (second.pk, first.pk)
    assert finding.text == "Whoever matches one matches the other: +10 and +5 make +15."
    assert finding in findings_for_rule(first, NOW)
    assert finding in findings_for_rule(second, NOW)


def test_rules_that_cancel_each_other_out_are_found(version: ScoringModelVersion) -> None:
    make_rule(version, points=10, types=["login"], **HALVES)
    make_rule(version, points=-10, types=["login"], **HALVES)
    assert only(version, "identical").mend == "Delete both: they cancel each other out."


@pytest.mark.parametrize(
    "other",
    [
        {"types": ["page_view"]},
        {"types": ["login"], "conditions": BONN},
        {"types": ["login"], "window_days": 7},
        {"types": ["login"], "min_occurrences": 2},
    ],
)
def test_rules_that_ask_for_something_else_are_right(
    version: ScoringModelVersion, other: dict[str, Any]
) -> None:
    make_rule(version, types=["login"], **HALVES)
    make_rule(version, **HALVES, **other)
    assert not found(version, "identical")


def test_all_or_any_makes_a_difference_for_several_conditions(version: ScoringModelVersion) -> None:
    make_rule(version, match="all", conditions=[*BONN, *GERMANY])
    make_rule(version, match="any", conditions=[*BONN, *GERMANY])
    assert not found(version, "identical")
    make_rule(version, match="all", conditions=BONN)
    make_rule(version, match="any", conditions=BONN)
    assert len(found(version, "identical")) == 1


def test_two_rules_for_the_same_leads_are_found(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=22, both=19)
    make_rule(version, name="Bonn", conditions=BONN)
    make_rule(version, name="Germany", conditions=GERMANY)

    finding = only(version, "overlap")

    assert finding.severity == "warn"
    assert finding.title == "“Bonn” and “Germany” reward the same leads"
    assert finding.text == (
        "19 of the 20 leads with the first (95 %) have the second too, which 22 have in all, of 100 leads."
    )


def test_less_than_ninety_five_percent_is_right(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=22, both=18)
    make_rule(version, conditions=BONN)
    make_rule(version, conditions=GERMANY)
    assert not found(version, "overlap")


def test_a_rule_within_a_larger_one_is_noted(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=40, both=20)
    make_rule(version, name="Bonn", conditions=BONN)
    make_rule(version, name="Germany", conditions=GERMANY)
    finding = only(version, "overlap")
    assert finding.severity == "info"
    assert finding.title == "Whoever has “Bonn” has “Germany” too"


def test_what_most_leads_have_overlaps_with_everything(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=60, both=20)
    make_rule(version, conditions=BONN)
    make_rule(version, conditions=GERMANY)
    assert not found(version, "overlap")


def test_the_same_activities_counted_twice_are_noted_even_where_most_have_them(
    version: ScoringModelVersion,
) -> None:
    leads = make_crowd(100)
    log_all(leads[:20], "page_view", properties={"path": "/pricing"})
    log_all(leads[20:80], "page_view", properties={"path": "/"})
    make_rule(version, name="Any", types=["page_view"], **HALVES)
    pricing = [("property.path", "contains", "pricing")]
    make_rule(version, name="Prices", types=["page_view"], conditions=pricing, **HALVES)
    assert only(version, "overlap").title == "Whoever has “Prices” has “Any” too"


def test_opposite_signs_and_dimensions_are_right(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=20, both=20)
    make_rule(version, conditions=BONN)
    make_rule(version, conditions=GERMANY, points=-10)
    make_rule(version, conditions=BONN, types=["login"], **HALVES)
    assert not found(version, "overlap")


def test_few_leads_are_no_habit(version: ScoringModelVersion) -> None:
    crowd(bonn=9, germany=9, both=9)
    make_rule(version, conditions=BONN)
    make_rule(version, conditions=GERMANY)
    assert not found(version, "overlap")


def test_a_group_with_a_cap_takes_care_of_it(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=40, both=20)
    group = make_group(version, "fit", 15)
    make_rule(version, conditions=BONN, group=group)
    make_rule(version, conditions=GERMANY, group=group)
    assert not found(version, "overlap")


def test_as_good_as_one_rule_is_noted_even_in_a_group(version: ScoringModelVersion) -> None:
    crowd(bonn=20, germany=20, both=20)
    group = make_group(version, "fit", 15)
    make_rule(version, conditions=BONN, group=group)
    make_rule(version, conditions=GERMANY, group=group)
    assert only(version, "overlap").severity == "info"


def test_the_closest_ten_are_told(version: ScoringModelVersion) -> None:
    make_crowd(40, lambda number: {"city": "Bonn" if number < 12 else "Ulm"})
    for letter in range(6):
        make_rule(
            version, conditions=[("lead.city", "starts_with", "Bonn"[: letter % 4 + 1])], points=5 + letter
        )
        make_rule(version, conditions=[("lead.city", "contains", "Bonn"[letter % 4 :])], points=letter + 1)
    assert len(found(version, "overlap")) == 10
