"""manage.py verify_scores."""

from io import StringIO

import pytest
from django.core.management import call_command

from leadapp.models import Lead
from scoring.models import Cause
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores
from tests.scoring.build import DAY, NOW, log, make_lead, the_live_version

pytestmark = pytest.mark.django_db


def verify() -> tuple[int, list[str]]:
    out = StringIO()
    status = 0
    try:
        call_command("verify_scores", stdout=out)
    except SystemExit as exit_:
        status = int(str(exit_.code))
    return status, out.getvalue().splitlines()


@pytest.fixture
def leads() -> list[Lead]:
    leads = [make_lead() for _ in range(3)]
    for lead in leads:
        log(lead, "page_view", NOW - DAY, properties={"path": "/pricing"})
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    return leads


def test_without_leads_there_is_nothing_to_compare() -> None:
    assert verify() == (0, ["compared 0, differing 0"])


def test_scores_that_hold(leads: list[Lead]) -> None:
    assert verify() == (0, ["compared 3, differing 0"])


def test_a_score_that_differs_is_named(leads: list[Lead]) -> None:
    Lead.objects.filter(pk=leads[1].pk).update(score=99)
    assert verify() == (1, [f"for example leads {leads[1].pk}", "compared 3, differing 1"])


def test_an_activity_that_nobody_asked_to_score_is_found(leads: list[Lead]) -> None:
    log(leads[0], "demo_requested", NOW)
    assert verify()[1][-1] == "compared 3, differing 1"


def test_waiting_leads_are_counted_apart(leads: list[Lead]) -> None:
    log(leads[0], "demo_requested", NOW)
    request_scoring(lead_ids=[leads[0].pk], cause=Cause.ACTIVITY, now=NOW)
    assert verify() == (0, ["waiting 1", "compared 2, differing 0"])


def test_leads_that_were_never_scored_are_said(leads: list[Lead]) -> None:
    make_lead()
    make_lead(do_not_score=True)
    assert verify() == (0, ["never scored 1", "compared 3, differing 0"])


def test_each_lead_is_compared_by_its_own_version_and_moment(
    leads: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoring.services.rescore.LARGEST_CHUNK", 2)
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    draft.rules.filter(name="Viewed the pricing page").update(points=20)
    publish(version=draft, actor=None, note="", now=NOW + DAY)
    continue_rescores(now=NOW + DAY)
    assert Lead.objects.values("score_version", "scored_at").distinct().count() == 2
    assert verify() == (0, ["compared 3, differing 0"])
