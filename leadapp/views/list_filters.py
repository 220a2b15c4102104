"""What the address of the lead list asks for, as a queryset and as chips.

A filter is a name in the address with one or more values, separated by commas or repeated. A saved view
is a set of filters with a name. What makes no sense is left out and told.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import F, FilteredRelation, Q
from django.http import QueryDict

from leadapp.access import may
from leadapp.models import Advocacy, Lead, Stage, Status, Temperature, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.search import find_leads
from leadapp.services.texts import text_fault
from leadapp.views import report_filters as reports
from leadapp.views.paging import Order
from scoring.models import ScoreOverride, ScoringModelVersion, Verdict

Values = dict[str, list[str]]

BY_PRIORITY = Order(
    columns=("priority", "last_activity_at", "id"),
    moments=frozenset({"last_activity_at"}),
    is_descending=True,
)
BY_DUE_TIME = Order(columns=("due_at", "id"), moments=frozenset({"due_at"}), is_descending=False)

FITS = "ABCD"
GRADES = [f"{fit}{engagement}" for fit in FITS for engagement in "1234"]
DAYS = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days"}
LONGEST = 200


@dataclass(frozen=True)
class Chip:
    """A filter that is in use, and the address without it."""

    name: str
    label: str
    text: str
    without: str


@dataclass
class Asked:
    """What an address asks for."""

    values: Values
    view: str = ""
    text: str = ""
    problems: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """Return the order of the rows: who waits for an answer is sorted by the deadline."""
        return BY_DUE_TIME if "due" in self.values else BY_PRIORITY

    def query(self, *, without: str = "", **more: str) -> str:
        """Write the query string of this list, or of the list without one of the filters."""
        values = {name: kept for name, kept in self.values.items() if name != without}
        text = "" if without == "q" else self.text
        if self.view and values == self.values and text == self.text:
            asked: dict[str, str] = {"view": self.view}
        else:
            asked = {name: ",".join(kept) for name, kept in values.items()}
        if text:
            asked["q"] = text
        return urlencode((asked or {"view": "all"}) | {name: value for name, value in more.items() if value})


@dataclass(frozen=True)
class Filter:
    """One thing that a list can be narrowed down by."""

    label: str
    where: Callable[[list[str], "Asking"], Q]
    choices: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Asking:
    """Who asks, and when."""

    user: User
    now: datetime


def _where_owner(values: list[str], asking: Asking) -> Q:
    ids = [asking.user.pk if value == "me" else int(value) for value in values if value != "none"]
    found = Q(owner__in=ids) if len(ids) > 1 else Q(owner=ids[0]) if ids else Q(pk__in=[])
    return (found | Q(owner__isnull=True) if ids else Q(owner__isnull=True)) if "none" in values else found


def _where_temperature(values: list[str], asking: Asking) -> Q:
    found = Q(temperature__in=values)
    # A warm or hot lead has at least the points that some version asked for. Saying so lets the index
    # of the list stop there instead of reading on through all the cold ones.
    column = "warm_from" if Temperature.WARM in values else "hot_from"
    if Temperature.COLD not in values:
        versions = ScoringModelVersion.objects.exclude(state=ScoringModelVersion.State.DRAFT)
        found &= Q(priority__gte=versions.order_by(column).values(column)[:1])
    return found


def _where_grade(values: list[str], asking: Asking) -> Q:
    return Q(grade__in=[grade for grade in GRADES if grade in values or grade[0] in values])


def _where_active(values: list[str], asking: Asking) -> Q:
    return Q(last_activity_at__gte=asking.now - timedelta(days=max(int(value) for value in values)))


def _where_aside(values: list[str], asking: Asking) -> Q:
    standing = ScoreOverride.objects.filter(ended_at__isnull=True, expires_at__gt=asking.now)
    return Q(pk__in=standing.filter(verdict__in=values).values("lead"))


def _where_in(column: str) -> Callable[[list[str], Asking], Q]:
    return lambda values, asking: Q(**{f"{column}__in": values})


def _by(where: Callable[[list[str]], Q]) -> Callable[[list[str], Asking], Q]:
    return lambda values, asking: where(values)


FILTERS: dict[str, Filter] = {
    "owner": Filter("Owner", _where_owner, {"me": "me", "none": "nobody"}),
    "stage": Filter("Stage", _where_in("stage"), dict(Stage.choices)),
    "status": Filter("Status", _where_in("status"), dict(Status.choices)),
    "reason": Filter("Disqualified for", _where_in("disqualify_reason__code")),
    "advocacy": Filter(
        "Speaks for us",
        _where_in("advocacy"),
        {value: label for value, label in Advocacy.choices if value != Advocacy.NONE},
    ),
    "temperature": Filter("Temperature", _where_temperature, dict(Temperature.choices)),
    "grade": Filter("Grade", _where_grade, {name: name for name in [*FITS, *GRADES]}),
    "aside": Filter(
        "Score set aside",
        _where_aside,
        {Verdict.TOO_HIGH: "as too high", Verdict.TOO_LOW: "as too low"},
    ),
    "due": Filter("Answer", lambda values, asking: Q(due_at__isnull=False), {"waiting": "still to be given"}),
    "active": Filter("Last activity", _where_active, DAYS),
    "source": Filter("Source", _by(reports.where_text("source")), {reports.UNKNOWN: "not known"}),
    "campaign": Filter("Campaign", _by(reports.where_text("campaign")), {reports.UNKNOWN: "not known"}),
    "form": Filter("First form", _by(reports.where_form)),
    "score": Filter("Score", _by(reports.where_score)),
    "created": Filter("Came in", _by(reports.where_created)),
    "reached": Filter("Came as far as", _by(reports.where_reached), dict(Stage.choices[1:])),
    "mql": Filter("Became MQL", _by(reports.where_arrived(Stage.MQL))),
    "sql": Filter("Became SQL", _by(reports.where_arrived(Stage.SQL))),
    "customer": Filter("Became customer", _by(reports.where_arrived(Stage.CUSTOMER))),
    "mql_score": Filter("Score on becoming MQL", _by(reports.where_mql_score)),
    "won": Filter("Bought", _by(reports.where_won)),
    "country": Filter("Country", _where_in("country")),
    "industry": Filter("Industry", _where_in("company__industry")),
}

FORMS = {
    "active": re.compile("[1-9][0-9]{0,3}"),
    "country": re.compile("[A-Z]{2}"),
    "reason": re.compile("[a-z0-9_-]{1,32}"),
}
# Names that may have commas in them: one value only.
FREE_TEXT = {"source", "campaign", "form", "industry"}

OPEN = {"status": ["open"]}
IN_SALES = {"stage": ["lead", "mql", "sql"]}


@dataclass(frozen=True)
class View:
    """A saved view: filters with a name."""

    name: str
    label: str
    values: Values


def views_for(user: User) -> dict[str, View]:
    """Return the saved views. A rep answers own leads and those of nobody; others see all that wait."""
    waiting: Values = {"owner": ["me", "none"]} if is_rep(user) else {}
    views = [
        View("mine", "My leads", {"owner": ["me"], **IN_SALES, **OPEN}),
        View("answer", "Answer first", {**waiting, "due": ["waiting"]}),
        View("hot", "Hot, unassigned", {"owner": ["none"], **IN_SALES, **OPEN, "temperature": ["hot"]}),
        View("all", "All", {}),
    ]
    return {view.name: view for view in views}


def is_rep(user: User) -> bool:
    """Tell whether this person works on own leads only."""
    return may(user, "leadapp.work_own_lead") and not may(user, "leadapp.work_any_lead")


def read_address(query: QueryDict, user: User) -> Asked:
    """Read what an address asks for; without anything a rep gets the own leads and others get all."""
    problems: list[str] = []
    text = _read_text(query.get("q", ""), problems)
    values: Values = {}
    people: dict[str, str] = {}
    for name, known in FILTERS.items():
        kept = _values(name, query.getlist(name))
        if name == "owner":
            people = _people([part for part in kept if part not in ("me", "none")])
        good = [part for part in kept if _is_good(name, known, part, people)]
        problems += [_problem(known, part) for part in kept if part not in good]
        if good:
            values[name] = good
    asked = Asked(values, text=text, problems=problems, people=people)
    _choose_view(asked, query, user)
    return asked


def _values(name: str, given: list[str]) -> list[str]:
    if name in FREE_TEXT:
        return [text.strip() for text in given if text.strip()][-1:]
    parts = [part.strip() for item in given for part in item.split(",")]
    return [part for part in dict.fromkeys(parts) if part][:50]


def _choose_view(asked: Asked, query: QueryDict, user: User) -> None:
    views = views_for(user)
    wanted = query.get("view", "")
    if wanted and wanted not in views:
        asked.problems.append(f"There is no view “{_shown(wanted)}”. This is the list of all leads.")
        wanted = "all"
    if not wanted and not asked.values and not asked.text:
        wanted = "mine" if is_rep(user) else "all"
    if wanted:
        asked.values = views[wanted].values | asked.values
    same = [view.name for view in views.values() if view.values == asked.values]
    asked.view = same[0] if same and (wanted or not asked.text) else ""


def _read_text(text: str, problems: list[str]) -> str:
    text = text.strip()
    fault = text_fault(text, longest=LONGEST)
    if fault:
        problems.append("That cannot be searched for. Write a name, an address or a company.")
        return ""
    return text


def _is_good(name: str, known: Filter, value: str, people: Mapping[str, str]) -> bool:
    if known.choices is not None and value in known.choices:
        return True
    if name == "owner":
        return value in people
    if name in reports.CHECKS:
        return reports.CHECKS[name](value)
    if name in FORMS:
        return FORMS[name].fullmatch(value) is not None
    return name in FREE_TEXT and text_fault(value, longest=LONGEST) is None


def _problem(known: Filter, value: str) -> str:
    return f"“{_shown(value)}” is nothing to filter {known.label.lower()} by, so it was left out."


def _shown(value: str) -> str:
    return "".join(letter for letter in value[:40] if letter.isprintable())


def _people(keys: list[str]) -> dict[str, str]:
    ids = [int(key) for key in keys if re.fullmatch("[0-9]{1,9}", key)]
    return {str(person.pk): str(person) for person in User.objects.filter(pk__in=ids)} if ids else {}


def leads_of(asked: Asked, user: User, *, now: datetime) -> LeadQuerySet:
    """Return the leads that are asked for, as far as this person may see them, in no order yet."""
    leads: LeadQuerySet = Lead.objects.visible_to(user)
    if "due" in asked.values:
        running = Q(assignments__ended_at__isnull=True, assignments__answered_at__isnull=True)
        leads = leads.annotate(running=FilteredRelation("assignments", condition=running))
        leads = leads.annotate(due_at=F("running__due_at"))
    for name, values in asked.values.items():
        leads = leads.filter(FILTERS[name].where(values, Asking(user, now)))
    return find_leads(leads, asked.text) if asked.text else leads


def chips_of(asked: Asked) -> list[Chip]:
    """Return the filters in use, each with its value in words."""
    chips = [
        Chip(name, FILTERS[name].label, _in_words(name, values, asked), asked.query(without=name))
        for name, values in asked.values.items()
    ]
    if asked.text:
        chips.append(Chip("q", "Search", f"“{asked.text}”", asked.query(without="q")))
    return chips


def _in_words(name: str, values: list[str], asked: Asked) -> str:
    known = FILTERS[name].choices or {}
    if name == "reason":
        values = [value.replace("_", " ") for value in values]
    if name in reports.CHECKS:
        values = [reports.in_words(value) for value in values]
    words = [known.get(value) or asked.people.get(value) or value for value in values]
    if name == "active":
        longest = max(values, key=int)
        return f"within {DAYS.get(longest, f'{longest} days')}"
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
