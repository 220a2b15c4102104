"""The last move of a lead is taken back within minutes, with all that it brought; else nothing changes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leadapp.errors import Conflict, Invalid, NotAllowed, Refused
from leadapp.models import ApiKey, Lead, User
from leadapp.services.keys import create_api_key
from qualification.models import Assignment, Deal, Move, StageChange
from qualification.services.assignment import assign_lead, hand_over
from qualification.services.customers.deals import DealFacts
from qualification.services.gates.evaluation import evaluate_leads
from qualification.services.moves import (
    disqualify_lead,
    may_undo,
    move_lead,
    nurture_lead,
    reopen_lead,
    undo_move,
)
from qualification.services.recycling.wake_ups import Waking, wake_ups_of
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, confirm, everything, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(minutes=2)
DEAL = DealFacts(value=Decimal("58000.00"), currency="EUR", won_on=date(2026, 11, 18))


def standing(lead: Lead) -> tuple[object, ...]:
    """Return where a lead stands, as it is stored."""
    return Lead.objects.values_list("stage", "stage_changed_at", "status", "status_reason").get(pk=lead.pk)


def refusal(kind: type[Refused], **asked: Any) -> Refused:
    """Ask for an undo that must be refused, and show that nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        undo_move(**{"now": SOON, **asked})
    assert everything() == before
    return caught.value


def to_sql(rep: User, **facts: Any) -> StageChange:
    """Move a new lead of this rep from MQL to SQL."""
    lead = make_lead(stage="mql", owner=rep, **facts)
    confirm(lead)
    return move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=rep, now=NOW)


def test_an_own_slip_is_taken_back_without_a_reason_and_the_history_keeps_both(rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep, score=90)
    confirm(lead)
    before = standing(lead)
    change = move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=rep, now=NOW)

    undone = undo_move(change=change, actor=rep, now=SOON)

    assert standing(lead) == before
    assert (undone.move, undone.undoes, undone.actor, undone.reason) == (Move.UNDO, change, rep, "")
    assert (undone.from_stage, undone.to_stage, undone.at, undone.score) == ("sql", "mql", SOON, 90)
    assert list(StageChange.objects.filter(lead=lead).order_by("pk")) == [change, undone]
    assert ScoredLead.objects.filter(lead=lead).exists()


@pytest.mark.parametrize("service", [nurture_lead, disqualify_lead])
def test_a_lead_that_was_set_aside_is_open_again_with_its_clock(service: Any, rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep, score=170)
    (given,) = hand_over(lead_ids=[lead.pk], now=NOW - timedelta(hours=1))
    before, clock = standing(lead), Assignment.objects.values().get(pk=given.pk)
    change = service(lead=lead, seen_stage="mql", actor=rep, reason="Wrong lead", now=NOW)

    undo_move(change=change, actor=rep, now=SOON)

    assert standing(lead) == before
    assert Assignment.objects.values().get(lead=lead) == clock


def test_a_lead_that_was_reopened_rests_again_for_its_old_reason(rep: User) -> None:
    lead = make_lead(stage="mql", status="nurture", status_reason="Budget in spring", owner=rep)
    before = standing(lead)
    change = reopen_lead(lead=lead, actor=rep, reason="Called", now=NOW)
    undo_move(change=change, actor=rep, now=SOON)
    assert standing(lead) == before
    assert not Assignment.objects.running().exists()


def test_a_step_back_and_a_step_past_a_gate_are_taken_back(manager: User) -> None:
    lead = make_lead(stage="sql")
    before = standing(lead)
    change = move_lead(
        lead=lead, to_stage="lead", seen_stage="sql", actor=manager, now=NOW, reason="No budget"
    )
    undo_move(change=change, actor=manager, now=SOON)
    assert standing(lead) == before
    past = move_lead(
        lead=lead, to_stage="customer", seen_stage="sql", actor=manager, now=SOON, reason="Signed", deal=DEAL
    )
    undo_move(change=past, actor=manager, now=SOON)
    assert standing(lead) == before


