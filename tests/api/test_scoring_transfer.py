"""Models leave and come in as JSON through the API; what is wrong is named by its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from scoring.models import ScoringModel, ScoringModelVersion
from tests.api.conftest import Caller, faults
from tests.api.scoring_build import everything, live_version, new_draft, the_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", name="studio")


def test_what_was_exported_comes_in_as_the_same(studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    response = studio.post(f"scoring/models/{the_model().slug}/import", data)
    assert response.status_code == 201, response.content
    draft = response.json()
    assert (draft["state"], draft["model"]) == ("draft", the_model().slug)
    assert studio.get(f"scoring/versions/{draft['id']}/diff").json()["changes"] == []
    assert studio.get(f"scoring/versions/{draft['id']}/export").json()["rules"] == data["rules"]


def test_a_model_is_made_of_an_export_or_of_a_start(studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    response = studio.post("scoring/models", {"name": "Copied", "data": data})
    assert response.status_code == 201, response.content
    assert response.headers["Location"] == "/api/v1/scoring/models/copied"
    assert (response.json()["is_primary"], response.json()["live"]) == (False, None)
    for start in studio.get("scoring/starts").json()["results"]:
        made = studio.post("scoring/models", {"name": start["name"], "start": start["slug"]})
        assert made.status_code == 201, made.content
        rules = studio.get(f"scoring/versions/{made.json()['draft']}/rules").json()["results"]
        assert len(rules) == start["rules"]
        assert studio.get(f"scoring/starts/{start['slug']}").json()["name"]
    assert studio.get("scoring/starts/none").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/name"),
        ({"name": "A"}, "#/data"),
        ({"name": "A", "start": "none"}, "#/start"),
        ({"name": "A", "start": "agency", "data": {}}, "#/data"),
        ({"name": "A", "data": []}, "#/data"),
        ({"name": "A", "data": {}}, "#/data/format"),
        ({"name": "A", "start": 5}, "#/start"),
        ({"name": " ", "start": "agency"}, "#/name"),
        ({"name": "x" * 101, "start": "agency"}, "#/name"),
    ],
    ids=str,
)
def test_a_model_that_makes_no_sense_is_refused(studio: Caller, body: Any, pointer: str) -> None:
    before = everything()
    response = studio.post("scoring/models", body)
    assert response.status_code == 422, response.content
    assert pointer in faults(response)
    assert everything() == before


def test_a_name_that_is_taken_is_refused(studio: Caller) -> None:
    before = everything()
    response = studio.post("scoring/models", {"name": the_model().name, "start": "agency"})
    assert "#/name" in faults(response)
    assert everything() == before


def test_what_is_wrong_with_an_export_is_named_by_its_place(studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    rules = data["rules"]
    with_condition = next(index for index, rule in enumerate(rules) if rule.get("conditions"))
    rules[with_condition]["conditions"][0]["operator"] = "resembles"
    rules[0]["points"] = "many"
    before = everything()
    response = studio.post(f"scoring/models/{the_model().slug}/import", data)
    assert response.status_code == 422
    assert {f"#/rules/{with_condition}/conditions/0/operator", "#/rules/0/points"} <= set(faults(response))
    response = studio.post("scoring/models", {"name": "New", "data": data})
    assert "#/data/rules/0/points" in faults(response)
    assert everything() == before


@pytest.mark.parametrize(
    "body", [[], "x", 5, None, {"format": "other"}, {"rules": [[[[[[[[[[1]]]]]]]]]]}], ids=str
)
def test_anything_else_is_refused(studio: Caller, body: Any) -> None:
    before = everything()
    response = studio.post(f"scoring/models/{the_model().slug}/import", body)
    assert response.status_code in {400, 422}, response.content
    faults(response)
    assert everything() == before


def test_an_import_never_replaces_a_draft(studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    new_draft()
    before = everything()
    assert studio.post(f"scoring/models/{the_model().slug}/import", data).status_code == 409
    assert everything() == before


def test_who_may_not_edit_may_not_import(make_caller: Callable[..., Caller], studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    reader = make_caller("read", "write", name="reader")
    before = everything()
    for path, body in (
        (f"scoring/models/{the_model().slug}/import", data),
        ("scoring/models", {"name": "A", "start": "agency"}),
    ):
        assert reader.post(path, body).status_code == 403
    for path in ("scoring/starts", "scoring/starts/agency", f"scoring/versions/{live_version().pk}/export"):
        assert reader.get(path).status_code == 403
    assert everything() == before


def test_a_large_model_fits(studio: Caller) -> None:
    data = studio.get(f"scoring/versions/{live_version().pk}/export").json()
    values = [f"Company number {number} with a long name" for number in range(400)]
    condition = {"field": "company.name", "operator": "in", "value": values}
    fit = {"name": "", "dimension": "fit", "points": 1, "conditions": [condition]}
    data["rules"] += [fit | {"name": f"Rule {number}"} for number in range(40)]
    assert len(json.dumps(data)) > 500_000
    response = studio.post(f"scoring/models/{the_model().slug}/import", data)
    assert response.status_code == 201, response.content
    assert ScoringModel.objects.count() == 1
    assert ScoringModelVersion.objects.get(state="draft").rules.count() == len(data["rules"])
