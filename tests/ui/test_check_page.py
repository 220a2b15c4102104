"""The page of the rule check: what it says, of which version, and to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from scoring.models import Cause, ScoringModel, ScoringModelVersion
from scoring.services.overrides import set_aside
from scoring.services.publishing import make_draft
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import make_rule
from tests.scoring.check.build import make_crowd
from tests.ui.build import live_version, make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

CHECK = "/scoring/default/check/"


@pytest.fixture
def draft() -> ScoringModelVersion:
    draft = make_draft(model=live_version().model, actor=None, now=timezone.now())
    make_rule(draft, name="Women first", conditions=[("lead.gender", "equals", "female")])
    return draft


def test_the_draft_is_checked_first(as_: As, marketer: Any, draft: ScoringModelVersion) -> None:
    html = as_(marketer).get(CHECK).content.decode()
    assert "Must be settled before publishing" in html
    assert "Stops publishing: The note is missing" in html
    assert "Warning: “Women first” judges people by “Gender”" in html
    rule = draft.rules.get(name="Women first")
    assert reverse("admin:scoring_scoringrule_change", args=[rule.pk]) in html
    assert f"{CHECK}?version={live_version().number}" in html


def test_another_version_can_be_asked_for(as_: As, marketer: Any, draft: ScoringModelVersion) -> None:
    client = as_(marketer)
    html = client.get(f"{CHECK}?version=1").content.decode()
    assert "Women first" not in html
    assert "Stops publishing" not in html
    for wrong in ("99", "x", "1" * 30):
        assert client.get(f"{CHECK}?version={wrong}").status_code == 404


def test_it_says_how_much_was_looked_at(as_: As, marketer: Any) -> None:
    client = as_(marketer)
    assert "There are fewer than 20 leads" in client.get(CHECK).content.decode()
    make_crowd(25)
    html = client.get(CHECK).content.decode()
    assert "looked at 25 leads and 0 activities" in html
    assert "There are fewer than" not in html


def test_a_version_without_faults_says_so(as_: As, marketer: Any) -> None:
    assert "Nothing was found." in as_(marketer).get(CHECK).content.decode()


def test_a_model_without_versions_is_empty(as_: As, marketer: Any) -> None:
    ScoringModel.objects.create(name="New", slug="new-one")
    assert "Nothing to check yet" in as_(marketer).get("/scoring/new-one/check/").content.decode()


def test_what_reps_set_aside_is_counted_by_rule_with_their_reasons(
    as_: As, marketer: Any, manager: Any
) -> None:
    lead, now = make_lead(country="DE"), timezone.now()
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=now)
    score_waiting(now=now)
    set_aside(
        lead=lead,
        verdict="too_high",
        reason="Lives there, works <elsewhere>.",
        expires_at=now + timedelta(days=3),
        actor=manager,
        now=now,
    )
    html = as_(marketer).get(CHECK).content.decode()
    assert "<h3>Target country</h3>" in html
    assert "Set aside once as too high." in html
    assert "“Lives there, works &lt;elsewhere&gt;.”" in html
    assert "Henrik Adler" in html


def test_reps_may_look_but_are_not_led_to_the_admin(as_: As, rep: Any, draft: ScoringModelVersion) -> None:
    response = as_(rep).get(CHECK)
    assert response.status_code == 200
    assert "Edit the rule" not in response.content.decode()


def test_who_is_not_signed_in_is_asked_to(client: Any) -> None:
    assert client.get(CHECK).status_code == 302


def test_who_may_not_see_scoring_is_refused(as_: As, rep: Any) -> None:
    rep.groups.clear()
    assert as_(rep).get(CHECK).status_code == 403


def test_an_unknown_model_does_not_exist(as_: As, marketer: Any) -> None:
    assert as_(marketer).get("/scoring/nowhere/check/").status_code == 404


def test_only_looking_is_allowed(as_: As, marketer: Any) -> None:
    assert as_(marketer).post(CHECK).status_code == 405


def test_the_queries_do_not_grow(as_: As, marketer: Any, django_assert_num_queries: Any) -> None:
    client = as_(marketer)
    make_crowd(25)
    client.get(CHECK)
    model = live_version().model
    with django_assert_num_queries(19):
        client.get(CHECK)
    make_crowd(100)
    draft = make_draft(model=model, actor=None, now=timezone.now())
    for number in range(10):
        make_rule(draft, points=number + 1, conditions=[("lead.city", "equals", str(number))])
    with django_assert_num_queries(19):
        client.get(CHECK)
