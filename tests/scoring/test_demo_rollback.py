"""A publish and a rollback over all leads of the demo."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from leadapp.models import Lead
from scoring.engine import stored_moments
from scoring.engine.versions import version_at
from scoring.models import Cause, Publication, ScoreChange, ScoringModelVersion
from scoring.services.publishing import make_draft, publish, roll_back
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores, start_rescore
from scoring.services.verification import Verified, verify_scores
from tests.scoring.build import DAY, log, the_live_version
from tests.scoring.conftest import DEMO_LEADS

pytestmark = pytest.mark.django_db

NUMBERS = ("fit", "engagement", "score", "grade", "temperature")


def finish(now: datetime) -> None:
    while continue_rescores(now=now):
        pass


def scores() -> dict[int, tuple[Any, ...]]:
    return {pk: tuple(numbers) for pk, *numbers in Lead.objects.values_list("pk", *NUMBERS)}


def verified() -> Verified:
    found = Verified()
    for _ in verify_scores(found):
        pass
    return found


def changed_draft(now: datetime) -> ScoringModelVersion:
    """Return a draft that gives other points to nearly everybody."""
    draft = make_draft(model=the_live_version().model, actor=None, now=now)
    draft.rules.filter(points__gt=0).update(points=F("points") + 7)
    draft.rules.filter(name="Viewed the pricing page").update(decay="none", decay_days=None)
    draft.rules.filter(name="Target country").delete()
    draft.groups.filter(name="Website").update(cap=10)
    ScoringModelVersion.objects.filter(pk=draft.pk).update(engagement_max=300, fit_a=75, hot_from=100)
    draft.refresh_from_db()
    return draft


def test_publishing_and_rolling_back_restores_every_demo_lead(demo: datetime) -> None:
    first = the_live_version()
    start_rescore(version=first, cause=Cause.DECAY, now=demo)
    finish(demo)
    before = scores()
    assert len(before) == DEMO_LEADS

    second = changed_draft(demo)
    publish(version=second, actor=None, note="Other points", now=demo)
    finish(demo)
    between = scores()
    changed = [pk for pk, numbers in before.items() if between[pk] != numbers]
    assert len(changed) > DEMO_LEADS * 0.95  # nearly everybody: all but those who opted out
    assert verified().differing == 0

    first.refresh_from_db()
    roll_back(version=first, actor=None, note="It was better", now=demo)
    finish(demo)
    assert scores() == before
    found = verified()
    assert (found.differing, found.waiting, found.unscored) == (0, 0, 0)
    assert set(stored_moments(Lead.objects.all()).values()) == {(first, demo)}
    # The history tells both: up and down again by the same.
    told = ScoreChange.objects.filter(cause=Cause.PUBLISH).order_by("lead", "id")
    there = {change.lead_id: change for change in told.filter(version=second)}
    back = {change.lead_id: change for change in told.filter(version=first)}
    assert there.keys() == back.keys() == set(changed)
    assert all(back[pk].score == there[pk].score_before for pk in changed)


def test_leads_that_were_scored_meanwhile_follow_as_well(demo: datetime) -> None:
    first, later = the_live_version(), demo + timedelta(hours=2)
    publish(version=changed_draft(demo), actor=None, note="", now=demo)
    finish(demo)
    leads = list(Lead.objects.filter(do_not_score=False).order_by("pk")[:50])
    for lead in leads:
        log(lead, "demo_requested", demo + timedelta(hours=1))
    request_scoring(lead_ids=[lead.pk for lead in leads], cause=Cause.ACTIVITY, now=later)
    score_waiting(now=later)
    first.refresh_from_db()
    roll_back(version=first, actor=None, note="", now=later)
    finish(later)
    found = verified()
    assert (found.differing, found.waiting) == (0, 0)
    assert {version for version, _ in stored_moments(Lead.objects.all()).values()} == {first}


def test_the_demo_was_live_for_its_whole_year(demo: datetime) -> None:
    live = the_live_version()
    assert version_at(live.model, demo - 365 * DAY) == live
    assert Publication.objects.filter(version=live).count() == 1
