"""Whatever hypothesis makes up: copies and files say the same, and no change is left unsaid."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadapp.errors import Invalid
from scoring.analysis.diff import compare
from scoring.engine import score_leads
from scoring.models import RuleCondition, RuleGroup, ScoringModelVersion, ScoringRule
from scoring.services.publishing import make_draft, publish
from scoring.services.transfer import export_version, import_version, read_json, write_json
from tests.scoring.build import NOW
from tests.scoring.strategies import LEADS, VERSIONS
from tests.scoring.test_oracle import SETTINGS, build_leads, build_version, undone

pytestmark = pytest.mark.django_db

Edit = Callable[[ScoringRule], object]


def change(**values: Any) -> Edit:
    """Return an edit that sets these."""
    return lambda rule: ScoringRule.objects.filter(pk=rule.pk).update(**values)


def add_condition(rule: ScoringRule) -> None:
    RuleCondition.objects.create(rule=rule, field="lead.city", operator="equals", value="Nowhere else")


def put_into_new_group(rule: ScoringRule) -> None:
    group = RuleGroup.objects.create(version=rule.version, name="New", dimension=rule.dimension)
    ScoringRule.objects.filter(pk=rule.pk).update(group=group)


EDITS: dict[str, Edit] = {
    "points": change(points=99),
    "cap": change(max_points=77),
    "name": change(name="Another name"),
    "condition": add_condition,
    "group": put_into_new_group,
    "deleted": lambda rule: rule.delete(),
}
ENGAGEMENT_EDITS: dict[str, Edit] = {
    "window": change(window_days=1234),
    "times": change(min_occurrences=9),
    "decay": change(decay="linear", decay_days=1234),
    "types": lambda rule: rule.activity_types.clear(),
}


@settings(SETTINGS, max_examples=80)
@given(version=VERSIONS, edit=st.sampled_from([*EDITS, *ENGAGEMENT_EDITS]), which=st.integers(0, 5))
def test_a_copy_says_the_same_and_an_edit_of_it_never_goes_unsaid(
    version: dict[str, Any], edit: str, which: int
) -> None:
    with undone():
        before = build_version(version)
        publish(version=before, actor=None, note="", now=NOW)
        after = make_draft(model=before.model, actor=None, now=NOW)
        assert compare(before, after).is_empty
        rules = list(after.rules.order_by("pk"))
        assume(which < len(rules))
        rule = rules[which]
        is_engagement = rule.dimension == "engagement"
        assume(edit in EDITS or is_engagement)
        assume(edit != "types" or rule.activity_types.exists())
        (EDITS | ENGAGEMENT_EDITS)[edit](rule)
        said = compare(before, after)
        assert any(rule.name in each.text for each in said.changes)
        # The other way round as much is to be said.
        assert len(compare(after, before).rules) == len(said.rules) > 0


@settings(SETTINGS, max_examples=60)
@given(first=VERSIONS, second=VERSIONS)
def test_any_two_versions_can_be_compared(first: dict[str, Any], second: dict[str, Any]) -> None:
    with undone():
        before, after = build_version(first), build_version(second)
        said = compare(before, after)
        known = {rule.pk for rule in before.rules.all()}, {rule.pk for rule in after.rules.all()}
        assert {each.rule_before_id for each in said.rules} - {None} <= known[0]
        assert {each.rule_after_id for each in said.rules} - {None} <= known[1]
        assert all(each.text and each.what for each in said.changes)
        kinds = {"new": (False, True), "changed": (True, True), "removed": (True, False)}
        for each in said.rules:
            has = each.rule_before_id is not None, each.rule_after_id is not None
            assert kinds[each.kind] == has


def can_be_written(version: ScoringModelVersion) -> bool:
    """Tell whether a rule has no activity, or a group of the other half, which no form lets through."""
    return all(
        (rule.dimension == "fit" or rule.activity_types.exists())
        and (rule.group is None or rule.group.dimension == rule.dimension)
        for rule in version.rules.select_related("group")
    )


@settings(SETTINGS, max_examples=80)
@given(version=VERSIONS, leads=st.lists(LEADS, max_size=2))
def test_a_file_scores_as_the_version_that_it_was_made_of(
    version: dict[str, Any], leads: list[dict[str, Any]]
) -> None:
    with undone():
        built, people = build_version(version), build_leads(leads)
        text = write_json(export_version(built))
        if not can_be_written(built):
            with pytest.raises(Invalid):
                import_version(data=read_json(text), actor=None, now=NOW, name="Again")
            return
        read = import_version(data=read_json(text), actor=None, now=NOW, name="Again")
        assert compare(built, read).is_empty
        moments = {lead.pk: NOW for lead in people}
        assert score_leads(version=read, moments=moments) == score_leads(version=built, moments=moments)
