"""The company list: what it shows, to whom, in which order, and with how many queries."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from leadapp.models import Company, Lead, User
from leadapp.times import write_moment
from qualification.models import Deal
from tests.ui.build import make_lead
from tests.ui.conftest import As


def make_company(name: str, **facts: object) -> Company:
    return Company.objects.create(name=name, **facts)


def make_deal(lead: Lead, value: str, currency: str = "EUR", *, voided: bool = False) -> Deal:
    now = timezone.now()
    void = {"voided_at": now, "void_reason": "Wrong"} if voided else {}
    return Deal.objects.create(
        lead=lead, value=Decimal(value), currency=currency, won_on=now.date(), created_at=now, **void
    )


def names(client: Client, path: str) -> list[str]:
    """Return the companies in the order of the page."""
    return re.findall(r'class="leads__name"[^>]*>([^<]*)</a>', client.get(path).content.decode())


def text_of(client: Client, path: str) -> str:
    """Return the page without tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(path).content.decode()))


def test_a_row_says_what_the_leads_of_a_company_come_to(as_: As, rep: User) -> None:
    vogele = make_company(
        "Vögele", domain="voegele.example", industry="Machinery", employees=480, country="DE"
    )
    make_lead(90, company="Vögele", stage="mql")
    make_lead(170, company="Vögele", stage="sql")
    make_lead(60, company="Vögele", stage="sql", status="nurture", status_reason="Later")
    customer = make_lead(20, company="Vögele", stage="customer")
    make_deal(customer, "48000")
    make_deal(customer, "2000.50")
    make_deal(customer, "900", "CHF")
    make_deal(customer, "77777", voided=True)

    page = text_of(as_(rep), "/companies/")

    assert f"/companies/{vogele.pk}/" in as_(rep).get("/companies/").content.decode()
    assert "Vögele voegele.example Best score 170 4 leads 1 1 900 CHF 50,000.50 EUR" in page
    assert "Machinery 480 DE" in page
    assert "77,777" not in page


