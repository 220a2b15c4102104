"""Everybody chooses how they want to see Leadapp: language, time zone, colours, rows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from leadapp.errors import Invalid
from leadapp.languages import speaking_to
from leadapp.models import User
from leadapp.numbers import write_number
from leadapp.services.people import choose_settings
from leadapp.times import write_date, write_day, write_moment
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

PAGE = "/settings/"
CHOSEN: dict[str, Any] = {
    "theme": "dark",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "density": "compact",
    "list_size": 100,
}


def test_the_page_shows_what_holds_and_keeps_what_is_chosen(rep: User, as_: As) -> None:
    client = as_(rep)
    assert client.get(PAGE).status_code == 200
    answer = client.post(PAGE, CHOSEN)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    rep.refresh_from_db()
    assert {name: getattr(rep, name) for name in CHOSEN} == CHOSEN


def test_from_then_on_pages_are_in_the_language_and_colours_of_the_person(rep: User, as_: As) -> None:
    client = as_(rep)
    client.post(PAGE, CHOSEN)
    answer = client.get(PAGE, headers={"Accept-Language": "nl"})
    assert answer["Content-Language"] == "de"
    assert '<html lang="de" data-theme="dark" data-density="compact">' in answer.content.decode()


def test_nothing_chosen_means_the_language_of_the_browser(rep: User, as_: As) -> None:
    answer = as_(rep).get(PAGE, headers={"Accept-Language": "fr, nl;q=0.8"})
    assert '<html lang="nl" data-theme="system"' in answer.content.decode()
    assert "Accept-Language" in answer["Vary"]


def test_who_is_not_signed_in_reads_the_language_of_the_browser(client: Client) -> None:
    assert (
        '<html lang="de">'
        in client.get("/accounts/login/", headers={"Accept-Language": "de-AT,en;q=0.5"}).content.decode()
    )
    assert '<html lang="en">' in client.get("/accounts/login/").content.decode()


def test_programs_are_answered_in_english(rep: User, as_: As) -> None:
    choose_settings(user=rep, **CHOSEN)
    answer = as_(rep).get("/api/v1/leads/0", headers={"Accept-Language": "de"})
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not found"


@pytest.mark.parametrize(
    ("field", "value"),
    [("theme", "pink"), ("language", "fr"), ("time_zone", "Mars/Base"), ("density", ""), ("list_size", 7)],
)
def test_what_leadapp_does_not_know_is_refused(rep: User, as_: As, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        choose_settings(user=rep, **{**CHOSEN, field: value})
    assert list(refused.value.errors) == [field]
    assert as_(rep).post(PAGE, {**CHOSEN, field: value}).status_code == 422
    rep.refresh_from_db()
    assert (rep.theme, rep.language, rep.list_size) == ("system", "", 50)


@pytest.mark.parametrize(
    "row",
    [{"theme": "pink"}, {"language": "fr"}, {"density": ""}, {"list_size": 7}],
    ids=lambda row: next(iter(row)),
)
def test_the_database_refuses_it_too(rep: User, row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=rep.pk).update(**row)


@pytest.mark.parametrize(
    ("language", "day", "whole", "number"),
    [
        ("en", "27 Nov 2026", "Fri 27 Nov 2026, 00:30", "1,234.5"),
        ("de", "27. Nov 2026", "Fr, 27. November 2026, 00:30", "1.234,5"),
        ("nl", "27 nov 2026", "vr 27 november 2026, 00:30", "1.234,5"),
    ],
)
def test_days_and_numbers_are_written_as_the_language_does(
    rep: User, language: str, day: str, whole: str, number: str
) -> None:
    rep.language, rep.time_zone = language, "Europe/Berlin"
    at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    with speaking_to(rep):
        assert (write_day(at), write_date(at), write_number(1234.5, 1)) == (day, whole, number)
        assert write_moment(at, now=datetime(2027, 1, 9, tzinfo=UTC)) == day


def test_speaking_to_somebody_ends_with_what_was_said(rep: User) -> None:
    rep.language, rep.time_zone = "nl", "Asia/Tokyo"
    with speaking_to(rep):
        assert (translation.get_language(), timezone.get_current_timezone_name()) == ("nl", "Asia/Tokyo")
    assert (translation.get_language(), timezone.get_current_timezone_name()) == ("en", "UTC")
