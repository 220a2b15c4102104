"""The capacity page: what sales can call, what comes in, and a proposal that goes into a draft."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import User
from scoring.models import ScoringModel, ScoringModelVersion
from scoring.services.publishing import make_draft, publish
from tests.scoring.build import log, make_lead, make_rule
from tests.scoring.test_preview import rows
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

ADDRESS = "/scoring/default/capacity/"
USE = "/scoring/default/capacity/use/"


@pytest.fixture
def live() -> ScoringModelVersion:
    """Give a live version by which a demo request gives 60 points, and three leads a week who ask for one."""
    now = timezone.now()
    model = ScoringModel.objects.get(is_primary=True)
    version = make_draft(model=model, actor=None, now=now)
    version.rules.all().delete()
    make_rule(version, name="Asked for a demo", points=60, types=["demo_requested"])
    ScoringModelVersion.objects.filter(pk=version.pk).update(warm_from=20, hot_from=40, threshold=50)
    publish(version=version, actor=None, note="Simple", now=now)
    for week in range(8):
        for _ in range(3):
            at = now - timedelta(weeks=week, days=3)
            lead = make_lead(created_at=now - timedelta(weeks=20), last_activity_at=at)
            log(lead, "demo_requested", at)
    version.refresh_from_db()
    return version


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def fields_of(response: Any) -> dict[str, str]:
    found = re.findall(r'name="(version|hot_from|threshold)" value="(\d+)"', response.content.decode())
    return dict(found)


def test_it_says_what_comes_in(as_: As, marketer: User, live: ScoringModelVersion) -> None:
    page = text(as_(marketer).get(ADDRESS))
    assert "About 3 leads a week reach 50 points" in page
    assert "Say how many sales can call" in page
    assert "Computed for all 24 leads" in page


def test_a_marketer_saves_what_sales_can_call(as_: As, marketer: User, live: ScoringModelVersion) -> None:
    client = as_(marketer)
    answer = client.post(ADDRESS, {"weekly_capacity": "2"})
    assert answer.status_code == 302
    page = text(client.get(ADDRESS))
    assert "About 3 leads a week reach 50 points, and sales can call 2" in page
    assert "every week 1 more would wait" in page
    assert "Ready for sales from 50 → 65" in page


def test_empty_means_not_known(as_: As, marketer: User, live: ScoringModelVersion) -> None:
    client = as_(marketer)
    client.post(ADDRESS, {"weekly_capacity": "2"})
    client.post(ADDRESS, {"weekly_capacity": ""})
    assert ScoringModel.objects.get(pk=live.model_id).weekly_capacity is None


@pytest.mark.parametrize("number", ["0", "-3", "many", "1000001", "2.5"])
def test_what_makes_no_sense_is_told_at_the_field(
    as_: As, marketer: User, live: ScoringModelVersion, number: str
) -> None:
    client = as_(marketer)
    before = rows()
    answer = client.post(ADDRESS, {"weekly_capacity": number})
    assert answer.status_code == 422
    assert "Give" in text(answer)
    assert rows() == before


def test_a_proposal_goes_into_a_draft(as_: As, marketer: User, live: ScoringModelVersion) -> None:
    client = as_(marketer)
    client.post(ADDRESS, {"weekly_capacity": "2"})
    fields = fields_of(client.get(ADDRESS))
    answer = client.post(USE, fields)
    assert answer.status_code == 302
    assert answer["Location"] == "/scoring/default/preview/"
    draft = ScoringModelVersion.objects.get(model=live.model_id, state="draft")
    assert (draft.hot_from, draft.threshold, draft.created_by) == (25, 65, marketer)
    live.refresh_from_db()
    assert live.threshold == 50


def test_a_proposal_for_another_version_is_refused(
    as_: As, marketer: User, live: ScoringModelVersion
) -> None:
    client = as_(marketer)
    client.post(ADDRESS, {"weekly_capacity": "2"})
    fields = fields_of(client.get(ADDRESS))
    draft = make_draft(model=live.model, actor=None, now=timezone.now())
    answer = client.post(USE, fields)
    assert answer.status_code == 409
    assert "Nothing was saved" in text(answer)
    draft.refresh_from_db()
    assert draft.threshold == 50


@pytest.mark.parametrize("fields", [{}, {"version": "x"}, {"version": "1", "hot_from": "9"}])
def test_a_form_that_is_no_proposal_is_refused(
    as_: As, marketer: User, live: ScoringModelVersion, fields: dict[str, str]
) -> None:
    assert as_(marketer).post(USE, fields).status_code == 409
    assert not ScoringModelVersion.objects.filter(state="draft").exists()


class TestOthers:
    """Everybody sees it; only marketing and admins change it."""

    def test_reps_and_managers_look(
        self, as_: As, rep: User, manager: User, live: ScoringModelVersion
    ) -> None:
        for user in (rep, manager):
            page = as_(user).get(ADDRESS)
            assert page.status_code == 200
            assert "Marketing edits this number" in text(page)
            assert 'name="weekly_capacity"' not in page.content.decode()

    def test_they_change_nothing(self, as_: As, rep: User, manager: User, live: ScoringModelVersion) -> None:
        fields = {"version": str(live.pk), "hot_from": "45", "threshold": "60"}
        for user in (rep, manager):
            assert as_(user).post(ADDRESS, {"weekly_capacity": "2"}).status_code == 403
            assert as_(user).post(USE, fields).status_code == 403
        assert ScoringModel.objects.get(pk=live.model_id).weekly_capacity is None
        assert not ScoringModelVersion.objects.filter(state="draft").exists()

    def test_nobody_without_a_sign_in(self, client: Client, live: ScoringModelVersion) -> None:
        assert client.get(ADDRESS).status_code == 302
        assert client.post(USE, {}).status_code == 401

    def test_a_get_uses_no_proposal(self, as_: As, marketer: User, live: ScoringModelVersion) -> None:
        assert as_(marketer).get(USE).status_code == 405


def test_without_recent_leads_it_says_so(as_: As, marketer: User) -> None:
    assert "Nothing came in lately" in text(as_(marketer).get(ADDRESS))
