"""Moves by hand: every step by every role in every state, and refusals that write nothing."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import ApiKey, Lead, Stage, Status, User
from leadapp.services.keys import create_api_key
from qualification.models import Assignment, Deal, Move, StageChange
from qualification.services.assignment import assign_lead
from qualification.services.customers.deals import DealFacts
from qualification.services.evidence.answers import answer_bant
from qualification.services.moves import (
    GateClosed,
    disqualify_lead,
    move_lead,
    nurture_lead,
    reopen_lead,
)
from scoring.models import ScoredLead
from tests.qualification.build import DAY, NOW, confirm, everything, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db

DEAL = DealFacts(value=Decimal("58000.00"), currency="EUR", won_on=date(2026, 11, 18), product="Line 4")
NEXT = {Stage.LEAD: Stage.MQL, Stage.MQL: Stage.SQL, Stage.SQL: Stage.CUSTOMER}


def ready_lead(stage: Stage, **facts: Any) -> Lead:
    """Make a lead that passes the gate out of this stage."""
    lead = make_good_lead(stage=stage, **facts)
    if stage in (Stage.MQL, Stage.SQL):
        confirm(lead)
        log(lead, "meeting_held")
    return lead


@pytest.fixture
def actors(
    rep: User, other_rep: User, marketer: User, manager: User, admin: User
) -> dict[str, User | ApiKey | None]:
    """Give whoever may ask for a move; the leads of these tests belong to the owner."""
    keys = {
        scope: create_api_key(name=scope, scopes=[scope], expires_at=None, actor=admin, now=NOW)[0]
        for scope in ("write", "ingest")
    }
    return {
        "owner": rep,
        "other rep": other_rep,
        "marketer": marketer,
        "manager": manager,
        "admin": admin,
        "write key": keys["write"],
        "ingest key": keys["ingest"],
        "system": None,
    }


WORKERS = ["owner", "manager", "admin", "write key", "system"]
OTHERS = ["other rep", "marketer", "ingest key"]
OVERRIDERS = ["manager", "admin", "system"]


def refusal(kind: type[Refused], **asked: Any) -> Refused:
    """Ask for a move that must be refused, and show that nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        move_lead(**{"now": NOW, "reason": "", **asked})
    assert everything() == before
    assert caught.value.message
    return caught.value


@pytest.mark.parametrize("who", WORKERS)
@pytest.mark.parametrize("stage", NEXT)
def test_those_who_work_the_lead_move_it_through_a_gate_that_passes(
    stage: Stage, who: str, actors: dict[str, Any]
) -> None:
    lead, actor = ready_lead(stage, owner=actors["owner"]), actors[who]
    deal = DEAL if stage == Stage.SQL else None

    change = move_lead(lead=lead, to_stage=NEXT[stage], seen_stage=stage, actor=actor, now=NOW, deal=deal)

    lead.refresh_from_db()
    assert (lead.stage, lead.status, lead.stage_changed_at) == (NEXT[stage], Status.OPEN, NOW)
    stored = StageChange.objects.get(lead=lead)
    assert stored == change
    assert (stored.move, stored.is_automatic, stored.at, stored.score) == (Move.FORWARD, False, NOW, 60)
    assert (stored.from_stage, stored.to_stage) == (stage, NEXT[stage])
    assert stored.actor == (actor if isinstance(actor, User) else None)
    assert ScoredLead.objects.filter(lead=lead).exists()  # its next gate is looked at


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("stage", NEXT)
def test_others_are_refused(stage: Stage, who: str, actors: dict[str, Any]) -> None:
    lead = ready_lead(stage, owner=actors["owner"])
    refusal(NotAllowed, lead=lead, to_stage=NEXT[stage], seen_stage=stage, actor=actors[who], deal=None)


def test_a_rep_takes_an_unassigned_lead_before_moving_it(rep: User) -> None:
    lead = ready_lead(Stage.LEAD)
    refused = refusal(NotAllowed, lead=lead, to_stage=Stage.MQL, seen_stage=Stage.LEAD, actor=rep)
    assert "Take it first" in refused.message


