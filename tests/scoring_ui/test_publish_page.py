"""Publishing with a note, what stops it, and the progress of the leads."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import User
from scoring.models import Publication, Rescore, ScoringModel, ScoringModelVersion
from scoring.rules import facts_of
from scoring.services.editing import save_rule
from scoring.services.publishing import discard_draft, publish
from tests.scoring_ui.build import HOME, changed_draft, everything, new_draft, published, text_of, words
from tests.ui.build import make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

PUBLISH, PROGRESS = f"{HOME}publish/", f"{HOME}publish/progress/"


def send(client: Client, **data: str) -> Any:
    """Send the form of the page."""
    page = client.get(PUBLISH)
    seen = page.context["form"]["seen"].value() if page.status_code == 200 and page.context else ""
    return client.post(PUBLISH, {"note": "Pricing counts more", "seen": seen} | data)


def test_the_page_shows_what_changes_and_what_was_found(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    before = everything()
    text = text_of(as_(marketer), PUBLISH)
    assert "Publish v2?" in text
    assert "What changes from live v1" in text
    assert "Viewed the pricing page: 8 → 12 points" in text
    assert "“Target country” is switched off" in text
    assert "nothing stops it" in text
    assert everything() == before


def test_publishing_goes_on_to_the_progress(as_: As, marketer: User) -> None:
    make_lead(60)
    changed_draft(marketer)
    client = as_(marketer)
    response = send(client)
    assert response["Location"] == PROGRESS
    version = ScoringModelVersion.objects.get(number=2)
    assert version.is_live
    assert version.note == "Pricing counts more"
    assert Publication.objects.get(version=version).actor == marketer
    page = client.get(PROGRESS)
    text = words(page)
    assert "v2 is live" in text
    assert "“Pricing counts more”" in text
    assert "Undo: roll back to v1" in text
    assert '<progress max="1" value="0"' in page.content.decode()
    assert 'hx-trigger="every 1s"' in page.content.decode()


def test_a_note_is_needed(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    before = everything()
    response = send(as_(marketer), note="  ")
    assert response.status_code == 422
    assert "Say in a sentence why this version exists" in words(response)
    assert everything() == before


def test_a_bad_finding_stops_it_and_is_told(as_: As, marketer: User) -> None:
    draft = changed_draft(marketer)
    ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=100_000)
    before, client = everything(), as_(marketer)
    page = client.get(PUBLISH)
    assert "1 finding of the rule check must be settled first" in words(page)
    assert 'type="submit" disabled' in page.content.decode()
    response = send(client)
    assert response.status_code == 422
    assert everything() == before


def test_publishing_twice_does_nothing_more(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    client = as_(marketer)
    send(client)
    before = everything()
    again = client.post(PUBLISH, {"note": "Again", "seen": "2"}, follow=True)
    assert "This draft is gone" in words(again)
    assert everything() == before


def test_another_draft_than_the_one_seen_is_not_published(as_: As, marketer: User, admin: User) -> None:
    draft = changed_draft(marketer)
    discard_draft(version=draft, actor=admin)
    other = new_draft(admin)
    before = everything()
    response = send(as_(marketer), seen=str(other.number + 1))
    assert response["Location"] == PROGRESS
    assert everything() == before


def test_an_edit_that_was_not_seen_is_not_published(as_: As, marketer: User, admin: User) -> None:
    draft = changed_draft(marketer)
    client = as_(marketer)
    form = {"note": "Mine", "seen": client.get(PUBLISH).context["form"]["seen"].value()}
    rule = draft.rules.get(name="Asked for a demo")
    facts = replace(facts_of(rule), points=90)
    save_rule(rule=rule, facts=facts, revision=rule.revision, actor=admin, now=timezone.now())
    before = everything()
    response = client.post(PUBLISH, form)
    assert response.status_code == 409
    text = words(response)
    assert "Somebody edited this draft after you opened the page" in text
    assert "Asked for a demo: 50 → 90 points" in text
    assert everything() == before
    again = client.post(PUBLISH, form | {"seen": response.context["form"]["seen"].value()})
    assert again["Location"] == PROGRESS


@pytest.mark.parametrize("name", ["rep", "manager"])
def test_others_do_not_publish(as_: As, marketer: User, name: str, request: pytest.FixtureRequest) -> None:
    changed_draft(marketer)
    before, client = everything(), as_(request.getfixturevalue(name))
    assert client.get(PUBLISH).status_code == 403
    assert send(client).status_code == 403
    assert send(client, note="").status_code == 403
    assert everything() == before


def test_the_first_version_of_a_model_has_nothing_to_compare_with(as_: As, marketer: User) -> None:
    ScoringModel.objects.create(name="Services", slug="services")
    client = as_(marketer)
    client.post("/scoring/services/draft/")
    assert "The first version of this model" in text_of(client, "/scoring/services/publish/")


def test_nothing_published_yet_is_said(as_: As, rep: User) -> None:
    ScoringModel.objects.create(name="Services", slug="services")
    text = text_of(as_(rep), "/scoring/services/publish/progress/")
    assert "Nothing was published yet" in text


def test_the_moving_part_stops_asking_when_the_run_is_over(as_: As, rep: User, marketer: User) -> None:
    published(marketer)
    run = Rescore.objects.filter(version__number=2).latest("pk")
    Rescore.objects.filter(pk=run.pk).update(leads_total=1200, leads_done=300, finished_at=None)
    part = as_(rep).get(PROGRESS, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "300 of 1,200" in words(part)
    assert "every 1s" in part.content.decode()
    Rescore.objects.filter(pk=run.pk).update(leads_done=1200, finished_at=timezone.now())
    over = as_(rep).get(PROGRESS, headers={"HX-Request": "true"})
    assert "All 1,200 leads are scored by v2" in words(over)
    assert "hx-trigger" not in over.content.decode()
    assert "Undo" not in text_of(as_(rep), PROGRESS)


def test_undo_is_one_click(as_: As, marketer: User) -> None:
    published(marketer)
    client = as_(marketer)
    done = client.post(f"{HOME}versions/1/roll-back/", {"note": "Undo v2"})
    assert done["Location"] == PROGRESS
    text = text_of(client, PROGRESS)
    assert "Back to v1" in text
    assert "Undo: roll back to v2" in text


def test_without_a_draft_the_page_leads_to_what_was_published(as_: As, marketer: User) -> None:
    published(marketer)
    assert as_(marketer).get(PUBLISH)["Location"] == PROGRESS


def test_a_draft_published_meanwhile_is_told(as_: As, marketer: User, admin: User) -> None:
    draft = changed_draft(marketer)
    client = as_(marketer)
    client.get(PUBLISH)
    publish(version=draft, actor=admin, note="First", now=timezone.now())
    new_draft(admin)
    before = everything()
    response = client.post(PUBLISH, {"note": "Second", "seen": "2"}, follow=True)
    assert "This draft is gone" in words(response)
    assert everything() == before
