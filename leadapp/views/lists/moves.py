"""What changed since a page of the lead list was made: new scores where they stand, and how far it is behind.

Rows never move by themselves. The address of the poll says what is shown: of each row the priority that it
had when the page was made, by which rows have moved, and when it was scored last, by which its score is new.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from leadapp.errors import Invalid
from leadapp.models import Lead
from leadapp.paging import read_place, turn_to
from leadapp.services.lists.columns import columns_of
from leadapp.services.lists.filters import Asked, in_order, leads_of, read_address
from leadapp.services.lists.rows import rows_of
from leadapp.views.answering import signed_in
from leadapp.views.lists.choice import may_choose

SHOWN = re.compile(r"([0-9]{1,18})\.(-?[0-9]{1,9})(?:\.([0-9a-f]{1,4}))?")
TOLD = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
# What a new score changes of a row. Nothing in these columns can have the focus.
LIVE = frozenset({"score", "grade", "temperature", "reasons", "trend", "active"})
# A moment in few letters: two of a lead are hardly ever alike.
STAMPS = 16**4


@dataclass(frozen=True)
class Shown:
    """What a page shows of a lead; without a stamp only where it stands matters."""

    priority: int
    stamp: str


def live_url(asked: Asked, leads: Sequence[Lead], place: Mapping[str, str]) -> str:
    """Return what a page that shows these leads asks again and again; `place` is where it begins."""
    return _address(asked, {lead.pk: Shown(lead.priority, _stamp(lead.scored_at)) for lead in leads}, place)


@require_safe
def moved(request: HttpRequest) -> HttpResponse:
    """Send rows whose scores are new, and say how many leads moved; 204 when there is nothing to tell."""
    user, now = signed_in(request), timezone.now()
    asked = read_address(request.GET, user)
    try:
        place = read_place(asked.order, request.GET.get("after", ""), request.GET.get("before", ""))
    except Invalid:
        place = None
    leads = in_order(leads_of(asked, user, now=now), asked).only("id", "priority", "last_activity_at")
    page = turn_to(leads, asked.order, place, size=user.list_size)
    shown = _read_shown(request.GET.get("shown", ""))
    risen, changed = _compare(shown, [(lead.pk, lead.priority) for lead in page.rows])
    visible = Lead.objects.visible_to(user)
    stamps = {pk: _stamp(at) for pk, at in visible.filter(pk__in=shown).values_list("pk", "scored_at")}
    fresh = [pk for pk, stamp in stamps.items() if shown[pk].stamp not in ("", stamp)]
    told = TOLD.fullmatch(request.GET.get("told", "0.0"))
    if not fresh and told and (int(told[1]), int(told[2])) == (risen, changed):
        return HttpResponse(status=204)
    kept = {name: request.GET.get(name, "") for name in ("after", "before")} if place else {}
    now_shown = {pk: Shown(row.priority, stamps.get(pk, row.stamp)) for pk, row in shown.items()}
    columns = columns_of(asked.columns or user.list_columns)
    keys = [column.key for column in columns]
    found = list(visible.filter(pk__in=fresh)) if fresh else []
    context = {
        "now": now,
        "risen": risen,
        "changed": changed,
        "refresh_url": f"{reverse('lead-list')}?{asked.query(**kept)}",
        "live_url": _address(asked, now_shown, {**kept, "told": f"{risen}.{changed}"}),
        "fresh": len(found),
        "rows": rows_of(found, columns=LIVE & set(keys), now=now) if found else [],
        "columns": [column for column in columns if column.key in LIVE],
        "keys": keys,
        "may_choose": may_choose(user),
        "live": LIVE,
        "is_fresh": True,
    }
    return render(request, "leads/list_live.html", context)


def _address(asked: Asked, shown: Mapping[int, Shown], more: Mapping[str, str]) -> str:
    rows = ",".join(f"{pk}.{row.priority}.{row.stamp or 0}" for pk, row in shown.items())
    return f"{reverse('lead-list-moved')}?{asked.query(shown=rows or '-', **more)}"


def _stamp(at: datetime | None) -> str:
    return f"{int(at.timestamp() * 1000) % STAMPS:x}" if at else "0"


def _read_shown(text: str) -> dict[int, Shown]:
    found = SHOWN.findall(text[:10_000])
    return {int(pk): Shown(int(priority), stamp) for pk, priority, stamp in found}


def _compare(shown: Mapping[int, Shown], present: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Count the leads that rose, and those that changed or left; none where all stand as they stood."""
    if [pk for pk, _ in present] == list(shown):
        return 0, 0
    here = dict(present)
    places = [index for index, (pk, _) in enumerate(present) if pk in shown]
    # Those behind the last one that was there already only filled up the page.
    last = places[-1] if places else len(present)
    came = sum(pk not in shown for pk, _ in present[:last])
    ranks = {pk: rank for rank, pk in enumerate(pk for pk in shown if pk in here)}
    rose = sum(
        priority > shown[pk].priority and rank < ranks[pk]
        for rank, (pk, priority) in enumerate(row for row in present if row[0] in shown)
    )
    changed = sum(here.get(pk) != row.priority for pk, row in shown.items())
    return came + rose, changed
