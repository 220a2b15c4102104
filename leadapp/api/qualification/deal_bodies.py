"""Read what clients send about deals."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from leadapp.api.scoring.bodies import Body
from qualification.services.customers.deals import DealFacts

DEAL = ("value", "currency", "won_on", "product")


def read_deal(deal: object, body: Body, path: str = "") -> DealFacts | None:
    """Return the deal that stands at this path of a body, or None and say there what is wrong with it."""
    if not isinstance(deal, Mapping) or deal.keys() - set(DEAL):
        body.errors[path.removesuffix(".")] = [f"Must be an object of {', '.join(DEAL)}."]
        return None
    value, won_on = read_amount(deal.get("value")), read_day(deal.get("won_on"))
    if value is None:
        body.errors[f"{path}value"] = ["Must be an amount, such as 58000 or 58000.50."]
    if won_on is None:
        body.errors[f"{path}won_on"] = ["Must be a date, such as 2026-01-31."]
    texts = {"currency": deal.get("currency", "EUR"), "product": deal.get("product") or ""}
    for name, text in texts.items():
        if not isinstance(text, str):
            body.errors[f"{path}{name}"] = ["Must be a text."]
    if value is None or won_on is None or body.errors:
        return None
    return DealFacts(value=value, won_on=won_on, **texts)


def read_amount(value: object) -> Decimal | None:
    """Return an amount that was sent as a number or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(str(value)[:40])
    except InvalidOperation:
        return None


def read_day(value: object) -> date | None:
    """Return a day that was sent as 2026-01-31."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
