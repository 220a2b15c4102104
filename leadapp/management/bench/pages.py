"""How long pages take, as a manager and as a rep with a busy day see them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any

from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from leadapp.management.bench.measures import percentile
from leadapp.models import Lead, User
from leadapp.paging import EPOCH
from leadapp.services.lists.orders import ORDERS
from leadapp.services.lists.views import built_in_views

# The first request of each page loads code and reads from disk.
FIRST = 1


@dataclass(frozen=True)
class Address:
    """An address that is asked for, the kind of page that it is, by whom, and which leads reps see then."""

    kind: str
    name: str
    path: str
    client: Client
    reps_see: str = "all"


# The sorted seconds of requests, by kind and name of the page.
Times = dict[tuple[str, str], list[float]]
KINDS = ("list", "counts", "search", "lead_page", "dashboard")
# Where it matters that reps see only their own leads and those of nobody (REPS_SEE).
SEEN_APART = ("list", "counts", "search")


def page_times(*, counted: int) -> Times:
    """Ask for each page so many times.

    The pages take turns, so that a busy moment of the machine meets all of them alike. Before, the tables are
    tidied up, as the database does by itself within minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    addresses = list(_addresses())
    found: Times = defaultdict(list)
    for turn in range(FIRST + counted):
        for address in addresses:
            seconds = _get(address)
            if turn >= FIRST:
                found[address.kind, address.name].append(seconds)
    return {page: sorted(times) for page, times in found.items()}


def summary(times: Times, small: Times | None) -> dict[str, float | None]:
    """Return figures of each kind of page, and how many times as long as in the small database it took."""
    found: dict[str, float | None] = {}
    for kind in KINDS:
        found[f"{kind}_p50_ms"] = _ms(_of(kind, times), 0.5)
        found[f"{kind}_p95_ms"] = _ms(_of(kind, times), 0.95)
        found[f"{kind}_slowest_p95_ms"] = max(
            _ms(page, 0.95) for (its_kind, _), page in times.items() if its_kind == kind
        )
        found[f"{kind}_ratio"] = _ratio(_of(kind, times), _of(kind, small) if small else None)
    return found


def rows(times: Times, small: Times | None) -> list[dict[str, Any]]:
    """Return the figures of each page."""
    return [
        {
            "kind": kind,
            "name": name,
            "p50_ms": _ms(page, 0.5),
            "p95_ms": _ms(page, 0.95),
            "ratio": _ratio(page, small[kind, name] if small else None),
        }
        for (kind, name), page in times.items()
    ]


def _of(kind: str, times: Times) -> list[float]:
    return sorted(seconds for (its_kind, _), page in times.items() if its_kind == kind for seconds in page)


def _ms(times: Sequence[float], share: float) -> float:
    return round(percentile(times, share) * 1000, 1)


def _ratio(times: Sequence[float], small: Sequence[float] | None) -> float | None:
    """Compare the medians: those of few requests say more than their slowest."""
    return round(percentile(times, 0.5) / percentile(small, 0.5), 2) if small else None


def _addresses() -> Iterator[Address]:
    rep = (
        User.objects.filter(username__startswith="bench-rep").annotate(leads_=Count("leads")).latest("leads_")
    )
    people = {"rep": rep, "manager": User.objects.get(username="bench-manager")}
    for role, person in people.items():
        client = Client()
        client.force_login(person)
        for kind, name, path in _paths(person):
            yield Address(kind, f"{name} ({role})", path, client)
            if role == "rep" and kind in SEEN_APART:
                yield Address(kind, f"{name} (rep, own)", path, client, reps_see="own")


def _paths(person: User) -> Iterator[tuple[str, str, str]]:
    first = reverse("lead-list")
    for view in built_in_views(person):
        yield "list", f"view {view}", f"{first}?view={view}"
    for name, query in FILTERED.items():
        yield "list", name, f"{first}?{query}"
    for order in ORDERS:
        for sort in (order, f"-{order}"):
            view = "answer" if order == "due" else "all"
            yield "list", f"sort {sort}", f"{first}?view={view}&sort={sort}"
    yield "list", "deep page", f"{first}?view=all&after={_middle()}"
    yield "list", "live poll", f"{reverse('lead-list-moved')}?view=all&shown=-"
    yield "counts", "lead list", f"{reverse('lead-list-counts')}?view=all"
    yield "counts", "board", f"{reverse('board-counts')}?whose=all"
    yield "list", "companies", reverse("company-list")
    yield "list", "companies by size", f"{reverse('company-list')}?sort=employees"
    yield "list", "companies by score", f"{reverse('company-list')}?sort=score"
    yield "list", "board", f"{reverse('board')}?whose=all"
    yield "list", "my day", reverse("my-day")
    for name, text in SEARCHED.items():
        yield "search", name, f"{first}?q={text}"
        yield "search", f"{name}, everywhere", f"{reverse('find')}?q={text}"
    yield "search", "company", f"{reverse('company-list')}?q=nordhafen"
    for pk in _leads():
        yield "lead_page", "breakdown", reverse("lead-detail", args=[pk])
        yield "lead_page", "timeline", reverse("lead-timeline", args=[pk])
    for period in ("30", "quarter", "365"):
        yield "dashboard", period, f"{reverse('dashboard')}?period={period}"
    yield "dashboard", "response times", reverse("response-times")


FILTERED: Mapping[str, str] = {
    "stage": "stage=mql,sql",
    "temperature": "temperature=warm",
    "country": "country=NL&status=open",
    "industry": "industry=Machinery&status=open",
    "source": "source=webinar&status=open",
    "grade": "grade=A,B&status=open",
    "active": "active=7",
    "score": "score=20-60",
}
SEARCHED: Mapping[str, str] = {
    "last name": "zimmermann",
    "full name": "jonas+lindner",
    "part of an address": "koh@company12",
    "company": "nordhafen+cargo",
    "two letters": "vo",
    "typo": "zimmermnan",
    "nothing": "qqqqxy",
}


def _middle() -> str:
    """Return the place of the lead in the middle of the list, as addresses have it."""
    number = Lead.objects.count() // 2
    lead = Lead.objects.prioritised()[number]
    moment = (lead.last_activity_at - EPOCH) // timedelta(microseconds=1)
    return f"{lead.priority}.{moment}.{lead.pk}.{number + 1}"


def _leads() -> list[int]:
    """Return the lead with most activities, and some at the top and in the middle of the list."""
    top = list(Lead.objects.prioritised().values_list("pk", flat=True)[:50])
    return [Lead.objects.earliest("pk").pk, *top[::25]]


def _get(address: Address) -> float:
    # As a browser asks a deployment, and htmx: the search over everything answers the dialog only.
    headers = {"Accept-Encoding": "gzip"}
    if "everywhere" in address.name:
        headers["HX-Request"] = "true"
    with override_settings(REPS_SEE=address.reps_see):
        started = perf_counter()
        response = address.client.get(address.path, headers=headers, secure=True)
        seconds = perf_counter() - started
    if response.status_code not in (200, 204):
        raise RuntimeError(f"{address.path} answered {response.status_code}")
    return seconds
