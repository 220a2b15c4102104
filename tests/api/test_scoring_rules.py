"""Rules and groups of a draft through the API: nobody's edit is lost, and faults are named."""

from collections.abc import Callable
from typing import Any

import pytest

from scoring.models import RuleGroup, ScoringModelVersion, ScoringRule
from tests.api.conftest import Caller, faults
from tests.api.scoring_build import PRICING, everything, new_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", name="studio")


@pytest.fixture
def draft(db: None) -> ScoringModelVersion:
    """Give a draft of the live version."""
    return new_draft()


def a_rule(draft: ScoringModelVersion, dimension: str = "engagement") -> ScoringRule:
    return ScoringRule.objects.filter(version=draft, dimension=dimension).order_by("position", "id")[0]


def test_all_rules_of_a_version_are_listed_as_they_are_read(studio: Caller, draft: Any) -> None:
    body = studio.get(f"scoring/versions/{draft.pk}/rules").json()
    assert (body["next"], body["previous"]) == (None, None)
    assert len(body["results"]) == ScoringRule.objects.filter(version=draft).count()
    rule = next(rule for rule in body["results"] if rule["name"] == "Asked for a demo")
    assert rule["points"] == 50
    assert rule["activity_types"] == ["demo_requested"]
    assert rule["sentence"].startswith("+50 ")
    assert (rule["version"], rule["revision"], rule["changed_by"]) == (draft.pk, 1, None)


def test_listing_asks_as_often_for_many_rules_as_for_few(
    studio: Caller, draft: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(7):
        studio.get(f"scoring/versions/{draft.pk}/rules")


def test_a_rule_is_added_and_shown(studio: Caller, draft: Any) -> None:
    response = studio.post(f"scoring/versions/{draft.pk}/rules", PRICING)
    assert response.status_code == 201, response.content
    rule = response.json()
    assert response.headers["Location"] == f"/api/v1/scoring/rules/{rule['id']}"
    assert {name: rule[name] for name in PRICING} == PRICING
    assert (rule["counting"], rule["min_occurrences"], rule["group"]) == ("every", 1, None)
    assert (rule["revision"], rule["changed_by"]) == (1, "API key studio")
    assert studio.get(f"scoring/rules/{rule['id']}").json() == rule


def test_a_rule_that_was_read_can_be_sent_back(studio: Caller, draft: Any) -> None:
    path = f"scoring/rules/{a_rule(draft).pk}"
    rule = studio.get(path).json()
    for name in ("id", "version", "changed_at", "changed_by", "sentence"):
        del rule[name]
    response = studio.send("PUT", path, rule | {"points": 33})
    assert response.status_code == 200, response.content
    assert (response.json()["points"], response.json()["revision"]) == (33, rule["revision"] + 1)


def test_what_a_put_leaves_out_is_as_in_a_new_rule(studio: Caller, draft: Any) -> None:
    made = studio.post(f"scoring/versions/{draft.pk}/rules", PRICING).json()
    sent = {
        **{name: PRICING[name] for name in ("name", "dimension", "points", "activity_types")},
        "revision": 1,
    }
    rule = studio.send("PUT", f"scoring/rules/{made['id']}", sent).json()
    assert (rule["conditions"], rule["decay"], rule["max_points"]) == ([], "none", None)


def test_a_patch_leaves_the_rest(studio: Caller, draft: Any) -> None:
    made = studio.post(f"scoring/versions/{draft.pk}/rules", PRICING).json()
    rule = studio.patch(f"scoring/rules/{made['id']}", {"points": 12, "revision": 1}).json()
    expected = {**PRICING, "points": 12}
    assert {name: rule[name] for name in PRICING} == expected
    assert rule["revision"] == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_somebody_elses_edit_is_not_overwritten(studio: Caller, draft: Any, method: str) -> None:
    made = studio.post(f"scoring/versions/{draft.pk}/rules", PRICING).json()
    path = f"scoring/rules/{made['id']}"
    studio.patch(path, {"points": 12, "revision": 1})
    before = everything()
    if method == "DELETE":
        response = studio.send(method, f"{path}?revision=1", b"")
    else:
        response = studio.send(method, path, {**PRICING, "points": 20, "revision": 1})
    assert response.status_code == 409
    assert faults(response) == {"#/revision": "It is 2 now."}
    assert "API key studio" in response.json()["detail"] or "You changed" in response.json()["detail"]
    assert everything() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_edit_must_say_what_it_saw(studio: Caller, draft: Any, method: str) -> None:
    path = f"scoring/rules/{a_rule(draft).pk}"
    before = everything()
    response = studio.send(method, path, b"" if method == "DELETE" else PRICING)
    assert response.status_code == 422
    assert "#/revision" in faults(response)
    assert everything() == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": 0}, "#/points"),
        ({"points": "8"}, "#/points"),
        ({"points": True}, "#/points"),
        ({"points": 1.5}, "#/points"),
        ({"points": None}, "#/points"),
        ({"points": 10**30}, "#"),
        ({"name": ""}, "#/name"),
        ({"name": 5}, "#/name"),
        ({"name": "x" * 151}, "#/name"),
        ({"dimension": "mood"}, "#/dimension"),
        ({"dimension": ["fit"]}, "#/dimension"),
        ({"match": "some"}, "#/match"),
        ({"group": "No such group"}, "#/group"),
        ({"group": 7}, "#/group"),
        ({"activity_types": []}, "#/activity_types"),
        ({"activity_types": ["no_such"]}, "#/activity_types"),
        ({"activity_types": "page_view"}, "#/activity_types"),
        ({"activity_types": [{}]}, "#/activity_types"),
        ({"counting": "twice"}, "#/counting"),
        ({"min_occurrences": 0}, "#/min_occurrences"),
        ({"window_days": 0}, "#/window_days"),
        ({"decay": "fast"}, "#/decay"),
        ({"decay_days": None}, "#/decay_days"),
        ({"max_points": -1}, "#/max_points"),
        ({"is_active": "yes"}, "#/is_active"),
        ({"conditions": {}}, "#/conditions"),
        ({"conditions": ["x"]}, "#/conditions/0"),
        ({"conditions": [{"field": "property.path", "operator": "is"}]}, "#/conditions/0/operator"),
        ({"conditions": [{"field": "lead.shoe_size", "operator": "is_set"}]}, "#/conditions/0/field"),
        ({"conditions": [{"field": 5, "operator": "is_set"}]}, "#/conditions/0/field"),
        (
            {"conditions": [PRICING["conditions"][0], {"field": "company.employees", "operator": "greater"}]},
            "#/conditions/1/value",
        ),
        ({"conditions": [{**PRICING["conditions"][0], "not": True}]}, "#/conditions/0/not"),
    ],
    ids=lambda each: str(each)[:50],
)
def test_what_makes_no_sense_is_refused_by_its_name(
    studio: Caller, draft: Any, change: dict[str, Any], pointer: str
) -> None:
    made = studio.post(f"scoring/versions/{draft.pk}/rules", {**PRICING, "name": "Another"}).json()
    before = everything()
    for response in (
        studio.post(f"scoring/versions/{draft.pk}/rules", {**PRICING, **change}),
        studio.patch(f"scoring/rules/{made['id']}", {**change, "revision": 1}),
    ):
        assert response.status_code == 422, response.content
        assert pointer in faults(response)
    assert everything() == before