@pytest.mark.parametrize("who", [*WORKERS])
@pytest.mark.parametrize("stage", NEXT)
def test_a_gate_that_fails_holds_everybody_and_says_what_is_missing(
    stage: Stage, who: str, actors: dict[str, Any]
) -> None:
    lead = make_lead(stage=stage, owner=actors["owner"], email=None)
    deal = DEAL if stage == Stage.SQL else None
    refused = refusal(
        GateClosed, lead=lead, to_stage=NEXT[stage], seen_stage=stage, actor=actors[who], deal=deal
    )
    assert isinstance(refused, GateClosed)
    assert refused.status == 422
    assert refused.check.missing
    assert refused.check.missing[0].label.lower() in refused.message.lower()


@pytest.mark.parametrize("who", WORKERS)
@pytest.mark.parametrize("stage", NEXT)
def test_past_a_failing_gate_go_only_those_with_the_right_and_a_reason(
    stage: Stage, who: str, actors: dict[str, Any]
) -> None:
    lead = make_lead(stage=stage, owner=actors["owner"])
    deal = DEAL if stage == Stage.SQL else None
    asked: dict[str, Any] = {
        "lead": lead,
        "to_stage": NEXT[stage],
        "seen_stage": stage,
        "actor": actors[who],
        "deal": deal,
        "reason": " Signed at the fair ",
    }
    if who not in OVERRIDERS:
        refusal(NotAllowed, **asked)
        return
    change = move_lead(now=NOW, **asked)
    assert (change.move, change.reason) == (Move.OVERRIDE, "Signed at the fair")
    assert Lead.objects.get(pk=lead.pk).stage == NEXT[stage]


def test_a_reason_where_none_is_needed_is_kept_and_the_move_stays_a_plain_one(rep: User) -> None:
    lead = ready_lead(Stage.MQL, owner=rep)
    change = move_lead(
        lead=lead, to_stage="sql", seen_stage="mql", actor=rep, now=NOW, reason="Good call today"
    )
    assert (change.move, change.reason) == (Move.FORWARD, "Good call today")


@pytest.mark.parametrize(("stage", "to_stage"), [("lead", "sql"), ("lead", "customer"), ("mql", "customer")])
def test_no_stage_is_skipped_not_even_with_a_reason(stage: str, to_stage: str, manager: User) -> None:
    lead = ready_lead(Stage(stage))
    for reason in ("", "The board wants it"):
        refusal(
            Invalid, lead=lead, to_stage=to_stage, seen_stage=stage, actor=manager, reason=reason,
            deal=DEAL if to_stage == "customer" else None,
        )  # fmt: skip


@pytest.mark.parametrize("who", WORKERS)
@pytest.mark.parametrize(
    ("stage", "to_stage"),
    [("mql", "lead"), ("sql", "mql"), ("sql", "lead"), ("customer", "sql"), ("customer", "lead")],
)
def test_going_back_asks_a_reason_and_no_gate(
    stage: str, to_stage: str, who: str, actors: dict[str, Any]
) -> None:
    lead = make_lead(stage=stage, owner=actors["owner"])
    asked: dict[str, Any] = {
        "lead": lead, "to_stage": to_stage, "seen_stage": stage, "actor": actors[who],
    }  # fmt: skip
    for reason in ("", "   "):
        assert "reason" in refusal(Invalid, reason=reason, **asked).errors
    change = move_lead(now=NOW, reason="No budget before spring", **asked)
    assert (change.move, change.to_stage) == (Move.BACKWARD, to_stage)
    assert Lead.objects.get(pk=lead.pk).stage == to_stage


