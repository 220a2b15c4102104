"""Eight threads move and assign the same 200 leads at once: one winner each, no gap in any history."""

from collections import Counter, defaultdict
from functools import partial
from random import Random
from typing import Any

import pytest

from leadapp.errors import Conflict, Refused
from leadapp.models import Lead, User
from qualification.models import Assignment, StageChange
from qualification.services import moves
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.gates.evaluation import evaluate_waiting
from tests.qualification.build import NOW, make_good_lead, make_user, wait_for_gates
from tests.qualification.test_races import LEADS, at_once, wins

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_move_and_assign_the_same_leads_at_once_leave_one_winner_each_and_a_whole_history() -> None:
    reps = [make_user(f"rep{number}", "rep") for number in range(6)]
    # They take leads by themselves and get none in turn, so that the turns of the others can be counted.
    takers = [make_user(f"taker{number}", "rep", is_available=False) for number in range(2)]
    managers = [make_user(f"manager{number}", "manager") for number in range(2)]
    leads = [make_good_lead(score=163) for _ in range(LEADS)]
    wait_for_gates(*leads)

    at_once(lambda number: _all_want_them(number, leads, takers, managers))
    while evaluate_waiting(now=NOW, limit=500):
        pass

    _one_winner_each(reps, takers)

    at_once(lambda number: _all_move_them_about(number, leads, reps, managers))

    _no_history_has_a_gap()


def _all_want_them(number: int, leads: list[Lead], takers: list[User], managers: list[User]) -> None:
    """Move all leads to MQL and get them an owner: by taking them, in bulk, by the gates, by handing over."""
    kind, second = number % 4, number // 4
    mine = leads if second else leads[::-1]
    if kind == 0:
        for lead in mine[::3]:
            wins(partial(take_lead, lead=lead, actor=takers[second], now=NOW))
    elif kind == 1:
        asked = [moves.Seen(lead, "lead", "open") for lead in mine]
        outcomes = moves.move_leads(leads=asked, to_stage="mql", actor=managers[second], now=NOW)
        assert all(outcome.change or isinstance(outcome.refused, Conflict) for outcome in outcomes)
    elif kind == 2:
        for start in range(0, LEADS, 20):
            hand_over(lead_ids=[lead.pk for lead in mine[start : start + 20]], now=NOW)
    else:
        while evaluate_waiting(now=NOW, limit=23):
            pass


def _one_winner_each(reps: list[User], takers: list[User]) -> None:
    made = StageChange.objects.values_list("lead", "from_stage", "to_stage")
    assert sorted(made) == [
        (pk, "lead", "mql") for pk in Lead.objects.order_by("pk").values_list("pk", flat=True)
    ]
    owners = dict(Lead.objects.values_list("pk", "owner"))
    running = Assignment.objects.running()
    assert dict(running.values_list("lead", "owner")) == owners
    assert running.count() == LEADS
    # Handed over once each: whoever had taken a lead kept it, the others got theirs in turn.
    assert Assignment.objects.filter(due_at__isnull=False).count() == LEADS
    taken = Assignment.objects.filter(reason="Took it")
    assert {*taken.values_list("owner", flat=True)} <= {taker.pk for taker in takers}
    assert taken.values("lead").distinct().count() == taken.count()
    shares = Counter(owner for owner in owners.values() if owner in {rep.pk for rep in reps})
    assert sum(shares.values()) == LEADS - taken.count()
    assert max(shares.values()) - min(shares.values()) <= 1


def _all_move_them_about(number: int, leads: list[Lead], reps: list[User], managers: list[User]) -> None:
    """Do one of many things with each lead, in an order of one's own, as it was a moment ago."""
    rng, manager = Random(number), managers[number % 2]
    for lead in rng.sample(leads, len(leads)):
        seen = Lead.objects.get(pk=lead.pk)
        asked: dict[str, Any] = {"lead": seen, "actor": manager, "now": NOW, "reason": "So it goes"}
        try:
            what = rng.choice(["lead", "mql", "sql", "nurture", "disqualify", "reopen", "undo", "assign"])
            if what in ("lead", "mql", "sql"):
                moves.move_lead(to_stage=what, seen_stage=seen.stage, **asked)
            elif what == "assign":
                assign_lead(owner=rng.choice(reps), **asked)
            elif what == "undo":
                last = StageChange.objects.filter(lead=lead).latest("pk")
                moves.undo_move(change=last, actor=manager, now=NOW, reason="A slip")
            else:
                service: Any = getattr(moves, f"{what}_lead")
                service(seen_stage=seen.stage, seen_status=seen.status, **asked)
        except Refused:
            continue


def _no_history_has_a_gap() -> None:
    histories: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    columns = ("lead", "from_stage", "from_status", "to_stage", "to_status", "undoes")
    for lead, *row in StageChange.objects.order_by("pk").values_list(*columns):
        histories[lead].append(tuple(row))
    for pk, stage, status, owner in Lead.objects.values_list("pk", "stage", "status", "owner"):
        at = ("lead", "open")
        for from_stage, from_status, to_stage, to_status, _ in histories[pk]:
            assert (from_stage, from_status) == at
            at = (to_stage, to_status)
        assert at == (stage, status)
        running = Assignment.objects.running().filter(lead=pk)
        assert [assignment.owner_id for assignment in running] in ([], [owner])
        assert status != "open" or running.exists()
    undone = [row[-1] for rows in histories.values() for row in rows if row[-1]]
    assert len(undone) == len(set(undone)) > 0
