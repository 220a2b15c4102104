"""The timeline shows a burst in quarantine as one line, and lets it be released."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadapp.models import Activity, ActivityType, Lead, Quarantine, User
from leadapp.services.work.activities import void_activity
from scoring.models import Cause, ScoringRequest
from scoring.services.queue import request_scoring, score_waiting
from tests.qualification.build import log
from tests.ui.lead_build import as_user, everything, make_people
from tests.ui.test_timeline import entries, html_of

pytestmark = pytest.mark.django_db

People = dict[str, User]
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def scanned_lead(owner: User | None = None, *, slug: str = "email_clicked", count: int = 7) -> Lead:
    """Make a lead whose mail was scanned, or whose pages were crawled, and score it."""
    lead = Lead.objects.create(first_name="Nina", last_name="Brandt", owner=owner, created_at=NOON)
    kind = ActivityType.objects.get(slug=slug)
    Activity.objects.bulk_create(
        Activity(
            lead=lead,
            type=kind,
            occurred_at=NOON + timedelta(seconds=number / 5),
            received_at=NOON + timedelta(minutes=10),
            source="test",
            properties={"subject": "Autumn release", "title": f"Page {number}"},
        )
        for number in range(count)
    )
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=NOON + timedelta(minutes=10))
    score_waiting(now=NOON + timedelta(minutes=10))
    return lead


def address(lead: Lead) -> str:
    return f"/leads/{lead.pk}/quarantines/{Quarantine.objects.get(lead=lead).pk}/release/"


def test_a_burst_is_one_line_struck_through_with_its_reason(people: People) -> None:
    lead = scanned_lead(people["owner"])
    html = html_of(people["owner"], lead)
    (line,) = (line for line in entries(html) if "links clicked" in line)
    assert "event--void" in html
    assert "<del>7 links clicked within 1 s</del>" in html
    assert "a mail scanner, not a person. They give no points. Release…" in line
    assert "Show all 7" in line
    assert html.count("<b>Clicked a link</b>") == 0


def test_thousands_of_page_views_are_one_line_too(people: People, django_assert_num_queries: Any) -> None:
    few, many = (scanned_lead(people["owner"], slug="page_view", count=count) for count in (70, 2000))
    client = as_user(people["owner"])
    client.get(f"/leads/{few.pk}/timeline/")
    for lead in (few, many):
        # One more than without a quarantine: its newest activities.
        with django_assert_num_queries(30):
            client.get(f"/leads/{lead.pk}/timeline/")
    html = html_of(people["owner"], many)
    (line,) = (line for line in entries(html) if "pages opened" in line)
    assert "2,000 pages opened within 7 min" in line
    assert "Show the newest 10" in line
    assert 'id="older"' not in html


def test_a_channel_shows_its_bursts(people: People) -> None:
    lead = scanned_lead()
    assert "links clicked" in html_of(people["owner"], lead, show="email")
    assert "links clicked" not in html_of(people["owner"], lead, show="web")
    assert "links clicked" not in html_of(people["owner"], lead, show="sales")


def test_points_are_not_put_beside_what_was_taken_out(people: People) -> None:
    lead = scanned_lead()
    change = [line for line in entries(html_of(people["owner"], lead)) if "First score" in line]
    assert len(change) == 1


def test_who_may_release_is_offered_it(people: People) -> None:
    lead = scanned_lead(people["owner"])
    offered = {name: "Release…" in html_of(user, lead) for name, user in people.items()}
    assert offered == {"owner": True, "colleague": False, "marketer": True, "manager": True, "admin": True}


def test_releasing_asks_first_and_brings_everything_back(people: People) -> None:
    lead = scanned_lead(people["owner"])
    client = as_user(people["owner"])
    question = client.get(address(lead))
    assert "Release these activities?" in question.content.decode()
    assert Quarantine.objects.get().is_held
    response = client.post(address(lead), follow=True)
    assert "Released. The score follows in a moment." in response.content.decode()
    assert response.redirect_chain == [(f"/leads/{lead.pk}/timeline/", 302)]
    assert not lead.activities.exclude(voided_at=None).exists()
    assert ScoringRequest.objects.filter(lead=lead).exists()
    text = " ".join(entries(html_of(people["owner"], lead)))
    assert "released by Owner on" in text
    assert "they count again" in text
    assert "Clicked a link 7 times" in text
    assert "Release…" not in text


def test_releasing_twice_is_told(people: People) -> None:
    lead = scanned_lead(people["owner"])
    client = as_user(people["owner"])
    client.post(address(lead))
    before = everything()
    response = client.post(address(lead))
    assert response.status_code == 409
    assert "It was released already." in response.content.decode()
    assert everything() == before


def test_a_colleague_may_not_release(people: People) -> None:
    lead = scanned_lead(people["owner"])
    before = everything()
    response = as_user(people["colleague"]).post(address(lead))
    assert response.status_code == 403
    assert everything() == before
    assert Quarantine.objects.get().is_held


def test_what_belongs_to_another_lead_does_not_exist(people: People, settings: Any) -> None:
    lead, other = scanned_lead(people["owner"]), scanned_lead(people["colleague"])
    number = Quarantine.objects.get(lead=other).pk
    client = as_user(people["owner"])
    assert client.post(f"/leads/{lead.pk}/quarantines/{number}/release/").status_code == 404
    settings.REPS_SEE = "own"
    assert client.post(address(other)).status_code == 404
    assert client.put(address(lead)).status_code == 405
    assert all(quarantine.is_held for quarantine in Quarantine.objects.all())


def test_one_of_a_burst_can_be_voided_by_hand(people: People) -> None:
    lead = scanned_lead(people["owner"])
    activity = lead.activities.order_by("id")[0]
    assert f"/activities/{activity.pk}/void/" in html_of(people["owner"], lead)
    void_activity(activity=activity, reason="A colleague", actor=people["owner"], now=NOON)
    html = html_of(people["owner"], lead)
    assert "Voided by Owner: A colleague" in html
    assert "Show the newest 6" in html


def test_without_a_burst_nothing_is_said(people: People) -> None:
    lead = Lead.objects.create(first_name="Nina", owner=people["owner"], created_at=NOON)
    log(lead, "email_clicked", NOON)
    assert "uarantine" not in html_of(people["owner"], lead)
