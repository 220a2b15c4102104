"""The page of absences: reps enter their own, managers everybody's; what is wrong is said at the field."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadapp.models import Lead, User
from qualification.models import Absence
from tests.ui.build import make_lead, make_user
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def today() -> date:
    return timezone.now().date()


def days(first: date, last: date) -> dict[str, str]:
    """Return what the form sends."""
    return {"first_day": first.isoformat(), "last_day": last.isoformat()}


def test_a_rep_enters_an_absence_that_begins_at_once(as_: As, rep: User, other_rep: User) -> None:
    lead = make_lead(163, stage="sql", owner=rep)
    assert "Everybody is here" in as_(rep).get("/absences/").content.decode()
    sent = {**days(today(), today() + 2 * DAY), "stand_in": other_rep.pk, "note": "Surgery"}
    answer = as_(rep).post("/absences/new/", sent, follow=True)
    absence = Absence.objects.get()
    assert (absence.user, absence.stand_in) == (rep, other_rep)
    assert Lead.objects.get(pk=lead.pk).owner == other_rep
    page = answer.content.decode()
    assert "Their work is handed over." in page
    assert "Away now" in page
    assert "1 lead on loan" in page
    assert "Surgery" in page
    # Others see that Jonas is away and not why, and may not change it.
    for_others = as_(other_rep).get("/absences/").content.decode()
    assert "Jonas Wiegand" in for_others
    assert "Surgery" not in for_others
    assert f"/absences/{absence.pk}/" not in for_others


def test_nobody_touches_the_absences_of_others(as_: As, rep: User, other_rep: User, marketer: User) -> None:
    absence = Absence.objects.create(user=rep, first_day=today() + DAY, last_day=today() + DAY)
    for client in (as_(other_rep), as_(marketer)):
        for address in (f"/absences/{absence.pk}/", f"/absences/{absence.pk}/cancel/"):
            assert client.get(address).status_code == client.post(address).status_code == 404
    assert as_(marketer).get("/absences/").status_code == 200
    assert as_(marketer).get("/absences/new/").status_code == 403
    # Somebody else's name in one's own form changes nothing about whose it is.
    as_(other_rep).post("/absences/new/", {**days(today() + DAY, today() + DAY), "user": rep.pk})
    assert Absence.objects.filter(user=rep).count() == 1
    assert Absence.objects.get(pk=absence.pk).first_day == today() + DAY


def test_what_is_wrong_is_said_at_the_field(as_: As, rep: User) -> None:
    Absence.objects.create(user=rep, first_day=today() + DAY, last_day=today() + 3 * DAY)
    sent = days(today() + 2 * DAY, today() + 5 * DAY)
    answer = as_(rep).post("/absences/new/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Jonas Wiegand is away from" in page
    assert sent["last_day"] in page  # what was typed is still there
    assert list(answer.context["form"].errors) == ["first_day"]
    assert as_(rep).post("/absences/new/", {}).status_code == 422
    assert Absence.objects.count() == 1


def test_a_manager_enters_changes_and_ends_absences(
    as_: As, rep: User, other_rep: User, manager: User
) -> None:
    lead = make_lead(163, stage="sql", owner=rep)
    client = as_(manager)
    sent = {**days(today() + DAY, today() + DAY), "user": rep.pk}
    client.post("/absences/new/", sent)
    absence = Absence.objects.get()
    address = f"/absences/{absence.pk}/"
    client.post(address, {**days(today(), today()), "stand_in": other_rep.pk})
    assert Lead.objects.get(pk=lead.pk).owner == other_rep
    assert "Is Jonas Wiegand back?" in client.get(f"{address}cancel/").content.decode()
    assert "is back" in client.post(f"{address}cancel/", follow=True).content.decode()
    assert Lead.objects.get(pk=lead.pk).owner == rep
    absence.refresh_from_db()
    assert absence.handed_back_at is not None
    # It is over now.
    assert client.post(f"{address}cancel/").status_code == 409
    assert client.post(address, days(today(), today() + DAY)).status_code == 409


def test_an_absence_to_come_is_cancelled(as_: As, rep: User) -> None:
    absence = Absence.objects.create(user=rep, first_day=today() + DAY, last_day=today() + DAY)
    as_(rep).post(f"/absences/{absence.pk}/cancel/")
    assert not Absence.objects.exists()


def test_a_rep_takes_no_new_leads_and_takes_them_again(as_: As, rep: User, manager: User) -> None:
    client = as_(rep)
    assert "You take leads" in client.get("/absences/").content.decode()
    client.post("/absences/available/", {"takes": "no"})
    assert not User.objects.get(pk=rep.pk).is_available
    assert "Take leads again" in client.get("/absences/").content.decode()
    client.post("/absences/available/", {"takes": "yes"})
    assert User.objects.get(pk=rep.pk).is_available
    assert client.get("/absences/available/").status_code == 405
    assert as_(manager).post("/absences/available/", {"takes": "no"}).status_code == 403


@pytest.mark.parametrize("number", [1, 20])
def test_any_number_of_absences_takes_the_same_queries(
    number: int, as_: As, rep: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        user = make_user(f"person{place}", "rep")
        Absence.objects.create(user=user, first_day=today(), last_day=today(), stand_in=rep)
    client = as_(rep)
    client.get("/absences/")
    with django_assert_num_queries(6):
        client.get("/absences/")
