"""A lead that somebody types in."""

import pytest
from django.test import Client
from pytest_django import Settings

from leadapp.models import Activity, Lead, User
from scoring.models import ScoringRequest
from tests.ui.build import make_lead
from tests.ui.conftest import As

NEW = "/leads/new/"
FACTS = {
    "first_name": "Anna",
    "last_name": "Weiß",
    "email": "Anna.Weiss@firm.example",
    "phone": "+49 30 901820",
    "company": "Firm GmbH",
    "job_title": "Head of Sales",
    "country": "DE",
    "linkedin_url": "linkedin.com/in/anna",
    "source": "Hannover Messe",
}


@pytest.fixture
def client_(as_: As, rep: User) -> Client:
    return as_(rep)


def test_what_a_rep_makes_is_theirs_and_waits_for_its_score(client_: Client, rep: User) -> None:
    response = client_.post(NEW, FACTS)

    lead = Lead.objects.get()
    assert response["Location"] == f"/leads/{lead.pk}/"
    assert lead.owner == rep
    assert lead.email == "anna.weiss@firm.example"
    assert lead.name == "Anna Weiß"
    assert lead.phone == "+4930901820"
    assert str(lead.company) == "Firm GmbH"
    assert lead.source == "Hannover Messe"
    assert Activity.objects.filter(lead=lead, type__slug="lead.created", actor=rep).exists()
    assert ScoringRequest.objects.filter(lead=lead).exists()


def test_what_a_manager_makes_belongs_to_nobody_yet(as_: As, manager: User) -> None:
    as_(manager).post(NEW, {"last_name": "Weiß"})

    assert Lead.objects.get().owner is None


def test_a_name_alone_is_enough(client_: Client) -> None:
    assert client_.post(NEW, {"first_name": "Anna"}).status_code == 302
    assert Lead.objects.get().name == "Anna"


def test_the_list_says_that_it_is_there(client_: Client) -> None:
    page = client_.post(NEW, {"last_name": "Weiß"}, follow=True).content.decode()

    assert "Weiß is in the list" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b"),
        ("phone", "no number"),
        ("country", "Germany"),
        ("linkedin_url", "https://evil.example/in/x"),
        ("first_name", "x" * 500),
        ("company", "x" * 500),
        ("source", "x" * 500),
        ("last_name", "a\x00b"),
        ("email", "\x00"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field_and_nothing_is_stored(
    client_: Client, field: str, value: str
) -> None:
    response = client_.post(NEW, FACTS | {field: value})

    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}_error"' in page
    assert f'aria-describedby="id_{field}_' in page
    assert 'value="Head of Sales"' in page
    assert not Lead.objects.exists()


def test_an_empty_form_says_what_is_needed(client_: Client) -> None:
    response = client_.post(NEW, {})

    assert response.status_code == 422
    assert "Give at least a name" in response.content.decode()


def test_somebody_who_is_known_already_is_linked_instead(client_: Client) -> None:
    known = make_lead(10, email="anna.weiss@firm.example", last_name="Known")

    response = client_.post(NEW, FACTS)

    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="/leads/{known.pk}/"' in page
    assert "Ada Known" in page
    assert Lead.objects.count() == 1


def test_somebody_who_must_not_be_seen_is_not_named(
    client_: Client, other_rep: User, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    known = make_lead(10, email="anna.weiss@firm.example", last_name="Known", owner=other_rep)

    page = client_.post(NEW, FACTS).content.decode()

    assert "Ada Known" not in page
    assert f"/leads/{known.pk}/" not in page
    assert f"id {known.pk}" not in page


def test_marketers_do_not_make_leads(as_: As, marketer: User) -> None:
    client = as_(marketer)

    assert client.get(NEW).status_code == 403
    assert client.post(NEW, FACTS).status_code == 403
    assert not Lead.objects.exists()
    assert NEW not in client.get("/").content.decode()
