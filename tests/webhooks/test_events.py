"""What people and workers do with leads is announced, with what it was before and what it is now."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadapp.models import EventType, Lead, OutgoingEvent, User
from leadapp.services.leads.leads import create_lead
from leadapp.services.webhooks.retention import forget_old
from qualification.services.assignment import assign_lead, hand_over, take_lead
from qualification.services.customers.deals import DealFacts, add_deal
from qualification.services.gates.evaluation import evaluate_waiting
from qualification.services.moves import move_lead, nurture_lead, undo_move
from scoring.models import Cause
from scoring.services.queue import request_scoring, score_waiting
from scoring.services.rescore import continue_rescores, start_rescore
from tests.qualification.build import NOW as THEN
from tests.qualification.build import (
    confirm,
    live_version,
    log,
    make_good_lead,
    make_lead,
    make_user,
    wait_for_gates,
)
from tests.webhooks.build import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadapp.outbox.wake", lambda task: None)
    make_endpoint("https://crm.example/hooks")


@pytest.fixture
def rep() -> User:
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


def said(type: EventType | None = None) -> list[dict[str, Any]]:
    events = OutgoingEvent.objects.order_by("pk")
    return [event.data for event in (events.filter(type=type) if type else events)]


def types() -> list[str]:
    return list(OutgoingEvent.objects.order_by("pk").values_list("type", flat=True))


def test_a_lead_that_somebody_makes(rep: User) -> None:
    lead = create_lead(facts={"email": "grace@firm.example"}, source="app", actor=rep, now=THEN)
    (data,) = said(EventType.CREATED)
    assert data["by"] == "edit"
    assert (data["lead"]["id"], data["lead"]["email"]) == (lead.pk, "grace@firm.example")


def test_a_first_score_and_another_band_but_not_another_number() -> None:
    lead = make_lead()

    def score(now: Any) -> None:
        request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)
        score_waiting(now=now)

    score(THEN)
    (first,) = said(EventType.SCORED)
    nothing = {"score": None, "grade": None, "temperature": None}
    assert (first["before"], first["cause"]) == (nothing, "activity")
    before = {name: first["lead"][name] for name in ("score", "grade", "temperature")}
    assert before["temperature"] == "cold"
    score(THEN + timedelta(seconds=1))
    assert len(said(EventType.SCORED)) == 1
    log(lead, "page_view", at=THEN)
    score(THEN + timedelta(seconds=2))
    assert len(said(EventType.SCORED)) == 1
    for number in range(3):
        log(lead, "demo_requested", at=THEN + timedelta(seconds=number))
        log(lead, "meeting_held", at=THEN + timedelta(seconds=number))
    score(THEN + timedelta(seconds=9))
    events = said(EventType.SCORED)
    lead.refresh_from_db()
    assert len(events) == 2
    assert events[1]["before"]["grade"] == before["grade"] != lead.grade
    assert (events[1]["lead"]["grade"], events[1]["lead"]["score"]) == (lead.grade, lead.score)


def test_a_run_over_all_leads_announces_those_whose_band_changed() -> None:
    right = make_lead()
    request_scoring(lead_ids=[right.pk], cause=Cause.ACTIVITY, now=THEN)
    score_waiting(now=THEN)
    wrong = make_lead(score=130)
    OutgoingEvent.objects.all().delete()
    start_rescore(version=live_version(), cause=Cause.DECAY, now=THEN + timedelta(hours=1))
    while continue_rescores(now=THEN + timedelta(hours=1)):
        pass
    (data,) = said()
    assert (data["lead"]["id"], data["cause"]) == (wrong.pk, "decay")
    assert data["before"] == {"score": 130, "grade": "A1", "temperature": "hot"}
    assert data["lead"]["temperature"] == "cold"


def test_who_opted_out_of_scoring_is_not_announced_as_scored() -> None:
    lead = make_lead(do_not_score=True)
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=THEN)
    score_waiting(now=THEN)
    assert said() == []


def test_a_move_by_its_gate_and_the_owner_that_follows(rep: User) -> None:
    lead = make_good_lead(score=163)
    wait_for_gates(lead)
    evaluate_waiting(now=THEN)
    assert types() == ["lead.stage_changed", "lead.assigned"]
    move, owner = said()
    assert (move["before"], move["after"]) == (
        {"stage": "lead", "status": "open"},
        {"stage": "mql", "status": "open"},
    )
    assert (move["is_automatic"], move["by"], move["move"]) == (True, None, "forward")
    assert move["lead"]["stage"] == "mql"
    assert (owner["before"], owner["after"]) == (None, {"id": rep.pk, "username": "jonas"})
    assert owner["lead"]["owner"] == owner["after"]


def test_a_move_by_hand_and_its_undo(rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep)
    change = nurture_lead(lead=lead, seen_stage="mql", actor=rep, reason="No project", now=THEN)
    undo_move(change=change, actor=rep, now=THEN)
    gone, back = said(EventType.STAGE_CHANGED)
    assert (gone["after"]["status"], gone["reason"], gone["by"]) == ("nurture", "No project", "Jonas Wiegand")
    assert (back["move"], back["after"], back["lead"]["status"]) == (
        "undo",
        {"stage": "mql", "status": "open"},
        "open",
    )


def test_a_deal_that_is_won_and_another_one(rep: User) -> None:
    lead = make_lead(stage="sql", owner=rep)
    confirm(lead)
    log(lead, "meeting_held")
    first = DealFacts(Decimal("12000.50"), "EUR", THEN.date(), "Licence")
    move_lead(lead=lead, to_stage="customer", seen_stage="sql", actor=rep, now=THEN, deal=first)
    assert types()[-2:] == ["lead.stage_changed", "lead.won"]
    won = said(EventType.WON)[0]
    assert won["lead"]["stage"] == "customer"
    assert {name: won["deal"][name] for name in ("value", "currency", "won_on", "product")} == {
        "value": "12000.50",
        "currency": "EUR",
        "won_on": "2026-11-19",
        "product": "Licence",
    }
    second = DealFacts(Decimal("500.00"), "EUR", THEN.date())
    add_deal(lead=Lead.objects.get(pk=lead.pk), deal=second, actor=rep, now=THEN)
    assert [data["deal"]["value"] for data in said(EventType.WON)] == ["12000.50", "500.00"]


def test_a_lead_that_changes_hands(rep: User) -> None:
    other, manager = make_user("priya", "rep"), make_user("henrik", "manager")
    lead = make_lead()
    take_lead(lead=lead, actor=rep, now=THEN)
    lead.refresh_from_db()
    assign_lead(lead=lead, owner=other, actor=manager, reason="Speaks French", now=THEN)
    taken, given = said(EventType.ASSIGNED)
    assert (taken["before"], taken["after"]["username"], taken["by"]) == (None, "jonas", "jonas")
    assert (given["before"]["username"], given["after"]["username"]) == ("jonas", "priya")
    assert (given["by"], given["reason"]) == ("henrik", "Speaks French")


def test_who_keeps_a_lead_is_not_announced(rep: User) -> None:
    lead = make_lead(score=163, stage="mql", owner=rep)
    hand_over(lead_ids=[lead.pk], now=THEN)
    assert said(EventType.ASSIGNED) == []


def test_a_refused_move_is_not_announced(rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep)
    with pytest.raises(Exception, match="Missing"):
        move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=rep, now=THEN)
    assert said() == []


def test_events_of_the_past_are_forgotten_but_for_those_on_their_way() -> None:
    create_lead(facts={"email": "a@firm.example"}, source="app", actor=None, now=THEN)
    event = OutgoingEvent.objects.get()
    assert forget_old(before=THEN + timedelta(days=1)) == 0
    event.deliveries.update(state="dead")
    assert forget_old(before=THEN) == 0
    assert forget_old(before=THEN + timedelta(days=1)) == 1
    assert not OutgoingEvent.objects.exists()
