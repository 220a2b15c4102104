"""The orders of the lead list. Each has an index that a page is read from; others are not offered."""

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import F, FilteredRelation, Q
from django.utils.translation import gettext_lazy as _

from leadapp.models.querysets import LeadQuerySet
from leadapp.paging import Order

BY_PRIORITY = Order(
    columns=("priority", "last_activity_at", "id"),
    moments=frozenset({"last_activity_at"}),
    is_descending=True,
)
BY_DUE_TIME = Order(columns=("due_at", "id"), moments=frozenset({"due_at"}), is_descending=False)
BY_LAST_ACTIVITY = Order(
    columns=("last_activity_at", "id"), moments=frozenset({"last_activity_at"}), is_descending=True
)
BY_ARRIVAL = Order(columns=("arrived_at", "place"), moments=frozenset({"arrived_at"}), is_descending=True)
BY_NAME = Order(
    columns=("sort_name", "place"),
    moments=frozenset(),
    texts=frozenset({"sort_name"}),
    is_descending=False,
)

# By the column that is sorted, in the direction in which people begin.
ORDERS: Mapping[str, Order] = {
    "score": BY_PRIORITY,
    "due": BY_DUE_TIME,
    "active": BY_LAST_ACTIVITY,
    "created": BY_ARRIVAL,
    "name": BY_NAME,
}
WORDS = {
    "score": _("highest score first"),
    "-score": _("lowest score first"),
    "due": _("shortest time to answer first"),
    "-due": _("longest time to answer first"),
    "active": _("latest activity first"),
    "-active": _("longest without activity first"),
    "created": _("newest first"),
    "-created": _("oldest first"),
    "name": _("by name"),
    "-name": _("by name, from the end"),
}


def order_of(sort: str) -> Order:
    """Return an order as addresses have it: "name", and "-name" for the other way round."""
    order = ORDERS[sort.removeprefix("-")]
    return replace(order, is_descending=not order.is_descending) if sort.startswith("-") else order


def is_descending(sort: str) -> bool:
    """Tell whether the largest value comes first, as a table head says it."""
    return order_of(sort).is_descending


def turned(sort: str) -> str:
    """Return the same order from its other end."""
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def with_deadline(leads: LeadQuerySet) -> LeadQuerySet:
    """Bring along by when an answer is due; null where none is."""
    running = Q(assignments__ended_at__isnull=True, assignments__answered_at__isnull=True)
    leads = leads.annotate(running=FilteredRelation("assignments", condition=running))
    return leads.annotate(due_at=F("running__due_at"))


def with_place(leads: LeadQuerySet, sort: str) -> LeadQuerySet:
    """Bring along what leads are sorted by, where that is no column of theirs."""
    if sort.removeprefix("-") in ("name", "created"):
        return leads.filter(search__isnull=False).annotate(
            place=F("search__lead_id"), sort_name=F("search__name"), arrived_at=F("search__created_at")
        )
    return leads
