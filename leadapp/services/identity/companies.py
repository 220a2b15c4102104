"""Which company is meant: found by domain, else by name, else made."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from leadapp.models import Company, CompanyChange, User
from leadapp.services.identity.contacts import business_domain
from leadapp.services.inserts import insert_unless_present, update_rows
from leadapp.services.leads.facts import Facts

# Words that say of what kind a company is, not which one.
# fmt: off
LEGAL_FORMS = frozenset((
    "ag", "and", "bv", "co", "company", "corp", "corporation", "eg", "gbr", "gmbh", "group", "holding", "inc",
    "kg", "kgaa", "limited", "llc", "llp", "ltd", "mbh", "nv", "oy", "plc", "sa", "sarl", "se", "spa", "srl",
    "the", "ug", "und",
))
# fmt: on


@dataclass(frozen=True)
class Wanted:
    """A company as somebody's facts describe it. `guess` is the domain of a business address.

    Where it `is_named` by a file a guess that finds a company of another name is wrong.
    """

    name: str
    domain: str
    guess: str
    facts: dict[str, Any]
    is_named: bool = False


def wanted_company(facts: Facts, *, email: str | None = None) -> Wanted | None:
    """Return the company that the facts are about, or None when nothing points to one."""
    given = facts.company or {}
    wanted = Wanted(
        name=given.get("name", ""),
        domain=given.get("domain", ""),
        guess=business_domain(facts.email or email),
        facts={key: value for key, value in given.items() if key not in {"name", "domain"}},
        is_named=facts.company_by_name and bool(given.get("name")),
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
        guessed, named = self.by_domain.get(wanted.guess), self.by_name.get(wanted.name.lower())
        if wanted.is_named and guessed and fold_company(guessed.name) != fold_company(wanted.name):
            return named
        return guessed or named


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return a text without case, accents and signs, its words with one blank between them."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return " ".join(re.findall(r"\w+", letters))


def fold_company(name: str) -> str:
    """Return a company's name without what says of which legal form it is."""
    words = fold(name).split()
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def resolve_companies(wanted: Sequence[Wanted], *, now: datetime) -> Companies:
    """Find all companies that are meant, and make those that have a name or domain and are new.

    A domain that is only guessed from an address finds a company and never makes one without a name.
    """
    companies = _look_up(wanted)
    new = _imagine(companies, wanted, now)
    if not new or _insert(new):
        return companies
    # Others were first with some. What was named and lost the domain that was guessed does without.
    companies = _look_up(wanted)
    return companies if _insert(_imagine(companies, wanted, now)) else _look_up(wanted)


def _insert(new: Sequence[Company]) -> bool:
    """Insert companies; tell whether none of them was there."""
    in_order = sorted(new, key=lambda company: (company.domain or "", company.name.lower()))
    made = {
        (domain, name): pk
        for pk, domain, name in insert_unless_present(in_order, returning=["id", "domain", "name"])
    }
    for company in new:
        company.pk = made.get((company.domain, company.name))
    return len(made) == len(new)


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
                domain=one.domain or (one.guess if one.guess not in companies.by_domain else None) or None,
                created_at=now,
                **one.facts,
            )
            companies.add(company, company.name.lower())
            new.append(company)
    return new


def fill_gaps(
    known: Iterable[tuple[Company, Mapping[str, Any]]], *, actor: User | None, now: datetime
) -> set[int]:
    """Write facts into companies where they know nothing yet; return the ids of those that changed.

    What companies that were there before learn becomes part of their history.
    """
    changed: dict[int, CompanyChange] = {}
    columns: set[str] = set()
    for company, facts in known:
        for name, value in facts.items():
            if (before := getattr(company, name)) in (None, ""):
                setattr(company, name, value)
                change = changed.setdefault(
                    company.pk, CompanyChange(company=company, at=now, before={}, after={}, actor=actor)
                )
                change.before[name], change.after[name] = before, value
                columns.add(name)
    update_rows([changed[pk].company for pk in sorted(changed)], sorted(columns))
    CompanyChange.objects.bulk_create([one for one in changed.values() if one.company.created_at != now])
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
