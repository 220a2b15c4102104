"""Eight threads on the same leads, on real PostgreSQL: one winner each, a whole history, fair shares."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.db.models import Count

from leadapp.errors import Conflict, Refused
from leadapp.models import Lead
from qualification.models import Assignment, StageChange
from qualification.services.assignment import hand_out_queue, hand_over, take_lead
from qualification.services.evidence.answers import answer_bant
from qualification.services.gates.evaluation import evaluate_leads, evaluate_waiting
from qualification.services.moves import GateClosed, disqualify_lead, move_lead, nurture_lead
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, confirm, make_good_lead, make_lead, make_user, wait_for_gates
from tests.support.database import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")
Wait = Callable[..., object]

THREADS = 8
LEADS = 200


def at_once(work: Callable[[int], Result], threads: int = THREADS) -> list[Result]:
    """Run the work in threads that start together; each gets its number."""
    barrier = Barrier(threads)

    def run(number: int) -> Result:
        try:
            barrier.wait(60)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def wins(attempt: Callable[[], object]) -> int:
    """Return 1 if the attempt was carried out and 0 if somebody else was first."""
    try:
        attempt()
    except Conflict:
        return 0
    return 1


def _nth(attempts: list[Callable[[], int]], number: int) -> int:
    return attempts[number]()


def shares() -> list[int]:
    """Return how many leads each owner has."""
    return sorted(Counter(Lead.objects.values_list("owner", flat=True)).values())


def test_of_eight_who_move_the_same_lead_one_does() -> None:
    managers = [make_user(f"manager{number}", "manager") for number in range(THREADS)]
    lead = make_lead(stage="mql")
    confirm(lead)

    def move(number: int) -> int:
        return wins(
            lambda: move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=managers[number], now=NOW)
        )

    assert sum(at_once(move)) == 1
    assert StageChange.objects.filter(lead=lead).count() == 1


def carried_out(attempt: Callable[[], object]) -> int:
    """Return 1 if the attempt was carried out and 0 if it was refused, for whatever reason."""
    try:
        attempt()
    except Refused:
        return 0
    return 1


def test_of_different_moves_at_the_same_time_one_is_carried_out() -> None:
    manager = make_user("manager", "manager")
    for _ in range(10):
        lead = make_lead(stage="mql")
        confirm(lead)
        asked: dict[str, Any] = {"lead": lead, "seen_stage": "mql", "actor": manager, "now": NOW}
        moves: list[Callable[[], object]] = [
            partial(move_lead, to_stage="sql", **asked),
            partial(move_lead, to_stage="lead", reason="Not yet", **asked),
            partial(nurture_lead, seen_status="open", reason="Spring", **asked),
            partial(disqualify_lead, seen_status="open", reason="No", **asked),
        ]
        assert sum(at_once(partial(_nth, [partial(carried_out, move) for move in moves]), len(moves))) == 1
        assert StageChange.objects.filter(lead=lead).count() == 1


def test_of_eight_reps_one_takes_each_of_two_hundred_leads_and_moves_it() -> None:
    reps = [make_user(f"rep{number}", "rep") for number in range(THREADS)]
    leads = [make_good_lead() for _ in range(LEADS)]

    def work(number: int) -> tuple[int, int]:
        taken = moved = 0
        for lead in leads:
            if wins(partial(take_lead, lead=lead, actor=reps[number], now=NOW)):
                taken += 1
                moved += wins(
                    partial(
                        move_lead, lead=lead, to_stage="mql", seen_stage="lead", actor=reps[number], now=NOW
                    )
                )
        return taken, moved

    results = at_once(work)
    assert sum(taken for taken, _ in results) == LEADS
    assert sum(moved for _, moved in results) == LEADS
    assert StageChange.objects.values("lead").annotate(number=Count("pk")).filter(number=1).count() == LEADS
    assert Assignment.objects.filter(ended_at=None).count() == LEADS
    owners = dict(Lead.objects.values_list("pk", "owner"))
    assert owners == dict(Assignment.objects.values_list("lead", "owner"))
    assert owners == dict(StageChange.objects.values_list("lead", "actor"))


def test_eight_workers_hand_over_two_hundred_leads_once_each_in_fair_shares() -> None:
    for number in range(6):
        make_user(f"rep{number}", "rep")
    leads = [make_good_lead(score=163) for _ in range(LEADS)]
    for _ in range(THREADS):  # every lead waits several times over, as after a burst of events
        wait_for_gates(*leads)

    def work(number: int) -> int:
        served = 0
        while count := evaluate_waiting(now=NOW, limit=17):
            served += count
        return served

    assert sum(at_once(work)) == LEADS * THREADS
    assert not ScoredLead.objects.exists()
    assert Lead.objects.filter(stage="mql").count() == LEADS
    assert StageChange.objects.values("lead").annotate(number=Count("pk")).filter(number=1).count() == LEADS
    assert Assignment.objects.values("lead").annotate(number=Count("pk")).filter(number=1).count() == LEADS
    assert shares() == [33, 33, 33, 33, 34, 34]


def test_eight_workers_that_are_told_of_the_same_leads_do_the_work_once() -> None:
    for number in range(3):
        make_user(f"rep{number}", "rep")
    leads = [make_good_lead(score=163) for _ in range(LEADS)]
    ids = [lead.pk for lead in leads]

    def work(number: int) -> None:
        mine = ids if number % 2 else list(reversed(ids))
        for start in range(0, LEADS, 50):
            evaluate_leads(lead_ids=mine[start : start + 50], now=NOW)
            hand_over(lead_ids=mine[start : start + 50], now=NOW)

    at_once(work)
    assert StageChange.objects.count() == LEADS
    assert Assignment.objects.count() == LEADS
    assert shares() == [66, 67, 67]


def test_eight_workers_hand_out_the_team_queue_once() -> None:
    leads = [make_lead(score=163, stage="mql") for _ in range(LEADS)]
    hand_over(lead_ids=[lead.pk for lead in leads], now=NOW)
    assert Assignment.objects.queued().count() == LEADS
    for number in range(3):
        make_user(f"rep{number}", "rep")

    given = at_once(lambda number: len(hand_out_queue(now=NOW, limit=40)))
    while hand_out_queue(now=NOW, limit=40):
        pass

    assert sum(given) > 0
    assert Assignment.objects.filter(ended_at=None, owner__isnull=False).count() == LEADS
    assert Assignment.objects.count() == 2 * LEADS
    assert shares() == [66, 67, 67]


def test_a_rep_who_takes_a_lead_while_it_is_handed_over_never_shares_it() -> None:
    reps = [make_user(f"rep{number}", "rep") for number in range(4)]
    leads = [make_lead(score=163, stage="mql") for _ in range(60)]
    ids = [lead.pk for lead in leads]

    def work(number: int) -> None:
        if number < 2:
            for start in range(0, 60, 10):
                hand_over(lead_ids=ids[start : start + 10], now=NOW)
        else:
            for lead in leads:
                wins(partial(take_lead, lead=lead, actor=reps[number % 4], now=NOW))

    at_once(work)
    running = Assignment.objects.filter(ended_at=None)
    assert running.count() == 60
    assert dict(running.values_list("lead", "owner")) == dict(Lead.objects.values_list("pk", "owner"))
    assert running.filter(due_at=None).count() == 0  # taken before or after: the clock runs


def test_a_move_waits_for_evidence_that_is_being_written(wait_for: Wait) -> None:
    """Nobody becomes SQL past a "ruled out" that was committed before the move."""
    manager = make_user("manager", "manager")
    lead = make_lead(stage="mql")
    confirm(lead, "budget", "need", "timeline")

    def move() -> object:
        try:
            return move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=manager, now=NOW + DAY)
        except GateClosed as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            answer_bant(lead=lead, dimension="need", state="ruled_out", actor=manager, now=NOW)
            moving = pool.submit(move)
            wait_for(somebody_waits)
        assert isinstance(moving.result(60), GateClosed)
    assert not StageChange.objects.exists()
