"""The dashboard against figures worked out by hand, and the leads behind each of them."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import ActivityType, Lead, User
from leadapp.periods import Period
from qualification.analysis import figures
from qualification.analysis.asking import Asked
from qualification.analysis.counting import count_leads
from qualification.analysis.funnel import by_band, by_month, funnels
from qualification.analysis.sources import Group, by_origin
from qualification.analysis.standing import standing
from qualification.models import Cost, Deal, Move, StageChange
from tests.ui.build import make_lead
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

PAGE = "/dashboard/"
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
ASKED = Asked(OCTOBER, None, with_costs=True)
OWN_DATES = f"{PAGE}?from={OCTOBER.first}&to={OCTOBER.last}"
STAGES = ["lead", "mql", "sql", "customer"]


def at(day: int, month: int = 10) -> datetime:
    return Period(date(2026, month, day), date(2026, month, day)).since + timedelta(hours=12)


def came(day: int, month: int = 10, *, form: str = "", **facts: Any) -> Lead:
    """Let a lead come in, perhaps through a form."""
    lead = make_lead(facts.pop("score", 90), created_at=at(day, month), **facts)
    if form:
        kind = ActivityType.objects.get(slug="form_submission")
        lead.activities.create(
            type=kind,
            occurred_at=at(day, month),
            received_at=at(day, month),
            properties={"form": form},
            source=form,
        )
    return lead


def moved(lead: Lead, stage: str, day: int, month: int = 10, *, score: int | None = None) -> StageChange:
    """Move a lead to another stage."""
    before, lead.stage = lead.stage, stage
    lead.save(update_fields=["stage"])
    return StageChange.objects.create(
        lead=lead, at=at(day, month), score=score,
        move=Move.OVERRIDE, reason="It is time",
        from_stage=before, to_stage=stage, from_status="open", to_status="open",
    )  # fmt: skip


def won(lead: Lead, value: int, day: int, *, currency: str = "EUR", **facts: Any) -> Deal:
    """Let a lead buy something."""
    facts = {"created_at": at(day)} | facts
    return Deal.objects.create(lead=lead, value=value, currency=currency, won_on=date(2026, 10, day), **facts)


def cost(amount: int, first: date = OCTOBER.first, last: date = OCTOBER.last, **facts: Any) -> Cost:
    """Spend money; without days, from the first to the last of October."""
    return Cost.objects.create(amount=amount, first_day=first, last_day=last, **facts)


@pytest.fixture
def october(rep: User) -> None:
    """Four leads of October and one of September: what follows is worked out from them."""
    ada = came(2, source="webinar", campaign="autumn", form="demo", owner=rep)
    came(2, source="webinar", campaign="autumn", form="guide")
    ben = came(5, source="fair", form="demo", owner=rep)
    came(7, status="nurture", status_reason="Later")
    old = came(10, 9, source="fair", owner=None)
    for stage, day in (("mql", 6), ("sql", 10), ("customer", 20)):
        moved(ada, stage, day, score=160)
    moved(ben, "mql", 15, score=120)
    moved(old, "mql", 12, 9, score=90)
    moved(old, "sql", 3, score=95)
    won(ada, 5_000, 20)
    won(ada, 100, 25, currency="CHF")
    won(ada, 9_999, 21, voided_at=at(22), void_reason="Typed twice")
    # Back and forth: only the first time counts, with the score that it had then.
    back = came(20, 8, source="fair")
    moved(back, "mql", 20, 9, score=60)
    moved(back, "lead", 5)
    moved(back, "mql", 25, score=210)
    # Taken back: it never became MQL.
    slip = came(1, 9)
    undone = moved(slip, "mql", 8, score=200)
    StageChange.objects.create(
        lead=slip, at=at(8), move=Move.UNDO, from_stage="mql", to_stage="lead",
        from_status="open", to_status="open", undoes=undone,
    )  # fmt: skip
    Lead.objects.filter(pk=slip.pk).update(stage="lead")


def numbers(group: Group) -> tuple[int, int, int, int]:
    return group.leads, group.mql, group.sql, group.customer


def test_the_funnel_counts_how_far_the_leads_of_the_period_came(october: None) -> None:
    funnel, before = funnels(count_leads(ASKED))
    assert (funnel.leads, funnel.mql, funnel.sql, funnel.customer) == (4, 2, 1, 1)
    # Ada waited 4 days, Ben 10; the middle between both is 7.
    assert (funnel.to_mql, funnel.to_sql, funnel.to_customer) == tuple(timedelta(days=n) for n in (7, 4, 10))
    assert (funnel.nurture, funnel.disqualified) == (1, 0)
    assert (before.leads, before.mql, before.sql) == (2, 1, 1)


def test_each_origin_has_what_happened_in_the_period(october: None) -> None:
    found = by_origin(ASKED, count_leads(ASKED))
    assert numbers(found.total) == (4, 2, 2, 1)
    assert {one.key: numbers(one) for one in found.sources} == {
        "webinar": (2, 1, 1, 1), "fair": (1, 1, 1, 0), "": (1, 0, 0, 0),
    }  # fmt: skip
    assert {one.key: numbers(one) for one in found.campaigns} == {"autumn": (2, 1, 1, 1), "": (2, 1, 1, 0)}
    assert {one.key: numbers(one) for one in found.forms} == {
        "demo": (2, 2, 1, 1), "guide": (1, 0, 0, 0), "": (1, 0, 1, 0),
    }  # fmt: skip
    assert found.sources[0].revenue == {"EUR": 5000, "CHF": 100}
    assert found.total.revenue == {"EUR": 5000, "CHF": 100}


def test_costs_count_by_their_days_in_the_period(october: None) -> None:
    # 10 of 20 days are in October.
    cost(300, date(2026, 9, 21), date(2026, 10, 10), source="webinar")
    cost(50, date(2026, 10, 5), date(2026, 10, 6), source="webinar", campaign="autumn")
    cost(70, OCTOBER.last, OCTOBER.last, source="billboard", currency="CHF")
    cost(999, date(2026, 11, 1), date(2026, 11, 1), source="webinar")
    found = by_origin(ASKED, count_leads(ASKED))
    sources = {one.key: one for one in found.sources}
    assert sources["webinar"].cost == {"EUR": Decimal(200)}
    assert sources["webinar"].cost_per_lead == {"EUR": Decimal(100)}
    assert sources["billboard"].cost == {"CHF": Decimal(70)}
    assert sources["billboard"].cost_per_lead == {}
    assert {one.key: one.cost for one in found.campaigns} == {"autumn": {"EUR": Decimal(50)}, "": {}}
    assert found.total.cost == {"EUR": Decimal(200), "CHF": Decimal(70)}
    assert by_origin(Asked(OCTOBER, None, with_costs=False), count_leads(ASKED)).total.cost == {}


def test_bands_use_the_score_on_becoming_mql_and_not_the_one_of_today(october: None) -> None:
    Lead.objects.update(score=10, fit=5, engagement=5)
    found = {band.low: (band.mql, band.sql, band.customer) for band in by_band(count_leads(ASKED))}
    assert found == {0: (0, 0, 0), 50: (0, 0, 0), 100: (1, 0, 0), 150: (1, 1, 1), 200: (0, 0, 0)}


def test_who_had_no_score_then_comes_last() -> None:
    moved(came(1), "mql", 2)
    last = by_band(count_leads(ASKED))[-1]
    assert (last.low, last.mql, last.won) == (None, 1, 0)


def test_cohorts_are_by_the_month_that_leads_came_in(october: None) -> None:
    moved(came(1, 8), "mql", 15, 11)
    found = [
        (one.month, one.leads, one.mql, one.sql, one.customer, one.mql_soon)
        for one in by_month(count_leads(ASKED), last=OCTOBER.last)
    ]
    assert found == [
        (date(2026, 10, 1), 4, 2, 1, 1, 2),
        (date(2026, 9, 1), 2, 1, 1, 0, 1),
        (date(2026, 8, 1), 2, 2, 0, 0, 0),
    ]


def test_open_leads_stand_by_score_and_warmth_today(rep: User) -> None:
    for score in (10, 24, 25, 130, 400):
        make_lead(score, owner=rep if score == 130 else None)
    make_lead(None)
    make_lead(500, stage="customer")
    make_lead(500, status="nurture", status_reason="Later")
    found = standing(ASKED)
    assert found.leads == 6
    assert found.scores == [2, 1, 0, 0, 0, 1, 0, 0, 1]
    assert {one.code: (one.leads, one.free) for one in found.warmth} == {
        "hot": (2, 1), "warm": (0, 0), "cold": (3, 3), "": (1, 1),
    }  # fmt: skip


def links_of(page: str) -> list[tuple[str, int]]:
    """Return the addresses of lead lists on the page, each with the number that it stands behind."""
    found = re.findall(r'href="(/\?[^"]+)">([\d,]+)</a>', page)
    return [(unescape(address), int(number.replace(",", ""))) for address, number in found]


def test_each_number_opens_as_many_leads(october: None, as_: As, manager: User) -> None:
    client = as_(manager)
    links = links_of(client.get(OWN_DATES).content.decode())
    assert len(links) > 40
    for address, number in set(links):
        response = client.get(address)
        assert (response.status_code, len(response.context["rows"])) == (200, number), address


def test_days_and_months_are_those_of_whoever_looks(
    as_: As, manager: User, marketer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three hours into October in UTC, and still September in California.
    make_lead(90, created_at=OCTOBER.since + timedelta(hours=3))
    User.objects.filter(pk=manager.pk).update(time_zone="America/Los_Angeles")
    monkeypatch.setattr(figures, "_kept", {})
    monkeypatch.setattr(figures, "SLOW", -1)
    for user, month, leads in ((marketer, OCTOBER.first, 1), (manager, date(2026, 9, 1), 0)):
        client = as_(user)
        response = client.get(OWN_DATES)
        assert response.context["funnel"].leads == leads
        assert [one["month"] for one in response.context["cohorts"]] == [month]
        for address, number in links_of(response.content.decode()):
            assert len(client.get(address).context["rows"]) == number, address


def test_a_large_growth_is_written_like_other_numbers(as_: As, manager: User) -> None:
    came(1, 9)
    for _number in range(12):
        came(3)
    assert "+1,100</span> % on the 31 days before" in as_(manager).get(OWN_DATES).content.decode()


def test_a_rep_sees_own_figures_and_no_costs(october: None, as_: As, rep: User) -> None:
    cost(300, source="webinar")
    client = as_(rep)
    response = client.get(OWN_DATES)
    page = response.content.decode()
    assert response.context["funnel"].leads == 2
    assert "Your own leads" in page
    assert "Per lead" not in page
    links = links_of(page)
    assert links
    for address, number in set(links):
        assert "owner=me" in address
        assert len(client.get(address).context["rows"]) == number, address


def test_marketers_and_managers_see_costs(october: None, as_: As, marketer: User, manager: User) -> None:
    cost(300, source="webinar")
    for user in (marketer, manager):
        assert "150 EUR" in as_(user).get(OWN_DATES).content.decode()


def test_who_has_no_role_sees_nothing(as_: As) -> None:
    client = as_(User.objects.create_user("nobody"))
    assert client.get(PAGE).status_code == 403
    assert 'href="/dashboard/"' not in client.get("/").content.decode()


def test_without_leads_the_page_says_what_to_do(as_: As, manager: User) -> None:
    assert "Figures appear once leads come in" in as_(manager).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("query", "status", "days"),
    [
        ("period=30", 200, 30), ("period=90", 200, 90), ("period=365", 200, 365), ("period=x", 200, None),
        ("from=2026-10-01&to=2026-10-31", 200, 31), ("from=2026-10-31&to=2026-10-01", 400, None),
        ("from=x", 400, None), ("from=0001-01-01", 400, None), ("to=2026-10-31", 400, None),
    ],
)  # fmt: skip
def test_the_period_is_chosen_in_the_address(
    as_: As, manager: User, query: str, status: int, days: int | None
) -> None:
    response = as_(manager).get(f"{PAGE}?{query}")
    assert response.status_code == status
    today = timezone.localdate()
    quarter = (today - today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)).days + 1
    assert response.context["period"].days == (days or quarter)


def test_figures_that_took_long_are_kept_for_some_minutes_and_say_of_when_they_are(
    as_: As, manager: User, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    came(3)
    client = as_(manager)
    first = client.get(OWN_DATES)
    assert first.context["counted_at"] is None
    assert "Counted at" not in first.content.decode()

    monkeypatch.setattr(figures, "_kept", {})
    monkeypatch.setattr(figures, "SLOW", -1)
    assert client.get(OWN_DATES).context["counted_at"] is None
    came(3)
    again = client.get(OWN_DATES)
    assert again.context["funnel"].leads == first.context["funnel"].leads
    assert f"Counted at {again.context['counted_at']:%H:%M}" in again.content.decode()
    # Somebody else's figures, and those of another period, are others.
    assert as_(rep).get(OWN_DATES).context["counted_at"] is None
    assert client.get(PAGE).context["counted_at"] is None
    monkeypatch.setattr(figures, "GOOD_FOR", timedelta())
    assert client.get(OWN_DATES).context["funnel"].leads == first.context["funnel"].leads + 1


def queries_at(client: Client, sources: int) -> int:
    for number in range(sources):
        lead = came(3, source=f"source {number}", campaign=f"campaign {number}", form=f"form-{number}")
        moved(lead, "mql", 4, score=100)
        won(lead, 10, 5)
        cost(10, source=f"source {number}")
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(OWN_DATES).status_code == 200
    return len(counted)


@pytest.mark.parametrize("sources", [1, 20])
def test_the_number_of_queries_does_not_depend_on_the_sources(as_: As, manager: User, sources: int) -> None:
    client = as_(manager)
    assert queries_at(client, sources) == 12


@pytest.mark.parametrize(
    "query",
    ["created=2026-10-01", "created=2026-10-31..2026-10-01", "mql=x", "score=50", "score=a-b", "form=%00",
     "mql_score=-5", "reached=lead", "won=9999-01-01..9999-12-31"],
)  # fmt: skip
def test_filters_that_make_no_sense_are_left_out_and_told(as_: As, manager: User, query: str) -> None:
    make_lead(10)
    response = as_(manager).get(f"/?{query}&status=open")
    assert response.status_code == 400
    assert len(response.context["rows"]) == 1


def test_what_a_report_asks_for_stays_when_other_filters_are_chosen(as_: As, manager: User) -> None:
    page = as_(manager).get(f"/leads/filters/?created={OCTOBER}&reached=mql&stage=mql").content.decode()
    assert '<input type="hidden" name="reached" value="mql">' in page
    assert all(f'value="{day}"' in page for day in str(OCTOBER).split(".."))
    chips = as_(manager).get(f"/?created={OCTOBER}&score=200-").content.decode()
    assert "1 Oct 2026 to 31 Oct 2026" in chips
    assert "200 or more" in chips
