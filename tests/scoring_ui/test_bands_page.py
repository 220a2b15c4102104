"""Bounds, grades, bands and threshold: read as a picture, edited in a draft, nobody's edit lost."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import User
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.rules import version_facts_of
from scoring.services.editing import change_version
from scoring.services.publishing import publish
from tests.scoring_ui.build import HOME, everything, new_draft, text_of, words
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

BANDS = f"{HOME}bands/"


def form_of(draft: ScoringModelVersion, **changes: Any) -> dict[str, Any]:
    """Return the form as the page shows it, with changes."""
    facts = asdict(version_facts_of(draft))
    seen = {f"seen_{name}": value for name, value in facts.items()}
    return {"revision": draft.revision, **facts, **seen, **changes}


def test_everybody_reads_the_bands_of_what_is_live(as_: As, rep: User) -> None:
    page = as_(rep).get(BANDS)
    text = words(page)
    assert "Below 50 a lead is cold, from 50 warm, from 120 hot; sales gets it from 150." in text
    assert "Sales from 150" in text
    assert "Engagement 2 40 to 79" in text
    assert "−100 to 200 points" in text
    assert "Save in the draft" not in text
    assert 'role="img"' in page.content.decode()


def test_numbers_of_a_draft_are_saved(as_: As, marketer: User) -> None:
    draft = new_draft(marketer)
    client = as_(marketer)
    assert "Numbers of draft v2" in text_of(client, BANDS)
    done = client.post(BANDS, form_of(draft, threshold=170, warm_from=40, note="More room"), follow=True)
    assert "Saved in the draft" in words(done)
    saved = draft.revision
    draft.refresh_from_db()
    assert (draft.threshold, draft.warm_from, draft.note, draft.revision) == (170, 40, "More room", saved + 1)
    assert "Sales from 170" in text_of(client, BANDS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"warm_from": 120}, "Must be greater than"),
        ({"warm_from": "many"}, "Give a whole number"),
        ({"threshold": ""}, "required"),
        ({"fit_max": -200}, "Must be greater than"),
        ({"note": "x" * 501}, "at most 500"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_at_their_field(
    as_: As, marketer: User, changes: dict[str, Any], said: str
) -> None:
    draft = new_draft(marketer)
    before = everything()
    response = as_(marketer).post(BANDS, form_of(draft, **changes))
    assert response.status_code == 422
    assert said in words(response)
    assert everything() == before


def test_what_somebody_else_saved_is_told_and_what_was_typed_stays(
    as_: As, marketer: User, admin: User
) -> None:
    draft = new_draft(marketer)
    mine = form_of(draft, threshold=170)
    facts = replace(version_facts_of(draft), threshold=140)
    change_version(version=draft, facts=facts, revision=draft.revision, actor=admin, now=timezone.now())
    before, client = everything(), as_(marketer)
    response = client.post(BANDS, mine)
    assert response.status_code == 409
    text = words(response)
    assert "150 → 140" in text
    assert "save again to replace theirs" in text
    html = response.content.decode()
    assert 'name="threshold" value="170"' in html
    assert everything() == before
    draft.refresh_from_db()
    assert f'name="revision" value="{draft.revision}"' in html
    assert client.post(BANDS, form_of(draft, threshold=170)).status_code == 302
    draft.refresh_from_db()
    assert draft.threshold == 170


def test_saving_the_same_again_changes_nothing(as_: As, marketer: User) -> None:
    draft = new_draft(marketer)
    before = everything()
    assert as_(marketer).post(BANDS, form_of(draft)).status_code == 302
    assert everything() == before


def test_what_is_live_is_not_edited(as_: As, marketer: User) -> None:
    draft = new_draft(marketer)
    form = form_of(draft, threshold=170)
    publish(version=draft, actor=marketer, note="Done", now=timezone.now())
    before = everything()
    assert as_(marketer).post(BANDS, form).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("name", ["rep", "manager"])
def test_others_do_not_edit(as_: As, marketer: User, name: str, request: pytest.FixtureRequest) -> None:
    draft = new_draft(marketer)
    before, client = everything(), as_(request.getfixturevalue(name))
    assert "Save in the draft" not in text_of(client, BANDS)
    assert client.post(BANDS, form_of(draft, threshold=170)).status_code == 403
    assert client.post(BANDS, form_of(draft, threshold="")).status_code == 403
    assert everything() == before


def test_a_model_without_a_version_says_so(as_: As, marketer: User) -> None:
    ScoringModel.objects.create(name="Services", slug="services")
    assert "No rules yet" in text_of(as_(marketer), "/scoring/services/bands/")
    assert as_(marketer).post("/scoring/services/bands/", {}).status_code == 404
