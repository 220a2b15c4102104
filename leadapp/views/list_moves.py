"""How far a page of the lead list that somebody reads is behind: rows never move by themselves."""

import re
from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from leadapp.errors import Invalid
from leadapp.views.answering import signed_in
from leadapp.views.list_filters import in_order, leads_of, read_address
from leadapp.views.paging import read_place, turn_to

SHOWN = re.compile(r"([0-9]{1,18})\.(-?[0-9]{1,9})")


@require_safe
def moved(request: HttpRequest) -> HttpResponse:
    """Say how many leads moved since the page was made; 204 when none did."""
    user, now = signed_in(request), timezone.now()
    asked = read_address(request.GET, user)
    try:
        place = read_place(asked.order, request.GET.get("after", ""), request.GET.get("before", ""))
    except Invalid:
        place = None
    leads = in_order(leads_of(asked, user, now=now), asked).only("id", "priority", "last_activity_at")
    page = turn_to(leads, asked.order, place, size=user.list_size)
    shown = dict(_read_shown(request.GET.get("shown", "")))
    present = [(lead.pk, lead.priority) for lead in page.rows]
    risen, changed = _compare(shown, present)
    if not risen and not changed:
        return HttpResponse(status=204)
    kept = {name: request.GET.get(name, "") for name in ("after", "before")} if place else {}
    context = {"risen": risen, "changed": changed, "url": f"{reverse('lead-list')}?{asked.query(**kept)}"}
    return render(request, "leads/list_moved.html", context)


def _read_shown(text: str) -> Sequence[tuple[int, int]]:
    return [(int(pk), int(priority)) for pk, priority in SHOWN.findall(text[:10_000])]


def _compare(shown: Mapping[int, int], present: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Count the leads that rose, and those that changed or left."""
    places = [index for index, (pk, _) in enumerate(present) if pk in shown]
    # Those behind the last one that was there already only filled up the page.
    last = places[-1] if places else len(present)
    risen = sum(
        priority > shown[pk] if pk in shown else index < last for index, (pk, priority) in enumerate(present)
    )
    here = dict(present)
    changed = sum(here.get(pk) != priority for pk, priority in shown.items())
    return risen, changed
