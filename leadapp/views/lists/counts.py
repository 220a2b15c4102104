"""How many leads the views above the list and the list itself have.

It is asked once the page is there: counting thousands takes longer than showing fifty.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from leadapp.models import User
from leadapp.models.querysets import LeadQuerySet
from leadapp.numbers import write_number
from leadapp.services.lists.filters import Asked, leads_of, read_address
from leadapp.services.lists.views import built_in_views
from leadapp.views.answering import signed_in

# Of the list that is open, and of the other views.
MOST_COUNTED, MOST_BESIDE = 10_000, 1_000


@require_safe
def list_counts(request: HttpRequest) -> HttpResponse:
    """Answer with the numbers of a list, each for its place in the page."""
    user, now = signed_in(request), timezone.now()
    asked = read_address(request.GET, user)
    views = _count_views(asked, user, now)
    here = asked.view if asked.view in views else _own_name(asked)
    context = {
        "counts": {name: count for name, count in views.items() if name},
        "number": views[here],
        # Of a list that is no view, and so has no number above it.
        "found": "" if here else _leads(views[here]),
        "advice": _advice(views["answer"]),
        "has_rows": "rows" in request.GET,
        "has_pages": "pages" in request.GET,
    }
    return render(request, "leads/list_counts.html", context)


def _count_views(asked: Asked, user: User, now: datetime) -> dict[str, str]:
    """Count the leads of each view that ships and of this list, no further than anybody reads."""
    lists = {name: leads_of(Asked(view.values), user, now=now) for name, view in built_in_views(user).items()}
    here = asked.view if asked.view in lists else _own_name(asked)
    if here not in lists:
        lists[here] = leads_of(asked, user, now=now)
    most = {name: MOST_COUNTED if name == here else MOST_BESIDE for name in lists}
    return {
        name: f"{write_number(most[name])}+" if number > most[name] else write_number(number)
        for name, number in count_all({name: (leads, most[name]) for name, leads in lists.items()}).items()
    }


def _own_name(asked: Asked) -> str:
    """Return the name of the saved view that a list began from; empty where it has none."""
    saved = asked.base.saved if asked.base else None
    return str(saved.pk) if saved else ""


def _leads(number: str) -> str:
    return ngettext("%(number)s lead", "%(number)s leads", _plural(number)) % {"number": number}


def _advice(waiting: str) -> str:
    if waiting == "0":
        return _("Call from the top.")
    return ngettext(
        "Call from the top. %(number)s waits for a first answer.",
        "Call from the top. %(number)s wait for a first answer.",
        _plural(waiting),
    ) % {"number": waiting}


def _plural(written: str) -> int:
    """Return a number with the same plural as one that is written, such as 10,000+."""
    return 1 if written == "1" else 2


def count_all(lists: Mapping[str, tuple[LeadQuerySet, int]]) -> dict[str, int]:
    """Count the leads of each list, no further than one more than its number."""
    parts: list[str] = []
    parameters: list[Any] = []
    names: list[str] = []
    for name, (leads, most) in lists.items():
        try:
            sql, values = leads.order_by().values("pk")[: most + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS list)")  # noqa: S608 - written by the ORM
        parameters += values
        names.append(name)
    found: tuple[int, ...] = ()
    if parts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(parts), parameters)
            found = cursor.fetchone()
    return dict.fromkeys(lists, 0) | dict(zip(names, found, strict=True))
