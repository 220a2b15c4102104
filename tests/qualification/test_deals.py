"""Deals: added to customers, voided, never changed, added up by currency; each round needs its own."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from leadapp.models import Lead, User
from qualification.models import Deal, Move, StageChange, Step
from qualification.services.customers.currencies import CURRENCIES, WHOLE
from qualification.services.customers.deals import (
    DealFacts,
    Total,
    add_deal,
    take_back_deal,
    totals_of,
    void_deal,
)
from qualification.services.gates.checklists import check_gates
from qualification.services.moves import move_lead, new_opportunity
from tests.qualification.build import DAY, NOW, confirm, everything, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db

WON_ON = date(2026, 11, 18)
MINUTE = timedelta(minutes=1)


def deal_of(value: str = "58000", currency: str = "EUR", **facts: Any) -> DealFacts:
    """Return what was won."""
    return DealFacts(**{"value": Decimal(value), "currency": currency, "won_on": WON_ON, **facts})


def refused(kind: type[Refused], service: Any, **asked: Any) -> Refused:
    """Ask for what must be refused, and show that nothing was written."""
    before = everything()
    with pytest.raises(kind) as caught:
        service(now=NOW, **asked)
    assert everything() == before
    return caught.value


def win(lead: Lead, actor: User, deal: DealFacts | None, seen: str = "sql") -> StageChange:
    """Make a lead a customer."""
    return move_lead(lead=lead, to_stage="customer", seen_stage=seen, actor=actor, now=NOW, deal=deal)


@pytest.fixture
def customer(rep: User) -> Lead:
    """Give somebody who bought once."""
    lead = make_good_lead(stage="sql", owner=rep)
    confirm(lead)
    log(lead, "meeting_held")
    win(lead, rep, deal_of())
    lead.refresh_from_db()
    return lead


def test_a_customer_buys_again(customer: Lead, rep: User) -> None:
    deal = add_deal(lead=customer, deal=deal_of("1200.50", product="Training"), actor=rep, now=NOW + DAY)
    assert (deal.lead, deal.round, deal.created_by, deal.created_at) == (customer, 1, rep, NOW + DAY)
    assert Deal.objects.filter(lead=customer).count() == 2


@pytest.mark.parametrize("stage", ["lead", "mql", "sql"])
def test_only_customers_have_further_deals(stage: str, rep: User) -> None:
    refused(Invalid, add_deal, lead=make_lead(stage=stage, owner=rep), deal=deal_of(), actor=rep)


def test_others_add_and_void_nothing(customer: Lead, other_rep: User, marketer: User, manager: User) -> None:
    deal = Deal.objects.get()
    for actor in (other_rep, marketer):
        refused(NotAllowed, add_deal, lead=customer, deal=deal_of(), actor=actor)
        refused(NotAllowed, void_deal, deal=deal, reason="Cancelled", actor=actor)
    add_deal(lead=customer, deal=deal_of(), actor=manager, now=NOW)


@pytest.mark.parametrize(
    ("value", "currency", "field"),
    [
        ("1", "XYZ", "currency"),
        ("1", "eur", "currency"),
        ("1", "DEM", "currency"),  # paid with until 2001
        ("1", "XAU", "currency"),  # gold
        ("1.005", "EUR", "value"),
        ("100.50", "JPY", "value"),  # there is no half a yen
        ("-1", "EUR", "value"),
    ],
)
def test_money_that_does_not_exist_is_refused(
    value: str, currency: str, field: str, customer: Lead, rep: User
) -> None:
    found = refused(Invalid, add_deal, lead=customer, deal=deal_of(value, currency), actor=rep)
    assert set(found.errors) == {field}


def test_every_currency_has_three_letters_and_some_no_cents() -> None:
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert {"EUR", "USD", "CHF", "GBP", "JPY", "KWD"} <= CURRENCIES
    assert WHOLE < CURRENCIES
    assert len(CURRENCIES) > 150


def test_a_wrong_deal_is_voided_with_a_reason_and_stays(customer: Lead, rep: User) -> None:
    deal = Deal.objects.get()
    for reason in ("", "  "):
        assert "reason" in refused(Invalid, void_deal, deal=deal, reason=reason, actor=rep).errors
    voided = void_deal(deal=deal, reason=" Typed twice ", actor=rep, now=NOW + DAY)
    assert (voided.voided_at, voided.voided_by, voided.void_reason) == (NOW + DAY, rep, "Typed twice")
    assert Deal.objects.get().value == Decimal(58000)
    refused(Conflict, void_deal, deal=deal, reason="Again", actor=rep)
    Deal.objects.all().delete()
    refused(NotFound, void_deal, deal=deal, reason="Again", actor=rep)


def test_the_deal_of_a_move_that_is_undone_is_voided(customer: Lead, rep: User) -> None:
    deal = take_back_deal(deal=Deal.objects.get(), actor=rep, now=NOW)
    assert (deal.void_reason, deal.voided_by) == ("The move was undone", rep)
    assert take_back_deal(deal=deal, actor=rep, now=NOW + DAY).voided_at == deal.voided_at


@pytest.mark.parametrize(
    "facts",
    [
        {"value": Decimal(1)},
        {"currency": "USD"},
        {"won_on": WON_ON - DAY},
        {"product": "Other"},
        {"round": 2},
        {"voided_at": NOW + DAY},
        {"voided_at": NOW - DAY, "void_reason": "Wrong"},
    ],
)
def test_the_database_forbids_to_change_a_deal_or_to_void_it_without_a_reason(
    facts: dict[str, Any], customer: Lead
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.update(**facts)


def test_totals_are_exact_by_currency_and_without_what_was_voided(
    customer: Lead, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for value, currency in [("0.10", "EUR"), ("0.20", "EUR"), ("900.05", "USD")]:
        add_deal(lead=customer, deal=deal_of(value, currency), actor=rep, now=NOW)
    wrong = add_deal(lead=customer, deal=deal_of("7", "USD"), actor=rep, now=NOW)
    void_deal(deal=wrong, reason="Cancelled", actor=rep, now=NOW)
    lead_ids = [customer.pk, make_lead().pk]
    with django_assert_num_queries(1):
        totals = totals_of(lead_ids)
    assert totals == {customer.pk: [Total("EUR", Decimal("58000.30"), 3), Total("USD", Decimal("900.05"), 1)]}


def test_who_went_back_needs_a_deal_of_the_new_round(customer: Lead, rep: User) -> None:
    move_lead(lead=customer, to_stage="sql", seen_stage="customer", actor=rep, now=NOW, reason="Cancelled")
    found = refused(
        Invalid, move_lead, lead=customer, to_stage="customer", seen_stage="sql", actor=rep, reason="Again"
    )
    assert set(found.errors) == {"value", "won_on"}
    win(customer, rep, deal_of("90000"))
    assert list(Deal.objects.order_by("pk").values_list("round", "voided_at")) == [(1, None), (2, None)]


@pytest.mark.parametrize("to_stage", ["mql", "sql"])
def test_a_new_opportunity_starts_the_next_round_and_keeps_what_was(
    to_stage: str, customer: Lead, rep: User
) -> None:
    change = new_opportunity(
        lead=customer, to_stage=to_stage, seen_stage="customer", actor=rep, reason="Second plant", now=NOW
    )
    customer.refresh_from_db()
    assert (change.move, change.reason, customer.stage) == (Move.OPPORTUNITY, "Second plant", to_stage)
    assert totals_of([customer.pk])[customer.pk] == [Total("EUR", Decimal(58000), 1)]
    if to_stage == "mql":
        move_lead(lead=customer, to_stage="sql", seen_stage="mql", actor=rep, now=NOW)

    (won,) = [
        item
        for item in check_gates(lead=Lead.objects.get(pk=customer.pk), now=NOW)[Step.TO_CUSTOMER].items
        if item.comes_with_move
    ]
    assert not won.holds  # the deal of the round before does not count
    win(customer, rep, deal_of("120000", "USD"))
    assert [deal.round for deal in Deal.objects.order_by("pk")] == [1, 2]
    add_deal(lead=customer, deal=deal_of("1"), actor=rep, now=NOW)
    assert Deal.objects.latest("pk").round == 2


@pytest.mark.parametrize(
    ("facts", "asked", "kind"),
    [
        ({"stage": "sql"}, {"seen_stage": "sql"}, Invalid),
        ({"stage": "sql"}, {"seen_stage": "customer"}, Conflict),
        ({}, {"to_stage": "lead"}, Invalid),
        ({}, {"to_stage": "customer"}, Invalid),
        ({}, {"reason": " "}, Invalid),
    ],
)
def test_new_opportunities_that_make_no_sense(
    facts: dict[str, Any], asked: dict[str, Any], kind: type[Refused], rep: User
) -> None:
    stage: str = facts.get("stage", "customer")
    lead = make_lead(stage=stage, owner=rep)
    asked = {"to_stage": "mql", "seen_stage": "customer", "reason": "Second plant"} | asked
    refused(kind, new_opportunity, lead=lead, actor=rep, **asked)


def test_nobody_else_starts_one(customer: Lead, other_rep: User) -> None:
    refused(
        NotAllowed,
        new_opportunity,
        lead=customer,
        to_stage="mql",
        seen_stage="customer",
        reason="Mine",
        actor=other_rep,
    )
