"""The list of models, a new one, and which of them drives the list."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import User
from scoring.models import Rescore, ScoringModel
from scoring.services.publishing import publish
from scoring.services.transfer import export_version, import_version, read_start
from tests.scoring_ui.build import changed_draft, everything, text_of, the_model, words
from tests.ui.build import make_lead
from tests.ui.conftest import As

FAULTY = '{"format": "leadapp-scoring-model", "format_version": 1, "name": "", "rules": [{}]}'

pytestmark = pytest.mark.django_db


def second_model(actor: User, *, live: bool = True) -> ScoringModel:
    """Make another model from a start."""
    now = timezone.now()
    draft = import_version(data=read_start("agency"), actor=actor, now=now, name="Agency")
    if live:
        publish(version=draft, actor=actor, note="Begin", now=now)
    return draft.model


def test_one_model_makes_a_useful_page(as_: As, rep: User) -> None:
    make_lead(130)
    make_lead(60)
    text = text_of(as_(rep), "/scoring/")
    assert "1 model" in text
    assert "Default model Primary" in text
    assert "2 scored: 1 hot, 1 warm" in text
    assert "One model is enough for most teams" in text
    assert "New model" not in text


def test_draft_and_running_rescore_are_shown(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    live = the_model().versions.get(state="live")
    Rescore.objects.update(finished_at=timezone.now())
    Rescore.objects.create(version=live, cause="publish", leads_total=200, leads_done=50)
    response = as_(marketer).get("/scoring/")
    text = words(response)
    assert "v2 begun by Mareike Ostermann" in text
    assert "50 of 200" in text
    assert '<progress max="200" value="50"' in response.content.decode()


def test_no_model_at_all_is_said(as_: As, rep: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.views.home.read_models", list)
    assert "No model yet" in text_of(as_(rep), "/scoring/")


def test_the_number_of_queries_stays_with_more_models(as_: As, marketer: User) -> None:
    client = as_(marketer)
    client.get("/scoring/")
    with CaptureQueriesContext(connection) as few:
        client.get("/scoring/")
    second_model(marketer)
    with CaptureQueriesContext(connection) as many:
        client.get("/scoring/")
    assert len(many) == len(few)


def new(client: Any, **data: Any) -> Any:
    """Send the form of a new model."""
    return client.post("/scoring/new/", {"name": "Services", "start": "empty", "text": ""} | data)


def test_a_model_begins_empty(as_: As, marketer: User) -> None:
    response = new(as_(marketer))
    assert response["Location"] == "/scoring/services/"
    assert "Begin a draft" in text_of(as_(marketer), "/scoring/services/")


@pytest.mark.parametrize("start", ["b2b-saas", "agency", "consultancy", "e-commerce"])
def test_a_model_begins_with_what_ships(as_: As, marketer: User, start: str) -> None:
    page = text_of(as_(marketer), "/scoring/new/")
    assert "Agency 3" in page
    assert "No rules at all" in page
    assert new(as_(marketer), start=start).status_code == 302
    model = ScoringModel.objects.get(slug="services")
    draft = model.versions.get()
    assert draft.is_draft
    assert draft.rules.count() > 20
    assert not model.is_primary


def test_a_model_begins_with_a_file(as_: As, marketer: User) -> None:
    text = json.dumps(export_version(the_model().versions.get(state="live")))
    file = SimpleUploadedFile("model.json", text.encode(), content_type="application/json")
    assert new(as_(marketer), start="file", file=file).status_code == 302
    assert ScoringModel.objects.get(slug="services").versions.get().rules.count() == 40


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": ""}, "Give the model a name"),
        ({"name": "default MODEL"}, "already"),
        ({"start": "nothing"}, "valid choice"),
        ({"start": "file"}, "Choose a file, or paste its text"),
        ({"start": "file", "text": "{"}, "This is not JSON"),
        ({"start": "file", "text": FAULTY}, "rules[0].name"),
    ],
)
def test_a_fault_makes_no_model(as_: As, marketer: User, data: dict[str, str], said: str) -> None:
    before = everything()
    response = new(as_(marketer), **data)
    assert response.status_code == 422
    assert said in words(response)
    assert everything() == before


@pytest.mark.parametrize("name", ["rep", "manager"])
def test_others_make_no_model(as_: As, name: str, request: pytest.FixtureRequest) -> None:
    before = everything()
    client = as_(request.getfixturevalue(name))
    assert client.get("/scoring/new/").status_code == 403
    assert new(client).status_code == 403
    assert new(client, start="agency").status_code == 403
    assert everything() == before


def test_another_model_becomes_primary_after_a_question(as_: As, marketer: User) -> None:
    model = second_model(marketer)
    before = everything()
    client = as_(marketer)
    assert "Make primary…" in text_of(client, "/scoring/")
    page = text_of(client, f"/scoring/{model.slug}/primary/")
    assert "Every lead gets the score of v1" in page
    assert "Default model stays live" in page
    assert everything() == before
    response = client.post(f"/scoring/{model.slug}/primary/")
    assert response["Location"] == f"/scoring/{model.slug}/publish/progress/"
    assert ScoringModel.objects.get(is_primary=True) == model
    assert "Scoring the leads by v1" in text_of(client, response["Location"]) or Rescore.objects.exists()
    again = client.post(f"/scoring/{model.slug}/primary/")
    assert again.status_code == 409
    assert "Nothing was saved" in words(again)


def test_a_model_without_a_live_version_cannot_drive_the_list(as_: As, marketer: User) -> None:
    model = second_model(marketer, live=False)
    before = everything()
    assert "has no live version" in text_of(as_(marketer), f"/scoring/{model.slug}/primary/")
    assert as_(marketer).post(f"/scoring/{model.slug}/primary/").status_code == 409
    assert everything() == before


@pytest.mark.parametrize("name", ["rep", "manager"])
def test_others_do_not_choose_the_primary_model(
    as_: As, marketer: User, name: str, request: pytest.FixtureRequest
) -> None:
    model = second_model(marketer)
    before = everything()
    client = as_(request.getfixturevalue(name))
    assert "Make primary" not in text_of(client, "/scoring/")
    assert client.get(f"/scoring/{model.slug}/primary/").status_code == 403
    assert client.post(f"/scoring/{model.slug}/primary/").status_code == 403
    assert everything() == before
