"""Rules of a draft are written in one place, checked whole, and never over somebody else's edit."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadapp.access import Actor
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import User
from scoring.models import Decay, ScoringModelVersion, ScoringRule
from scoring.rules import (
    ConditionFacts,
    GroupFacts,
    RuleFacts,
    as_data,
    facts_of,
    group_facts_of,
    rule_from_data,
    version_facts_of,
)
from scoring.services.editing import (
    Stale,
    add_group,
    add_points,
    add_rule,
    change_version,
    delete_group,
    delete_rule,
    delete_rules,
    duplicate_rule,
    move_rule,
    place_of,
    save_group,
    save_rule,
    scale_points,
    set_cap,
    set_fading,
    switch_rules,
)
from tests.admin.build import definition
from tests.qualification.build import make_user
from tests.scoring.build import NOW, make_group, make_rule, make_version

pytestmark = pytest.mark.django_db
VISITS = RuleFacts(
    name="Read the prices",
    dimension="engagement",
    points=8,
    activity_types=("page_view",),
    conditions=(ConditionFacts("property.path", "contains", "pricing"),),
    max_points=30,
)


@pytest.fixture
def marketer() -> User:
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann")


@pytest.fixture
def other() -> User:
    return make_user("tom", "marketer", first_name="Tom", last_name="Berg")


@pytest.fixture
def draft() -> ScoringModelVersion:
    return make_version()


def add(draft: ScoringModelVersion, actor: Actor = None, **changes: Any) -> ScoringRule:
    return add_rule(version=draft, facts=replace(VISITS, **changes), actor=actor, now=NOW)


def save(rule: ScoringRule, actor: Actor = None, revision: int | None = None, **changes: Any) -> ScoringRule:
    facts = replace(facts_of(rule), **changes)
    return save_rule(rule=rule, facts=facts, revision=revision, actor=actor, now=NOW)


def names(draft: ScoringModelVersion) -> list[str]:
    return list(draft.rules.order_by("position", "id").values_list("name", flat=True))


def test_a_rule_is_stored_as_it_was_said(draft: ScoringModelVersion, marketer: User) -> None:
    group = make_group(draft, "engagement", 50)
    facts = replace(VISITS, group=group.name, decay="half_life", decay_days=14, window_days=90)
    rule = add_rule(version=draft, facts=facts, actor=marketer, now=NOW)
    stored = ScoringRule.objects.get(pk=rule.pk)
    assert facts_of(stored) == facts
    assert rule_from_data(as_data(facts)) == facts
    assert (stored.revision, stored.changed_by, stored.changed_at) == (1, "Mareike Ostermann", NOW)


def test_saving_replaces_conditions_and_types_and_keeps_the_place(
    draft: ScoringModelVersion, marketer: User
) -> None:
    rule, after = add(draft), add(draft, name="Another")
    conditions = (
        ConditionFacts("property.path", "in", "a, b"),
        ConditionFacts("lead.country", "equals", " DE "),
    )
    save(rule, marketer, 1, conditions=conditions, activity_types=("login", "page_view"), match="any")
    stored = facts_of(ScoringRule.objects.get(pk=rule.pk))
    assert stored.conditions == (
        ConditionFacts("property.path", "in", ["a", "b"]),
        ConditionFacts("lead.country", "equals", "DE"),
    )
    assert stored.activity_types == ("login", "page_view")
    rule.refresh_from_db()
    assert (rule.revision, rule.position < after.position) == (2, True)


def test_saving_what_is_stored_is_no_edit(draft: ScoringModelVersion, marketer: User) -> None:
    rule = add(draft)
    before = definition(draft)
    save(rule, marketer, 1)
    assert definition(draft) == before


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"points": 0}, {"points"}),
        ({"points": 1001}, {"points"}),
        ({"points": "12"}, {"points"}),
        ({"points": True}, {"points"}),
        ({"name": "  "}, {"name"}),
        ({"name": "x" * 151}, {"name"}),
        ({"name": "Taken"}, {"name"}),
        ({"match": "some"}, {"match"}),
        ({"group": "Nowhere"}, {"group"}),
        ({"activity_types": ()}, {"activity_types"}),
        ({"activity_types": ("page_view", "no_such")}, {"activity_types"}),
        ({"activity_types": ("lead.updated",)}, {"activity_types"}),
        ({"max_points": 0}, {"max_points"}),
        ({"max_points": 10**9}, {"max_points"}),
        ({"window_days": 0}, {"window_days"}),
        ({"min_occurrences": 0}, {"min_occurrences"}),
        ({"counting": "twice"}, {"counting"}),
        ({"decay": "linear"}, {"decay_days"}),
        ({"decay": "linear", "decay_days": 4000}, {"decay_days"}),
        ({"decay": "sometimes"}, {"decay", "decay_days"}),
        ({"is_active": "yes"}, {"is_active"}),
        ({"conditions": (ConditionFacts("lead.score", "at_least", 5),)}, {"conditions[0].field"}),
        ({"conditions": (ConditionFacts("company.employees", "contains", "5"),)}, {"conditions[0].operator"}),
        (
            {
                "conditions": (
                    ConditionFacts("lead.country", "equals", "DE"),
                    ConditionFacts("company.employees", "at_least", "many"),
                ),
                "points": 0,
            },
            {"conditions[1].value", "points"},
        ),
        ({"conditions": (ConditionFacts("lead.country", "equals", "DE"),) * 51}, {"conditions"}),
        ({"dimension": "fit"}, {"dimension"}),
    ],
)
def test_each_field_at_fault_is_named_and_nothing_is_written(
    draft: ScoringModelVersion, changes: dict[str, Any], places: set[str]
) -> None:
    rule = add(draft)
    add(draft, name="Taken")
    before = definition(draft)
    with pytest.raises(Invalid) as refusal:
        save(rule, None, 1, **changes)
    assert set(refusal.value.errors) == places
    assert all(texts and all(texts) for texts in refusal.value.errors.values())
    assert definition(draft) == before


def test_a_fit_rule_neither_counts_nor_fades(draft: ScoringModelVersion) -> None:
    with pytest.raises(Invalid) as refusal:
        add(draft, dimension="fit", counting="once", window_days=7, decay="linear", decay_days=3)
    assert set(refusal.value.errors) == {
        "activity_types",
        "counting",
        "window_days",
        "decay",
        "conditions[0].field",
    }
    assert not draft.rules.exists()


def test_a_group_of_the_other_half_is_refused(draft: ScoringModelVersion) -> None:
    group = make_group(draft, "fit", None)
    with pytest.raises(Invalid, match="no group"):
        add(draft, group=group.name)


def test_a_stale_edit_says_who_changed_what_and_writes_nothing(
    draft: ScoringModelVersion, marketer: User, other: User
) -> None:
    rule = add(draft)
    seen = facts_of(rule)
    save(rule, marketer, 1, points=12, max_points=None)
    before = definition(draft)
    with pytest.raises(Stale) as refusal:
        save_rule(rule=rule, facts=replace(seen, name="Prices"), revision=1, actor=other, now=NOW, seen=seen)
    assert "Mareike Ostermann changed “Read the prices” on Thu 19 Nov 2026, 10:00" in refusal.value.message
    assert refusal.value.changes == ("Points 8 → 12", "At most 30 → none")
    assert (refusal.value.status, refusal.value.revision) == (409, 2)
    assert definition(draft) == before
    save(rule, other, 2, name="Prices")
    assert facts_of(ScoringRule.objects.get(pk=rule.pk)).name == "Prices"


def test_a_stale_edit_without_what_was_seen_says_what_is_there_now(
    draft: ScoringModelVersion, marketer: User
) -> None:
    rule = add(draft)
    save(rule, marketer, 1, points=12)
    for act in (
        lambda: save(rule, marketer, 1, points=1),
        lambda: delete_rule(rule=rule, revision=1, actor=marketer, now=NOW),
        lambda: switch_rules(version=draft, rules={rule.pk: 1}, is_active=False, actor=marketer, now=NOW),
    ):
        with pytest.raises(Stale, match=r"You changed .* “.12 Page view where Path contains pricing, every"):
            act()
    assert facts_of(ScoringRule.objects.get(pk=rule.pk)).points == 12


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_only_marketing_edits(draft: ScoringModelVersion, role: str) -> None:
    rule, group = add(draft), make_group(draft, "fit", 5)
    somebody, before = make_user("x", role), definition(draft)
    for act in everything(draft, rule, group, somebody):
        with pytest.raises(NotAllowed):
            act()
    assert definition(draft) == before


def everything(draft: ScoringModelVersion, rule: ScoringRule, group: Any, actor: Actor) -> list[Any]:
    who: Any = {"actor": actor, "now": NOW}
    rules = {rule.pk: None}
    return [
        lambda: add_rule(version=draft, facts=replace(VISITS, name="New"), **who),
        lambda: save_rule(rule=rule, facts=replace(VISITS, points=3), revision=None, **who),
        lambda: delete_rule(rule=rule, revision=None, **who),
        lambda: duplicate_rule(rule=rule, **who),
        lambda: move_rule(rule=rule, place=1, **who),
        lambda: switch_rules(version=draft, rules=rules, is_active=False, **who),
        lambda: scale_points(version=draft, rules=rules, factor=Decimal(2), **who),
        lambda: add_points(version=draft, rules=rules, amount=2, **who),
        lambda: set_cap(version=draft, rules=rules, cap=None, **who),
        lambda: set_fading(version=draft, rules=rules, decay=Decay.LINEAR, days=9, **who),
        lambda: delete_rules(version=draft, rules=rules, **who),
        lambda: add_group(version=draft, facts=GroupFacts(name="New", dimension="fit"), **who),
        lambda: save_group(
            group=group, facts=GroupFacts(name="Other", dimension="fit"), revision=None, **who
        ),
        lambda: delete_group(group=group, revision=None, **who),
        lambda: change_version(
            version=draft, facts=replace(version_facts_of(draft), hot_from=130), revision=None, **who
        ),
    ]


def test_a_published_version_a_scheduled_one_and_one_that_is_gone_are_not_edited(
    draft: ScoringModelVersion, marketer: User
) -> None:
    rule, group = add(draft), make_group(draft, "fit", 5)
    versions = ScoringModelVersion.objects.filter(pk=draft.pk)
    versions.update(publish_at=NOW + timedelta(days=1))
    before = definition(draft)
    for act in everything(draft, rule, group, marketer):
        with pytest.raises(Conflict, match=r"Fri 20 Nov 2026, 10:00; cancel the schedule first"):
            act()
    assert definition(draft) == before
    versions.update(publish_at=None, state="live", published_at=NOW)
    before = definition(draft)
    for act in everything(draft, rule, group, marketer):
        with pytest.raises(Conflict, match="published meanwhile"):
            act()
    assert definition(draft) == before
    gone = make_version()
    rule = add(gone)
    ScoringModelVersion.objects.filter(pk=gone.pk).delete()
    with pytest.raises(NotFound, match="discarded"):
        save_rule(rule=rule, facts=VISITS, revision=1, actor=marketer, now=NOW)


def test_what_was_deleted_meanwhile_is_not_found(draft: ScoringModelVersion, marketer: User) -> None:
    rule, group = add(draft), make_group(draft, "fit", 5)
    delete_rule(rule=ScoringRule.objects.get(pk=rule.pk), revision=1, actor=marketer, now=NOW)
    delete_group(group=draft.groups.get(), revision=None, actor=marketer, now=NOW)
    group.version_id = rule.version_id = draft.pk
    for act in everything(draft, rule, group, marketer)[1:11]:
        with pytest.raises(NotFound, match="deleted meanwhile"):
            act()
    with pytest.raises(NotFound, match="group was deleted"):
        delete_group(group=group, revision=None, actor=marketer, now=NOW)


def test_a_duplicate_stands_after_its_original_under_a_name_of_its_own(
    draft: ScoringModelVersion, marketer: User
) -> None:
    rule = add(draft)
    add(draft, name="Last")
    first = duplicate_rule(rule=rule, actor=marketer, now=NOW)
    second = duplicate_rule(rule=rule, actor=marketer, now=NOW)
    assert facts_of(first) == replace(facts_of(rule), name="Read the prices (copy)")
    assert second.name == "Read the prices (copy 2)"
    assert names(draft) == ["Read the prices", "Read the prices (copy 2)", "Read the prices (copy)", "Last"]
    long = add(draft, name="n" * 150)
    assert duplicate_rule(rule=long, actor=marketer, now=NOW).name == "n" * 143 + " (copy)"


def test_a_rule_moves_within_its_group_and_counts_as_no_edit(
    draft: ScoringModelVersion, marketer: User
) -> None:
    group = make_group(draft, "engagement", None)
    make_rule(draft, name="Fit")
    alone = add(draft, name="Alone")
    a, b, c = (add(draft, name=name, group=group.name) for name in "abc")
    for rule, place, order in ((c, 0, "cab"), (c, 0, "cab"), (c, 1, "acb"), (a, 99, "cba"), (b, -5, "bca")):
        move_rule(rule=rule, place=place, actor=marketer, now=NOW)
        moved = list(group.rules.order_by("position").values_list("name", flat=True))
        assert "".join(moved) == order
    assert [place_of(rule) for rule in (a, b, c, alone)] == [2, 0, 1, 0]
    c.refresh_from_db()
    assert c.revision == 1
    assert sorted(draft.rules.values_list("position", flat=True)) == [1, 2, 3, 4, 5]


def test_several_rules_are_changed_at_once(draft: ScoringModelVersion, marketer: User) -> None:
    a, b = add(draft, name="a", points=5, max_points=15), add(draft, name="b", points=-3, max_points=None)
    both: dict[int, int | None] = {a.pk: 1, b.pk: 1}

    def now_of(*columns: str) -> list[tuple[Any, ...]]:
        return list(draft.rules.order_by("name").values_list(*columns))

    who: Any = {"version": draft, "actor": marketer, "now": NOW}
    scale_points(rules=both, factor=Decimal("1.5"), with_caps=True, **who)
    assert now_of("points", "max_points", "revision") == [(8, 23, 2), (-5, None, 2)]
    with pytest.raises(Stale):
        scale_points(rules=both, factor=Decimal(2), **who)
    both = {a.pk: 2, b.pk: 2}
    add_points(rules=both, amount=-1, **who)
    assert now_of("points", "revision") == [(7, 3), (-6, 3)]
    both = dict.fromkeys(both)
    set_cap(rules=both, cap=20, **who)
    set_fading(rules=both, decay=Decay.HALF_LIFE, days=30, **who)
    changed = switch_rules(rules=both, is_active=False, **who)
    assert (
        now_of("max_points", "decay", "decay_days", "is_active", "changed_by")
        == [(20, "half_life", 30, False, "Mareike Ostermann")] * 2
    )
    assert changed == [a, b]
    assert switch_rules(rules=both, is_active=False, **who) == []
    assert delete_rules(rules=both, **who) == 2
    assert not draft.rules.exists()


@pytest.mark.parametrize(
    ("act", "changes", "place", "words"),
    [
        (scale_points, {"factor": Decimal("0.1")}, "points", "“small”: Give points"),
        (scale_points, {"factor": Decimal(0)}, "factor", "between"),
        (scale_points, {"factor": Decimal("NaN")}, "factor", "between"),
        (add_points, {"amount": -2}, "points", "“small”"),
        (add_points, {"amount": 0}, "amount", "not 0"),
        (set_cap, {"cap": 0}, "max_points", "no cap"),
        (set_fading, {"decay": Decay.LINEAR, "days": None}, "decay_days", "in how many days"),
        (set_fading, {"decay": Decay.LINEAR, "days": 9}, "decay", "“fact”: A fit rule does not fade"),
    ],
)
def test_a_change_of_several_that_makes_no_sense_for_one_changes_none(
    draft: ScoringModelVersion, act: Any, changes: dict[str, Any], place: str, words: str
) -> None:
    rules = [add(draft, name="small", points=2), add(draft, name="big", points=50)]
    rules.append(make_rule(draft, name="fact"))
    before = definition(draft)
    with pytest.raises(Invalid) as refusal:
        act(version=draft, rules={rule.pk: None for rule in rules}, actor=None, now=NOW, **changes)
    assert words in " ".join(refusal.value.errors[place])
    assert definition(draft) == before


def test_rules_of_another_version_and_no_rules_are_refused(draft: ScoringModelVersion) -> None:
    elsewhere = add(make_version())
    with pytest.raises(NotFound):
        delete_rules(version=draft, rules={elsewhere.pk: None}, actor=None, now=NOW)
    with pytest.raises(Invalid, match="at least one"):
        delete_rules(version=draft, rules={}, actor=None, now=NOW)
    assert ScoringRule.objects.filter(pk=elsewhere.pk).exists()


def test_groups_are_added_changed_and_deleted_and_count_as_edits_of_the_version(
    draft: ScoringModelVersion, marketer: User
) -> None:
    who: Any = {"actor": marketer, "now": NOW}
    group = add_group(version=draft, facts=GroupFacts(name="Trials", dimension="engagement", cap=50), **who)
    rule = add(draft, group="Trials")
    save_group(group=group, facts=GroupFacts(name="Trial", dimension="engagement"), revision=2, **who)
    with pytest.raises(Stale, match="Somebody else changed"):
        save_group(group=group, facts=GroupFacts(name="Late", dimension="engagement"), revision=2, **who)
    assert group_facts_of(draft.groups.get()) == GroupFacts(name="Trial", dimension="engagement")
    delete_group(group=group, revision=3, **who)
    rule.refresh_from_db()
    draft.refresh_from_db()
    assert (rule.group, draft.revision) == (None, 4)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "Taken"}, "name"),
        ({"dimension": "luck"}, "dimension"),
        ({"dimension": "fit"}, "dimension"),
        ({"cap": 0}, "cap"),
        ({"position": -1}, "position"),
    ],
)
def test_a_group_that_makes_no_sense_is_refused(
    draft: ScoringModelVersion, changes: dict[str, Any], place: str
) -> None:
    taken, group = make_group(draft, "fit", None), make_group(draft, "engagement", 5)
    draft.groups.filter(pk=taken.pk).update(name="Taken")
    add(draft, group=group.name)
    before = definition(draft)
    facts = replace(group_facts_of(group), **changes)
    with pytest.raises(Invalid) as refusal:
        save_group(group=group, facts=facts, revision=None, actor=None, now=NOW)
    assert set(refusal.value.errors) == {place}
    assert definition(draft) == before


def test_bands_are_changed_under_the_revision_that_was_seen(
    draft: ScoringModelVersion, marketer: User
) -> None:
    seen = version_facts_of(draft)

    def change(revision: int | None, **changes: Any) -> ScoringModelVersion:
        facts = replace(seen, **changes)
        return change_version(
            version=draft, facts=facts, revision=revision, actor=marketer, now=NOW, seen=seen
        )

    assert change(1, hot_from=130, note=" Hotter ").revision == 2
    assert change(2, hot_from=130, note="Hotter").revision == 2
    with pytest.raises(Stale) as refusal:
        change(1, hot_from=125)
    assert refusal.value.changes == ("Note none → Hotter", "Hot from 120 → 130")
    with pytest.raises(Refused) as refused:
        change(2, fit_a=1, warm_from=0, engagement_2=500, fit_min=5.5)
    assert set(refused.value.errors) == {"fit_a", "warm_from", "engagement_1", "fit_min"}
    draft.refresh_from_db()
    assert (draft.hot_from, draft.note, draft.fit_a) == (130, "Hotter", 60)
