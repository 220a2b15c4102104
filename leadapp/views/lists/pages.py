"""The prioritised list: which lead to call next, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadapp.errors import Invalid
from leadapp.models import Lead, User
from leadapp.numbers import write_number
from leadapp.paging import Page, Place, read_place, turn_to
from leadapp.services.lists.columns import Column, columns_of
from leadapp.services.lists.filter_kinds import Words
from leadapp.services.lists.filters import Asked, chips_of, in_order, leads_of, read_address
from leadapp.services.lists.orders import WORDS, is_descending, turned
from leadapp.services.lists.rows import rows_of
from leadapp.services.lists.views import built_in_views, own_views
from leadapp.times import write_moment
from leadapp.views.answering import signed_in
from leadapp.views.lead.neighbours import with_addresses
from leadapp.views.lists.choice import may_choose
from leadapp.views.lists.look import look_context
from leadapp.views.lists.moves import LIVE, live_url


@dataclass(frozen=True)
class Tab:
    """A view above the list. Those that ship and the one that is open are counted, once the page is there."""

    name: str
    label: Words
    count: str
    is_current: bool
    is_changed: bool = False
    is_counted: bool = True


@dataclass(frozen=True)
class Head:
    """The head of a column; a column that can be sorted by leads to the list sorted so."""

    column: Column
    url: str = ""
    sorted: str = ""


@require_safe
def lead_list(request: HttpRequest) -> HttpResponse:
    """Show the leads that the address asks for, a page at a time."""
    user, now = signed_in(request), timezone.now()
    asked = read_address(request.GET, user)
    place = _place(asked, request)
    page = turn_to(_listed(asked, user, now), asked.order, place, size=user.list_size)
    columns = columns_of(asked.columns or user.list_columns)
    keys = [column.key for column in columns]
    number = _number(page)
    context = {
        "now": now,
        **look_context(),
        "asked": asked,
        "search_text": asked.text,
        "tabs": _tabs(asked, "" if page.after else number, user),
        "counts_url": _counts_url(asked, page),
        "heads": _heads(asked, columns),
        "columns": columns,
        "keys": keys,
        "is_usual": not (asked.columns or user.list_columns),
        "order_in_words": WORDS[asked.sorted_by],
        "rows": with_addresses(rows_of(page.rows, columns=keys, now=now), asked, number=page.number),
        "chips": chips_of(asked),
        "may_choose": may_choose(user),
        "all_number": format_html('<span id="all-number">{}</span>', number),
        **_around(asked, page, format_html('<span id="list-number">{}</span>', number), now),
        "live": LIVE,
        "live_url": live_url(asked, page.rows, _kept(place, request)),
    }
    is_part = bool(getattr(request, "htmx", False)) and request.headers.get("HX-Target") == "list"
    template = "leads/list_part.html" if is_part else "leads/list.html"
    status = 404 if asked.is_missing else 400 if asked.problems else 200
    response = render(request, template, context, status=status)
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
    return in_order(leads_of(asked, user, now=now), asked).select_related("company", "owner")


def _number(page: Page) -> str:
    """Return how many leads there are, as far as it is known without counting them."""
    last = write_number(page.number + len(page.rows) - 1)
    return f"{last}+" if page.after else last


def _counts_url(asked: Asked, page: Page) -> str:
    parts = {"rows": "1" if page.rows else "", "pages": "1" if page.after or page.before else ""}
    return f"{reverse('lead-list-counts')}?{asked.query(**parts)}"


def _tabs(asked: Asked, count: str, user: User) -> list[Tab]:
    """Return the views above the list: those that ship, one's own, and a colleague's that is open."""
    tabs = [
        Tab(view.name, view.label, count if view.name == asked.view else "", view.name == asked.view)
        for view in built_in_views(user).values()
    ]
    saved = own_views(user)
    current = asked.base.saved if asked.base else None
    if current is not None and current not in saved:
        saved.append(current)
    return tabs + [
        Tab(
            str(view.pk),
            view.name,
            count if view == current else "",
            view == current,
            view == current and asked.is_changed,
            view == current,
        )
        for view in saved
    ]


def _heads(asked: Asked, columns: list[Column]) -> list[Head]:
    """Let the heads of columns sort: again by the same one, from its other end."""
    address, current = reverse("lead-list"), asked.sorted_by
    heads = []
    for column in columns:
        if not column.sort:
            heads.append(Head(column))
            continue
        is_current = current.removeprefix("-") == column.sort
        following = turned(current) if is_current else column.sort
        heads.append(
            Head(
                column,
                f"{address}?{asked.query(sort=following)}",
                ("descending" if is_descending(current) else "ascending") if is_current else "",
            )
        )
    return heads


def _around(asked: Asked, page: Page, number: SafeString, now: datetime) -> dict[str, Any]:
    address = reverse("lead-list")
    last = page.number + len(page.rows) - 1
    numbers = {"first": write_number(page.number), "last": write_number(last), "all": number}
    text = _("%(first)s to %(last)s of %(all)s")
    scored = max((lead.scored_at for lead in page.rows if lead.scored_at), default=None)
    if scored is not None:
        text = _("%(first)s to %(last)s of %(all)s. Last scored: %(moment)s")
        numbers["moment"] = write_moment(scored, now=now)
    return {
        "text": mark_safe(escape(text) % {key: conditional_escape(value) for key, value in numbers.items()}),  # noqa: S308
        "previous_url": f"{address}?{asked.query(before=page.before)}" if page.before else "",
        "next_url": f"{address}?{asked.query(after=page.after)}" if page.after else "",
    }


def _kept(place: Place | None, request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("after", "before")} if place else {}
