"""What differs between two versions, said as a marketer would say it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.analysis.diff import Change, compare
from scoring.models import ScoringModelVersion
from scoring.services.publishing import make_draft, publish
from tests.scoring.build import NOW, make_rule, make_version, the_live_version

pytestmark = pytest.mark.django_db

PATH = ("property.path", "contains", "/pricing")


@pytest.fixture
def before() -> ScoringModelVersion:
    return make_version()


def edited(before: ScoringModelVersion) -> ScoringModelVersion:
    """Return a draft that is a copy of the version, published for it, to be edited by the test."""
    publish(version=before, actor=None, note="", now=NOW)
    return make_draft(model=before.model, actor=None, now=NOW)


def texts(before: ScoringModelVersion, after: ScoringModelVersion) -> list[str]:
    return [change.text for change in compare(before, after).changes]


def change_of(before: ScoringModelVersion, after: ScoringModelVersion) -> Change:
    (change,) = compare(before, after).changes
    return change


def visit(version: ScoringModelVersion, **facts: Any) -> Any:
    settings: dict[str, Any] = {"name": "Pricing page view", "points": 5} | facts
    return make_rule(version, types=["page_view"], **settings)


def test_a_copy_does_not_differ() -> None:
    live = the_live_version()
    draft = make_draft(model=live.model, actor=None, now=NOW)
    assert compare(live, draft).is_empty
    assert compare(live, live).is_empty


def test_points_and_cap(before: ScoringModelVersion) -> None:
    rule = visit(before, max_points=20)
    after = edited(before)
    after.rules.update(points=8, max_points=30)
    change = change_of(before, after)
    assert change.text == "Pricing page view: 5 → 8 points, cap 20 → 30"
    assert (change.kind, change.what, change.is_rule) == ("changed", "Pricing page view", True)
    assert (change.before, change.after) == ("5 points, cap 20", "8 points, cap 30")
    assert (change.rule_before_id, change.rule_after_id) == (rule.pk, after.rules.get().pk)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ({"points": -5}, {"points": -8}, "−5 → −8 points"),
        ({}, {"max_points": 30}, "no cap → cap 30"),
        ({"max_points": 1500}, {"max_points": None}, "cap 1,500 → no cap"),
        ({}, {"counting": "once"}, "counts every time → once"),
        ({}, {"min_occurrences": 3}, "counts from 1 → 3 times on"),
        ({"window_days": 7}, {"window_days": 14}, "within 7 → 14 days"),
        ({}, {"window_days": 14}, "of any age → within 14 days"),
        ({"window_days": 14}, {"window_days": None}, "within 14 days → of any age"),
        ({}, {"decay": "half_life", "decay_days": 14}, "never fades → halves every 14 days"),
        (
            {"decay": "half_life", "decay_days": 14},
            {"decay": "half_life", "decay_days": 7},
            "halves every 14 → 7 days",
        ),
        (
            {"decay": "half_life", "decay_days": 14},
            {"decay": "linear", "decay_days": 30},
            "halves every 14 days → fades to zero over 30 days",
        ),
        ({"decay": "linear", "decay_days": 30}, {"decay": "none", "decay_days": None},
         "fades to zero over 30 days → never fades"),
        ({}, {"is_active": False}, "switched off"),
        ({"is_active": False}, {"is_active": True, "points": 6}, "switched on, 5 → 6 points"),
        ({}, {"name": "Price list"}, "renamed from “Pricing page view”"),
        ({}, {"name": "Price list", "points": 6}, "renamed from “Pricing page view”, 5 → 6 points"),
    ],
)  # fmt: skip
def test_each_setting_is_said(
    before: ScoringModelVersion, was: dict[str, Any], now: dict[str, Any], said: str
) -> None:
    visit(before, **was)
    after = edited(before)
    after.rules.update(**now)
    assert texts(before, after) == [f"{now.get('name', 'Pricing page view')}: {said}"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            ("company.industry", "matches_list", ["machinery", "logistics"]),
            ("company.industry", "matches_list", ["machinery", "Automotive", "chemicals"]),
            "Industry has a word of: Automotive, chemicals added, logistics removed",
        ),
        (
            ("company.employees", "at_least", 50),
            ("company.employees", "at_least", 1000),
            "Employees is at least 50 → 1,000",
        ),
        (
            ("company.employees", "between", [50, 199]),
            ("company.employees", "between", [50, 250]),
            "Employees is between 50 and 199 → 50 to 250",
        ),
        (
            ("company.employees", "at_least", 50),
            ("company.employees", "between", [50, 199]),
            "“Employees is at least 50” → “Employees is between 50 and 199”",
        ),
        (
            ("lead.seniority", "in", ["head", "vp"]),
            ("lead.seniority", "in", ["head", "c_level"]),
            "Seniority is one of: C-level added, VP removed",
        ),
        (
            ("lead.phone", "is_set", None),
            ("lead.city", "equals", "Berlin"),
            "with the condition “City is Berlin”; without the condition “Phone is set”",
        ),
    ],
)
def test_conditions_are_said_with_the_values_that_came_and_went(
    before: ScoringModelVersion, was: Any, now: Any, said: str
) -> None:
    make_rule(before, name="Right kind", conditions=[was])
    after = edited(before)
    after.rules.get().conditions.update(field=now[0], operator=now[1], value=now[2])
    assert texts(before, after) == [f"Right kind: {said}"]


def test_the_order_and_the_case_of_values_say_nothing(before: ScoringModelVersion) -> None:
    first, second = ("lead.country", "in", ["DE", "AT"]), ("lead.phone", "is_set", None)
    make_rule(before, name="Near", conditions=[first, second])
    after = edited(before)
    after.rules.get().conditions.filter(operator="in").update(value=["at", "de"], position=5)
    assert texts(before, after) == []


def test_of_many_values_only_some_are_named(before: ScoringModelVersion) -> None:
    make_rule(before, name="Near", conditions=[("lead.country", "in", ["DE"])])
    after = edited(before)
    codes = [f"{letter}X" for letter in "ABCDEFGHIJKLMNOP"]
    after.rules.get().conditions.update(value=["DE", *codes])
    assert texts(before, after) == [
        "Near: Country is one of: AX, BX, CX, DX, EX, FX, GX, HX, IX, JX, KX, LX and 4 more added"
    ]


def test_conditions_that_came_and_went_and_how_many_are_needed(before: ScoringModelVersion) -> None:
    visit(before, match="any", conditions=[PATH, ("property.seconds", "greater", 60)])
    after = edited(before)
    rule = after.rules.get()
    rule.conditions.get(field="property.seconds").delete()
    rule.conditions.create(field="property.title", operator="contains", value="Price")
    after.rules.update(match="all", points=6)
    assert texts(before, after) == [
        "Pricing page view: 5 → 6 points, any condition is enough → all conditions needed; "
        "with the condition “Title contains Price”; without the condition “Seconds is greater than 60”"
    ]


def test_activities_that_count_or_no_longer_do(before: ScoringModelVersion) -> None:
    visit(before)
    after = edited(before)
    other = make_rule(make_version(), types=["demo_requested", "quote_requested"])
    after.rules.get().activity_types.set(other.activity_types.all())
    assert texts(before, after) == [
        "Pricing page view: also counts Demo requested, Quote requested; no longer counts Page view"
    ]


def test_new_and_removed_rules_are_told_whole(before: ScoringModelVersion) -> None:
    kept = make_rule(before, name="Kept", conditions=[("lead.phone", "is_set", None)])
    gone = visit(before, conditions=[PATH], max_points=20)
    after = edited(before)
    after.rules.get(name=gone.name).delete()
    group = after.groups.create(name="Signals", dimension="engagement", cap=40)
    new = make_rule(after, types=["demo_requested"], name="Demo", points=50, group=group, is_active=False)
    difference = compare(before, after)
    assert [(change.kind, change.text) for change in difference.changes] == [
        ("new", "New rule “Demo”: +50 points, Demo requested, every time, never fades, "
                "in the group “Signals”, switched off"),
        ("removed", "Rule “Pricing page view” removed: +5 points, Page view where Path contains /pricing, "
                    "every time, at most 20, never fades"),
        ("new", "New group “Signals” for engagement rules, cap 40"),
    ]  # fmt: skip
    demo, visited = difference.rules
    assert (demo.rule_before_id, demo.rule_after_id) == (None, new.pk)
    assert (visited.rule_before_id, visited.rule_after_id) == (gone.pk, None)
    assert kept.name not in str(difference)


def test_a_rule_of_the_other_half_is_another_rule(before: ScoringModelVersion) -> None:
    make_rule(before, name="Known", conditions=[("lead.phone", "is_set", None)])
    after = edited(before)
    after.rules.all().delete()
    make_rule(after, types=["page_view"], name="Known")
    assert [change.kind for change in compare(before, after).changes] == ["new", "removed"]


def test_groups_are_capped_renamed_removed_and_rules_move_between_them(before: ScoringModelVersion) -> None:
    web = before.groups.create(name="Website", dimension="engagement", cap=60)
    mail = before.groups.create(name="Email", dimension="engagement", position=1)
    make_rule(before, types=["page_view"], name="Visit", group=web)
    make_rule(before, types=["content_download"], name="Download", group=web)
    make_rule(before, types=["email_opened"], name="Opened", group=mail)
    make_rule(before, types=["email_clicked"], name="Clicked")
    after = edited(before)
    after.groups.filter(name="Website").update(name="Pages", cap=80)
    pages = after.groups.get(name="Pages")
    after.rules.filter(name="Opened").update(group=pages)
    after.rules.filter(name="Clicked").update(group=pages)
    after.rules.filter(name="Download").update(group=None)
    after.groups.get(name="Email").delete()
    assert sorted(texts(before, after)) == [
        "Clicked: put into “Pages”",
        "Download: taken out of “Website”",
        "Group “Email” removed, no cap before",
        "Group “Pages”: renamed from “Website”, cap 60 → 80",
        "Opened: moved from “Email” to “Pages”",
    ]


def test_a_renamed_group_is_known_by_its_rules(before: ScoringModelVersion) -> None:
    web = before.groups.create(name="Website", dimension="engagement", cap=60)
    make_rule(before, types=["page_view"], name="Visit", group=web)
    after = edited(before)
    after.groups.update(name="Pages", cap=None)
    assert texts(before, after) == ["Group “Pages”: renamed from “Website”, cap 60 → no cap"]


def test_bounds_bands_and_thresholds(before: ScoringModelVersion) -> None:
    after = edited(before)
    ScoringModelVersion.objects.filter(pk=after.pk).update(
        fit_min=-50, fit_max=120, engagement_max=20000, fit_a=65, engagement_3=5, hot_from=110, warm_from=40,
        threshold=140,
    )  # fmt: skip
    after.refresh_from_db()
    assert texts(before, after) == [
        "Fit: at least −10,000 → −50 points",
        "Fit: at most 10,000 → 120 points",
        "Engagement: at most 10,000 → 20,000 points",
        "Fit A: from 60 → 65 points",
        "Engagement 3: from 10 → 5 points",
        "Hot: from 120 → 110 points",
        "Warm: from 50 → 40 points",
        "Ready for sales: from 150 → 140 points",
    ]


def test_what_stands_elsewhere_is_said_once(before: ScoringModelVersion) -> None:
    for position, name in enumerate(("One", "Two", "Three", "Four")):
        make_rule(before, name=name, position=position, conditions=[("lead.city", "equals", name)])
    after = edited(before)
    after.rules.filter(name="Four").update(position=0)
    after.rules.filter(name="One").update(position=1)
    after.rules.filter(name="Two").update(position=2)
    after.rules.filter(name="Three").update(position=3)
    assert texts(before, after) == ["Order of fit rules without a group: “Four” now first"]
    assert not compare(before, after).rules
    after.rules.filter(name="Four").update(position=9)
    after.rules.filter(name="One").update(position=8)
    assert texts(before, after) == ["Order of fit rules without a group: “One” now after “Three”"]


def test_models_of_their_own_can_be_compared() -> None:
    live, other = the_live_version(), make_version()
    make_rule(other, name="Phone", conditions=[("lead.phone", "is_set", None)], points=4)
    kinds = [change.kind for change in compare(live, other).rules]
    assert kinds.count("removed") == 39
    assert "Phone: renamed from “Phone known”, taken out of “Contact details”" in texts(live, other)
    assert "Group “Contact details” removed, cap 20 before" in texts(live, other)


def test_a_comparison_takes_eight_queries_whatever_the_size() -> None:
    live = the_live_version()
    draft = make_draft(model=live.model, actor=None, now=NOW)
    draft.rules.update(points=7)
    with CaptureQueriesContext(connection) as captured:
        assert len(compare(live, draft).rules) > 30
    assert len(captured) <= 8
