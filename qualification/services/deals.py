"""Deals: the value and date of what was won."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from leadapp.access import Actor, user_of
from leadapp.errors import Invalid
from leadapp.models import Lead
from qualification.models import Deal
from qualification.services.texts import cleaned_text

LARGEST_VALUE = Decimal("999999999999.99")


@dataclass(frozen=True)
class DealFacts:
    """What was won: the value, in which currency, when, and of what."""

    value: Decimal
    currency: str
    won_on: date
    product: str = ""


def write_deal(*, lead: Lead, deal: DealFacts, actor: Actor, now: datetime) -> Deal:
    """Store a deal of this lead, in the caller's transaction, or raise Invalid."""
    faults: dict[str, list[str]] = {}
    if not deal.value.is_finite() or not 0 <= deal.value <= LARGEST_VALUE:
        faults["value"] = ["Give an amount between 0 and 999,999,999,999.99."]
    elif deal.value != deal.value.quantize(Decimal("0.01")):
        faults["value"] = ["Give at most two digits after the point."]
    if not re.fullmatch("[A-Z]{3}", deal.currency):
        faults["currency"] = ["Give the three letters of a currency, such as EUR."]
    # Somewhere it is tomorrow already.
    if deal.won_on > (now + timedelta(days=1)).date():
        faults["won_on"] = ["Give the day it was won; this one is still to come."]
    if faults:
        raise Invalid(
            " ".join(message for messages in faults.values() for message in messages), errors=faults
        )
    return Deal.objects.create(
        lead=lead,
        value=deal.value,
        currency=deal.currency,
        won_on=deal.won_on,
        product=cleaned_text("product", deal.product, longest=200),
        created_by=user_of(actor),
        created_at=now,
    )
