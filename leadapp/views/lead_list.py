"""The prioritised list: which lead to call next, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from leadapp.errors import Invalid
from leadapp.models import Lead, User
from leadapp.times import write_moment
from leadapp.views.answering import signed_in
from leadapp.views.lead_neighbours import with_addresses
from leadapp.views.list_choice import may_choose
from leadapp.views.list_filters import (
    Asked,
    chips_of,
    leads_of,
    read_address,
    views_for,
)
from leadapp.views.list_rows import rows_of
from leadapp.views.paging import Page, Place, read_place, turn_to

MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Tab:
    """A saved view above the list."""

    name: str
    label: str
    count: str
    is_current: bool


@require_safe
def lead_list(request: HttpRequest) -> HttpResponse:
    """Show the leads that the address asks for, a page at a time."""
    user, now = signed_in(request), timezone.now()
    asked = read_address(request.GET, user)
    place = _place(asked, request)
    page = turn_to(_listed(asked, user, now), asked.order, place, size=user.list_size)
    counts = _counts(asked, user, now)
    context = {
        "now": now,
        "asked": asked,
        "search_text": asked.text,
        "tabs": [
            Tab(view.name, view.label, counts[view.name], view.name == asked.view and not asked.text)
            for view in views_for(user).values()
        ],
        "advice": _advice(counts["answer"]),
        "rows": with_addresses(rows_of(page.rows, now=now), asked, number=page.number),
        "chips": chips_of(asked),
        "is_sorted_by_due": "due" in asked.values,
        "may_choose": may_choose(user),
        "all_number": counts[""],
        **_around(asked, page, counts, now),
        "live_url": _live_url(asked, page, place, request),
    }
    is_part = bool(getattr(request, "htmx", False)) and request.headers.get("HX-Target") == "list"
    template = "leads/list_part.html" if is_part else "leads/list.html"
    response = render(request, template, context, status=400 if asked.problems else 200)
    # The same address answers with the part alone; a cache must not mistake one for the other.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _place(asked: Asked, request: HttpRequest) -> Place | None:
    try:
        return read_place(asked.order, request.GET.get("after", ""), request.GET.get("before", ""))
    except Invalid as refused:
        asked.problems.append(refused.message)
        return None


def _listed(asked: Asked, user: User, now: datetime) -> QuerySet[Lead]:
    return leads_of(asked, user, now=now).select_related("company", "owner")


def _counts(asked: Asked, user: User, now: datetime) -> dict[str, str]:
    """Count the leads of each view and of this list, no further than anybody reads."""
    views = views_for(user)
    counts = {name: _count(leads_of(Asked(view.values), user, now=now)) for name, view in views.items()}
    counts[""] = (
        counts[asked.view] if asked.view and not asked.text else _count(leads_of(asked, user, now=now))
    )
    return counts


def _count(leads: QuerySet[Lead]) -> str:
    number = leads.order_by()[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else f"{number:,}"


def _advice(waiting: str) -> str:
    if waiting == "0":
        return "Call from the top."
    return f"Call from the top. {waiting} {'waits' if waiting == '1' else 'wait'} for a first answer."


def _around(asked: Asked, page: Page, counts: Mapping[str, str], now: datetime) -> dict[str, Any]:
    address = reverse("lead-list")
    last = page.number + len(page.rows) - 1
    text = f"{page.number:,} to {last:,} of {counts['']}"
    scored = max((lead.scored_at for lead in page.rows if lead.scored_at), default=None)
    if scored is not None:
        text += f". Last scored: {write_moment(scored, now=now)}"
    return {
        "text": text,
        "previous_url": f"{address}?{asked.query(before=page.before)}" if page.before else "",
        "next_url": f"{address}?{asked.query(after=page.after)}" if page.after else "",
    }


def _live_url(asked: Asked, page: Page, place: Place | None, request: HttpRequest) -> str:
    shown = ",".join(f"{lead.pk}.{lead.priority}" for lead in page.rows)
    kept = {name: request.GET.get(name, "") for name in ("after", "before")} if place else {}
    return f"{reverse('lead-list-moved')}?{asked.query(shown=shown or '-', **kept)}"
