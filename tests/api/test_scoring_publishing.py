"""Drafts go live, later or now, and back again, through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from scoring.models import Publication, Rescore, ScoringModelVersion
from scoring.services.scheduling import publish_due
from tests.api.conftest import Caller, faults
from tests.api.scoring_build import everything, live_version, new_draft, the_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", name="studio")


def changed_draft() -> ScoringModelVersion:
    """Make a draft that gives other points."""
    draft = new_draft()
    draft.rules.filter(name="Asked for a demo").update(points=70)
    return draft


def test_models_say_what_is_live_and_what_can_be_edited(studio: Caller) -> None:
    live = live_version()
    (model,) = studio.get("scoring/models").json()["results"]
    assert (model["slug"], model["is_primary"], model["live"]) == (the_model().slug, True, live.pk)
    assert model["draft"] is None
    draft = studio.post(f"scoring/models/{model['slug']}/versions", {}).json()
    assert studio.get(f"scoring/models/{model['slug']}").json()["draft"] == draft["id"]


def test_a_draft_is_a_copy_of_what_is_live(studio: Caller) -> None:
    live, slug = live_version(), the_model().slug
    response = studio.post(f"scoring/models/{slug}/versions", {})
    assert response.status_code == 201
    draft = response.json()
    assert response.headers["Location"] == f"/api/v1/scoring/versions/{draft['id']}"
    assert (draft["state"], draft["number"], draft["based_on"]) == ("draft", live.number + 1, live.pk)
    assert draft["threshold"] == live.threshold
    assert studio.get(f"scoring/versions/{draft['id']}").json() == draft
    before = everything()
    assert studio.post(f"scoring/models/{slug}/versions", {}).status_code == 409
    assert everything() == before


@pytest.mark.parametrize("source", [10**9, -1, "1", True, 1.5])
def test_a_source_that_is_none_is_refused(studio: Caller, source: Any) -> None:
    before = everything()
    response = studio.post(f"scoring/models/{the_model().slug}/versions", {"source": source})
    assert response.status_code == 422
    assert "#/source" in faults(response)
    assert everything() == before


def test_settings_of_a_draft_are_changed_by_whoever_saw_them(studio: Caller) -> None:
    path = f"scoring/versions/{new_draft().pk}"
    changed = studio.patch(path, {"threshold": 170, "note": "Fewer", "revision": 1})
    assert changed.status_code == 200, changed.content
    body = changed.json()
    assert (body["threshold"], body["note"], body["revision"]) == (170, "Fewer", 2)
    before = everything()
    stale = studio.patch(path, {"threshold": 180, "revision": 1})
    assert stale.status_code == 409
    assert faults(stale) == {"#/revision": "It is 2 now."}
    for change, pointer in (
        ({"hot_from": 10}, "#/hot_from"),
        ({"fit_a": "60"}, "#/fit_a"),
        ({"warm_from": None}, "#/warm_from"),
        ({"note": ["x"]}, "#/note"),
        ({"note": "x" * 501}, "#/note"),
        ({"revision": "2"}, "#/revision"),
        ({"revision": None}, "#/revision"),
    ):
        response = studio.patch(path, {"revision": 2, **change})
        assert response.status_code == 422, change
        assert pointer in faults(response)
    assert everything() == before


def test_publishing_makes_it_live_and_starts_a_run_over_all_leads(studio: Caller) -> None:
    live, draft = live_version(), changed_draft()
    response = studio.post(f"scoring/versions/{draft.pk}/publish", {"note": "Demos count more"})
    assert response.status_code == 202, response.content
    body = response.json()
    assert (body["version"]["state"], body["version"]["note"]) == ("live", "Demos count more")
    assert body["rescore"]["version"] == draft.pk
    (publication,) = body["version"]["publications"]
    assert (publication["by"], publication["note"]) == ("studio", "Demos count more")
    assert studio.get(f"scoring/versions/{live.pk}").json()["state"] == "retired"
    run = studio.get(f"scoring/rescores/{body['rescore']['id']}").json()
    assert (run["leads_total"], run["cause"]) == (0, "publish")
    before = everything()
    assert studio.post(f"scoring/versions/{draft.pk}/publish", {"note": "Again"}).status_code == 409
    assert everything() == before


def test_rolling_back_makes_the_same_version_live_again(studio: Caller) -> None:
    first, draft = live_version(), changed_draft()
    studio.post(f"scoring/versions/{draft.pk}/publish", {"note": "Demos count more"})
    response = studio.post(f"scoring/versions/{first.pk}/rollback", {"note": "Too many were hot"})
    assert response.status_code == 202, response.content
    body = response.json()
    assert (body["version"]["id"], body["version"]["state"]) == (first.pk, "live")
    assert body["version"]["publications"][-1]["is_rollback"] is True
    assert Publication.objects.filter(version=first, is_rollback=True).count() == 1
    before = everything()
    assert studio.post(f"scoring/versions/{first.pk}/rollback", {"note": "Again"}).status_code == 409
    assert everything() == before


def test_a_draft_goes_live_later_unless_somebody_takes_it_off(studio: Caller) -> None:
    draft = changed_draft()
    path, at = f"scoring/versions/{draft.pk}/schedule", timezone.now() + timedelta(days=2)
    response = studio.post(path, {"at": at.isoformat(), "note": "On Friday"})
    assert response.status_code == 200, response.content
    assert response.json()["publish_at"] == at.isoformat().replace("+00:00", "Z")
    before = everything()
    rule = draft.rules.order_by("id")[0]
    refused = studio.patch(f"scoring/rules/{rule.pk}", {"points": 9, "revision": 1})
    assert refused.status_code == 409
    assert studio.post(f"scoring/versions/{draft.pk}/discard", {}).status_code == 409
    assert everything() == before
    assert studio.send("DELETE", path, b"").json()["publish_at"] is None
    assert studio.send("DELETE", path, b"").status_code == 409
    assert publish_due(now=at + timedelta(seconds=1)) == 0


@pytest.mark.parametrize(
    "at", [None, "", "soon", 5, "2020-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-13-01T00:00:00Z"]
)
def test_a_moment_that_is_none_is_refused(studio: Caller, at: Any) -> None:
    draft = changed_draft()
    before = everything()
    response = studio.post(f"scoring/versions/{draft.pk}/schedule", {"at": at})
    assert response.status_code == 422, response.content
    assert "#/at" in faults(response)
    assert everything() == before


def test_a_draft_is_discarded(studio: Caller) -> None:
    draft = new_draft()
    assert studio.post(f"scoring/versions/{draft.pk}/discard", b"").status_code == 204
    assert not ScoringModelVersion.objects.filter(pk=draft.pk).exists()
    assert studio.post(f"scoring/versions/{draft.pk}/discard", b"").status_code == 404


def test_versions_are_listed_newest_first_in_pages(studio: Caller, django_assert_num_queries: Any) -> None:
    slug = the_model().slug
    for _ in range(3):
        studio.post(f"scoring/versions/{new_draft().pk}/publish", {"note": "Again"})
    seen: list[int] = []
    link = f"scoring/models/{slug}/versions?limit=2"
    while link:
        page = studio.get(link).json()
        seen += [version["number"] for version in page["results"]]
        link = page["next"]
    assert seen == [4, 3, 2, 1]
    retired = studio.get(f"scoring/models/{slug}/versions?state=retired").json()["results"]
    assert [version["number"] for version in retired] == [3, 2, 1]
    assert studio.get(f"scoring/models/{slug}/versions?state=gone").status_code == 422
    # The key, the model with its current versions, the versions with their publications.
    for limit in (1, 4):
        with django_assert_num_queries(5):
            studio.get(f"scoring/models/{slug}/versions?limit={limit}")


def test_what_a_draft_changes_is_said_in_sentences(studio: Caller) -> None:
    live, draft = live_version(), changed_draft()
    body = studio.get(f"scoring/versions/{draft.pk}/diff").json()
    assert (body["before"], body["after"]) == (live.pk, draft.pk)
    (change,) = body["changes"]
    assert change["text"].startswith("Asked for a demo: ")
    assert (change["kind"], change["is_rule"]) == ("changed", True)
    back = studio.get(f"scoring/versions/{live.pk}/diff?against={draft.pk}").json()
    assert (back["before"], back["after"]) == (draft.pk, live.pk)
    for against in ("x", "0", "-1"):
        response = studio.get(f"scoring/versions/{draft.pk}/diff?against={against}")
        assert "#/against" in faults(response)
    assert studio.get(f"scoring/versions/{draft.pk}/diff?against=99999999").status_code == 404


def test_the_rule_check_answers_with_what_to_mend(studio: Caller) -> None:
    draft = new_draft()
    draft.rules.create(name="Empty", dimension="engagement", points=5)
    body = studio.get(f"scoring/versions/{draft.pk}/check").json()
    assert body["version"] == draft.pk
    assert {"severity", "code", "title", "text", "mend", "rule", "other_rule", "group"} == set(
        body["findings"][0]
    )
    assert [each["severity"] for each in body["findings"]] == sorted(
        (each["severity"] for each in body["findings"]), key=["bad", "warn", "info"].index
    )


def test_another_model_can_drive_the_list(studio: Caller) -> None:
    first = the_model()
    made = studio.post("scoring/models", {"name": "Services", "start": "agency"}).json()
    before = everything()
    assert studio.post(f"scoring/models/{made['slug']}/primary", b"").status_code == 409
    assert everything() == before
    note = {"note": "A second product line"}
    assert studio.post(f"scoring/versions/{made['draft']}/publish", note).status_code == 202
    response = studio.post(f"scoring/models/{made['slug']}/primary", b"")
    assert response.status_code == 202, response.content
    assert response.json()["model"]["is_primary"] is True
    first.refresh_from_db()
    assert not first.is_primary
    assert Rescore.objects.latest("id").version_id == made["draft"]


def test_what_sales_can_call_is_kept_and_thresholds_are_proposed(studio: Caller) -> None:
    path = f"scoring/models/{the_model().slug}/capacity"
    assert studio.get(path).json()["weekly_capacity"] is None
    response = studio.send("PUT", path, {"weekly_capacity": 40})
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["weekly_capacity"], body["version"]) == (40, live_version().pk)
    assert len(body["weeks"]) == 8
    assert the_model().weekly_capacity == 40
    before = everything()
    for wrong in (0, -1, "40", 1.5, True, 10**9):
        assert "#/weekly_capacity" in faults(studio.send("PUT", path, {"weekly_capacity": wrong}))
    assert "#/weekly_capacity" in faults(studio.send("PUT", path, {}))
    assert everything() == before
    assert studio.send("PUT", path, {"weekly_capacity": None}).json()["weekly_capacity"] is None
