"""Deals: what was won. They are added and voided, never changed; each round of a lead has its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid, NotFound
from leadapp.models import Lead, Stage
from qualification.models import Deal, Move, StageChange
from qualification.services.announcing import announce_deal
from qualification.services.customers.currencies import CURRENCIES, WHOLE
from qualification.services.locks import lock_lead
from qualification.services.texts import cleaned_text, needed_reason

LARGEST_VALUE = Decimal("999999999999.99")


@dataclass(frozen=True)
class DealFacts:
    """What was won: the value, in which currency, when, and of what."""

    value: Decimal
    currency: str
    won_on: date
    product: str = ""


@dataclass(frozen=True)
class Total:
    """What deals in one currency come to."""

    currency: str
    value: Decimal
    number: int


def write_deal(*, lead: Lead, deal: DealFacts, actor: Actor, now: datetime) -> Deal:
    """Store a deal of this lead, in the caller's transaction, or raise Invalid. The lead is locked."""
    faults = _faults(deal, now)
    if faults:
        raise Invalid(
            " ".join(message for messages in faults.values() for message in messages), errors=faults
        )
    return Deal.objects.create(
        lead=lead,
        round=rounds_of([lead.pk])[lead.pk],
        value=deal.value,
        currency=deal.currency,
        won_on=deal.won_on,
        product=cleaned_text("product", deal.product, longest=200),
        created_by=user_of(actor),
        created_at=now,
    )


def add_deal(*, lead: Lead, deal: DealFacts, actor: Actor, now: datetime) -> Deal:
    """Add what a customer bought besides."""
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        if locked.stage != Stage.CUSTOMER:
            raise Invalid(_("Only customers have deals. The first one comes with the move to customer."))
        written = write_deal(lead=locked, deal=deal, actor=actor, now=now)
        announce_deal(written, now=now)
        return written


def void_deal(*, deal: Deal, reason: str, actor: Actor, now: datetime) -> Deal:
    """Declare a deal wrong: it stays visible, with the reason, and does not count. The stage stays."""
    reason = needed_reason(reason, why=_("whoever reads the numbers wants to know."))
    with transaction.atomic():
        locked = lock_lead(deal.lead)
        require_may_work(actor, locked)
        stored = Deal.objects.filter(pk=deal.pk).first()
        if stored is None:
            raise NotFound(_("This deal does not exist any more."))
        if stored.is_voided:
            raise Conflict(_("This deal was voided already."))
        return _void(stored, reason, actor, now)


def take_back_deal(*, deal: Deal, actor: Actor, now: datetime) -> Deal:
    """Void the deal of a move that is undone, in the caller's transaction. The lead is locked."""
    return deal if deal.is_voided else _void(deal, "The move was undone", actor, now)


def rounds_of(lead_ids: Collection[int]) -> dict[int, int]:
    """Return in which round these leads are: one more than how often they stopped being customers."""
    left = (
        StageChange.objects.filter(lead_id__in=lead_ids, from_stage=Stage.CUSTOMER, undone_by=None)
        .exclude(to_stage=Stage.CUSTOMER)
        .exclude(move=Move.UNDO)
        .order_by()
        .values("lead_id")
        .annotate(number=Count("pk"))
    )
    times = dict(left.values_list("lead_id", "number"))
    return {lead_id: 1 + times.get(lead_id, 0) for lead_id in lead_ids}


def won_in_this_round(lead_ids: Collection[int]) -> set[int]:
    """Return which of these leads have a deal of their present round."""
    rounds = rounds_of(lead_ids)
    counting = Deal.objects.filter(lead_id__in=lead_ids, voided_at__isnull=True)
    return {lead_id for lead_id, of in counting.values_list("lead_id", "round") if of == rounds[lead_id]}


def totals_of(lead_ids: Collection[int]) -> dict[int, list[Total]]:
    """Return what the deals of each of these leads come to, by currency; those without any are left out."""
    rows = (
        Deal.objects.filter(lead_id__in=lead_ids, voided_at__isnull=True)
        .order_by("lead_id", "currency")
        .values_list("lead_id", "currency")
        .annotate(value=Sum("value"), number=Count("pk"))
    )
    totals: dict[int, list[Total]] = {}
    for lead_id, currency, value, number in rows:
        totals.setdefault(lead_id, []).append(Total(currency, value, number))
    return totals


def totals_by_company(leads: QuerySet[Lead]) -> dict[int, list[Total]]:
    """Return what the deals of these leads come to, by company and currency."""
    rows = (
        Deal.objects.filter(lead__in=leads, voided_at__isnull=True, lead__company__isnull=False)
        .order_by("lead__company", "currency")
        .values_list("lead__company", "currency")
        .annotate(value=Sum("value"), number=Count("pk"))
    )
    totals: dict[int, list[Total]] = {}
    for company_id, currency, value, number in rows:
        totals.setdefault(company_id, []).append(Total(currency, value, number))
    return totals


def has_bought(lead: Lead) -> bool:
    """Tell whether this lead is a customer, or was one whose deals count."""
    return lead.stage == Stage.CUSTOMER or Deal.objects.filter(lead=lead, voided_at__isnull=True).exists()


def _void(deal: Deal, reason: str, actor: Actor, now: datetime) -> Deal:
    Deal.objects.filter(pk=deal.pk).update(
        voided_at=Greatest(F("created_at"), now), voided_by=user_of(actor), void_reason=reason
    )
    deal.refresh_from_db()
    return deal


def _faults(deal: DealFacts, now: datetime) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if not deal.value.is_finite() or not 0 <= deal.value <= LARGEST_VALUE:
        faults["value"] = [_("Give an amount between 0 and 999,999,999,999.99.")]
    elif deal.value != deal.value.quantize(Decimal("0.01")):
        faults["value"] = [_("Give at most two digits after the point.")]
    elif deal.currency in WHOLE and deal.value != deal.value.to_integral_value():
        faults["value"] = [
            _("%(currency)s has no smaller unit; give a whole number.") % {"currency": deal.currency}
        ]
    if deal.currency not in CURRENCIES:
        faults["currency"] = [_("Give the three letters of a currency, such as EUR.")]
    # Somewhere it is tomorrow already.
    if deal.won_on > (now + timedelta(days=1)).date():
        faults["won_on"] = [_("Give the day it was won; this one is still to come.")]
    return faults