def test_the_deal_that_came_with_the_move_is_voided_and_older_ones_stay(rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    confirm(lead)
    log(lead, "meeting_held")
    older = Deal.objects.create(lead=lead, value=1, won_on=date(2025, 1, 1))
    change = move_lead(lead=lead, to_stage="customer", seen_stage="sql", actor=rep, now=NOW, deal=DEAL)
    assert change.deal is not None
    undo_move(change=change, actor=rep, now=SOON)
    assert Deal.objects.get(lead=lead, voided_at=None) == older
    assert Deal.objects.get(pk=change.deal.pk).void_reason == "The move was undone"
    again = move_lead(lead=lead, to_stage="customer", seen_stage="sql", actor=rep, now=SOON, deal=DEAL)
    assert again.deal is not None
    assert again.deal.round == 1  # it never was a customer in between


def test_what_would_wake_a_lead_comes_and_goes_with_the_move(rep: User) -> None:
    lead = make_lead(owner=rep)
    aside = nurture_lead(
        lead=lead, seen_stage="lead", actor=rep, reason="Spring", now=NOW, waking=Waking(date(2027, 3, 3))
    )
    undo_move(change=aside, actor=rep, now=SOON)
    assert wake_ups_of([lead.pk]) == {}

    nurture_lead(
        lead=lead, seen_stage="lead", actor=rep, reason="Spring", now=SOON, waking=Waking(date(2027, 3, 3))
    )
    reopened = reopen_lead(lead=lead, actor=rep, reason="They called", now=SOON)
    assert wake_ups_of([lead.pk]) == {}
    undo_move(change=reopened, actor=rep, now=SOON)
    assert wake_ups_of([lead.pk])[lead.pk].wake_on == date(2027, 3, 3)

    out = disqualify_lead(lead=lead, seen_stage="lead", actor=rep, reason_code="no_need", now=SOON)
    assert wake_ups_of([lead.pk]) == {}
    undo_move(change=out, actor=rep, now=SOON)
    assert wake_ups_of([lead.pk])[lead.pk].wake_on == date(2027, 3, 3)


def test_the_code_of_a_disqualified_lead_comes_back_with_it(rep: User) -> None:
    lead = make_lead(owner=rep)
    out = disqualify_lead(lead=lead, seen_stage="lead", actor=rep, reason_code="no_need", now=NOW)
    undo_move(change=reopen_lead(lead=lead, actor=rep, reason="Wrong", now=SOON), actor=rep, now=SOON)
    lead.refresh_from_db()
    assert (lead.status, lead.disqualify_reason) == ("disqualified", out.disqualify_reason)


def test_ten_minutes_are_the_limit(rep: User) -> None:
    change, late = to_sql(rep), to_sql(rep)
    undo_move(change=change, actor=rep, now=NOW + timedelta(minutes=10))
    after = NOW + timedelta(minutes=10, seconds=1)
    assert "10 minutes" in refusal(Invalid, change=late, actor=rep, now=after).message


def test_a_move_is_undone_once_and_an_undo_is_not_undone(rep: User) -> None:
    change = to_sql(rep)
    undone = undo_move(change=change, actor=rep, now=SOON)
    assert "already" in refusal(Conflict, change=change, actor=rep).message
    refusal(Invalid, change=undone, actor=rep)


def test_only_the_last_move_is_undone(rep: User) -> None:
    change = to_sql(rep)
    nurture_lead(lead=change.lead, seen_stage="sql", actor=rep, reason="Spring", now=NOW)
    assert "no longer the last" in refusal(Conflict, change=change, actor=rep).message


def test_nothing_is_undone_once_somebody_else_was_given_the_lead(
    rep: User, other_rep: User, manager: User
) -> None:
    moved, aside = to_sql(rep), make_lead(stage="mql", owner=rep)
    change = nurture_lead(lead=aside, seen_stage="mql", actor=rep, reason="Spring", now=NOW)
    for lead in (moved.lead, aside):
        lead.refresh_from_db()
        assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Holiday", now=NOW)
    for each in (moved, change):
        assert "Priya Nair" in refusal(Conflict, change=each, actor=manager, reason="Slip").message


def test_nothing_is_undone_once_the_customer_bought_again(manager: User) -> None:
    lead = make_lead(stage="sql")
    change = move_lead(
        lead=lead, to_stage="customer", seen_stage="sql", actor=manager, now=NOW, reason="Signed", deal=DEAL
    )
    Deal.objects.create(lead=lead, value=1, won_on=NOW.date())
    refusal(Conflict, change=change, actor=manager)


def test_an_automatic_move_is_not_undone(manager: User) -> None:
    lead = make_good_lead()
    evaluate_leads(lead_ids=[lead.pk], now=NOW)
    refusal(Invalid, change=StageChange.objects.get(lead=lead), actor=manager, reason="Too early")


def test_someone_elses_move_is_undone_by_a_manager_with_a_reason_only(
    rep: User, other_rep: User, marketer: User, manager: User, admin: User
) -> None:
    change = to_sql(rep)
    for person in (other_rep, marketer):
        refusal(NotAllowed, change=change, actor=person, reason="Mine")
    for person in (manager, admin):
        assert "reason" in refusal(Invalid, change=change, actor=person).errors
    undone = undo_move(change=change, actor=manager, now=SOON, reason="Wrong person")
    assert (undone.actor, undone.reason) == (manager, "Wrong person")
    by_manager = move_lead(lead=change.lead, to_stage="sql", seen_stage="mql", actor=manager, now=SOON)
    assert "olivia moved" in refusal(NotAllowed, change=by_manager, actor=rep).message


def test_who_lost_the_lead_does_not_undo_the_own_move(rep: User, other_rep: User) -> None:
    change = to_sql(rep)
    Lead.objects.filter(pk=change.lead_id).update(owner=other_rep)
    refusal(NotAllowed, change=change, actor=rep)


def make_key(name: str, admin: User) -> ApiKey:
    """Make a key that may write."""
    return create_api_key(name=name, scopes=["write"], expires_at=None, actor=admin, now=NOW)[0]


def test_a_key_undoes_its_own_moves_and_no_others(rep: User, admin: User) -> None:
    key, other = make_key("crm", admin), make_key("shop", admin)
    change = nurture_lead(lead=make_lead(), seen_stage="lead", actor=key, reason="Paused", now=NOW)
    assert (change.api_key, change.actor, change.who) == (key, None, "crm")
    refusal(NotAllowed, change=change, actor=other, reason="Ours")
    refusal(NotAllowed, change=to_sql(rep), actor=key, reason="Ours")
    assert undo_move(change=change, actor=key, now=SOON).who == "crm"


def test_the_undo_is_offered_to_whoever_may_do_it(
    rep: User, other_rep: User, manager: User, admin: User
) -> None:
    change, key = to_sql(rep), make_key("crm", admin)
    late = NOW + timedelta(minutes=11)
    offered = {who: may_undo(change, actor=who, now=SOON) for who in (rep, other_rep, manager, key)}
    assert offered == {rep: True, other_rep: False, manager: True, key: False}
    assert not may_undo(change, actor=rep, now=late)
    assert not may_undo(undo_move(change=change, actor=rep, now=SOON), actor=rep, now=SOON)


def test_the_gates_leave_a_lead_to_people_whose_step_forward_was_taken_back(rep: User) -> None:
    lead = make_good_lead(owner=rep)
    change = move_lead(lead=lead, to_stage="mql", seen_stage="lead", actor=rep, now=NOW)
    undo_move(change=change, actor=rep, now=SOON)
    evaluate_leads(lead_ids=[lead.pk], now=SOON)
    assert Lead.objects.get(pk=lead.pk).stage == "lead"
    evaluate_leads(lead_ids=[lead.pk], now=SOON + 31 * DAY)
    assert Lead.objects.get(pk=lead.pk).stage == "mql"


def test_a_step_back_that_was_taken_back_does_not_hold_the_gates(rep: User) -> None:
    lead = make_good_lead(stage="mql", owner=rep)
    change = move_lead(lead=lead, to_stage="lead", seen_stage="mql", actor=rep, now=NOW, reason="Not yet")
    undo_move(change=change, actor=rep, now=SOON)
    Lead.objects.filter(pk=lead.pk).update(stage="lead")  # as if it had come anew
    evaluate_leads(lead_ids=[lead.pk], now=SOON)
    assert Lead.objects.get(pk=lead.pk).stage == "mql"


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"move": "undo"}, "stage_change_undo_names_move"),
        ({"undoes": "change"}, "stage_change_undo_names_move"),
        ({"actor": "rep", "api_key": "key"}, "stage_change_one_actor"),
        ({"actor": "rep", "is_automatic": True}, "stage_change_automatic_by_nobody"),
        ({"api_key": "key", "is_automatic": True}, "stage_change_automatic_by_nobody"),
        ({"move": "backward"}, "stage_change_has_reason"),
    ],
)
def test_the_database_forbids(facts: dict[str, Any], constraint: str, rep: User, admin: User) -> None:
    known = {"rep": rep, "key": make_key("crm", admin), "change": to_sql(rep)}
    lead = make_lead(stage="sql")
    row = {
        "lead": lead, "move": "forward", "from_stage": "mql", "to_stage": "sql",
        "from_status": "open", "to_status": "open",
    }  # fmt: skip
    row |= {name: known.get(str(value), value) for name, value in facts.items()}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        StageChange.objects.create(**row)


def test_the_database_forbids_a_second_undo_and_changes_to_what_an_undo_needs(rep: User) -> None:
    change = to_sql(rep)
    undone = undo_move(change=change, actor=rep, now=SOON)
    undone.pk = None
    with pytest.raises(IntegrityError, match="undoes_id"), transaction.atomic():
        undone.save(force_insert=True)
    for facts in ({"from_since": SOON}, {"from_reason": "x"}, {"undoes": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StageChange.objects.filter(pk=change.pk).update(**{"move": "forward", **facts})
