"""The history of a model: who, when and why; what differs; back; later; and as a file."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import User
from scoring.models import Publication, ScoringModelVersion
from scoring.services.publishing import publish, roll_back
from scoring.services.scheduling import schedule_publish
from scoring.services.transfer import export_version
from tests.scoring_ui.build import (
    HOME,
    changed_draft,
    everything,
    new_draft,
    published,
    text_of,
    the_model,
    words,
)
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

VERSIONS = f"{HOME}versions/"
OTHERS = ["rep", "manager"]


def version(number: int) -> ScoringModelVersion:
    """Return a version of the model that ships."""
    return ScoringModelVersion.objects.get(model__slug="default", number=number)


def test_every_version_says_who_when_and_why(as_: As, marketer: User, rep: User) -> None:
    published(marketer, note="Pricing counts more")
    roll_back(version=version(1), actor=marketer, note="Too many calls", now=timezone.now())
    text = text_of(as_(rep), VERSIONS)
    assert "Pricing counts more Made by Mareike Ostermann, just now , from v1" in text
    assert "Published by Mareike Ostermann" in text
    assert "Live again by Mareike Ostermann" in text
    assert "“Too many calls”" in text
    assert "Roll back…" not in text
    assert "Roll back…" in text_of(as_(marketer), VERSIONS)


def test_the_number_of_queries_stays_with_more_versions(as_: As, marketer: User) -> None:
    client = as_(marketer)
    published(marketer)
    client.get(VERSIONS)
    with CaptureQueriesContext(connection) as few:
        client.get(VERSIONS)
    for number in range(3):
        draft = new_draft(marketer)
        publish(version=draft, actor=marketer, note=f"Nr {number}", now=timezone.now())
    with CaptureQueriesContext(connection) as many:
        client.get(VERSIONS)
    assert len(many) == len(few)


def test_many_versions_come_in_pages(as_: As, marketer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.views.versions.ON_A_PAGE", 1)
    published(marketer)
    first = text_of(as_(marketer), VERSIONS)
    assert "Page 1 of 2" in first
    assert "The rules that Leadapp ships with" not in first
    assert "The rules that Leadapp ships with" in text_of(as_(marketer), f"{VERSIONS}?page=2")


def test_two_versions_are_compared_in_plain_sentences(as_: As, marketer: User, rep: User) -> None:
    published(marketer)
    text = text_of(as_(rep), f"{VERSIONS}?before=1&after=2")
    assert "From v1 to v2: 4 changes" in text
    assert "Viewed the pricing page: 8 → 12 points, cap 32 → 60" in text
    back = text_of(as_(rep), f"{VERSIONS}?before=2&after=1")
    assert "Viewed the pricing page: 12 → 8 points, cap 60 → 32" in back
    assert "No difference" in text_of(as_(rep), f"{VERSIONS}?before=1&after=1")


@pytest.mark.parametrize("asked", ["before=1&after=9", "before=x&after=1", "before=1"])
def test_what_cannot_be_compared_is_said(as_: As, rep: User, asked: str) -> None:
    assert "Choose two versions that exist" in text_of(as_(rep), f"{VERSIONS}?{asked}")


def test_rolling_back_asks_why_and_says_what_changes(as_: As, marketer: User) -> None:
    published(marketer)
    before, client = everything(), as_(marketer)
    text = text_of(client, f"{VERSIONS}1/roll-back/")
    assert "v1 becomes live again exactly as it was" in text
    assert "Viewed the pricing page: 12 → 8 points" in text
    missing = client.post(f"{VERSIONS}1/roll-back/", {"note": " "})
    assert missing.status_code == 422
    assert everything() == before
    done = client.post(f"{VERSIONS}1/roll-back/", {"note": "Too many calls"})
    assert done["Location"] == f"{HOME}publish/progress/"
    assert version(1).is_live
    assert not version(2).is_live
    newest = Publication.objects.latest("pk")
    assert (newest.note, newest.is_rollback, newest.actor) == ("Too many calls", True, marketer)
    assert "Back to v1" in text_of(client, done["Location"])


def test_rolling_back_twice_is_refused(as_: As, marketer: User) -> None:
    published(marketer)
    client = as_(marketer)
    client.post(f"{VERSIONS}1/roll-back/", {"note": "Once"})
    before = everything()
    again = client.post(f"{VERSIONS}1/roll-back/", {"note": "Twice"})
    assert again.status_code == 409
    assert "is live already" in words(again)
    assert everything() == before


def test_a_draft_cannot_be_rolled_back_to(as_: As, marketer: User) -> None:
    new_draft(marketer)
    before = everything()
    assert as_(marketer).post(f"{VERSIONS}2/roll-back/", {"note": "No"}).status_code == 409
    assert as_(marketer).get(f"{VERSIONS}9/roll-back/").status_code == 404
    assert everything() == before


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not_roll_back(as_: As, marketer: User, name: str, request: pytest.FixtureRequest) -> None:
    published(marketer)
    before, client = everything(), as_(request.getfixturevalue(name))
    assert client.get(f"{VERSIONS}1/roll-back/").status_code == 403
    assert client.post(f"{VERSIONS}1/roll-back/", {"note": "Mine"}).status_code == 403
    assert client.post(f"{VERSIONS}1/roll-back/", {"note": ""}).status_code == 403
    assert everything() == before


def moment(**ahead: float) -> str:
    """Return a moment as the browser sends it."""
    return f"{timezone.localtime(timezone.now() + timedelta(**ahead)):%Y-%m-%dT%H:%M}"


def test_a_publish_is_scheduled_and_cancelled(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    client = as_(marketer)
    assert "In the time of UTC" in text_of(client, f"{HOME}schedule/")
    done = client.post(f"{HOME}schedule/", {"at": moment(days=3), "note": "After the fair"}, follow=True)
    assert "v2 goes live on" in words(done)
    draft = version(2)
    assert draft.publish_at is not None
    assert draft.note == "After the fair"
    assert "Scheduled" in text_of(client, VERSIONS)
    cancelled = client.post(f"{HOME}schedule/cancel/", follow=True)
    assert "can be edited again" in words(cancelled)
    assert version(2).publish_at is None
    before = everything()
    assert "is not scheduled" in words(client.post(f"{HOME}schedule/cancel/", follow=True))
    assert everything() == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"at": "", "note": "x"}, "required"),
        ({"at": "tomorrow", "note": "x"}, "valid date"),
        ({"at": "2020-01-01T10:00", "note": "x"}, "still to come"),
        ({"at": "2090-01-01T10:00", "note": "x"}, "within a year"),
        ({"at": "2026-12-24T10:00", "note": ""}, "required"),
    ],
)
def test_a_schedule_with_a_fault_is_refused(as_: As, marketer: User, data: dict[str, str], said: str) -> None:
    new_draft(marketer)
    before = everything()
    response = as_(marketer).post(f"{HOME}schedule/", data)
    assert response.status_code == 422
    assert said in words(response)
    assert everything() == before


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not_schedule(as_: As, marketer: User, name: str, request: pytest.FixtureRequest) -> None:
    draft = changed_draft(marketer)
    now = timezone.now()
    schedule_publish(version=draft, at=now + timedelta(days=1), actor=marketer, note="x", now=now)
    before, client = everything(), as_(request.getfixturevalue(name))
    assert client.post(f"{HOME}schedule/", {"at": moment(days=3), "note": "x"}).status_code == 403
    assert client.post(f"{HOME}schedule/cancel/").status_code == 403
    assert everything() == before


def test_without_a_draft_there_is_nothing_to_schedule(as_: As, marketer: User) -> None:
    assert as_(marketer).get(f"{HOME}schedule/").status_code == 404
    assert as_(marketer).post(f"{HOME}schedule/cancel/").status_code == 404


def test_a_version_is_exported_and_imported_again(as_: As, marketer: User, rep: User) -> None:
    file = as_(rep).get(f"{VERSIONS}1/export/")
    assert file["Content-Type"].startswith("application/json")
    assert 'filename="default-v1.json"' in file["Content-Disposition"]
    assert json.loads(file.content) == export_version(version(1))
    assert as_(rep).get(f"{VERSIONS}9/export/").status_code == 404
    upload = SimpleUploadedFile("default-v1.json", file.content, content_type="application/json")
    done = as_(marketer).post(f"{HOME}import/", {"file": upload}, follow=True)
    assert "Imported as the draft v2" in words(done)
    assert export_version(version(2))["rules"] == export_version(version(1))["rules"]
    assert "Says the same as live v1" in text_of(as_(marketer))


def test_a_file_with_faults_is_refused_and_each_is_named(as_: As, marketer: User) -> None:
    data = export_version(version(1))
    data["rules"][3]["points"] = "many"
    data["rules"][5]["conditions"][0]["operator"] = "resembles"
    before = everything()
    response = as_(marketer).post(f"{HOME}import/", {"text": json.dumps(data)})
    assert response.status_code == 422
    text = words(response)
    assert "2 faults in the file" in text
    assert "rules[3].points" in text
    assert "rules[5].conditions[0].operator" in text
    assert '"resembles"' in text  # what was pasted stays
    assert everything() == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose a file, or paste its text"),
        ({"text": "[1,"}, "line 1, column"),
        ({"text": "[]"}, "A scoring model is an object"),
    ],
)
def test_what_is_no_model_is_refused(as_: As, marketer: User, data: dict[str, str], said: str) -> None:
    before = everything()
    response = as_(marketer).post(f"{HOME}import/", data)
    assert response.status_code == 422
    assert said in words(response)
    assert everything() == before


def test_a_draft_is_not_imported_over(as_: As, marketer: User) -> None:
    new_draft(marketer)
    text, before = json.dumps(export_version(version(1))), everything()
    assert "There is a draft already: v2" in text_of(as_(marketer), f"{HOME}import/")
    assert as_(marketer).post(f"{HOME}import/", {"text": text}).status_code == 409
    assert everything() == before


@pytest.mark.parametrize("name", OTHERS)
def test_others_do_not_import(as_: As, name: str, request: pytest.FixtureRequest) -> None:
    text: Any = json.dumps(export_version(the_model().versions.get()))
    before, client = everything(), as_(request.getfixturevalue(name))
    assert client.get(f"{HOME}import/").status_code == 403
    assert client.post(f"{HOME}import/", {"text": text}).status_code == 403
    assert everything() == before
