"""/api/v1/leads/<id>/override: setting a score aside, and taking that back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import Lead
from scoring.models import Cause, ScoreOverride
from scoring.services.queue import request_scoring, score_waiting
from tests.api.conftest import Caller, faults
from tests.scoring.build import make_lead
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Lead:
    lead = make_lead(country="DE")
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=timezone.now())
    score_waiting(now=timezone.now())
    lead.refresh_from_db()
    return lead


def body(**changes: Any) -> dict[str, Any]:
    expires_at = (timezone.now() + timedelta(days=7)).isoformat()
    return {"verdict": "too_high", "reason": "A competitor.", "expires_at": expires_at} | changes


def test_a_score_is_set_aside_shown_with_the_score_and_ended(api: Caller, lead: Lead) -> None:
    assert api.get(f"leads/{lead.pk}/score").json()["override"] is None

    response = api.post(f"leads/{lead.pk}/override", body())

    assert response.status_code == 201
    said = response.json()
    assert (said["verdict"], said["reason"], said["author"]) == ("too_high", "A competitor.", None)
    assert said["score"] == lead.score
    shown = api.get(f"leads/{lead.pk}/score").json()
    assert shown["override"] == said
    assert shown["score"] == lead.score

    assert api.send("DELETE", f"leads/{lead.pk}/override", b"").status_code == 204
    assert api.get(f"leads/{lead.pk}/score").json()["override"] is None
    assert api.send("DELETE", f"leads/{lead.pk}/override", b"").status_code == 404


def test_a_person_acts_under_the_own_name_and_rights(lead: Lead) -> None:
    rep, other = make_user("jonas", "rep"), make_user("priya", "rep")
    Lead.objects.filter(pk=lead.pk).update(owner=rep)
    answers = {}
    for person in (other, rep):
        client = Client(raise_request_exception=False)
        client.force_login(person)
        answers[person.username] = client.post(
            f"/api/v1/leads/{lead.pk}/override", body(), content_type="application/json"
        )
    assert answers["priya"].status_code == 403
    assert answers["jonas"].json()["author"] == "jonas"


def test_two_at_a_time_are_a_conflict(api: Caller, lead: Lead) -> None:
    api.post(f"leads/{lead.pk}/override", body())
    response = api.post(f"leads/{lead.pk}/override", body(verdict="too_low"))
    assert response.status_code == 409
    assert ScoreOverride.objects.get().verdict == "too_high"


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (body(verdict="wrong"), {"#/verdict"}),
        (body(verdict=None, reason=None, expires_at=None), {"#/verdict", "#/reason", "#/expires_at"}),
        (body(reason=" "), {"#/reason"}),
        (body(reason="x" * 501), {"#/reason"}),
        (body(expires_at="soon"), {"#/expires_at"}),
        (body(expires_at="2020-01-01T00:00:00Z"), {"#/expires_at"}),
        (body(expires_at="2999-01-01T00:00:00Z"), {"#/expires_at"}),
        (body(score=500), {"#/score"}),
    ],
)
def test_what_cannot_be_taken_names_the_field(
    api: Caller, lead: Lead, sent: dict[str, Any], named: set[str]
) -> None:
    response = api.post(f"leads/{lead.pk}/override", sent)
    assert response.status_code == 422
    assert set(faults(response)) == named
    assert not ScoreOverride.objects.exists()


def test_a_lead_without_a_score_is_refused(api: Caller) -> None:
    response = api.post(f"leads/{make_lead().pk}/override", body())
    assert response.status_code == 422
    assert "no score" in response.json()["detail"]


def test_the_scope_write_is_needed(make_caller: Callable[..., Caller], lead: Lead) -> None:
    reader = make_caller("read", name="reader")
    assert reader.post(f"leads/{lead.pk}/override", body()).status_code == 403
    assert reader.send("DELETE", f"leads/{lead.pk}/override", b"").status_code == 403
    assert not ScoreOverride.objects.exists()


def test_an_unknown_lead_is_not_found(api: Caller, visitor: Caller, lead: Lead) -> None:
    assert api.post("leads/999999/override", body()).status_code == 404
    assert api.send("DELETE", "leads/999999999999999999999/override", b"").status_code == 404
    assert visitor.post(f"leads/{lead.pk}/override", body()).status_code == 401
    assert api.get(f"leads/{lead.pk}/override").status_code == 405