@pytest.mark.parametrize("status", [Status.NURTURE, Status.DISQUALIFIED])
@pytest.mark.parametrize("stage", [*NEXT, Stage.CUSTOMER])
@pytest.mark.parametrize("to_stage", list(Stage))
def test_a_lead_that_is_not_open_does_not_move(
    stage: Stage, to_stage: Stage, status: Status, admin: User
) -> None:
    lead = ready_lead(stage, status=status)
    refused = refusal(
        Invalid, lead=lead, to_stage=to_stage, seen_stage=stage, actor=admin, reason="Please",
        deal=DEAL if to_stage == Stage.CUSTOMER else None,
    )  # fmt: skip
    assert "Reopen it first" in refused.message


@pytest.mark.parametrize("stage", list(Stage))
def test_a_move_to_where_it_is_changes_nothing(stage: Stage, admin: User) -> None:
    refusal(Invalid, lead=ready_lead(stage), to_stage=stage, seen_stage=stage, actor=admin, reason="Again")


@pytest.mark.parametrize("seen", ["lead", "sql", "customer"])
def test_a_lead_that_changed_meanwhile_is_not_moved(seen: str, admin: User) -> None:
    refused = refusal(
        Conflict, lead=ready_lead(Stage.MQL), to_stage="sql", seen_stage=seen, actor=admin, reason="Go"
    )
    assert refused.status == 409
    assert "MQL now" in refused.message


def test_what_the_caller_holds_in_memory_does_not_matter(rep: User, other_rep: User) -> None:
    lead = ready_lead(Stage.MQL, owner=rep)
    Lead.objects.filter(pk=lead.pk).update(owner=other_rep)
    refusal(NotAllowed, lead=lead, to_stage="sql", seen_stage="mql", actor=rep)
    Lead.objects.filter(pk=lead.pk).update(owner=rep, stage="sql")
    refusal(Conflict, lead=lead, to_stage="sql", seen_stage="mql", actor=rep)


@pytest.mark.parametrize("seen", ["", "MQL", "nonsense"])
def test_stages_nobody_knows_are_refused(seen: str, admin: User) -> None:
    refusal(Invalid, lead=ready_lead(Stage.MQL), to_stage="sql", seen_stage=seen, actor=admin)
    refusal(Invalid, lead=ready_lead(Stage.MQL), to_stage=seen, seen_stage="mql", actor=admin)


def test_a_lead_that_is_gone_is_not_found(admin: User) -> None:
    lead = ready_lead(Stage.MQL)
    Lead.objects.filter(pk=lead.pk).delete()
    refusal(NotFound, lead=lead, to_stage="sql", seen_stage="mql", actor=admin)


@pytest.mark.parametrize("reason", ["x" * 501, "a\0b", "\ud800"])
def test_reasons_that_cannot_be_stored_are_refused(reason: str, admin: User) -> None:
    refusal(
        Invalid, lead=ready_lead(Stage.MQL), to_stage="lead", seen_stage="mql", actor=admin, reason=reason
    )


def test_the_deal_is_written_with_the_move_to_customer(rep: User) -> None:
    lead = ready_lead(Stage.SQL, owner=rep)
    move_lead(lead=lead, to_stage="customer", seen_stage="sql", actor=rep, now=NOW, deal=DEAL)
    deal = Deal.objects.get(lead=lead)
    assert (deal.value, deal.currency, deal.won_on, deal.product) == (
        Decimal("58000.00"), "EUR", date(2026, 11, 18), "Line 4",
    )  # fmt: skip
    assert deal.created_by == rep


