"""A published threshold reaches leads whose own numbers stay as they are."""

import pytest

from leadapp.models import ActivityType, Lead, User
from qualification.models import Assignment
from qualification.services.gates.evaluation import evaluate_waiting
from scoring.models import Cause, ScoringModelVersion
from scoring.services.publishing import make_draft, publish, roll_back
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores
from tests.qualification.build import NOW, live_version, log, make_good_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(rep: User) -> Lead:
    """Give a lead that is MQL and has fewer points than sales wants."""
    lead = make_good_lead()
    # A demo request would start a clock of its own, whatever the score.
    ActivityType.objects.update(starts_clock=False)
    log(lead, "demo_requested")
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOW)
    score_waiting(now=NOW)
    while evaluate_waiting(now=NOW):
        pass
    lead.refresh_from_db()
    assert (lead.stage, lead.owner, lead.score) == ("mql", None, 97)
    return lead


def go_live(version: ScoringModelVersion) -> None:
    action = roll_back if version.state == "retired" else publish
    action(version=version, actor=None, note="", now=NOW)
    while continue_rescores(now=NOW):
        pass
    while evaluate_waiting(now=NOW):
        pass


def lowered(threshold: int) -> ScoringModelVersion:
    draft = make_draft(model=live_version().model, actor=None, now=NOW)
    draft.threshold = threshold
    draft.save(update_fields=["threshold"])
    return draft


def test_a_lead_is_handed_over_once_the_threshold_is_low_enough(lead: Lead, rep: User) -> None:
    go_live(lowered(98))
    assert not Assignment.objects.exists()
    go_live(lowered(97))
    lead.refresh_from_db()
    assert (lead.owner, lead.score) == (rep, 97)
    assert Assignment.objects.get().lead == lead


def test_rolling_back_takes_no_lead_from_its_rep(lead: Lead, rep: User) -> None:
    first = live_version()
    go_live(lowered(97))
    first.refresh_from_db()
    go_live(first)
    lead.refresh_from_db()
    assert lead.owner == rep
    assert Assignment.objects.count() == 1
