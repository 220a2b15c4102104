"""Setting a score aside in the pages: on the lead page, in the list, and who is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leadapp.models import Lead, User
from scoring.models import ScoreOverride
from scoring.services.overrides import set_aside
from tests.ui.lead_build import as_user, everything, make_people, new_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


@pytest.fixture
def lead(people: dict[str, User]) -> Lead:
    return new_lead(people["owner"])


def put_aside(lead: Lead, actor: User, **facts: Any) -> ScoreOverride:
    now = facts.pop("now", None) or timezone.now()
    facts = {
        "verdict": "too_high",
        "reason": "Writes a thesis about us.",
        "expires_at": now + timedelta(days=14),
    } | facts
    return set_aside(lead=lead, actor=actor, now=now, **facts)


def answers(**changes: str) -> dict[str, str]:
    until = timezone.localdate() + timedelta(days=7)
    return {"verdict": "too_high", "reason": "Only a student.", "until": until.isoformat()} | changes


def aside_url(lead: Lead) -> str:
    return reverse("lead-aside", args=[lead.pk])


def page_of(client: Client, lead: Lead) -> str:
    return client.get(reverse("lead-detail", args=[lead.pk])).content.decode()


def stored() -> Any:
    return everything() | {"ScoreOverride": list(ScoreOverride.objects.values_list())}


def test_the_owner_is_asked_and_sets_it_aside(lead: Lead, people: dict[str, User]) -> None:
    client = as_user(people["owner"])
    assert f'href="{aside_url(lead)}"' in page_of(client, lead)
    question = client.get(aside_url(lead)).content.decode()
    assert f"The rules say {lead.score}. That stays" in question
    before = everything()

    response = client.post(aside_url(lead), answers())

    assert response.headers["Location"] == reverse("lead-detail", args=[lead.pk])
    override = ScoreOverride.objects.get()
    assert (override.verdict, override.reason) == ("too_high", "Only a student.")
    day = timezone.localdate() + timedelta(days=7)
    assert timezone.localtime(override.expires_at).strftime("%Y-%m-%d %H:%M") == f"{day} 23:59"
    assert everything() == before


def test_the_lead_page_says_who_until_when_and_why(lead: Lead, people: dict[str, User]) -> None:
    override = put_aside(lead, people["owner"])
    until = timezone.localtime(override.expires_at)
    html = page_of(as_user(people["owner"]), lead)
    assert f"Set aside by Owner until {until.day} {until:%b}, too high:</b> Writes a thesis about us." in html
    assert f'<span class="vh">Score </span>{lead.score}' in html
    assert aside_url(lead) + '"' not in html  # one word at a time
    assert reverse("lead-aside-end", args=[lead.pk]) in html


def test_who_may_not_work_the_lead_reads_it_and_cannot_end_it(lead: Lead, people: dict[str, User]) -> None:
    put_aside(lead, people["owner"])
    html = page_of(as_user(people["marketer"]), lead)
    assert "Set aside by Owner" in html
    assert reverse("lead-aside-end", args=[lead.pk]) not in html


@pytest.mark.parametrize("role", ["colleague", "marketer"])
def test_others_are_refused_and_nothing_is_written(lead: Lead, people: dict[str, User], role: str) -> None:
    client, before = as_user(people[role]), stored()
    response = client.post(aside_url(lead), answers())
    assert response.status_code == 403
    assert "This lead belongs to somebody else. Nothing was saved." in response.content.decode()
    assert client.post(reverse("lead-aside-end", args=[lead.pk])).status_code == 403
    assert stored() == before


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_managers_may(lead: Lead, people: dict[str, User], role: str) -> None:
    assert as_user(people[role]).post(aside_url(lead), answers()).status_code == 302


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "This field is required"),
        ({"until": "2020-01-01"}, "Choose a day that is still to come."),
        ({"until": "soon"}, "Enter a valid date"),
        ({"verdict": "wrong"}, "Select a valid choice"),
        ({"reason": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field(
    lead: Lead, people: dict[str, User], changes: dict[str, str], said: str
) -> None:
    before = stored()
    response = as_user(people["owner"]).post(aside_url(lead), answers(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert stored() == before


def test_the_last_day_that_may_be_chosen_is_ninety_days_ahead(lead: Lead, people: dict[str, User]) -> None:
    client, today = as_user(people["owner"]), timezone.localdate()
    too_far = client.post(aside_url(lead), answers(until=str(today + timedelta(days=91))))
    assert too_far.status_code == 422
    assert "within the next 90 days" in too_far.content.decode()
    assert client.post(aside_url(lead), answers(until=str(today + timedelta(days=90)))).status_code == 302


def test_today_may_be_the_last_day(lead: Lead, people: dict[str, User]) -> None:
    response = as_user(people["owner"]).post(aside_url(lead), answers(until=str(timezone.localdate())))
    assert response.status_code == 302


def test_a_second_one_is_told_about_the_first(lead: Lead, people: dict[str, User]) -> None:
    put_aside(lead, people["owner"])
    before = stored()
    response = as_user(people["manager"]).post(aside_url(lead), answers())
    assert response.status_code == 409
    assert "set aside already by Owner: Writes a thesis about us." in response.content.decode()
    assert stored() == before


def test_it_is_ended_with_one_press(lead: Lead, people: dict[str, User]) -> None:
    override = put_aside(lead, people["owner"])
    client, url = as_user(people["owner"]), reverse("lead-aside-end", args=[lead.pk])
    assert "Believe the score" in client.get(url).content.decode()

    assert client.post(url).status_code == 302

    override.refresh_from_db()
    assert override.ended_by == people["owner"]
    assert "Set aside by" not in page_of(client, lead)
    assert client.post(url).status_code == 404


def test_a_lead_without_a_score_has_nothing_to_set_aside(people: dict[str, User]) -> None:
    lead = Lead.objects.create(email="new@firm.example", owner=people["owner"])
    client = as_user(people["owner"])
    assert aside_url(lead) not in page_of(client, lead)
    assert "no score that could be set aside" in client.get(aside_url(lead)).content.decode()
    before = stored()
    assert client.post(aside_url(lead), answers()).status_code == 422
    assert stored() == before


def test_a_lead_that_may_not_be_seen_does_not_exist(
    lead: Lead, people: dict[str, User], settings: Any
) -> None:
    settings.REPS_SEE = "own"
    assert as_user(people["colleague"]).get(aside_url(lead)).status_code == 404


def test_what_expired_is_gone_from_the_page_and_the_list(lead: Lead, people: dict[str, User]) -> None:
    then = timezone.now() - timedelta(days=3)
    put_aside(lead, people["owner"], now=then, expires_at=then + timedelta(days=2))
    client = as_user(people["owner"])
    assert "Set aside by" not in page_of(client, lead)
    assert "Set aside until" not in client.get("/?view=all").content.decode()


def test_the_list_says_it_in_words_beside_the_score(lead: Lead, people: dict[str, User]) -> None:
    override = put_aside(lead, people["owner"])
    until = timezone.localtime(override.expires_at)
    html = as_user(people["owner"]).get("/?view=all").content.decode()
    assert f"<b>Set aside until {until.day} {until:%b}, too high:</b> Writes a thesis about us." in html
    assert "leads__top--aside" in html


def test_the_list_can_be_narrowed_down_to_them(people: dict[str, User]) -> None:
    high = new_lead(people["owner"], email="high@firm.example", last_name="High")
    low = new_lead(people["owner"], email="low@firm.example", last_name="Low")
    new_lead(people["owner"], email="fine@firm.example", last_name="Fine")
    put_aside(high, people["owner"])
    put_aside(low, people["owner"], verdict="too_low")
    client = as_user(people["owner"])

    def names(query: str) -> set[str]:
        rows = client.get(f"/?{query}").context["rows"]
        return {row.lead.last_name for row in rows}

    assert names("aside=too_high,too_low") == {"High", "Low"}
    assert names("aside=too_high") == {"High"}
    assert names("aside=too_low") == {"Low"}
    page = client.get("/?aside=too_low").content.decode()
    assert '<span class="chip__field">Score set aside</span> as too low' in page
    told = "“wrong” is nothing to filter by at “Score set aside”"
    assert told in client.get("/?aside=wrong").content.decode()
    assert 'name="aside"' in client.get(reverse("lead-list-filters")).content.decode()


def test_the_list_takes_as_many_queries_for_many_as_for_none(people: dict[str, User]) -> None:
    leads = [new_lead(people["owner"], email=f"l{number}@firm.example") for number in range(5)]
    client = as_user(people["owner"])
    client.get("/?view=all")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/?view=all")
        return len(captured)

    without = queries()
    for lead in leads:
        put_aside(lead, people["owner"])
    assert queries() == without