def test_without_a_deal_nobody_becomes_a_customer(admin: User) -> None:
    for reason in ("", "He said yes"):
        refused = refusal(
            Invalid, lead=ready_lead(Stage.SQL), to_stage="customer", seen_stage="sql", actor=admin,
            reason=reason,
        )  # fmt: skip
        assert set(refused.errors) == {"value", "won_on"}


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"value": Decimal("-1")}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal("Infinity")}, "value"),
        ({"value": Decimal("1.005")}, "value"),
        ({"value": Decimal("1000000000000")}, "value"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"won_on": date(2026, 11, 21)}, "won_on"),
        ({"product": "x" * 201}, "product"),
    ],
)
def test_deals_that_make_no_sense_are_refused(facts: dict[str, Any], field: str, rep: User) -> None:
    lead = ready_lead(Stage.SQL, owner=rep)
    deal = DealFacts(**{"value": Decimal(1), "currency": "EUR", "won_on": NOW.date(), **facts})
    refused = refusal(Invalid, lead=lead, to_stage="customer", seen_stage="sql", actor=rep, deal=deal)
    assert set(refused.errors) == {field}


def test_a_deal_belongs_to_the_move_to_customer_only(admin: User) -> None:
    lead = ready_lead(Stage.MQL)
    refusal(Invalid, lead=lead, to_stage="sql", seen_stage="mql", actor=admin, deal=DEAL)
    refusal(Invalid, lead=lead, to_stage="lead", seen_stage="mql", actor=admin, deal=DEAL, reason="Back")


SET_ASIDE = {
    nurture_lead: (Move.NURTURE, Status.NURTURE),
    disqualify_lead: (Move.DISQUALIFY, Status.DISQUALIFIED),
}


@pytest.mark.parametrize("who", WORKERS)
@pytest.mark.parametrize("stage", NEXT)
@pytest.mark.parametrize("service", SET_ASIDE)
def test_leads_are_set_aside_with_a_reason(
    service: Any, stage: Stage, who: str, actors: dict[str, Any]
) -> None:
    lead = make_lead(stage=stage, owner=actors["owner"])
    asked = {"lead": lead, "seen_stage": stage, "actor": actors[who], "now": NOW}
    before = everything()
    with pytest.raises(Invalid):
        service(reason=" ", **asked)
    assert everything() == before

    change = service(reason="No project this year", **asked)

    lead.refresh_from_db()
    move, status = SET_ASIDE[service]
    assert (lead.status, lead.status_reason, lead.stage) == (status, "No project this year", stage)
    assert (change.move, change.from_status, change.to_status) == (move, Status.OPEN, status)
    assert lead.owner == actors["owner"]


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("service", [*SET_ASIDE, reopen_lead])
def test_others_do_not_set_leads_aside_or_reopen_them(service: Any, who: str, actors: dict[str, Any]) -> None:
    lead = make_lead(owner=actors["owner"], status="nurture" if service is reopen_lead else "open")
    before = everything()
    with pytest.raises(NotAllowed):
        service(lead=lead, seen_stage="lead", actor=actors[who], reason="Mine", now=NOW)
    assert everything() == before


@pytest.mark.parametrize("service", SET_ASIDE)
@pytest.mark.parametrize(
    ("facts", "seen", "kind"),
    [
        ({"stage": "mql"}, {"seen_stage": "lead"}, Conflict),
        ({"stage": "mql", "status": "nurture"}, {"seen_stage": "mql", "seen_status": "open"}, Conflict),
        ({"stage": "customer"}, {"seen_stage": "customer"}, Invalid),
    ],
)
def test_leads_that_cannot_be_set_aside(
    service: Any, facts: dict[str, Any], seen: dict[str, Any], kind: type[Refused], admin: User
) -> None:
    lead = make_lead(**facts)
    before = everything()
    with pytest.raises(kind):
        service(lead=lead, actor=admin, reason="Gone", now=NOW, **seen)
    assert everything() == before


def test_what_is_in_nurture_can_be_disqualified_and_not_the_other_way_round(admin: User) -> None:
    lead = make_lead(status="nurture")
    disqualify_lead(lead=lead, seen_stage="lead", actor=admin, reason="Closed down", now=NOW)
    before = everything()
    with pytest.raises(Invalid):
        nurture_lead(lead=lead, seen_stage="lead", actor=admin, reason="Perhaps", now=NOW)
    with pytest.raises(Conflict):
        disqualify_lead(lead=lead, seen_stage="lead", actor=admin, reason="Again", now=NOW)
    assert everything() == before


