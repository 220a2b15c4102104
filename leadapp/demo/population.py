"""Companies and the people in them, with the two hidden traits that later decide who buys."""

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leadapp.demo.places import COUNTRIES, Country
from leadapp.demo.vocabulary import (
    CAMPAIGNS,
    COMPANY_STEMS,
    FREE_MAIL,
    INDUSTRIES,
    SOURCES,
    STUDENT_TITLES,
    TARGET_COUNTRIES,
    TARGET_INDUSTRIES,
    TITLES,
)
from leadapp.models import Company, Lead, Seniority

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o"})
SENIORITY_WORTH: dict[str, float] = {
    Seniority.OWNER: 0.8,
    Seniority.C_LEVEL: 0.9,
    Seniority.VP: 0.8,
    Seniority.DIRECTOR: 0.7,
    Seniority.HEAD: 0.7,
    Seniority.MANAGER: 0.3,
    Seniority.SENIOR: 0.0,
    Seniority.STAFF: -0.5,
    Seniority.STUDENT: -2.0,
}


@dataclass(slots=True)
class Event:
    """Something that happens to a lead."""

    type: str
    at: datetime
    source: str
    properties: dict[str, Any] = field(default_factory=dict)
    by_rep: bool = False


@dataclass(slots=True)
class Prospect:
    """A lead, what nobody knows about it, and what it does."""

    lead: Lead
    fit: float
    interest: float
    events: list[Event] = field(default_factory=list)
    # Moments at which a salesperson might have looked: after each visit of a burst.
    moments: list[datetime] = field(default_factory=list)


def build_companies(rng: random.Random, *, count: int, now: datetime) -> list[Company]:
    """Make companies with unique names and domains; the first ones have the most leads."""
    companies: dict[str, Company] = {}
    weights = [weight for _, weight, _ in INDUSTRIES]
    while len(companies) < count:
        industry, _, words = rng.choices(INDUSTRIES, weights)[0]
        country = _country(rng)
        core = f"{rng.choice(COMPANY_STEMS)} {rng.choice(words)}"
        domain = f"{ascii_of(core)}.example"
        if domain in companies:
            continue
        employees = round(min(rng.lognormvariate(4.6, 1.6), 40_000)) + 2
        companies[domain] = Company(
            name=f"{core} {rng.choice(country.legal_forms)}",
            domain=domain,
            industry=industry,
            employees=employees if rng.random() < 0.75 else None,
            annual_revenue=round(employees * rng.uniform(90_000, 320_000), -5)
            if rng.random() < 0.7
            else None,
            country=country.code,
            created_at=now - timedelta(days=366),
        )
    return list(companies.values())


def build_people(
    rng: random.Random, *, companies: Sequence[Company], count: int, now: datetime
) -> list[Prospect]:
    """Make people with unique addresses, oldest first."""
    # Some companies send many people, most send few.
    weights = [1 / (rank + 6) for rank in range(len(companies))]
    ages = sorted((365 * rng.random() ** 1.25 for _ in range(count)), reverse=True)
    taken: set[str] = set()
    return [
        _person(rng, rng.choices(companies, weights)[0], now - timedelta(days=age), taken, now)
        for age in ages
    ]


def _person(
    rng: random.Random, employer: Company, created_at: datetime, taken: set[str], now: datetime
) -> Prospect:
    company: Company | None = employer if rng.random() < 0.86 else None
    country = _country_of(rng, employer)
    first, last = rng.choice(country.first_names), rng.choice(country.last_names)
    title, seniority = _job(rng)
    source, medium, intent = _source(rng)
    private = company is None or rng.random() < 0.12
    named = rng.random() < 0.93
    lead = Lead(
        first_name=first if named else "",
        last_name=last if named else "",
        email=_email(rng, first, last, None if private else employer.domain, taken),
        phone=_phone(rng, country) if rng.random() < 0.55 else "",
        linkedin_url=f"https://www.linkedin.com/in/{ascii_of(first)}-{ascii_of(last)}-{rng.randrange(10**5)}/"
        if named and rng.random() < 0.4
        else "",
        job_title=title,
        seniority=seniority,
        city=rng.choice(country.cities) if rng.random() < 0.8 else "",
        country=country.code,
        language=country.language,
        company=company,
        source=source,
        created_at=clamp(at_work(rng, created_at), now),
        attributes=_attributes(rng, company),
    )
    lead.updated_at = lead.last_activity_at = lead.stage_changed_at = lead.created_at
    if medium:
        lead.campaign = lead.utm_campaign = rng.choice(CAMPAIGNS)
        lead.utm_medium, lead.utm_source = medium, source.lower().replace(" ", "_")
        lead.utm_content = rng.choice(("", "video", "banner-a", "banner-b", "carousel"))
    return Prospect(lead=lead, fit=_fit(lead, private=private), interest=rng.gauss(0, 1) + intent)


