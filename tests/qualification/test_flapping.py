"""Points fade and visits bring them back: weeks of it, scored by the real engine, with the clock moved."""

from datetime import datetime
from itertools import pairwise

import pytest

from leadapp.models import Lead
from qualification.models import Gate, StageChange, Step
from qualification.services.gates.editing import record_edit
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.gates.waking import wake_gates
from scoring.models import Cause, ScoringModel
from scoring.services.publishing import make_draft, publish
from scoring.services.queue import request_scoring, score_waiting
from tests.qualification.build import DAY, NOW
from tests.scoring.build import log, make_lead, make_rule

pytestmark = pytest.mark.django_db

WEEKS, SILENCE = 8, 4


@pytest.fixture(autouse=True)
def one_rule() -> None:
    """Let a download give 30 points, of which half is left after a week, and nothing else give any."""
    draft = make_draft(model=ScoringModel.objects.get(is_primary=True), actor=None, now=NOW - 2 * DAY)
    draft.rules.all().delete()
    make_rule(draft, points=30, types=["content_download"], decay="half_life", decay_days=7)
    publish(version=draft, actor=None, note="Simple", now=NOW - DAY)


def give_gate(*, leave: float, days: int = 0) -> None:
    """Let leads come in from 50 points on and go back below `leave`, after so many days at the earliest."""
    gate = Gate.objects.get(step=Step.TO_MQL)
    gate.criteria.all().delete()
    gate.criteria.create(label="Score", field="lead.score", operator="at_least", value=50, leave_value=leave)
    gate.takes_back, gate.minimum_stay_hours = True, days * 24
    gate.save()
    record_edit(gate=gate, now=NOW - DAY)


def live(lead: Lead) -> tuple[list[int], list[str]]:
    """Let the lead download something each week, then nothing any more; return its scores and moves."""
    scores = []
    for day in range((WEEKS + SILENCE) * 7):
        now = NOW + day * DAY
        if day % 7 == 0 and day < WEEKS * 7:
            log(lead, "content_download", now)
        scores.append(score_of(lead, now))
    changes = StageChange.objects.filter(lead=lead, is_automatic=True).order_by("pk")
    return scores, list(changes.values_list("move", flat=True))


def score_of(lead: Lead, now: datetime) -> int:
    request_scoring(lead_ids=[lead.pk], cause=Cause.DECAY, now=now)
    score_waiting(now=now)
    wake_gates(now=now)
    while evaluate_waiting(now=now):
        pass
    lead.refresh_from_db()
    assert lead.score is not None
    return lead.score


def test_a_score_that_swings_around_the_line_moves_the_lead_once_in_and_once_out() -> None:
    give_gate(leave=25)
    scores, moves = live(make_lead())
    above = [score >= 50 for score in scores]
    assert sum(before != after for before, after in pairwise(above)) > 8
    assert moves == ["forward", "backward"]


def test_with_a_minimum_stay_of_the_whole_time_it_does_not_leave_at_all() -> None:
    give_gate(leave=25, days=(WEEKS + SILENCE) * 7)
    assert live(make_lead())[1] == ["forward"]


def test_without_room_between_the_lines_it_would_flap() -> None:
    give_gate(leave=49.5)
    assert len(live(make_lead())[1]) > 8


def test_a_minimum_stay_alone_makes_it_calmer() -> None:
    give_gate(leave=49.5, days=28)
    assert len(live(make_lead())[1]) < 8
