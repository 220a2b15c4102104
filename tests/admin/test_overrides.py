"""Scores that were set aside, in the admin: a list to read."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scoring.models import Cause, ScoreOverride
from scoring.services.overrides import set_aside
from scoring.services.queue import request_scoring, score_waiting
from tests.scoring.build import make_lead
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:scoring_scoreoverride_changelist")


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user("mareike", "marketer", is_staff=True))
    return client


def put_aside(number: int = 1) -> ScoreOverride:
    now = timezone.now()
    lead = make_lead(country="DE", first_name="Ada", last_name=f"Nr{number}")
    request_scoring(lead_ids=[lead.pk], cause=Cause.REQUEST, now=now)
    score_waiting(now=now)
    lead.refresh_from_db()
    return set_aside(
        lead=lead,
        verdict="too_high",
        reason="Works for a competitor.",
        expires_at=now + timedelta(days=3),
        actor=None,
        now=now,
    )


def test_the_list_and_the_page_tell_who_why_and_which_rules(client: Client) -> None:
    override = put_aside()
    html = client.get(LIST).content.decode()
    assert "Ada Nr1" in html
    assert "Works for a competitor." in html
    page = client.get(reverse("admin:scoring_scoreoverride_change", args=[override.pk])).content.decode()
    assert "Target country: 15.0" in page


def test_nothing_can_be_written(client: Client) -> None:
    override = put_aside()
    change = reverse("admin:scoring_scoreoverride_change", args=[override.pk])
    delete = reverse("admin:scoring_scoreoverride_delete", args=[override.pk])
    for url in (change, delete, reverse("admin:scoring_scoreoverride_add")):
        assert client.post(url, {"reason": "Other", "post": "yes"}).status_code == 403
    override.refresh_from_db()
    assert override.reason == "Works for a competitor."


def test_the_queries_do_not_grow(client: Client) -> None:
    counts = []
    for rows in (1, 5):
        while ScoreOverride.objects.count() < rows:
            put_aside(ScoreOverride.objects.count())
        client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_who_is_no_staff_is_sent_away() -> None:
    client: Any = Client()
    client.force_login(make_user("jonas", "rep"))
    assert client.get(LIST).status_code == 302
