"""Costs: what the database forbids, and who may enter them."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client

from leadapp.models import User
from leadapp.periods import Period
from qualification.models import Cost
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db

ADD = "/admin/qualification/cost/add/"
GOOD: dict[str, Any] = {
    "source": "webinar",
    "campaign": "",
    "first_day": date(2026, 10, 1),
    "last_day": date(2026, 10, 31),
    "amount": 1000,
    "currency": "EUR",
}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cost_is_for_something", {"source": ""}),
        ("cost_days_in_order", {"last_day": date(2026, 9, 30)}),
        ("cost_amount_positive", {"amount": 0}),
        ("cost_currency_iso", {"currency": "eur"}),
    ],
)
def test_the_database_forbids(name: str, wrong: dict[str, Any]) -> None:
    Cost.objects.create(**GOOD)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Cost.objects.create(**GOOD | wrong)


def client_of(role: str) -> Client:
    user: User = make_user(f"a-{role}", role, is_staff=True)
    assert Group.objects.filter(user=user, name=role).exists()
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("role", "may"), [("marketer", True), ("admin", True), ("manager", False), ("rep", False)]
)
def test_who_enters_costs(role: str, may: bool) -> None:
    response = client_of(role).post(ADD, GOOD | {"currency": "chf"})
    assert response.status_code == (302 if may else 403)
    assert list(Cost.objects.values_list("currency", flat=True)) == (["CHF"] if may else [])


def test_what_is_no_currency_is_refused() -> None:
    response = client_of("marketer").post(ADD, GOOD | {"currency": "XXX"})
    assert "three letters of a currency" in response.content.decode()
    assert not Cost.objects.exists()


def test_a_period_is_read_and_written_alike() -> None:
    period = Period.read("2026-10-01..2026-10-31")
    assert period is not None
    assert (str(period), period.days) == ("2026-10-01..2026-10-31", 31)
    assert str(period.before) == "2026-08-31..2026-09-30"
    for text in (
        "",
        "2026-10-01",
        "2026-10-31..2026-10-01",
        "2026-13-01..2026-13-02",
        "0001-01-01..9999-12-31",
    ):
        assert Period.read(text) is None
