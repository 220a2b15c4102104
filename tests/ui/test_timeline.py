"""The timeline: everything that happened, in order, in pages, folded, with its points."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.utils import timezone

from leadapp.models import Activity, ActivityType, Lead, Stage, User
from leadapp.services.work.activities import void_activity
from qualification.models import Assignment, Escalation, Note, StageChange
from qualification.services.evidence.answers import answer_bant
from qualification.services.work import add_note
from scoring.models import Cause, ScoreChange
from scoring.services.queue import request_scoring, score_waiting
from tests.qualification.build import live_version, log
from tests.ui.lead_build import as_user, make_people, new_lead

pytestmark = pytest.mark.django_db

People = dict[str, User]
# In the middle of a day, so that some hours around it are the same day.
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


def bare_lead(owner: User | None = None) -> Lead:
    """Make a lead to which nothing has happened."""
    return Lead.objects.create(first_name="Nina", last_name="Brandt", owner=owner, created_at=NOON)


def html_of(user: User, lead: Lead, **query: str) -> str:
    """Return the timeline of a lead."""
    response = as_user(user).get(f"/leads/{lead.pk}/timeline/", query)
    assert response.status_code == 200
    html = str(response.content.decode())
    start = html.index('id="timeline"')
    return html[start : html.index("</section>", start)]


def lines(html: str) -> list[str]:
    """Return the lines that can be read, one per entry or day."""
    items = re.split(r'<li class="(?=event|timeline__day)', html)[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", item.replace('">', " ", 1)).split()) for item in items]


def entries(html: str) -> list[str]:
    """Return the lines without the days."""
    return [line for line in lines(html) if line.startswith("event")]


def older_query(html: str) -> dict[str, str]:
    """Return the query of the link to the older page."""
    found = re.search(r'id="older" href="[^"?]*\?([^"]*)"', html)
    return dict(parse_qsl(unescape(found[1]))) if found else {}


def everything_listed(user: User, lead: Lead, **query: str) -> list[str]:
    """Walk through all pages."""
    found: list[str] = []
    query = dict(query)
    for _ in range(50):
        html = html_of(user, lead, **query)
        found += entries(html)
        query = older_query(html)
        if not query:
            return found
    raise AssertionError("the pages never end")


def test_an_empty_timeline_says_so(people: People) -> None:
    assert "Nothing here yet" in html_of(people["owner"], bare_lead())


def test_all_that_happened_is_there_newest_first(people: People) -> None:
    user = people["owner"]
    lead = bare_lead(user)
    asked = {"form": "demo-request", "message": "Does it work with SAP?"}
    log(lead, "demo_requested", NOON, properties=asked)
    StageChange.objects.create(
        lead=lead,
        at=NOON + timedelta(minutes=1),
        move="forward",
        from_stage=Stage.LEAD,
        to_stage=Stage.MQL,
        from_status="open",
        to_status="open",
        is_automatic=True,
    )
    Assignment.objects.create(
        lead=lead,
        owner=user,
        assigned_at=NOON + timedelta(minutes=2),
        clock_started_at=NOON,
        due_at=NOON + timedelta(days=1),
        reason="Handed over at 186 points",
    )
    answer_bant(
        lead=lead,
        dimension="budget",
        state="confirmed",
        value="€60,000",
        source="call",
        actor=user,
        now=NOON + timedelta(minutes=3),
    )
    add_note(lead=lead, text="Asks about SAP", actor=user, now=NOON + timedelta(minutes=4))
    log(lead, "call_connected", NOON + timedelta(hours=1), properties={"minutes": 11}, actor=user)
    text = entries(html_of(user, lead))
    expected = [
        "Call , 11 min, by Owner",
        "Note , by Owner Asks about SAP",
        "Budget: confirmed , from a call, by Owner Medium confidence €60,000",
        "Handed to sales , Owner: handed over at 186 points",
        "Lead → MQL , automatic",
        "Asked for a demo on the form demo-request “Does it work with SAP?”",
    ]
    assert len(text) == len(expected)
    for line, part in zip(text, expected, strict=True):
        assert part in line


def test_pages_show_every_entry_once_even_at_the_same_moment(people: People) -> None:
    lead = bare_lead()
    kind = ActivityType.objects.get(slug="demo_requested")
    Activity.objects.bulk_create(
        Activity(
            lead=lead,
            type=kind,
            occurred_at=NOON - timedelta(hours=number // 7),
            received_at=NOON,
            source="test",
            properties={"message": f"Number {number}."},
        )
        for number in range(70)
    )
    for number in range(20):
        Note.objects.create(lead=lead, text=f"Note {number}.", created_at=NOON - timedelta(hours=number // 3))
    found = everything_listed(people["manager"], lead)
    assert len(found) == 90
    text = " ".join(found)
    for number in range(70):
        assert text.count(f"Number {number}.") == 1
    for number in range(20):
        assert text.count(f"Note {number}.") == 1


@pytest.mark.parametrize(
    "before",
    ["x", "2026-11-19", "2026-11-19T10:00:00_5_1", "2026-11-19T10:00:00+00:00_5_x", "a_b_c", "\0_1_1"],
)
def test_an_address_that_names_no_place_is_refused(people: People, before: str) -> None:
    lead = bare_lead()
    response = as_user(people["owner"]).get(f"/leads/{lead.pk}/timeline/", {"before": before})
    assert response.status_code == 422


def test_an_unknown_part_is_refused(people: People) -> None:
    lead = bare_lead()
    assert as_user(people["owner"]).get(f"/leads/{lead.pk}/timeline/?show=fax").status_code == 422


def test_parts_can_be_shown_alone(people: People) -> None:
    user = people["owner"]
    lead = bare_lead(user)
    log(lead, "page_view", NOON, properties={"title": "Pricing"})
    log(lead, "email_opened", NOON, properties={"subject": "Autumn"})
    add_note(lead=lead, text="Asks about SAP", actor=user, now=NOON)
    answer_bant(lead=lead, dimension="need", state="confirmed", value="Yes", actor=user, now=NOON)
    for show, here, not_here in (
        ("web", "Pricing", "Autumn"),
        ("email", "Autumn", "Pricing"),
        ("notes", "Asks about SAP", "Pricing"),
        ("moves", "Need:", "Asks about SAP"),
    ):
        text = " ".join(entries(html_of(user, lead, show=show)))
        assert here in text
        assert not_here not in text


def test_only_channels_in_use_are_offered_with_their_number(people: People) -> None:
    lead = bare_lead()
    for _ in range(3):
        log(lead, "page_view", NOON)
    html = html_of(people["owner"], lead)
    choices = " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<nav") : html.index("</nav>")]).split())
    assert choices == "All Website 3 Moves Score Notes"


def test_pages_read_in_a_row_are_one_visit(people: People) -> None:
    lead = bare_lead()
    for minute, title in enumerate(("Pricing", "Security", "Pricing")):
        log(lead, "page_view", NOON + timedelta(minutes=minute), properties={"title": title, "seconds": 60})
    found = entries(html_of(people["owner"], lead))
    assert len(found) == 1
    assert "Read 3 pages , 3 min: Pricing, Security" in found[0]
    assert "Show all 3" in found[0]


def test_visits_of_different_days_stay_apart(people: People) -> None:
    lead = bare_lead()
    for day in range(3):
        log(lead, "page_view", NOON - timedelta(days=day), properties={"title": "Pricing"})
    assert len(entries(html_of(people["owner"], lead))) == 3


def test_the_fading_of_a_score_is_one_line(people: People) -> None:
    lead = bare_lead()
    for day, score in enumerate((60, 61, 63)):
        change(lead, NOON - timedelta(days=day), before=score + 2, score=score, cause=Cause.DECAY)
    found = entries(html_of(people["owner"], lead))
    assert len(found) == 1
    assert "Score 65 → 60 , since time passed from 16 Nov on" in found[0]
    assert "−6" in found[0]


def change(lead: Lead, at: datetime, *, before: int, score: int, cause: str = Cause.ACTIVITY) -> ScoreChange:
    """Write a change of the score as scoring does."""
    return ScoreChange.objects.create(
        lead=lead,
        at=at,
        score_before=before,
        score=score,
        fit=0,
        engagement=score,
        grade="A1",
        temperature="hot",
        version=live_version(),
        cause=cause,
    )


def test_points_stand_beside_the_activity_that_made_them(people: People) -> None:
    lead = bare_lead()
    log(lead, "demo_requested", NOON)
    change(lead, NOON + timedelta(seconds=1), before=10, score=60)
    found = entries(html_of(people["owner"], lead))
    assert len(found) == 1
    assert "Asked for a demo" in found[0]
    assert "+50" in found[0]


def test_points_of_several_activities_keep_a_line_of_their_own(people: People) -> None:
    lead = bare_lead()
    log(lead, "demo_requested", NOON)
    log(lead, "email_clicked", NOON)
    change(lead, NOON + timedelta(seconds=1), before=10, score=65)
    found = entries(html_of(people["owner"], lead))
    assert len(found) == 3
    assert "Score 10 → 65" in found[0]
    assert "+55" in found[0]


def test_points_of_real_scoring_are_the_difference_of_scores(people: People) -> None:
    lead = new_lead(people["owner"])
    before, now = lead.score or 0, timezone.now()
    log(lead, "demo_requested", now)
    request_scoring(lead_ids=[lead.pk], cause=Cause.ACTIVITY, now=now)
    score_waiting(now=now)
    lead.refresh_from_db()
    line = next(line for line in entries(html_of(people["owner"], lead)) if "Asked for a demo" in line)
    assert f"+{(lead.score or 0) - before}" in line


def test_a_voided_activity_is_struck_through_with_its_reason(people: People) -> None:
    lead = bare_lead(people["owner"])
    activity = log(lead, "email_clicked", NOON, properties={"subject": "Autumn release"})
    void_activity(activity=activity, reason="A mail scanner", actor=people["manager"], now=timezone.now())
    html = html_of(people["owner"], lead)
    assert "event--void" in html
    assert "<del>Clicked a link: “Autumn release”</del>" in html
    assert "Voided by Manager: A mail scanner" in html


def test_only_who_works_on_the_lead_can_void(people: People) -> None:
    lead = bare_lead(people["owner"])
    log(lead, "email_clicked", NOON)
    assert "/void/" in html_of(people["owner"], lead)
    assert "/void/" in html_of(people["manager"], lead)
    assert "/void/" not in html_of(people["colleague"], lead)
    assert "/void/" not in html_of(people["marketer"], lead)


@pytest.mark.parametrize("channel", ActivityType.Channel.values)
def test_an_activity_of_any_type_can_be_told(people: People, channel: str) -> None:
    lead = bare_lead()
    own = ActivityType.objects.create(slug="own_type", label="Visited the booth", channel=channel)
    Activity.objects.create(
        lead=lead,
        type=own,
        occurred_at=NOON,
        received_at=NOON,
        source="test",
        properties={"hall": 7, "who": "Ms Tan", "list": [1, 2], "none": None, "yes": True},
    )
    (line,) = entries(html_of(people["owner"], lead))
    assert "Visited the booth , who: Ms Tan, hall: 7" in line


@pytest.mark.parametrize(
    "properties", [{}, {"seconds": "x", "title": 5, "minutes": [1], "message": {"a": 1}}]
)
def test_properties_that_are_odd_do_no_harm(people: People, properties: dict[str, Any]) -> None:
    lead = bare_lead()
    slugs = list(ActivityType.objects.values_list("slug", flat=True))
    for slug in slugs:
        log(lead, slug, NOON, properties=properties)
    assert html_of(people["owner"], lead)


def test_htmx_gets_the_older_part_alone(people: People) -> None:
    lead = bare_lead()
    for number in range(40):
        log(lead, "demo_requested", NOON - timedelta(minutes=number))
    client = as_user(people["owner"])
    query = older_query(html_of(people["owner"], lead))
    headers = {"HX-Request": "true", "HX-Target": "older"}
    response = client.get(f"/leads/{lead.pk}/timeline/", query, headers=headers)
    html = response.content.decode()
    assert "<html" not in html
    assert html.count('<li class="event') == 10
    # The day goes on: its heading stands above already.
    assert "timeline__day" not in html


def test_two_hundred_activities_take_as_many_queries_as_one(
    people: People, django_assert_num_queries: Any
) -> None:
    few, many = bare_lead(), bare_lead()
    log(few, "page_view", NOON)
    kind = ActivityType.objects.get(slug="demo_requested")
    Activity.objects.bulk_create(
        Activity(
            lead=many, type=kind, occurred_at=NOON - timedelta(hours=number), received_at=NOON, source="test"
        )
        for number in range(200)
    )
    client = as_user(people["owner"])
    client.get(f"/leads/{few.pk}/timeline/")
    for lead in (few, many):
        with django_assert_num_queries(29):
            client.get(f"/leads/{lead.pk}/timeline/")


def test_who_was_told_of_a_late_answer_is_there(people: People) -> None:
    user, lead = people["owner"], bare_lead(people["owner"])
    clock = Assignment.objects.create(
        lead=lead,
        owner=user,
        assigned_at=NOON,
        reason="Handed over",
        clock_started_at=NOON,
        due_at=NOON + timedelta(days=1),
    )
    for level, hours in (("due_soon", 18), ("late", 24), ("free", 28)):
        Escalation.objects.create(assignment=clock, level=level, at=NOON + timedelta(hours=hours))
    told = " ".join(entries(html_of(user, lead, show="moves")))
    free = "Answer still missing , Owner: other reps may take it"
    found = [told.index(words) for words in (free, "Answer late , Owner", "Answer due soon , Owner")]
    assert found == sorted(found)
    assert "Answer due by Thu 19 Nov, 12:00 UTC" in told


def test_the_timeline_is_searched_by_texts_not_by_names_of_properties(people: People) -> None:
    user = people["owner"]
    lead = bare_lead(user)
    log(lead, "page_view", NOON, properties={"title": "Pricing", "path": "/prices"})
    log(lead, "email_opened", NOON, properties={"subject": "Autumn 100% off"})
    add_note(lead=lead, text="Asks about SAP", actor=user, now=NOON)
    for text, found in (
        ("pricing", ["Pricing"]),
        ("sap", ["Asks about SAP"]),
        ("100%", ["Autumn"]),
        ("_", []),
        ("title", []),
        ("email open", ["Opened an email"]),
    ):
        told = entries(html_of(user, lead, q=text))
        assert len(told) == len(found), text
        assert all(part in line for part, line in zip(found, told, strict=True))
    assert "Nothing holds this text" in html_of(user, lead, q="Oracle")
    assert entries(html_of(user, lead, q="Pricing", show="email")) == []
    for number in range(40):
        add_note(lead=lead, text=f"SAP {number}", actor=user, now=NOON + timedelta(minutes=number))
    assert len(everything_listed(user, lead, q="SAP")) == 41


@pytest.mark.parametrize("text", ["x\0", "x" * 101])
def test_what_cannot_be_searched_for_is_refused(people: People, text: str) -> None:
    lead = bare_lead()
    assert as_user(people["owner"]).get(f"/leads/{lead.pk}/timeline/", {"q": text}).status_code == 422
