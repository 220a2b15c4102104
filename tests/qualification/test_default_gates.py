"""The gates that ship: leads that pass them, and leads that miss each of their criteria."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Company, Lead, User
from qualification.models import Deal, Gate, Step
from qualification.services.evidence.answers import answer_bant
from qualification.services.gates.checklists import check_gates, check_many, passing
from qualification.services.gates.wording import ItemState
from tests.qualification.build import DAY, NOW, confirm, log, make_good_lead, make_lead

pytestmark = pytest.mark.django_db


def missing(lead: Lead, step: Step, *, days: int = 0) -> list[str]:
    """Return the lines that keep a lead from passing; the query that moves leads must agree."""
    now = NOW + days * DAY
    check = check_gates(lead=lead, now=now)[step]
    assert check.passes == (lead.pk in passing(step=step, lead_ids=[lead.pk], now=now))
    assert check.passes == (not check.missing)
    return [item.label for item in check.missing]


def test_a_good_lead_passes_to_mql() -> None:
    assert missing(make_good_lead(), Step.TO_MQL) == []


MISSES: list[tuple[dict[str, Any], list[str]]] = [
    ({"email": None}, ["A way to reach the lead", "Business email address"]),
    ({"email": None, "phone": "+49713155501"}, ["Business email address"]),
    ({"email": None, "linkedin_url": "https://linkedin.com/in/a"}, ["Business email address"]),
    ({"email": "annelie@gmail.com"}, ["Business email address"]),
    ({"first_name": ""}, ["First name"]),
    ({"last_name": ""}, ["Last name"]),
    ({"company": None, "country": ""}, ["Target industry or country"]),
    ({"company": None, "country": "BR"}, ["Target industry or country"]),
    ({"company": None}, []),
    ({"country": ""}, []),
    ({"grade": "C1"}, ["Fit at least B"]),
    ({"grade": "D4"}, ["Fit at least B"]),
    ({"grade": "B4"}, []),
    ({"score": 49}, ["Score at least 50"]),
    ({"score": 50}, []),
    ({"score": None}, ["Fit at least B", "Score at least 50"]),
    ({"score": None, "do_not_score": True}, ["Fit at least B", "Score at least 50"]),
]


@pytest.mark.parametrize(("facts", "expected"), MISSES, ids=[str(facts) for facts, _ in MISSES])
def test_each_criterion_of_mql_is_missed_alone(facts: dict[str, Any], expected: list[str]) -> None:
    assert missing(make_good_lead(**facts), Step.TO_MQL) == expected


@pytest.mark.parametrize(
    ("industry", "country", "passes"),
    [
        ("Machinery", "", True),
        ("Special machinery", "BR", True),
        ("MACHINERY", "", True),
        ("Insurance", "", False),
        ("Insurance", "CH", True),
        ("", "", False),
    ],
)
def test_the_company_is_in_a_target_industry_or_country(industry: str, country: str, passes: bool) -> None:
    company = Company.objects.create(name="X", industry=industry, country=country)
    lead = make_good_lead(company=company, country="")
    assert (missing(lead, Step.TO_MQL) == []) is passes


@pytest.mark.parametrize(("score", "passes"), [(None, False), (149, False), (150, True), (163, True)])
def test_handover_is_open_from_the_threshold_of_the_live_version_on(score: int | None, passes: bool) -> None:
    assert (missing(make_lead(score=score), Step.HANDOVER) == []) is passes


@pytest.mark.parametrize(
    ("confirmed", "ruled_out", "expected"),
    [
        ([], [], ["All but one confirmed"]),
        (["budget", "need"], [], ["All but one confirmed"]),
        (["budget", "need", "timeline"], [], []),
        (["budget", "need", "timeline", "authority"], [], []),
        (["budget", "need", "timeline"], ["authority"], ["Nothing ruled out"]),
        (["budget", "need"], ["authority"], ["All but one confirmed", "Nothing ruled out"]),
    ],
)
def test_sql_takes_three_confirmed_and_none_ruled_out(
    confirmed: list[str], ruled_out: list[str], expected: list[str]
) -> None:
    lead = make_lead()
    for dimension in confirmed:
        confirm(lead, dimension)
    for dimension in ruled_out:
        answer_bant(lead=lead, dimension=dimension, state="ruled_out", value="No", actor=None, now=NOW)
    assert missing(lead, Step.TO_SQL) == expected


def test_a_stale_answer_closes_the_gate_and_a_new_one_opens_it_again() -> None:
    lead = make_lead()
    confirm(lead, "budget", "need", "timeline")
    assert missing(lead, Step.TO_SQL, days=89) == []
    assert missing(lead, Step.TO_SQL, days=90) == ["All but one confirmed"]

    check = check_gates(lead=lead, now=NOW + 90 * DAY)[Step.TO_SQL]
    assert [item.state for item in check.items] == [ItemState.STALE, ItemState.HOLDS]

    confirm(lead, "budget", "need", "timeline", now=NOW + 91 * DAY)
    assert missing(lead, Step.TO_SQL, days=91) == []


def test_a_later_answer_counts_and_not_an_earlier_one() -> None:
    lead = make_lead()
    confirm(lead, "budget", "need", "timeline")
    answer_bant(
        lead=lead, dimension="need", state="unknown", actor=None, now=NOW + timedelta(minutes=1), value=""
    )
    assert missing(lead, Step.TO_SQL, days=1) == ["All but one confirmed"]


@pytest.mark.parametrize(
    ("slug", "passes"),
    [
        ("quote_requested", True),
        ("demo_requested", True),
        ("meeting_booked", True),
        ("meeting_held", True),
        ("call_connected", True),
        ("call_attempted", False),
        ("page_view", False),
    ],
)
def test_customer_takes_all_four_a_sales_signal_and_a_deal(slug: str, passes: bool, rep: User) -> None:
    lead = make_lead()
    assert missing(lead, Step.TO_CUSTOMER) == [
        "All confirmed",
        "A quote, demo, meeting or call",
        "Won value and date",
    ]
    confirm(lead)
    Deal.objects.create(lead=lead, value=58_000, won_on=NOW.date())
    activity = log(lead, slug)
    assert (missing(lead, Step.TO_CUSTOMER) == []) is passes

    activity.voided_at, activity.void_reason = NOW, "Wrong lead"
    activity.save(update_fields=["voided_at", "void_reason"])
    assert missing(lead, Step.TO_CUSTOMER) == ["A quote, demo, meeting or call"]


def test_other_leads_evidence_does_not_count() -> None:
    lead, other = make_lead(), make_lead()
    confirm(other)
    log(other, "demo_requested")
    Deal.objects.create(lead=other, value=1, won_on=NOW.date())
    assert len(missing(lead, Step.TO_CUSTOMER)) == 3


def test_only_mql_and_handover_are_automatic() -> None:
    automatic = set(Gate.objects.filter(is_automatic=True).values_list("step", flat=True))
    assert automatic == {Step.TO_MQL, Step.HANDOVER}


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_leads_takes_the_same_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    leads = [make_good_lead() for _ in range(number)]
    for lead in leads:
        confirm(lead)
        log(lead, "demo_requested")
    ids = [lead.pk for lead in leads]
    with django_assert_num_queries(4):
        assert len(check_many(lead_ids=ids, steps=list(Step), now=NOW)) == number
    with django_assert_num_queries(3):
        assert passing(step=Step.TO_CUSTOMER, lead_ids=ids, now=NOW) == set()
    with django_assert_num_queries(3):
        assert passing(step=Step.TO_MQL, lead_ids=ids, now=NOW) == set(ids)
