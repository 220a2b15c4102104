"""Previews and tests of a version through the API write nothing."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.utils import timezone

from leadapp.models import Lead
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller, faults
from tests.api.scoring_build import everything, live_version, new_draft
from tests.api.test_scoring_rights import Person
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", name="studio")


@pytest.fixture
def lead(api: Caller) -> Lead:
    """Give a lead that asked for a demo."""
    cache.clear()
    event = {"lead": {"email": "jane@voegele.example", "job_title": "Head of Operations"}}
    number = api.post("activities", {**event, "type": "demo_requested"}).json()["lead"]
    score_waiting(now=timezone.now())
    return Lead.objects.get(pk=number)


def draft_with(points: int) -> int:
    """Make a draft in which a demo gives so many points."""
    draft = new_draft()
    draft.rules.filter(name="Asked for a demo").update(points=points)
    return draft.pk


def test_a_preview_says_what_publishing_would_do(studio: Caller, lead: Lead) -> None:
    draft = draft_with(90)
    before = everything()
    response = studio.post(f"scoring/versions/{draft}/preview", {})
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["is_done"], body["share"], body["token"]) == (True, 1.0, None)
    assert (body["version"], body["before"]) == (draft, live_version().pk)
    assert (body["leads"], body["moved"], body["median_change"]) == (1, 1, 40)
    (effect,) = body["effects"]
    assert effect["name"] == "Asked for a demo"
    (named,) = body["named"]
    assert (named["lead"], named["before"], named["after"] - named["before"]) == (lead.pk, lead.score, 40)
    assert sum(band["before"] for band in body["distribution"]) == 1
    assert everything() == before


def test_a_preview_that_takes_long_is_gone_on_with(studio: Caller, lead: Lead) -> None:
    draft = draft_with(90)
    path = f"scoring/versions/{draft}/preview"
    before = everything()
    answers: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    with mock.patch("leadapp.api.scoring.preview.PATIENCE", -1):
        while not answers or not answers[-1]["is_done"]:
            response = studio.post(path, token)
            assert response.status_code == 200, response.content
            answers.append(response.json())
            token = {"token": answers[-1]["token"]}
    assert len(answers) > 1
    assert answers[-1]["moved"] == 1
    assert everything() == before


def test_a_token_is_good_for_its_own_preview_only(studio: Caller, lead: Lead) -> None:
    draft = draft_with(90)
    with mock.patch("leadapp.api.scoring.preview.PATIENCE", -1):
        token = studio.post(f"scoring/versions/{draft}/preview", {}).json()["token"]
    before = everything()
    for wrong in ("x", token[:-1], token + "x", 5, ["x"], "\u20ac"):
        response = studio.post(f"scoring/versions/{draft}/preview", {"token": wrong})
        assert response.status_code == 422, wrong
        assert "#/token" in faults(response)
    other = studio.post(f"scoring/versions/{live_version().pk}/preview", {"token": token})
    assert "#/token" in faults(other)
    assert everything() == before
    rule = studio.get(f"scoring/versions/{draft}/rules").json()["results"][0]
    studio.patch(f"scoring/rules/{rule['id']}", {"points": 7, "revision": 1})
    assert studio.post(f"scoring/versions/{draft}/preview", {"token": token}).status_code == 409


def test_leads_that_somebody_may_not_see_are_not_named(lead: Lead, settings: Any) -> None:
    draft = draft_with(90)
    settings.REPS_SEE = "own"
    Lead.objects.filter(pk=lead.pk).update(owner=make_user("owner", "rep"))
    body = Person(make_user("other", "rep")).post(f"scoring/versions/{draft}/preview", {}).json()
    assert (body["moved"], body["named"]) == (1, [])


def test_a_lead_is_tested_by_the_draft_and_by_what_is_live(studio: Caller, lead: Lead) -> None:
    draft = draft_with(90)
    before = everything()
    body = studio.post(f"scoring/versions/{draft}/test", {"lead": lead.pk}).json()
    assert body["live"]["score"] == lead.score
    assert body["version"]["score"] == body["live"]["score"] + 40
    total = sum(float(line["points"]) for line in body["version"]["lines"])
    assert round(total, 6) == body["version"]["score"]
    assert studio.post(f"scoring/versions/{live_version().pk}/test", {"lead": lead.pk}).json()["live"] is None
    assert everything() == before


def test_an_imagined_lead_is_tested(studio: Caller) -> None:
    draft = draft_with(90)
    before = everything()
    asked = {
        "facts": {"job_title": "Head of Operations", "company.industry": "Machinery"},
        "activities": [{"type": "demo_requested", "occurred_at": "2026-01-31T09:30:00Z"}],
        "as_of": "2026-01-31T09:30:00Z",
    }
    response = studio.post(f"scoring/versions/{draft}/test", asked)
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["version"]["engagement"], body["live"]["engagement"]) == (90, 50)
    assert body["version"]["fit"] == body["live"]["fit"] > 0
    assert everything() == before


def test_a_lead_that_was_picked_can_do_one_thing_more(studio: Caller, lead: Lead) -> None:
    path = f"scoring/versions/{live_version().pk}/test"
    plain = studio.post(path, {"lead": lead.pk}).json()["version"]
    more = studio.post(path, {"lead": lead.pk, "activities": [{"type": "quote_requested"}]}).json()["version"]
    assert more["score"] > plain["score"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/lead"),
        ({"lead": "x"}, "#/lead"),
        ({"lead": 0}, "#/lead"),
        ({"lead": True}, "#/lead"),
        ({"facts": []}, "#/facts"),
        ({"facts": "x"}, "#/facts"),
        ({"facts": {"shoe_size": 5}}, "#/facts/shoe_size"),
        ({"activities": {"type": "login"}}, "#/activities"),
        ({"activities": ["login"]}, "#/activities/0"),
        ({"activities": [{"type": "no_such"}]}, "#/activities/0/type"),
        ({"activities": [{"type": 5}]}, "#/activities/0/type"),
        ({"activities": [{"type": "login", "colour": 1}]}, "#/activities/0/colour"),
        ({"activities": [{"type": "login", "occurred_at": "soon"}]}, "#/activities/0/occurred_at"),
        ({"activities": [{"type": "login", "properties": []}]}, "#/activities/0/properties"),
        ({"activities": [{"type": "login", "properties": "x"}]}, "#/activities/0/properties"),
        ({"lead": 1, "as_of": "soon"}, "#/as_of"),
        ({"lead": 1, "colour": "red"}, "#/colour"),
    ],
    ids=lambda each: str(each)[:50],
)
def test_a_test_that_makes_no_sense_is_refused(studio: Caller, body: Any, pointer: str) -> None:
    before = everything()
    response = studio.post(f"scoring/versions/{live_version().pk}/test", body)
    assert response.status_code == 422, response.content
    assert pointer in faults(response)
    assert everything() == before


def test_a_lead_that_nobody_knows_is_not_found(studio: Caller, lead: Lead, settings: Any) -> None:
    path = f"scoring/versions/{live_version().pk}/test"
    assert studio.post(path, {"lead": 99999999}).status_code == 404
    settings.REPS_SEE = "own"
    Lead.objects.filter(pk=lead.pk).update(owner=make_user("owner", "rep"))
    assert Person(make_user("other", "rep")).post(path, {"lead": lead.pk}).status_code == 404


def test_without_the_right_nothing_is_previewed(make_caller: Callable[..., Caller], lead: Lead) -> None:
    reader, nobody = make_caller("read", "write", name="reader"), Person(make_user("nobody"))
    for action in ("preview", "test"):
        path = f"scoring/versions/{live_version().pk}/{action}"
        assert reader.post(path, {"lead": lead.pk} if action == "test" else {}).status_code == 403
        assert nobody.post(path, {}).status_code == 403
        assert Caller("").post(path, {}).status_code == 401
        assert (
            make_caller("scoring", name=action)
            .post(path.replace("/versions/", "/versions/99"), {})
            .status_code
            == 404
        )