@pytest.mark.parametrize("who", WORKERS)
@pytest.mark.parametrize("status", [Status.NURTURE, Status.DISQUALIFIED])
@pytest.mark.parametrize("stage", NEXT)
def test_leads_are_reopened_in_their_stage_with_their_owner(
    stage: Stage, status: Status, who: str, actors: dict[str, Any]
) -> None:
    lead = make_lead(stage=stage, status=status, owner=actors["owner"])
    change = reopen_lead(lead=lead, seen_status=status, actor=actors[who], reason="New project", now=NOW)
    lead.refresh_from_db()
    assert (lead.status, lead.status_reason, lead.stage) == (Status.OPEN, "", stage)
    assert (change.move, change.from_status, change.to_status) == (Move.REOPEN, status, Status.OPEN)
    running = Assignment.objects.get(lead=lead, ended_at=None)
    assert (running.owner, running.reason, running.due_at) == (actors["owner"], "Reopened", None)


@pytest.mark.parametrize(
    ("status", "seen", "reason", "kind"),
    [
        ("nurture", {"seen_status": "disqualified"}, "New project", Conflict),
        ("nurture", {"seen_stage": "mql"}, "New project", Conflict),
        ("nurture", {"seen_status": "nonsense"}, "New project", Invalid),
        ("open", {}, "New project", Conflict),
        ("nurture", {}, "", Invalid),
    ],
)
def test_leads_that_cannot_be_reopened(
    status: str, seen: dict[str, Any], reason: str, kind: type[Refused], admin: User
) -> None:
    lead = make_lead(status=status)
    before = everything()
    with pytest.raises(kind):
        reopen_lead(lead=lead, actor=admin, reason=reason, now=NOW, **seen)
    assert everything() == before


@pytest.mark.parametrize("status", ["nurture", "disqualified"])
def test_a_lead_that_was_given_away_while_it_rested_is_reopened_with_its_new_owner(
    status: str, rep: User, other_rep: User, manager: User
) -> None:
    lead = make_lead(status=status, owner=rep)
    assign_lead(lead=lead, owner=other_rep, actor=manager, reason="Moves teams", now=NOW)
    reopen_lead(lead=lead, actor=manager, reason="New project", now=NOW + DAY)
    assert Assignment.objects.get(lead=lead, ended_at=None).owner == other_rep


def test_setting_aside_stops_the_clock(rep: User) -> None:
    lead = make_lead(stage="mql", owner=rep)
    clock = {"clock_started_at": NOW - DAY, "due_at": NOW + timedelta(hours=1)}
    Assignment.objects.create(lead=lead, owner=rep, assigned_at=NOW - DAY, reason="Handed over", **clock)
    nurture_lead(lead=lead, seen_stage="mql", actor=rep, reason="Spring", now=NOW)
    assert Assignment.objects.get(lead=lead).ended_at == NOW


def test_the_whole_way_is_in_the_history(rep: User) -> None:
    lead, now = make_good_lead(owner=rep), timezone.now()
    move_lead(lead=lead, to_stage="mql", seen_stage="lead", actor=rep, now=now)
    confirm(lead, "budget", "need", "timeline", now=now)
    move_lead(lead=lead, to_stage="sql", seen_stage="mql", actor=rep, now=now)
    answer_bant(lead=lead, dimension="authority", state="confirmed", value="CFO", actor=rep, now=now)
    log(lead, "meeting_held", now)
    deal = DealFacts(value=Decimal(1), currency="EUR", won_on=now.date())
    move_lead(lead=lead, to_stage="customer", seen_stage="sql", actor=rep, now=now, deal=deal)
    history = StageChange.objects.filter(lead=lead).order_by("at", "pk").values_list("from_stage", "to_stage")
    assert list(history) == [("lead", "mql"), ("mql", "sql"), ("sql", "customer")]