def test_a_rep_who_sees_own_leads_counts_only_those(
    as_: As, rep: User, other_rep: User, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    make_lead(90, company="Shared", owner=rep)
    theirs = make_lead(190, company="Shared", owner=other_rep, stage="customer")
    make_deal(theirs, "5000")
    make_lead(120, company="Theirs alone", owner=other_rep)

    page = text_of(as_(rep), "/companies/")

    assert "Shared No domain Best score 90 1 lead " in page
    assert "5,000" not in page
    assert "Theirs alone No domain – No score 0 leads" in page


def test_companies_are_sorted_by_name_size_or_best_score(as_: As, rep: User) -> None:
    make_company("beta", employees=10)
    make_company("Alpha")
    make_company("Gamma", employees=500)
    make_lead(40, company="Gamma")
    make_lead(90, company="beta")
    make_lead(10, company="beta")
    client = as_(rep)

    assert names(client, "/companies/") == ["Alpha", "beta", "Gamma"]
    assert names(client, "/companies/?sort=employees") == ["Gamma", "beta", "Alpha"]
    assert names(client, "/companies/?sort=score") == ["beta", "Gamma"]


@pytest.mark.parametrize("sort", ["name", "employees", "score"])
def test_the_pages_of_each_order_show_every_company_once(as_: As, rep: User, sort: str) -> None:
    for number in range(120):
        make_lead(number % 7, company=f"Ünit {number:03d}%", last_name=str(number))
    Company.objects.filter(name__endswith="0%").update(employees=50)
    client = as_(rep)
    path, seen, pages = f"/companies/?sort={sort}", [], []
    while path:
        html = client.get(path).content.decode()
        pages.append(names(client, path))
        seen += pages[-1]
        following = re.search(r'href="([^"]*)" rel="next"', html)
        path = following[1].replace("&amp;", "&") if following else ""
        back = re.search(r'href="([^"]*)" rel="prev"', html)
    assert len(seen) == len(set(seen)) == 120
    assert [len(page) for page in pages] == [50, 50, 20]
    assert back is not None
    assert names(client, back[1].replace("&amp;", "&")) == pages[1]


def test_parts_of_names_and_domains_are_found(as_: As, rep: User) -> None:
    make_company("Vögele Präzision", domain="voegele.example")
    make_company("Nordlicht")
    client = as_(rep)

    assert names(client, "/companies/?q=präz") == ["Vögele Präzision"]
    assert names(client, "/companies/?q=oegele.ex") == ["Vögele Präzision"]
    assert names(client, "/companies/?q=no") == ["Nordlicht"]
    assert names(client, "/companies/?q=100%25") == []


def test_a_typo_is_forgiven_and_said(as_: As, rep: User) -> None:
    make_company("Volkswagen")
    make_company("Vögele")
    make_company("Nordlicht")
    client = as_(rep)

    assert names(client, "/companies/?q=Volkswagn") == ["Volkswagen"]
    assert names(client, "/companies/?q=Vogele") == ["Vögele"]
    assert names(client, "/companies/?q=Nordlihct") == ["Nordlicht"]
    assert "These are spelt like it" in text_of(client, "/companies/?q=Volkswagn")
    assert "No company was found" in text_of(client, "/companies/?q=Zzyzx")


def test_filters_combine_and_what_makes_no_sense_is_told(as_: As, rep: User) -> None:
    make_company("One", industry="Software", country="DE", employees=10)
    make_company("Two", industry="Software", country="NL", employees=11)
    make_company("Three", industry="Retail", country="DE", employees=None)
    client = as_(rep)

    assert names(client, "/companies/?industry=Software") == ["One", "Two"]
    assert names(client, "/companies/?industry=Software&country=DE") == ["One"]
    assert names(client, "/companies/?size=11-50") == ["Two"]
    assert client.get("/companies/?size=7").status_code == 400
    assert client.get("/companies/?after=y.1.2").status_code == 400
    assert client.get("/companies/?after=xff.1.2").status_code == 400
    assert client.get("/companies/?after=x00.1.2").status_code == 400
    assert client.get("/companies/?sort=price").status_code == 400
    form = text_of(client, "/companies/filters/?size=11-50")
    assert "Retail" in form
    assert "More than 1,000" in form


@pytest.mark.parametrize("address", ["/companies/", "/companies/?sort=score", "/companies/?q=Firm"])
def test_one_twenty_and_fifty_rows_take_the_same_queries(as_: As, rep: User, address: str) -> None:
    client = as_(rep)
    counts = []
    made = 0
    for number in (1, 20, 50):
        while made < number:
            lead = make_lead(made, company=f"Firm {made}", stage="customer", owner=rep)
            make_deal(lead, "10")
            made += 1
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address)
        counts.append(len(queries))

    # Session, person, two of permissions, rows, leads, deals; a count, and whether the text is found.
    expected = {"/companies/": 8, "/companies/?sort=score": 7, "/companies/?q=Firm": 9}
    assert counts == [expected[address]] * 3


def test_an_empty_list_says_what_to_do(as_: As, rep: User) -> None:
    assert "There are no companies yet" in text_of(as_(rep), "/companies/")


def test_only_people_who_may_see_companies_get_in(client: Client, as_: As, rep: User) -> None:
    company = make_company("Firm")
    for path in ("/companies/", "/companies/filters/", f"/companies/{company.pk}/"):
        assert client.get(path).status_code == 302
        assert as_(User.objects.create_user("nobody" + str(len(path)))).get(path).status_code == 403
        assert as_(rep).get(path).status_code == 200


def test_the_last_activity_is_the_newest_of_its_leads(as_: As, rep: User) -> None:
    now = timezone.now()
    make_lead(1, company="Firm", last_activity_at=now - timedelta(days=40))
    make_lead(2, company="Firm", last_activity_at=now - timedelta(hours=2))

    assert write_moment(now - timedelta(hours=2), now=timezone.now()) in text_of(as_(rep), "/companies/")
