"""What the rule check says of a rule without looking at leads. Each kind: once found, once not."""

from typing import Any

import pytest

from leadapp.models import ActivityType
from scoring.analysis.check import check_version, findings_for_rule
from scoring.models import RuleCondition, ScoringRule
from tests.scoring.build import NOW, make_group, make_rule, the_live_version
from tests.scoring.check.build import codes, found, make_draft, only

pytestmark = pytest.mark.django_db


def fading(**facts: Any) -> dict[str, Any]:
    return {"decay": "half_life", "decay_days": 30} | facts


def test_a_condition_that_nothing_can_evaluate_stops_a_publish() -> None:
    version = make_draft()
    rule = make_rule(version, name="Broken", conditions=[("lead.shoe_size", "equals", "44")])

    finding = only(version, "unreadable")

    assert (finding.severity, finding.rule_id) == ("bad", rule.pk)
    assert finding.title == "“Broken” cannot be evaluated"
    assert "lead.shoe_size" in finding.text


@pytest.mark.parametrize(
    "condition",
    [
        ("company.employees", "contains", "1"),
        ("company.employees", "between", [200, 10]),
        ("property.path", "contains", "pricing"),  # an activity's property in a fit rule
        ("lead.score", "at_least", 10),  # only gates may look at the score
    ],
)
def test_other_conditions_that_make_no_sense_are_found(condition: Any) -> None:
    version = make_draft()
    make_rule(version, conditions=[condition])
    assert only(version, "unreadable").is_bad


def test_a_rule_that_cannot_be_read_does_not_keep_the_others_from_being_checked() -> None:
    version = make_draft()
    make_rule(version, conditions=[("lead.shoe_size", "equals", "44")])
    make_rule(version, conditions=[("lead.gender", "equals", "female")])
    assert {"unreadable", "sensitive"} <= codes(version)


def test_rules_that_can_be_read_are_not_found() -> None:
    assert "unreadable" not in codes(the_live_version())


def test_an_engagement_rule_without_types_counts_nothing() -> None:
    version = make_draft()
    rule = make_rule(version, name="Empty", dimension="engagement", **fading())
    make_rule(version, types=["login"], **fading())
    assert only(version, "no_types").rule_id == rule.pk


@pytest.mark.parametrize("slug", ["unsubscribed", "email_bounced"])
def test_points_for_an_unsubscribe_or_a_bounce_are_found(slug: str) -> None:
    version = make_draft()
    make_rule(version, name="Odd", types=[slug], points=5, **fading())

    finding = only(version, "rewards_unwanted")

    label = ActivityType.objects.get(slug=slug).label
    assert finding.text == f"It gives +5 for “{label}”."
    assert finding.mend == f"Make it −5, or take “{label}” out of its activity types."


def test_own_types_are_known_by_their_names() -> None:
    ActivityType.objects.create(slug="spam_complaint", label="Marked as spam", channel="email")
    version = make_draft()
    make_rule(version, types=["spam_complaint"], **fading())
    assert found(version, "rewards_unwanted")


def test_taking_points_for_an_unsubscribe_is_right() -> None:
    version = make_draft()
    make_rule(version, types=["unsubscribed"], points=-5, counting="once")
    make_rule(version, types=["newsletter_signup"], points=5, **fading())
    assert not found(version, "rewards_unwanted")


def test_points_for_what_leadapp_writes_itself_are_found() -> None:
    version = make_draft()
    make_rule(version, types=["lead.updated"], **fading())
    assert "“Facts changed”" in only(version, "rewards_internal").text


def test_points_for_what_a_rep_does_are_found() -> None:
    version = make_draft()
    make_rule(version, types=["email_sent"], **fading())
    make_rule(version, types=["call_connected"], **fading())  # it takes two to talk
    assert "“Email sent by a rep”" in only(version, "rewards_own_work").text
    assert not found(version, "rewards_internal")


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("lead.birth_year", "between", [1970, 1990]),
        ("lead.gender", "equals", "female"),
        ("lead.attributes.age", "greater", 40),
        ("lead.attributes.marital_status", "equals", "single"),
    ],
)
def test_sensitive_attributes_are_found(field: str, operator: str, value: Any) -> None:
    version = make_draft()
    rule = make_rule(version, conditions=[(field, operator, value)])
    finding = only(version, "sensitive")
    assert (finding.severity, finding.rule_id) == ("warn", rule.pk)


def test_names_that_only_hold_such_words_are_not_sensitive() -> None:
    version = make_draft()
    make_rule(version, conditions=[("lead.attributes.stage_of_trace", "equals", "x")])
    make_rule(version, conditions=[("lead.language", "equals", "de")])
    assert not found(version, "sensitive")


def test_a_sensitive_rule_that_is_switched_off_is_only_said_to_be_off() -> None:
    version = make_draft()
    rule = make_rule(version, conditions=[("lead.gender", "is_set", None)], is_active=False)
    assert not found(version, "sensitive")
    off = only(version, "switched_off")
    assert (off.severity, off.rule_id) == ("info", rule.pk)


def test_a_cap_below_a_single_match_always_hits() -> None:
    version = make_draft()
    make_rule(version, name="Demo", types=["demo_requested"], points=50, max_points=30, **fading())
    finding = only(version, "cap_below_points")
    assert finding.text == "A single match is worth +50, the rule gives at most 30."


