"""Quarantined bursts through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from leadapp.models import Lead, Quarantine, User
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller
from tests.api.scoring_build import everything
from tests.api.test_scoring_rights import Person
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db


def push_burst(api: Caller, email: str = "jane@example.com", *, ago: timedelta = timedelta()) -> int:
    """Push what a scanner of mails makes; return the lead."""
    at = (timezone.now() - ago).isoformat()
    event = {"lead": {"email": email}, "type": "email_clicked", "occurred_at": at}
    response = api.post("activities/batch", [event] * 6)
    assert response.status_code == 202
    score_waiting(now=timezone.now())
    lead: int = response.json()["results"][0]["lead"]
    return lead


def test_a_burst_gives_no_points_and_says_why(api: Caller) -> None:
    lead = push_burst(api)
    assert api.get(f"leads/{lead}").json()["engagement"] == 0
    body = api.get(f"leads/{lead}/quarantines").json()
    (quarantine,) = body["results"]
    assert (quarantine["lead"], quarantine["kind"], quarantine["activities"]) == (lead, "clicks", 6)
    assert quarantine["reason"] == "Many links within two seconds: a mail scanner, not a person."
    assert (quarantine["released_at"], quarantine["released_by"]) == (None, None)
    activities = api.get(f"activities?lead={lead}").json()["results"]
    voided = [each["voided"]["reason"] for each in activities if each["voided"]]
    assert voided == [quarantine["reason"]] * 6


@pytest.mark.parametrize("scope", ["write", "scoring"])
def test_a_release_brings_the_points_back(
    make_caller: Callable[..., Caller], api: Caller, scope: str
) -> None:
    lead = push_burst(api)
    caller = make_caller(scope, name="other")
    path = f"quarantines/{Quarantine.objects.get().pk}/release"
    response = caller.post(path, b"")
    assert response.status_code == 200, response.content
    assert response.json()["released_at"]
    score_waiting(now=timezone.now())
    assert api.get(f"leads/{lead}").json()["engagement"] > 0
    before = everything()
    assert caller.post(path, {}).status_code == 409
    assert everything() == before


def test_quarantines_come_in_pages_newest_first(api: Caller, django_assert_num_queries: Any) -> None:
    for hours in range(5):
        lead = push_burst(api, ago=timedelta(hours=hours))
    seen: list[int] = []
    link: str | None = f"leads/{lead}/quarantines?limit=2"
    while link:
        page = api.get(link).json()
        seen += [quarantine["id"] for quarantine in page["results"]]
        link = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    for limit in (1, 5):
        with django_assert_num_queries(3):
            api.get(f"leads/{lead}/quarantines?limit={limit}")


def test_what_somebody_may_not_see_does_not_exist(api: Caller, settings: Any) -> None:
    settings.REPS_SEE = "own"
    owner, other = make_user("owner", "rep"), make_user("other", "rep")
    lead = push_burst(api)
    Lead.objects.filter(pk=lead).update(owner=owner)
    number = Quarantine.objects.get().pk
    before = everything()
    assert Person(other).get(f"leads/{lead}/quarantines").status_code == 404
    assert Person(other).post(f"quarantines/{number}/release", {}).status_code == 404
    assert api.get("leads/99999999/quarantines").status_code == 404
    assert api.get(f"leads/{2**63}/quarantines").status_code == 404
    assert everything() == before
    assert len(Person(owner).get(f"leads/{lead}/quarantines").json()["results"]) == 1


@pytest.mark.parametrize(
    ("role", "owns", "status"),
    [("rep", True, 200), ("rep", False, 403), ("marketer", False, 200), ("manager", False, 200)],
)
def test_who_works_on_the_lead_or_knows_the_mails_may_release(
    api: Caller, role: str, owns: bool, status: int
) -> None:
    somebody: User = make_user("somebody", role)
    lead = push_burst(api)
    Lead.objects.filter(pk=lead).update(owner=somebody if owns else make_user("owner", "rep"))
    before = everything()
    response = Person(somebody).post(f"quarantines/{Quarantine.objects.get().pk}/release", {})
    assert response.status_code == status
    assert (everything() == before) == (status != 200)
    if status == 200:
        assert response.json()["released_by"] == "somebody"
