"""Who had a lead, and why, can be read; keys assign nobody."""

import pytest
from django.test import Client
from pytest_django import Settings

from leadapp.models import Lead
from qualification.models import Absence, RoutingRule
from qualification.services.absences import look_after_absences
from qualification.services.assignment import hand_over
from tests.api.conftest import Caller
from tests.qualification.build import DAY, NOW, make_lead, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Lead:
    """Give a lead that a rule gave to Jonas, and that is on loan while he is away."""
    jonas, priya = make_user("jonas", "rep"), make_user("priya", "rep")
    RoutingRule.objects.create(name="Everybody").people.add(jonas)
    lead = make_lead(stage="mql")
    hand_over(lead_ids=[lead.pk], now=NOW)
    tomorrow = (NOW + DAY).date()
    Absence.objects.create(user=jonas, first_day=tomorrow, last_day=tomorrow, stand_in=priya)
    look_after_absences(now=NOW + DAY)
    return lead


def test_the_newest_comes_first_with_its_reason(api: Caller, lead: Lead) -> None:
    page = api.get(f"leads/{lead.pk}/assignments").json()
    assert (page["next"], page["previous"]) == (None, None)
    told = [(row["owner"], row["rule"], row["is_on_loan"], row["reason"]) for row in page["results"]]
    assert told == [
        ("priya", None, True, "jonas is away until 20 November; priya stands in"),
        ("jonas", "Everybody", False, "Handed over; rule “Everybody”: jonas had the fewest open leads (0)"),
    ]
    running, before = page["results"]
    assert (running["ended_at"], running["assigned_by"], running["answered_at"]) == (None, None, None)
    assert before["due_at"] == before["ended_at"] == "2026-11-20T10:00:00Z"


def test_it_comes_page_by_page(api: Caller, lead: Lead) -> None:
    first = api.get(f"leads/{lead.pk}/assignments?limit=1").json()
    assert [row["owner"] for row in first["results"]] == ["priya"]
    assert [row["owner"] for row in api.get(first["next"]).json()["results"]] == ["jonas"]
    assert api.get(f"leads/{lead.pk}/assignments?owner=jonas").status_code == 422


def test_hidden_leads_are_not_found_and_nothing_is_assigned(
    api: Caller, lead: Lead, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    stranger = Client()
    stranger.force_login(make_user("kim", "rep"))
    assert stranger.get(f"/api/v1/leads/{lead.pk}/assignments").status_code == 404
    assert api.get("leads/99999999/assignments").status_code == 404
    assert api.post(f"leads/{lead.pk}/assignments", {"owner": "kim"}).status_code == 405
