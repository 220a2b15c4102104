"""Workers and people at the same clock at once: it starts once, tells once, and an answer is never lost."""

from datetime import timedelta

import pytest

from leadapp.models import User
from leadapp.services.work.activities import log_activity
from qualification.models import Assignment, Escalation, Notice
from qualification.services.assignment import hand_over
from qualification.services.clock.escalation import escalate_due
from qualification.services.gates.evaluation import evaluate_leads
from tests.qualification.build import DAY, NOW, log, make_lead, make_user
from tests.qualification.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def rep(db: None) -> User:
    return make_user("jonas", "rep")


def test_eight_workers_start_the_clock_of_a_request_once(rep: User) -> None:
    leads = [make_lead() for _ in range(30)]
    for lead in leads:
        log(lead, "demo_requested")
    ids = [lead.pk for lead in leads]
    at_once(lambda number: evaluate_leads(lead_ids=ids[number:] + ids[:number], now=NOW + HOUR))
    assert Assignment.objects.count() == 30
    assert set(Assignment.objects.values_list("lead", "clock_started_at")) == {(pk, NOW) for pk in ids}


def test_eight_workers_tell_of_each_late_answer_once(rep: User) -> None:
    make_user("olivia", "manager")
    ids = [make_lead(stage="mql", score=163).pk for _ in range(60)]
    hand_over(lead_ids=ids, now=NOW)
    served = at_once(lambda number: escalate_due(now=NOW + DAY, limit=10))
    while escalate_due(now=NOW + DAY, limit=10):
        pass
    assert sum(served) <= 60
    assert Escalation.objects.count() == 60
    assert Notice.objects.filter(kind="breach").count() == 120


def test_an_answer_while_workers_escalate_stops_the_clock(rep: User) -> None:
    leads = [make_lead(stage="mql", score=163, owner=rep) for _ in range(8)]
    hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)

    def act(number: int) -> None:
        if number % 2:
            escalate_due(now=NOW + DAY)
        else:
            for lead in leads[number::2][:1]:
                log_activity(
                    lead=lead, type_slug="call_connected", properties={}, actor=rep, now=NOW + DAY - HOUR
                )

    at_once(act)
    answered = Assignment.objects.filter(answered_at__isnull=False)
    assert {row.answer_took for row in answered} == {23 * HOUR}
    assert set(answered.values_list("lead", flat=True)) == {leads[number].pk for number in (0, 2, 4, 6)}
