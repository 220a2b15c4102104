"""What the address of the lead list asks for, as a queryset and as chips.

A view is a set of filters with a name; whatever else the address says is added to it. What makes no sense is
left out and told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from leadapp.models import Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.paging import Order
from leadapp.search import few_ids, find_leads, leads_like
from leadapp.services.lists.columns import read_columns
from leadapp.services.lists.filter_kinds import (
    FILTERS,
    LONGEST,
    Asking,
    Filter,
    Values,
    owner_ids,
    read_values,
    shown,
)
from leadapp.services.lists.orders import order_of, with_deadline, with_place
from leadapp.services.lists.own_filters import own_fields_for, own_filters
from leadapp.services.lists.views import (
    View,
    built_in_views,
    find_saved,
    is_rep,
    read_saved,
    read_sort,
)
from leadapp.services.texts import text_fault

__all__ = ["LONGEST", "Asked", "Chip", "chips_of", "leads_of", "read_address"]


@dataclass(frozen=True)
class Chip:
    """A filter that is in use, and the address without it."""

    name: str
    label: str
    text: str
    without: str


@dataclass
class Asked:
    """What an address asks for.

    `base` is the view that it begins from; `is_missing` says that there is no such view for this person.
    Once the text was looked for, `few` are the leads that have it, where they are few, and `alike` those that
    are spelt like it, where there are none.
    """

    values: Values
    text: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    base: View | None = None
    known: Mapping[str, Filter] = field(default_factory=lambda: FILTERS)
    problems: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    is_missing: bool = False
    few: list[int] | None = None
    alike: list[int] | None = None

    @property
    def sorted_by(self) -> str:
        """Return the order as addresses have it."""
        return self.sort or _usual_sort(self.values)

    @property
    def order(self) -> Order:
        """Return the order of the rows."""
        return order_of(self.sorted_by)

    @property
    def view(self) -> str:
        """Return the name of the view that this is, or nothing where it is none as it stands."""
        return self.base.name if self.base and not self.is_changed else ""

    @cached_property
    def is_changed(self) -> bool:
        """Tell whether something else is asked for than by the view that it begins from."""
        base = self.base
        return base is not None and (self.values, self.text, self.sort, self.columns) != (
            base.values,
            base.text,
            base.sort,
            base.columns,
        )

    def query(self, *, without: str = "", sort: str | None = None, **more: str) -> str:
        """Write the query string of this list, without one of its filters, or sorted otherwise."""
        values = {name: kept for name, kept in self.values.items() if name != without}
        text = "" if without == "q" else self.text
        if sort is None:
            # Only who waits for an answer can be sorted by it.
            sort = "" if without == "due" and self.sort.endswith("due") else self.sort
        elif sort.endswith("due"):
            values["due"] = ["waiting"]
        sort = "" if sort == _usual_sort(values) else sort
        base = self.base
        if base and (values, text, sort, self.columns) == (base.values, base.text, base.sort, base.columns):
            asked: dict[str, str] = {"view": base.name}
        else:
            asked = {name: ",".join(kept) for name, kept in values.items()} | {"q": text, "sort": sort}
            if base and base.saved:
                asked["from"] = base.name
            elif not any(asked.values()):
                asked["view"] = "all"
            asked["columns"] = ",".join(self.columns)
        return urlencode({name: value for name, value in (asked | more).items() if value})


def read_address(query: QueryDict, user: User) -> Asked:
    """Read what an address asks for; without anything a rep gets the own leads and others get all."""
    wanted = query.get("view", "")
    saved = find_saved(user, wanted or query.get("from", ""))
    known = FILTERS | own_filters(own_fields_for(query, QueryDict(saved.query if saved else "")))
    problems: list[str] = []
    asked = Asked(
        values=read_values(query, known, problems),
        text=_read_text(query.get("q", ""), problems),
        sort=_read_sort(query.get("sort", ""), problems),
        columns=read_columns(query.get("columns", "")),
        known=known,
        problems=problems,
    )
    if saved is not None:
        asked.base = read_saved(saved, known)
    elif wanted.isdigit():
        asked.is_missing = True
    else:
        asked.base = _built_in(asked, wanted, user)
    if asked.base and (wanted or not asked.base.saved):
        _add(asked, asked.base)
    if asked.sort.endswith("due"):
        asked.values = asked.values | {"due": ["waiting"]}
    if asked.sort == _usual_sort(asked.values):
        asked.sort = ""
    _name_people(asked)
    return asked


def _usual_sort(values: Values) -> str:
    """Return the order without another one: who waits for an answer is sorted by the deadline."""
    return "due" if "due" in values else "score"


def _built_in(asked: Asked, wanted: str, user: User) -> View | None:
    views = built_in_views(user)
    if wanted and wanted not in views:
        asked.problems.append(
            _("There is no view “%(view)s”. This is the list of all leads.") % {"view": shown(wanted)}
        )
        wanted = "all"
    is_plain = not (asked.values or asked.text or asked.sort)
    if not wanted and is_plain:
        wanted = "mine" if is_rep(user) else "all"
    if wanted and (is_plain or wanted != "all"):
        return views[wanted]
    # The filters of a view are that view, whoever wrote them down.
    same = [view for view in views.values() if (view.values, view.sort) == (asked.values, asked.sort)]
    return same[0] if same and not asked.text else None


def _add(asked: Asked, base: View) -> None:
    """Let the address go beyond the view that it names."""
    asked.values = base.values | asked.values
    asked.text = asked.text or base.text
    asked.sort = asked.sort or base.sort
    asked.columns = asked.columns or base.columns


def _read_text(text: str, problems: list[str]) -> str:
    text = text.strip()
    if text_fault(text, longest=LONGEST):
        problems.append(_("That cannot be searched for. Write a name, an address or a company."))
        return ""
    return text


def _read_sort(text: str, problems: list[str]) -> str:
    sort = read_sort(text)
    if text and not sort:
        problems.append(_("The list cannot be sorted by that. The highest score is first."))
    return sort


def _name_people(asked: Asked) -> None:
    """Leave out owners whom there is not, and learn the names of the others."""
    given = asked.values.get("owner", [])
    ids = owner_ids(given)
    if not ids:
        return
    asked.people = {str(person.pk): str(person) for person in User.objects.filter(pk__in=ids)}
    nobody = [value for value in given if value.isdigit() and value not in asked.people]
    asked.problems += [_("There is nobody with the number %(id)s.") % {"id": value} for value in nobody]
    asked.values = {**asked.values, "owner": [value for value in given if value not in nobody]}
    if not asked.values["owner"]:
        del asked.values["owner"]


def leads_of(asked: Asked, user: User, *, now: datetime) -> LeadQuerySet:
    """Return the leads that are asked for, as far as this person may see them, in no order yet.

    Where none has the text that is searched for, they are those that are spelt like it (`asked.alike`).
    """
    if asked.is_missing:
        return Lead.objects.none()
    leads: LeadQuerySet = Lead.objects.visible_to(user)
    if "due" in asked.values:
        leads = with_deadline(leads)
    for name, values in asked.values.items():
        leads = leads.filter(asked.known[name].where(values, Asking(user, now)))
    if not asked.text:
        return leads
    exact = find_leads(leads, asked.text)
    if asked.alike is None:
        asked.few = few_ids(exact)
        asked.alike = leads_like(leads, asked.text) if asked.few == [] else []
    return exact if asked.few is None else leads.filter(pk__in=asked.alike or asked.few)


def in_order(leads: LeadQuerySet, asked: Asked) -> LeadQuerySet:
    """Bring along what the order of the list needs."""
    return with_place(leads, asked.sorted_by)


def chips_of(asked: Asked) -> list[Chip]:
    """Return the filters in use, each with its value in words."""
    chips = [
        Chip(name, str(asked.known[name].label), _in_words(name, values, asked), asked.query(without=name))
        for name, values in asked.values.items()
    ]
    if asked.text:
        chips.append(Chip("q", _("Search"), f"“{asked.text}”", asked.query(without="q")))
    return chips


def _in_words(name: str, values: list[str], asked: Asked) -> str:
    if name in ("active", "quiet"):
        # Of several spans the widest decides.
        values = [max(values, key=int) if name == "active" else min(values, key=int)]
    words = [asked.people.get(value) or asked.known[name].in_words(value) for value in values]
    if len(words) == 1:
        return words[0]
    return _("%(all_but_last)s or %(last)s") % {"all_but_last": ", ".join(words[:-1]), "last": words[-1]}
