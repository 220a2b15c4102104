"""The preview page: who sees it, what it says, that it goes on by pieces, and that nothing is written."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import signing
from django.test import Client
from django.utils import timezone

from leadapp.models import Lead, User
from leadapp.services.previews import begin_preview
from scoring.analysis.preview import TooBusy, from_json, run, to_json
from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule
from scoring.services.publishing import discard_draft, make_draft, publish
from scoring.views.preview import pack
from tests.scoring.build import log, make_lead, make_rule
from tests.scoring.test_preview import rows
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

ADDRESS = "/scoring/default/preview/"


@pytest.fixture
def draft() -> ScoringModelVersion:
    """Give a draft of the primary model in which a page view gives 15 instead of 10."""
    now = timezone.now()
    model = ScoringModel.objects.get(is_primary=True)
    version = make_draft(model=model, actor=None, now=now)
    version.rules.all().delete()
    make_rule(version, name="Viewed a page", points=10, types=["page_view"])
    publish(version=version, actor=None, note="Simple", now=now)
    draft = make_draft(model=model, actor=None, now=now)
    ScoringRule.objects.filter(version=draft).update(points=15)
    return draft


@pytest.fixture
def leads(draft: ScoringModelVersion) -> list[Lead]:
    """Give leads with 0, 10, 20 and 30 points, who viewed pages an hour ago."""
    made = []
    for views in range(4):
        lead = make_lead(first_name=f"Anna{views}", created_at=timezone.now() - timedelta(days=2))
        for _ in range(views):
            log(lead, "page_view", timezone.now() - timedelta(hours=1))
        made.append(lead)
    return made


def state_of(html: str) -> str:
    found = re.search(r'name="state" value="([^"]+)"', html)
    return found.group(1) if found else ""


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_page_begins_and_each_post_goes_on(as_: As, marketer: User, leads: list[Lead]) -> None:
    client = as_(marketer)
    begun = client.get(ADDRESS)
    assert begun.status_code == 200
    assert "0 of 4 leads" in text(begun)
    assert 'hx-trigger="load' in begun.content.decode()
    first = client.post(ADDRESS, {"state": state_of(begun.content.decode())})
    assert "4 of 4 leads" in text(first)
    assert "Become MQL" in text(first)
    done = client.post(ADDRESS, {"state": state_of(first.content.decode())})
    assert "hx-trigger" not in done.content.decode().split('id="preview"')[1].split("</main>")[0]
    assert "Publishing moves 3 of 4 leads." in text(done)
    assert "Anna3 No company 30 45 +15" in text(done)
    assert "Viewed a page: 10 → 15 points" in text(done)


def test_without_javascript_one_button_shows_the_result(as_: As, marketer: User, leads: list[Lead]) -> None:
    client = as_(marketer)
    begun = client.get(ADDRESS)
    done = client.post(ADDRESS, {"state": state_of(begun.content.decode()), "all": "1"})
    assert "Publishing moves 3 of 4 leads." in text(done)
    assert "<!doctype html>" in done.content.decode()


def test_htmx_gets_the_part_alone(as_: As, marketer: User, leads: list[Lead]) -> None:
    client = as_(marketer)
    begun = client.get(ADDRESS)
    part = client.post(ADDRESS, {"state": state_of(begun.content.decode())}, headers={"HX-Request": "true"})
    assert "<!doctype html>" not in part.content.decode()
    assert part.content.decode().strip().startswith('<div class="stack stack--loose" id="preview">')
    assert "HX-Request" in part["Vary"]


def test_nothing_is_written(as_: As, marketer: User, leads: list[Lead]) -> None:
    client = as_(marketer)
    before = rows()
    begun = client.get(ADDRESS)
    client.post(ADDRESS, {"state": state_of(begun.content.decode()), "all": "1"})
    assert rows() == before


def test_everybody_who_sees_the_rules_sees_the_preview(
    as_: As, rep: User, manager: User, admin: User, leads: list[Lead]
) -> None:
    for user in (rep, manager, admin):
        assert as_(user).get(ADDRESS).status_code == 200


def test_only_who_may_publish_finds_the_button(as_: As, rep: User, marketer: User, leads: list[Lead]) -> None:
    assert "Publish v" in text(as_(marketer).get(ADDRESS))
    assert "Publish v" not in text(as_(rep).get(ADDRESS))


def test_nobody_sees_it_without_a_sign_in(client: Client, draft: ScoringModelVersion) -> None:
    assert client.get(ADDRESS).status_code == 302
    assert client.post(ADDRESS, {}).status_code == 401


def test_a_rep_reads_no_names_of_leads_of_others(
    as_: As, rep: User, manager: User, leads: list[Lead], settings: LazySettings
) -> None:
    settings.REPS_SEE = "own"
    Lead.objects.filter(pk=leads[3].pk).update(owner=manager)
    client = as_(rep)
    begun = client.get(ADDRESS)
    done = client.post(ADDRESS, {"state": state_of(begun.content.decode()), "all": "1"})
    assert "A lead of somebody else 30 45" in text(done)
    assert "Anna3" not in text(done)
    assert "Anna2" in text(done)


def test_without_a_draft_it_says_so(as_: As, marketer: User, rep: User) -> None:
    assert "No draft to look at" in text(as_(marketer).get(ADDRESS))
    assert "Begin a draft" in text(as_(marketer).get(ADDRESS))
    assert "Begin a draft" not in text(as_(rep).get(ADDRESS))


def test_a_draft_without_leads_says_so(as_: As, marketer: User, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    state = state_of(client.get(ADDRESS).content.decode())
    assert "No leads yet" in text(client.post(ADDRESS, {"state": state}))


class TestBeginningAgain:
    """What was looked at is worth nothing any more."""

    def test_after_an_edit(
        self, as_: As, marketer: User, leads: list[Lead], draft: ScoringModelVersion
    ) -> None:
        client = as_(marketer)
        state = state_of(client.get(ADDRESS).content.decode())
        ScoringRule.objects.filter(version=draft).update(points=20)
        answer = client.post(ADDRESS, {"state": state})
        assert "edited or published since" in text(answer)
        assert "0 of 4 leads" in text(answer)
        done = client.post(ADDRESS, {"state": state_of(answer.content.decode()), "all": "1"})
        assert "10 → 20 points" in text(done)

    def test_after_a_discarded_draft(
        self, as_: As, marketer: User, leads: list[Lead], draft: ScoringModelVersion
    ) -> None:
        client = as_(marketer)
        state = state_of(client.get(ADDRESS).content.decode())
        discard_draft(version=draft, actor=None)
        assert "No draft to look at" in text(client.post(ADDRESS, {"state": state}))
        make_draft(model=draft.model, actor=None, now=timezone.now())
        assert "edited or published since" in text(client.post(ADDRESS, {"state": state}))

    @pytest.mark.parametrize("state", ["", "nonsense", "a:b:c"])
    def test_after_a_state_that_is_none(self, as_: As, marketer: User, leads: list[Lead], state: str) -> None:
        answer = as_(marketer).post(ADDRESS, {"state": state})
        assert "too old" in text(answer)
        assert "0 of 4 leads" in text(answer)

    def test_with_the_state_of_somebody_else(
        self, as_: As, marketer: User, rep: User, leads: list[Lead], draft: ScoringModelVersion
    ) -> None:
        state = pack(begin_preview(draft=draft, now=timezone.now()), rep)
        assert "too old" in text(as_(marketer).post(ADDRESS, {"state": state}))

    def test_with_a_state_that_was_changed(
        self, as_: As, marketer: User, leads: list[Lead], draft: ScoringModelVersion
    ) -> None:
        begun = to_json(begin_preview(draft=draft, now=timezone.now()))
        forged = signing.dumps(begun | {"last_id": 10**9}, salt="something else", compress=True)
        assert "too old" in text(as_(marketer).post(ADDRESS, {"state": forged}))


def test_a_busy_database_is_told_and_the_same_piece_can_be_tried_again(
    as_: As, marketer: User, leads: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(marketer)
    state = state_of(client.get(ADDRESS).content.decode())

    def busy(*args: Any) -> Any:
        raise TooBusy("The database is too busy for a preview now. Try again in a few minutes.")

    with monkeypatch.context() as patch:
        patch.setattr(run, "_look", busy)
        answer = client.post(ADDRESS, {"state": state})
    assert "too busy" in text(answer)
    assert "Try again" in text(answer)
    again = client.post(ADDRESS, {"state": state_of(answer.content.decode()), "all": "1"})
    assert "Publishing moves 3 of 4 leads." in text(again)


def test_a_capacity_is_held_against_what_would_be_handed_over(
    as_: As, marketer: User, leads: list[Lead], draft: ScoringModelVersion
) -> None:
    client = as_(marketer)

    def result() -> str:
        begun = client.get(ADDRESS)
        return text(client.post(ADDRESS, {"state": state_of(begun.content.decode()), "all": "1"}))

    assert "Say how many leads sales can call a week" in result()
    ScoringModel.objects.filter(pk=draft.model_id).update(weekly_capacity=7)
    assert "Handed over in the first week 0 of 7" in result()
    assert "so the first week would fit" in result()


def test_the_state_comes_back_as_it_was(draft: ScoringModelVersion, marketer: User) -> None:
    begun = begin_preview(draft=draft, now=timezone.now())
    assert from_json(to_json(begun)) == begun
    assert len(pack(begun, marketer)) < 2_000