def test_a_cap_of_several_matches_is_right() -> None:
    version = make_draft()
    make_rule(version, types=["page_view"], points=5, max_points=20, **fading())
    make_rule(version, types=["login"], points=-5, max_points=5, **fading())
    assert not {"cap_below_points", "cap_out_of_reach"} & codes(version)


def test_a_cap_above_all_that_a_rule_gives_is_found() -> None:
    version = make_draft()
    make_rule(version, types=["demo_requested"], counting="once", max_points=30, **fading())
    make_rule(version, conditions=[("lead.city", "is_set", None)], points=-10, max_points=11)
    texts = [finding.text for finding in found(version, "cap_out_of_reach")]
    assert texts == [
        "The cap is 30, the rule gives at most 10.",
        "The cap is 11, the rule gives at most 10.",
    ]


def test_a_rule_that_fills_its_group_alone_is_found() -> None:
    version = make_draft()
    group = make_group(version, "engagement", 20)
    rule = make_rule(version, types=["login"], points=25, counting="once", group=group, **fading())
    make_rule(version, types=["page_view"], points=20, group=group, **fading())
    finding = only(version, "group_cap_below_rule")
    assert (finding.rule_id, finding.group_id) == (rule.pk, group.pk)
    assert "at most 20" in finding.text


def test_points_that_add_up_and_never_fade_are_found() -> None:
    version = make_draft()
    make_rule(version, name="Visits", types=["page_view"], points=2)
    finding = only(version, "never_fades")
    assert finding.severity == "warn"
    assert finding.text == "Every occurrence counts +2 for good: scores only ever rise."


def test_points_kept_for_good_are_only_noted() -> None:
    version = make_draft()
    make_rule(version, types=["trial_started"], counting="once")
    assert only(version, "never_fades").severity == "info"


def test_fading_windows_facts_and_lasting_losses_are_right() -> None:
    version = make_draft()
    make_rule(version, types=["page_view"], **fading())
    make_rule(version, types=["page_view"], window_days=30)
    make_rule(version, conditions=[("lead.city", "is_set", None)])
    make_rule(version, types=["unsubscribed"], points=-10, counting="once")
    assert not found(version, "never_fades")


def test_a_window_in_which_nobody_comes_so_often_is_found() -> None:
    version = make_draft()
    make_rule(version, types=["page_view"], min_occurrences=20, window_days=2)
    make_rule(version, types=["login"], min_occurrences=3, window_days=7)
    assert "20 times within 2 days is 10 a day" in only(version, "window_too_short").text


def test_a_minimum_over_all_time_is_noted() -> None:
    version = make_draft()
    make_rule(version, types=["page_view"], min_occurrences=3, **fading())
    make_rule(version, types=["login"], min_occurrences=3, window_days=7)
    assert len(found(version, "minimum_without_window")) == 1


def test_a_window_beyond_the_end_of_fading_is_noted() -> None:
    version = make_draft()
    linear: dict[str, Any] = {"decay": "linear", "decay_days": 30}
    make_rule(version, name="Long", types=["page_view"], window_days=90, **linear)
    make_rule(version, types=["login"], window_days=10, **linear)
    assert only(version, "window_beyond_fading").title == "The window of “Long” never matters"


def test_the_worst_comes_first() -> None:
    version = make_draft(note="")
    make_rule(version, types=["page_view"], is_active=False)
    make_rule(version, types=["page_view"])
    severities = [finding.severity for finding in check_version(version, NOW)]
    assert severities == sorted(severities, key=["bad", "warn", "info"].index)
    assert set(severities) == {"bad", "warn", "info"}


def test_what_is_equally_bad_is_told_rule_by_rule() -> None:
    version = make_draft()
    second = make_rule(version, types=["unsubscribed"], position=2)
    first = make_rule(version, types=["email_bounced"], position=1)
    warnings = [each for each in check_version(version, NOW) if each.is_warning and each.rule_id]
    found = [(each.rule_id, each.code) for each in warnings]
    kinds = ["rewards_unwanted", "never_fades"]
    assert found == [*((first.pk, kind) for kind in kinds), *((second.pk, kind) for kind in kinds)]


def test_every_finding_says_what_to_do() -> None:
    version = make_draft(note="")
    make_rule(version, types=["unsubscribed"], conditions=[("lead.gender", "is_set", None)])
    for finding in check_version(version, NOW):
        assert finding.title
        assert finding.text.endswith(".")
        assert finding.mend.endswith((".", "?"))


def test_one_rule_is_told_what_is_said_of_it() -> None:
    version = make_draft()
    rule = make_rule(version, types=["unsubscribed"], counting="once")
    make_rule(version, conditions=[("lead.gender", "equals", "female")])
    assert {finding.code for finding in findings_for_rule(rule, NOW)} == {"rewards_unwanted", "never_fades"}


def test_checking_writes_nothing(django_assert_max_num_queries: Any) -> None:
    version = make_draft()
    make_rule(version, conditions=[("lead.city", "equals", "Bonn")])
    before = (ScoringRule.objects.count(), RuleCondition.objects.count())
    with django_assert_max_num_queries(13) as queries:
        check_version(version, NOW)
    assert all(query["sql"].lstrip().startswith(("SELECT", "WITH")) for query in queries.captured_queries)
    assert (ScoringRule.objects.count(), RuleCondition.objects.count()) == before
