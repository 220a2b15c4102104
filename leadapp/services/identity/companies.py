"""Which company is meant: found by domain, else by name, else made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from leadapp.models import Company
from leadapp.services.identity.contacts import business_domain
from leadapp.services.inserts import insert_unless_present, update_rows
from leadapp.services.leads.facts import Facts


@dataclass(frozen=True)
class Wanted:
    """A company as somebody's facts describe it. `guess` is the domain of a business address."""

    name: str
    domain: str
    guess: str
    facts: dict[str, Any]


def wanted_company(facts: Facts, *, email: str | None = None) -> Wanted | None:
    """Return the company that the facts are about, or None when nothing points to one."""
    given = facts.company or {}
    wanted = Wanted(
        name=given.get("name", ""),
        domain=given.get("domain", ""),
        guess=business_domain(facts.email or email),
        facts={key: value for key, value in given.items() if key not in {"name", "domain"}},
    )
    return wanted if wanted.name or wanted.domain or wanted.guess else None


@dataclass
class Companies:
    """The companies that a request is about, by domain and by name."""

    by_domain: dict[str, Company]
    by_name: dict[str, Company]

    def add(self, company: Company, name: str) -> None:
        """Note a company. Of several with one name the first counts."""
        if company.domain:
            self.by_domain[company.domain] = company
        self.by_name.setdefault(name, company)

    def find(self, wanted: Wanted) -> Company | None:
        """Return the company: by the domain that was given, else the address's, else by name."""
        if wanted.domain:
            return self.by_domain.get(wanted.domain)
        return self.by_domain.get(wanted.guess) or self.by_name.get(wanted.name.lower())


def resolve_companies(wanted: Sequence[Wanted], *, now: datetime) -> Companies:
    """Find all companies that are meant, and make those that have a name or domain and are new.

    A domain that is only guessed from an address finds a company and never makes one without a name.
    """
    companies = _look_up(wanted)
    new = _imagine(companies, wanted, now)
    if not new:
        return companies
    in_order = sorted(new, key=lambda company: (company.domain or "", company.name.lower()))
    made = {
        (domain, name): pk
        for pk, domain, name in insert_unless_present(in_order, returning=["id", "domain", "name"])
    }
    if len(made) < len(new):
        return _look_up(wanted)  # others were first with some of them
    for company in new:
        company.pk = made[company.domain, company.name]
    return companies


def foresee_companies(wanted: Sequence[Wanted]) -> Companies:
    """Return all companies that are meant; those that would be made are in memory only."""
    companies = _look_up(wanted)
    _imagine(companies, wanted, timezone.now())
    return companies


def _imagine(companies: Companies, wanted: Sequence[Wanted], now: datetime) -> list[Company]:
    """Add the companies that are still to be made, and return them."""
    new: list[Company] = []
    for one in wanted:
        if (one.name or one.domain) and companies.find(one) is None:
            company = Company(
                name=one.name or one.domain,
                domain=one.domain or one.guess or None,
                created_at=now,
                **one.facts,
            )
            companies.add(company, company.name.lower())
            new.append(company)
    return new


def fill_gaps(known: Iterable[tuple[Company, Mapping[str, Any]]]) -> set[int]:
    """Write facts into companies where they know nothing yet; return the ids of those that changed."""
    changed: dict[int, Company] = {}
    columns: set[str] = set()
    for company, facts in known:
        for name, value in facts.items():
            if getattr(company, name) in (None, ""):
                setattr(company, name, value)
                changed[company.pk] = company
                columns.add(name)
    if changed:
        update_rows([changed[pk] for pk in sorted(changed)], sorted(columns))
    return set(changed)


def _look_up(wanted: Sequence[Wanted]) -> Companies:
    domains = {domain for one in wanted for domain in (one.domain, one.guess) if domain}
    names = {one.name.lower() for one in wanted if one.name}
    if not domains and not names:
        return Companies({}, {})
    condition = Q()
    if domains:
        condition |= Q(domain__in=domains)
    if names:
        condition |= Q(lower_name__in=names)
    companies = Companies({}, {})
    # Of several with one name the oldest counts, and one without a domain only after those with one.
    found = Company.objects.annotate(lower_name=Lower("name")).filter(condition)
    for company in found.order_by("domain", "id"):
        companies.add(company, company.lower_name)
    return companies
