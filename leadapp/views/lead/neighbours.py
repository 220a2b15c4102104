"""The leads before and after one in the list that it was opened from.

The address of a lead carries the query of that list and the place where the lead stood in it when it was
opened. Whoever goes on does so from that place, wherever the lead has moved meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.models import Lead, User
from leadapp.numbers import write_number
from leadapp.paging import beside, place_of, read_place
from leadapp.services.lists.filters import Asked, in_order, leads_of, read_address
from leadapp.services.lists.rows import Row

LIST, PLACE = "list", "place"
LONGEST = 2_000
MOST_COUNTED = 1_000


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Where a lead stands in its list. Without one everything is empty."""

    # What links and forms of this lead carry on: "?list=…&place=…", and the same behind another query.
    query: str = ""
    more: str = ""
    fields: Sequence[tuple[str, str]] = ()
    list_url: str = ""
    list_label: str = ""
    text: str = ""
    previous_url: str = ""
    next_url: str = ""


def read_neighbours(request: HttpRequest, lead: Lead, user: User, *, now: datetime) -> Neighbours:
    """Read what the address says about the list; what makes no sense in it is left out."""
    query, text = request.GET.get(LIST, "")[:LONGEST], request.GET.get(PLACE, "")[:LONGEST]
    if not query or "\0" in query:
        return Neighbours()
    asked = read_address(QueryDict(query), user)
    list_url = f"{reverse('lead-list')}?{asked.query()}"
    label = str(asked.base.label) if asked.base and asked.view else _("Leads")
    in_list = Neighbours(list_url=list_url, list_label=label)
    try:
        place = read_place(asked.order, text, "")
    except Invalid:
        place = None
    if place is None:
        return in_list
    carried = urlencode({LIST: asked.query(), PLACE: text})
    rows = in_order(leads_of(asked, user, now=now), asked)
    others = rows.exclude(pk=lead.pk).only("id", "priority", "last_activity_at")
    before, after = beside(others, asked.order, place)
    route = request.resolver_match.view_name if request.resolver_match else "lead-detail"

    def url(row: Lead | None, number: int) -> str:
        return _url(route, row.pk, asked.query(), place_of(row, asked.order, max(1, number))) if row else ""

    return replace(
        in_list,
        query=f"?{carried}",
        more=f"&{carried}",
        fields=[(LIST, asked.query()), (PLACE, text)],
        text=_position(place.number, rows.order_by()[: MOST_COUNTED + 1].count()),
        previous_url=url(before, place.number - 1),
        next_url=url(after, place.number + 1),
    )


def with_addresses(rows: Sequence[Row], asked: Asked, *, number: int) -> list[Row]:
    """Let the rows of a list know the addresses of their leads, with the list and the place in it."""
    query, order = asked.query(), asked.order
    return [
        replace(row, query=_carried(query, place_of(row.lead, order, number + index)))
        for index, row in enumerate(rows)
    ]


def carried_by(address: str) -> str:
    """Return what an address of a lead page carries of the list, as "?list=…&place=…", or ""."""
    found = parse_qs(urlsplit(address[: 3 * LONGEST]).query)
    kept = {name: found[name][-1] for name in (LIST, PLACE) if name in found}
    return f"?{urlencode(kept)}" if len(kept) == 2 else ""


def _carried(query: str, place: str) -> str:
    return f"?{urlencode({LIST: query, PLACE: place})}"


def _url(route: str, pk: int, query: str, place: str) -> str:
    return f"{reverse(route, args=[pk])}{_carried(query, place)}"


def _position(number: int, total: int) -> str:
    # Others may have left the list since, so that it is shorter than the place says.
    if total > MOST_COUNTED:
        return _("%(number)s of more than %(total)s") % {
            "number": write_number(number),
            "total": write_number(MOST_COUNTED),
        }
    return _("%(number)s of %(total)s") % {
        "number": write_number(number),
        "total": write_number(max(number, total)),
    }
