"""The admin's page of a lead says why it scores what it scores; nothing there can be typed."""

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from scoring.engine import explain_stored
from scoring.models import Cause
from scoring.services.queue import request_scoring, score_waiting
from tests.admin.conftest import As
from tests.qualification.build import log, make_good_lead, make_lead


def words(as_: As, user: User, lead: Lead) -> str:
    html = as_(user).get(reverse("admin:leadapp_lead_change", args=[lead.pk])).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_it_adds_up_the_rules_and_says_what_may_come(as_: As, manager: User) -> None:
    lead, now = make_good_lead(), timezone.now()
    for minutes in range(6):
        log(lead, "page_view", now - timedelta(minutes=minutes), properties={"path": "/pricing"})
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)
    score_waiting(now=now)
    explanation = explain_stored(lead := Lead.objects.get(pk=lead.pk))
    assert explanation is not None
    text = words(as_, manager, lead)
    assert f"Why it scores {lead.score}" in text
    for line in explanation.lines:
        assert line.name in text
    assert f"Total {lead.score}" in text
    assert "if nothing happens" in text or "unless something happens" in text
    assert "What would raise it: +" in text


def test_without_a_score_there_is_nothing_to_explain(as_: As, manager: User) -> None:
    assert "Why it scores" not in words(as_, manager, make_lead())
