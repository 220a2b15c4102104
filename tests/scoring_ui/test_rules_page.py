"""The rules as sentences: who sees which version, what a draft changes, and how a draft begins and ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import User
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.rules import RuleFacts
from scoring.services.editing import add_rule
from scoring.services.publishing import discard_draft
from scoring.services.scheduling import schedule_publish
from tests.scoring_ui.build import HOME, changed_draft, everything, new_draft, published, text_of
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db


def test_the_live_rules_are_read_as_sentences(as_: As, rep: User) -> None:
    text = text_of(as_(rep))
    assert "Target industry Industry has a word of automation" in text
    assert "Viewed the pricing page Page view where Path contains pricing" in text
    assert "every time at most 32 halves every 14 days" in text
    assert "Live v1" in text
    assert "cap 120" in text
    assert "−100 to 200 points, the rules reach 330" in text


def test_people_who_only_look_see_what_is_live_and_find_the_draft(as_: As, rep: User, marketer: User) -> None:
    changed_draft(marketer)
    page = text_of(as_(rep))
    assert "Came back" not in page
    assert "See the draft v2" in page
    draft = text_of(as_(rep), f"{HOME}?version=2")
    assert "Came back" in draft
    assert "Publish…" not in draft
    assert "Discard…" not in draft
    assert "Edit: " not in draft


@pytest.mark.parametrize("name", ["rep", "manager"])
def test_who_may_not_edit_gets_no_buttons(as_: As, name: str, request: pytest.FixtureRequest) -> None:
    assert "Edit in a draft" not in text_of(as_(request.getfixturevalue(name)))


@pytest.mark.parametrize("name", ["marketer", "admin"])
def test_who_may_edit_is_offered_a_draft(as_: As, name: str, request: pytest.FixtureRequest) -> None:
    assert "Edit in a draft" in text_of(as_(request.getfixturevalue(name)))


def test_a_draft_says_what_it_changes(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    text = text_of(as_(marketer))
    assert re.search(r"Draft v2 4 changes to live v1, by Mareike Ostermann, saved just now", text)
    assert re.search(r"Viewed the pricing page Page view where [^+]* Changed", text)
    assert "was 8 points, cap 32" in text
    assert "Came back Login New" in text
    assert "Reacted on social media Social media interaction Removed" in text
    assert re.search(r"Target country [^+]* Changed Off", text)
    assert "Viewed the pricing page: 8 → 12 points, cap 32 → 60" in text
    assert "Preview the effect" in text


def test_rules_are_edited_in_the_admin_and_one_comes_back(as_: As, marketer: User) -> None:
    draft = new_draft(marketer)
    rule = draft.rules.get(name="Asked for a demo")
    html = as_(marketer).get(HOME).content.decode()
    address = f"/admin/scoring/scoringrule/{rule.pk}/change/?next=/scoring/default/%23rule-{rule.pk}"
    assert address in html
    assert as_(marketer).get(address).status_code == 200
    assert f"/admin/scoring/scoringrule/add/?version={draft.pk}&amp;dimension=fit" in html


def test_a_removed_rule_comes_back(as_: As, marketer: User) -> None:
    draft = changed_draft(marketer)
    live = ScoringModelVersion.objects.get(state="live")
    gone = live.rules.get(name="Reacted on social media")
    response = as_(marketer).post(f"{HOME}restore/{gone.pk}/", follow=True)
    assert "is in the draft again" in response.content.decode()
    assert draft.rules.filter(name="Reacted on social media", group__name=gone.group).exists()
    before = everything()
    assert "already" in as_(marketer).post(f"{HOME}restore/{gone.pk}/", follow=True).content.decode()
    assert everything() == before
    assert as_(marketer).post(f"{HOME}restore/999999/").status_code == 404


def test_a_draft_is_begun_once(as_: As, marketer: User) -> None:
    first = as_(marketer).post(f"{HOME}draft/", follow=True)
    assert "v2 is yours to edit" in first.content.decode()
    before = everything()
    again = as_(marketer).post(f"{HOME}draft/", follow=True)
    assert "There is a draft already" in again.content.decode()
    assert everything() == before


def test_an_earlier_version_can_be_copied(as_: As, marketer: User) -> None:
    published(marketer)
    as_(marketer).post(f"{HOME}draft/", {"source": "1"})
    draft = ScoringModelVersion.objects.get(state="draft")
    assert draft.based_on is not None
    assert draft.based_on.number == 1
    assert draft.rules.filter(name="Reacted on social media").exists()


@pytest.mark.parametrize("name", ["rep", "manager"])
@pytest.mark.parametrize("path", ["draft/", "discard/"])
def test_others_neither_begin_nor_discard(
    as_: As, marketer: User, name: str, path: str, request: pytest.FixtureRequest
) -> None:
    if path == "discard/":
        new_draft(marketer)
    before = everything()
    client = as_(request.getfixturevalue(name))
    assert client.post(f"{HOME}{path}").status_code == 403
    assert everything() == before
    if path == "discard/":
        assert client.get(f"{HOME}{path}").status_code == 403


def test_discarding_asks_first(as_: As, marketer: User) -> None:
    new_draft(marketer)
    before = everything()
    assert "Every edit in it is gone for good" in text_of(as_(marketer), f"{HOME}discard/")
    assert everything() == before
    done = as_(marketer).post(f"{HOME}discard/", follow=True)
    assert "Nothing that is live has changed" in done.content.decode()
    assert not ScoringModelVersion.objects.filter(state="draft").exists()
    assert as_(marketer).post(f"{HOME}discard/").status_code == 404


def test_a_scheduled_draft_is_read_and_not_edited(as_: As, marketer: User) -> None:
    draft = new_draft(marketer)
    at = timezone.now() + timedelta(days=2)
    schedule_publish(version=draft, at=at, actor=marketer, note="Spring", now=timezone.now())
    text = text_of(as_(marketer))
    assert "until then it cannot be edited" in text
    assert "Edit: " not in text
    assert "Cancel the schedule" in text


def test_a_model_without_rules_says_so(as_: As, marketer: User, rep: User) -> None:
    ScoringModel.objects.create(name="Services", slug="services")
    assert "Begin a draft" in text_of(as_(marketer), "/scoring/services/")
    rep_sees = text_of(as_(rep), "/scoring/services/")
    assert "Nobody has written rules for this model yet" in rep_sees
    assert "Begin a draft" not in rep_sees
    as_(marketer).post("/scoring/services/draft/")
    empty = text_of(as_(marketer), "/scoring/services/")
    assert "No fit rules yet" in empty
    assert "Nothing of this model is live yet" in empty


@pytest.mark.parametrize("asked", ["77", "x", "9" * 30, "²"])
def test_an_unknown_version_does_not_exist(as_: As, rep: User, asked: str) -> None:
    assert as_(rep).get(HOME, {"version": asked}).status_code == 404
    assert as_(rep).get(f"{HOME}findings/", {"version": asked}).status_code == 404


def test_the_findings_come_as_a_part_of_the_page(as_: As, marketer: User) -> None:
    changed_draft(marketer)
    part = as_(marketer).get(f"{HOME}findings/?version=2").content.decode()
    assert "<html" not in part
    assert "Stops publishing" in part
    assert 'id="stops"' in part
    assert "1 finding" in part
    live = as_(marketer).get(f"{HOME}findings/?version=1").content.decode()
    assert 'id="stops"' not in live


def queries(client: Client, url: str) -> int:
    """Count what a page asks the database."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_number_of_queries_stays_with_many_rules(as_: As, marketer: User) -> None:
    draft = changed_draft(marketer)
    client = as_(marketer)
    text_of(client)
    few, few_live = queries(client, HOME), queries(client, f"{HOME}?version=1")
    for number in range(60):
        facts = RuleFacts(
            name=f"Extra {number}", dimension="engagement", points=1, activity_types=("login", "page_view")
        )
        add_rule(version=draft, facts=facts, actor=marketer, now=timezone.now())
    assert queries(client, HOME) == few <= 40
    assert few_live <= 30


def test_a_draft_that_somebody_else_discarded_is_gone(as_: As, marketer: User, admin: User) -> None:
    draft: Any = new_draft(marketer)
    client = as_(marketer)
    client.get(HOME)
    discard_draft(version=draft, actor=admin)
    assert client.get(f"{HOME}?version=2").status_code == 404
    assert "Live v1" in text_of(client)