def _fit(lead: Lead, *, private: bool) -> float:
    """Say how well the product would suit them: what the outcomes depend on, before noise."""
    company = lead.company
    employees = (company.employees if company else None) or 0
    return (
        (0.8 if company and company.industry in TARGET_INDUSTRIES else -0.4)
        + (0.4 if lead.country in TARGET_COUNTRIES else -0.3)
        + (0.6 if 200 <= employees <= 2000 else 0.1 if employees > 50 else -0.6)
        + SENIORITY_WORTH.get(lead.seniority, 0.0)
        - (0.8 if private else 0.0)
    )


def _job(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.07:
        return rng.choice(STUDENT_TITLES), Seniority.STUDENT.value
    if rng.random() < 0.25:  # forms that do not ask
        return "", ""
    title, seniority, _ = rng.choices(TITLES, [weight for _, _, weight in TITLES])[0]
    return title, seniority.value


def _source(rng: random.Random) -> tuple[str, str, float]:
    name, medium, _, intent = rng.choices(SOURCES, [weight for _, _, weight, _ in SOURCES])[0]
    return name, medium, intent


def _country(rng: random.Random) -> Country:
    return rng.choices(COUNTRIES, [country.weight for country in COUNTRIES])[0]


def _country_of(rng: random.Random, company: Company) -> Country:
    """Pick where somebody of this company works: mostly where it has its seat."""
    if rng.random() < 0.12:
        return _country(rng)
    return next(country for country in COUNTRIES if country.code == company.country)


def _email(rng: random.Random, first: str, last: str, domain: str | None, taken: set[str]) -> str:
    given, family = ascii_of(first), ascii_of(last)
    host = domain or rng.choice(FREE_MAIL)
    forms = [f"{given[0]}.{family}", f"{given}.{family}", f"{family}", f"{given}{family}"]
    rng.shuffle(forms)
    if domain is None:
        forms = [f"{given}.{family}{rng.randrange(60, 99)}", f"{given}{family}{rng.randrange(1, 400)}"]
    for local in [*forms, *(f"{given}.{family}{number}" for number in range(2, 200))]:
        address = f"{local}@{host}"
        if address not in taken:
            taken.add(address)
            return address
    raise RuntimeError(f"no address is left for {first} {last} at {host}")


def _phone(rng: random.Random, country: Country) -> str:
    return country.phone.format(area=rng.randrange(200, 990), number=f"{rng.randrange(1, 999):04d}")


def _attributes(rng: random.Random, company: Company | None) -> dict[str, Any]:
    if company is None or rng.random() > 0.4:
        return {}
    attributes: dict[str, Any] = {
        "machines": max(1, round((company.employees or 80) * rng.uniform(0.05, 0.4)))
    }
    if rng.random() < 0.6:
        attributes["erp"] = rng.choice(("SAP S/4HANA", "SAP ECC", "Microsoft Dynamics", "proALPHA", "abas"))
    return attributes


def ascii_of(text: str) -> str:
    """Return the text as it stands in addresses: lower case, letters and digits, dashes between words."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(UMLAUTS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def at_work(rng: random.Random, day: datetime) -> datetime:
    """Move a moment to a likely hour: mostly office hours, rarely a weekend."""
    if day.weekday() >= 5 and rng.random() < 0.8:
        day -= timedelta(days=day.weekday() - 4)
    hour = min(max(rng.gauss(11.5, 3.2), 5), 22)
    return day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour)


def clamp(moment: datetime, now: datetime) -> datetime:
    """Keep a moment out of the future."""
    return min(moment, now - timedelta(minutes=1))