def test_a_name_is_there_once(studio: Caller, draft: Any) -> None:
    studio.post(f"scoring/versions/{draft.pk}/rules", PRICING)
    before = everything()
    response = studio.post(f"scoring/versions/{draft.pk}/rules", PRICING)
    assert "#/name" in faults(response)
    assert everything() == before


def test_a_rule_is_deleted(studio: Caller, draft: Any) -> None:
    rule = a_rule(draft)
    path = f"scoring/rules/{rule.pk}?revision=1"
    assert studio.send("DELETE", path, b"").status_code == 204
    assert not ScoringRule.objects.filter(pk=rule.pk).exists()
    assert studio.send("DELETE", path, b"").status_code == 404


def test_a_rule_is_duplicated_to_the_place_after_it(studio: Caller, draft: Any) -> None:
    rule = a_rule(draft, "fit")
    response = studio.post(f"scoring/rules/{rule.pk}/duplicate", b"")
    assert response.status_code == 201
    copy = response.json()
    assert copy["name"] == f"{rule.name} (copy)"
    listed = [each["id"] for each in studio.get(f"scoring/versions/{draft.pk}/rules").json()["results"]]
    assert listed.index(copy["id"]) == listed.index(rule.pk) + 1


def test_a_rule_is_moved(studio: Caller, draft: Any) -> None:
    rules = studio.get(f"scoring/versions/{draft.pk}/rules").json()["results"]
    last = [rule for rule in rules if (rule["dimension"], rule["group"]) == ("engagement", None)][-1]
    assert studio.post(f"scoring/rules/{last['id']}/move", {"place": 0}).status_code == 200
    moved = studio.get(f"scoring/versions/{draft.pk}/rules").json()["results"]
    first = next(rule for rule in moved if (rule["dimension"], rule["group"]) == ("engagement", None))
    assert first["id"] == last["id"]
    for place in (-1, "first", None, 10**9):
        response = studio.post(f"scoring/rules/{last['id']}/move", {"place": place})
        assert "#/place" in faults(response)


def test_groups_are_added_changed_and_deleted(studio: Caller, draft: Any) -> None:
    facts = {"name": "Prices", "dimension": "engagement", "cap": 40}
    response = studio.post(f"scoring/versions/{draft.pk}/groups", facts)
    assert response.status_code == 201, response.content
    group = response.json()
    assert response.headers["Location"] == f"/api/v1/scoring/groups/{group['id']}"
    assert {name: group[name] for name in facts} == facts
    path, revision = f"scoring/groups/{group['id']}", group["revision"]
    rule = studio.post(f"scoring/versions/{draft.pk}/rules", {**PRICING, "group": "Prices"}).json()
    changed = studio.patch(path, {"cap": None, "revision": revision}).json()
    assert (changed["cap"], changed["revision"]) == (None, revision + 1)
    assert changed in studio.get(f"scoring/versions/{draft.pk}/groups").json()["results"]
    assert studio.get(path).json() == changed
    before = everything()
    assert studio.send("DELETE", f"{path}?revision={revision}", b"").status_code == 409
    assert studio.patch(path, {"cap": 5, "revision": revision}).status_code == 409
    assert everything() == before
    assert studio.send("DELETE", f"{path}?revision={revision + 1}", b"").status_code == 204
    assert not RuleGroup.objects.filter(pk=group["id"]).exists()
    assert studio.get(f"scoring/rules/{rule['id']}").json()["group"] is None


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "#/name"),
        ({"name": None}, "#/name"),
        ({"dimension": "mood"}, "#/dimension"),
        ({"cap": 0}, "#/cap"),
        ({"cap": "40"}, "#/cap"),
        ({"position": -1}, "#/position"),
    ],
    ids=str,
)
def test_a_group_that_makes_no_sense_is_refused(
    studio: Caller, draft: Any, change: dict[str, Any], pointer: str
) -> None:
    before = everything()
    facts = {"name": "Prices", "dimension": "engagement", **change}
    response = studio.post(f"scoring/versions/{draft.pk}/groups", facts)
    assert response.status_code == 422
    assert pointer in faults(response)
    assert everything() == before
