"""Many leads at once: each is judged by itself, refusals are reported, the number of queries is fixed."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import Lead, User
from qualification.models import Assignment, Deal, StageChange
from qualification.services.moves import (
    GateClosed,
    Seen,
    disqualify_leads,
    move_leads,
    nurture_leads,
    reopen_leads,
    undo_move,
)
from tests.qualification.build import NOW, confirm, everything, make_good_lead, make_lead

pytestmark = pytest.mark.django_db


def seen(*leads: Lead) -> list[Seen]:
    """Return these leads as somebody saw them."""
    return [Seen(lead, lead.stage, lead.status) for lead in leads]


def test_each_lead_is_judged_by_itself_and_each_refusal_is_reported(rep: User, other_rep: User) -> None:
    good, closed = make_good_lead(owner=rep), make_lead(owner=rep, email=None)
    foreign, resting = make_good_lead(owner=other_rep), make_good_lead(owner=rep, status="nurture")
    moved, gone = make_good_lead(owner=rep), make_good_lead(owner=rep)
    customer = make_lead(owner=rep, stage="mql")
    asked = seen(good, closed, foreign, resting, moved, gone, customer)
    Lead.objects.filter(pk=moved.pk).update(stage="sql")
    Lead.objects.filter(pk=gone.pk).delete()

    outcomes = move_leads(leads=asked, to_stage="mql", actor=rep, now=NOW)

    kinds = [type(outcome.refused) if outcome.refused else None for outcome in outcomes]
    assert kinds == [None, GateClosed, NotAllowed, Invalid, Conflict, NotFound, Invalid]
    assert [outcome.lead for outcome in outcomes] == [each.lead for each in asked]
    assert StageChange.objects.get() == outcomes[0].change
    assert outcomes[1].refused is not None
    assert "a way to reach the lead" in outcomes[1].refused.message
    assert outcomes[4].refused is not None
    assert "SQL now" in outcomes[4].refused.message


def test_when_all_are_refused_nothing_is_written(marketer: User) -> None:
    leads = seen(make_good_lead(), make_good_lead())
    before = everything()
    outcomes = move_leads(leads=leads, to_stage="mql", actor=marketer, now=NOW)
    assert all(isinstance(outcome.refused, NotAllowed) for outcome in outcomes)
    assert everything() == before


def test_a_reason_alone_moves_nobody_past_a_gate(manager: User) -> None:
    back, closed = make_lead(stage="sql"), make_lead()
    asked: dict[str, Any] = {"to_stage": "mql", "actor": manager, "now": NOW}
    outcomes = move_leads(leads=seen(back, closed), reason="Clean-up", **asked)
    assert [outcome.change and outcome.change.move for outcome in outcomes] == ["backward", None]
    assert isinstance(outcomes[1].refused, GateClosed)
    (refused,) = move_leads(leads=seen(closed), past_gates=True, **asked)
    assert refused.refused is not None
    assert "reason" in refused.refused.errors
    (past,) = move_leads(leads=seen(closed), reason="The fair", past_gates=True, **asked)
    assert past.change is not None
    assert past.change.move == "override"


def test_without_the_right_nobody_goes_past_a_gate_and_hears_what_is_missing(rep: User) -> None:
    (refused,) = move_leads(
        leads=seen(make_lead(owner=rep)), to_stage="mql", actor=rep, now=NOW, reason="Go", past_gates=True
    )
    assert isinstance(refused.refused, NotAllowed)
    assert "Missing for Lead → MQL: first name" in refused.refused.message


def test_only_leads_that_have_a_deal_become_customers_together(manager: User) -> None:
    won, open_ = make_lead(stage="sql"), make_lead(stage="sql")
    Deal.objects.create(lead=won, value=1, won_on=date(2026, 11, 1))
    outcomes = move_leads(
        leads=seen(won, open_), to_stage="customer", actor=manager, now=NOW, reason="Won", past_gates=True
    )
    assert [bool(outcome.change) for outcome in outcomes] == [True, False]
    assert outcomes[1].refused is not None
    assert "won value" in outcomes[1].refused.message


def test_leads_are_set_aside_and_reopened_together(manager: User, rep: User) -> None:
    leads = [make_lead(stage="mql", owner=rep), make_lead(stage="mql"), make_lead(stage="customer")]
    asked: dict[str, Any] = {"actor": manager, "now": NOW}
    outcomes = nurture_leads(leads=seen(*leads), reason="Spring", **asked)
    assert [bool(outcome.change) for outcome in outcomes] == [True, True, False]
    for lead in leads:
        lead.refresh_from_db()
    assert [lead.status for lead in leads] == ["nurture", "nurture", "open"]
    outcomes = reopen_leads(leads=seen(*leads), reason="Spring is here", **asked)
    assert [type(outcome.refused) for outcome in outcomes] == [type(None), type(None), Conflict]
    assert Assignment.objects.running().get().owner == rep
    outcomes = disqualify_leads(leads=seen(leads[1]), reason="Closed", **asked)
    assert isinstance(outcomes[0].refused, Conflict)  # what was seen is in nurture still


def test_each_of_many_moves_is_undone_by_itself(manager: User) -> None:
    leads = [make_good_lead(), make_good_lead()]
    outcomes = move_leads(leads=seen(*leads), to_stage="mql", actor=manager, now=NOW)
    assert outcomes[0].change is not None
    undo_move(change=outcomes[0].change, actor=manager, now=NOW)
    assert [Lead.objects.get(pk=lead.pk).stage for lead in leads] == ["lead", "mql"]


@pytest.mark.parametrize("number", [1, 20])
def test_twenty_leads_take_as_many_queries_as_one(number: int, manager: User) -> None:
    passing = [make_lead(stage="mql") for _ in range(number)]
    for lead in passing:
        confirm(lead, "budget", "need", "timeline")
    closed = [make_lead(stage="mql") for _ in range(number)]
    back = [make_lead(stage="customer") for _ in range(number)]
    asked = seen(*passing, *closed, *back)
    with CaptureQueriesContext(connection) as queries:
        outcomes = move_leads(leads=asked, to_stage="sql", actor=manager, now=NOW, reason="Clean-up")
    assert sum(outcome.change is not None for outcome in outcomes) == 2 * number
    assert len(queries) == 14, [query["sql"][:80] for query in queries]


def test_two_hundred_are_the_most_and_nobody_moves_twice(manager: User) -> None:
    lead = make_good_lead()
    assert len(move_leads(leads=seen(lead, lead), to_stage="mql", actor=manager, now=NOW)) == 1
    with pytest.raises(Invalid, match="200"):
        move_leads(
            leads=[Seen(Lead(pk=number), "lead") for number in range(201)],
            to_stage="mql",
            actor=manager,
            now=NOW,
        )


def test_what_is_asked_of_all_is_refused_for_all(manager: User) -> None:
    lead = make_good_lead(stage="mql")
    before = everything()
    with pytest.raises(Invalid):
        move_leads(leads=seen(lead), to_stage="nowhere", actor=manager, now=NOW)
    for service in (nurture_leads, disqualify_leads, reopen_leads):
        with pytest.raises(Invalid):
            service(leads=seen(lead), reason=" ", actor=manager, now=NOW)
    assert everything() == before
