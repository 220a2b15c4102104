"""What the address of the company list asks for, as companies in an order, and as chips."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Company, Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.paging import Order
from leadapp.search import companies_like, few_ids, find_companies
from leadapp.services.lists.filters import LONGEST, Chip
from leadapp.services.lists.orders import BY_PRIORITY
from leadapp.services.texts import text_fault
from leadapp.words import Text, lower_first

BY_NAME = Order(
    columns=("sort_name", "id"), moments=frozenset(), texts=frozenset({"sort_name"}), is_descending=False
)
BY_SIZE = Order(columns=("size", "id"), moments=frozenset(), is_descending=True)

SORTS = {"name": BY_NAME, "employees": BY_SIZE, "score": BY_PRIORITY}

# From and up to how many employees.
SIZES: dict[str, tuple[Text, int, int]] = {
    "1-10": (gettext_lazy("Up to 10"), 0, 10),
    "11-50": (gettext_lazy("11 to 50"), 11, 50),
    "51-250": (gettext_lazy("51 to 250"), 51, 250),
    "251-1000": (gettext_lazy("251 to 1,000"), 251, 1_000),
    "1001": (gettext_lazy("More than 1,000"), 1_001, 2_147_483_647),
}


@dataclass(frozen=True)
class Filter:
    """One thing that the list can be narrowed down by."""

    called: Text
    is_good: Callable[[str], bool]
    where: Callable[[str], Q]
    words: Callable[[str], str] = str

    @property
    def label(self) -> str:
        """Return what people call it."""
        return str(self.called)


def _where_size(value: str) -> Q:
    _label, least, most = SIZES[value]
    return Q(employees__gte=least, employees__lte=most)


FILTERS: dict[str, Filter] = {
    "industry": Filter(
        gettext_lazy("Industry"),
        lambda value: text_fault(value, longest=LONGEST) is None,
        lambda value: Q(industry=value),
    ),
    "country": Filter(
        gettext_lazy("Country"),
        lambda value: re.fullmatch("[A-Z]{2}", value) is not None,
        lambda value: Q(country=value),
    ),
    "size": Filter(
        gettext_lazy("Employees"),
        lambda value: value in SIZES,
        _where_size,
        lambda value: lower_first(str(SIZES[value][0])),
    ),
}


@dataclass
class Asked:
    """What an address asks for."""

    values: dict[str, str]
    text: str = ""
    sort: str = "name"
    problems: list[str] = field(default_factory=list)

    @property
    def order(self) -> Order:
        """Return the order of the rows."""
        return SORTS[self.sort]

    def query(self, *, without: str = "", sort: str = "", **more: str) -> str:
        """Write the query string of this list, without one of its filters or sorted otherwise."""
        asked = {name: value for name, value in self.values.items() if name != without}
        if self.text and without != "q":
            asked["q"] = self.text
        sort = sort or self.sort
        if sort != "name":
            asked["sort"] = sort
        return urlencode(asked | {name: value for name, value in more.items() if value})


def read_companies_address(query: QueryDict) -> Asked:
    """Read what an address asks for; what makes no sense is left out and told."""
    asked = Asked({})
    text = query.get("q", "").strip()
    if text_fault(text, longest=LONGEST):
        asked.problems.append(_("That cannot be searched for. Write a part of a name or a domain."))
    else:
        asked.text = text
    for name, known in FILTERS.items():
        value = query.get(name, "").strip()
        if value and known.is_good(value):
            asked.values[name] = value
        elif value:
            asked.problems.append(
                _("%(filter)s: there is nothing like that to filter by, so it was left out.")
                % {"filter": known.label}
            )
    sort = query.get("sort", "")
    if sort in SORTS:
        asked.sort = sort
    elif sort:
        asked.problems.append(_("Companies cannot be sorted by that. They are sorted by name."))
    return asked


def chips_of(asked: Asked) -> list[Chip]:
    """Return the filters in use, each with its value in words."""
    chips = [
        Chip(name, FILTERS[name].label, FILTERS[name].words(value), asked.query(without=name))
        for name, value in asked.values.items()
    ]
    if asked.text:
        chips.append(Chip("q", _("Search"), f"“{asked.text}”", asked.query(without="q")))
    return chips


@dataclass(frozen=True)
class Found:
    """Companies in no order yet; `is_like` says that none has this name and these are like it.

    `is_few` are so few that they are sorted. By an index companies with one name stand together, and all
    before them would be read first.
    """

    companies: QuerySet[Company]
    is_like: bool = False
    is_few: bool = False


def companies_of(asked: Asked) -> Found:
    """Return the companies that are asked for. Where nothing has the text, what is spelt alike is found."""
    companies = Company.objects.all()
    for name, value in asked.values.items():
        companies = companies.filter(FILTERS[name].where(value))
    if not asked.text:
        return Found(companies)
    exact = find_companies(companies, asked.text)
    few = few_ids(exact)
    if few is None:
        return Found(exact)
    is_like, ids = not few, few or companies_like(asked.text)
    return Found(companies.filter(pk__in=ids), is_like=is_like, is_few=True)


def in_order(found: Found, sort: str, user: User) -> QuerySet[Company] | LeadQuerySet:
    """Return what is turned through page by page: companies, or by score the best lead of each.

    The leads are met in the order of the lead list, so the best companies take a few steps of its index.
    """
    if sort != "score":
        name = Concat(Lower("name"), Value("")) if found.is_few else Lower("name")
        return found.companies.annotate(sort_name=name, size=Coalesce(F("employees"), Value(-1)))
    leads = Lead.objects.visible_to(user)
    here = Q(priority=OuterRef("priority"))
    better = (
        Q(priority__gt=OuterRef("priority"))
        | here & Q(last_activity_at__gt=OuterRef("last_activity_at"))
        | here & Q(last_activity_at=OuterRef("last_activity_at"), pk__gt=OuterRef("pk"))
    )
    best = leads.filter(~Exists(leads.filter(better, company=OuterRef("company"))))
    return best.filter(company__in=found.companies).select_related("company")


def choices() -> Mapping[str, list[str]]:
    """Return the industries and countries that companies have, for the form of filters."""
    return {
        name: sorted(filter(None, values.distinct()[:200]), key=str.casefold)
        for name, values in (
            ("industry", Company.objects.order_by().values_list("industry", flat=True)),
            ("country", Company.objects.order_by().values_list("country", flat=True)),
        )
    }
