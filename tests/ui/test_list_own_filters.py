"""Filters by a team's own fields, by tags and by ranges, and the form that makes them."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadapp.models import CustomField, Lead, LeadTag, Tag, User
from tests.ui.build import make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import names, text_of


@pytest.fixture
def leads(rep: User) -> None:
    for key, label, kind in [
        ("segment", "Segment", "text"),
        ("seats", "Seats", "number"),
        ("renews", "Renews on", "date"),
        ("is_partner", "Partner", "boolean"),
        ("odd__key-1", "Odd", "text"),
    ]:
        CustomField.objects.create(key=key, label=label, kind=kind)
    made = [
        make_lead(
            90,
            last_name="A",
            attributes={"segment": "Gold 100%", "seats": 10, "renews": "2026-12-01", "is_partner": True},
        ),
        make_lead(
            80,
            last_name="B",
            attributes={"segment": "Goldsmith", "seats": 25.5, "renews": "2027-01-31", "is_partner": False},
        ),
        # What another kind left behind is no number and no day.
        make_lead(70, last_name="C", attributes={"seats": "many", "renews": 7, "odd__key-1": "x,y"}),
        make_lead(60, last_name="D"),
    ]
    vip, fair = Tag.objects.create(name="VIP"), Tag.objects.create(name="Fair 2026")
    LeadTag.objects.create(lead=made[0], tag=vip)
    LeadTag.objects.create(lead=made[1], tag=vip)
    LeadTag.objects.create(lead=made[1], tag=fair)
    LeadTag.objects.create(lead=made[3], tag=fair)
    Lead.objects.filter(pk=made[3].pk).update(created_at=datetime(2025, 10, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"own.segment": "gold"}, "AB"),
        ({"own.segment": "100%"}, "A"),
        ({"own.segment": "=Goldsmith"}, "B"),
        ({"own.segment": "=gold"}, ""),
        ({"own.odd__key-1": "x,y"}, "C"),
        ({"own.seats": "10..25"}, "A"),
        ({"own.seats": "10.."}, "AB"),
        ({"own.seats": "..10"}, "A"),
        ({"own.seats": "-5..25.5"}, "AB"),
        ({"own.seats.from": "11"}, "B"),
        ({"own.seats.from": "", "own.seats.to": "11"}, "A"),
        ({"own.renews": "2026-12-01..2026-12-31"}, "A"),
        ({"own.renews": "2026-12-02.."}, "B"),
        ({"own.renews.to": "2027-01-31"}, "AB"),
        ({"own.is_partner": "yes"}, "A"),
        ({"own.is_partner": "no"}, "B"),
        ({"own.is_partner": "yes,no"}, "AB"),
        ({"own.segment": "gold", "own.seats": "20..", "own.is_partner": "no"}, "B"),
        ({"tag": "vip"}, "AB"),
        ({"tag": "VIP,fair 2026"}, "ABD"),
        ({"tag": "nothing"}, ""),
        ({"score.from": "70", "score.to": "80"}, "BC"),
        ({"score.from": "", "score.to": "60"}, "D"),
        ({"score.from": "81"}, "A"),
        ({"quiet": "30"}, ""),
        ({"created": "today"}, "ABC"),
        ({"created.to": "2025-12-31"}, "D"),
        ({"created.from": "2026-01-01"}, "ABC"),
    ],
)
def test_keeps_the_leads_that_fit(as_: As, rep: User, leads: None, query: dict[str, str], found: str) -> None:
    assert "".join(names(as_(rep), f"/?{urlencode(query)}")) == found


@pytest.mark.parametrize(
    "query",
    [
        {"own.seats": "many"},
        {"own.seats": ".."},
        {"own.seats": "1..2..3"},
        {"own.seats": "٣.."},
        {"own.seats.from": "1e9"},
        {"own.renews": "2026-13-01.."},
        {"own.renews": "2027-01-01..2026-01-01"},
        {"own.renews.from": "soon"},
        {"own.is_partner": "perhaps"},
        {"own.segment": "\x00"},
        {"own.segment": "="},
        {"tag": "\x00"},
        {"score.from": "-5"},
        {"score.to": "lots"},
        {"created.from": "2026-02-30"},
        {"created.from": "2026-02-03", "created.to": "2026-02-01"},
        {"quiet": "0"},
        {"quiet": "abc"},
    ],
)
def test_nonsense_is_left_out_and_told(as_: As, rep: User, leads: None, query: dict[str, str]) -> None:
    client = as_(rep)
    response = client.get("/", {**query, "status": "open"})

    assert response.status_code == 400
    page = response.content.decode()
    assert page.count("so it was left out") == 1
    assert "\x00" not in page
    assert "".join(names(client, f"/?{urlencode({**query, 'status': 'open'})}")) == "ABCD"


def test_a_field_that_there_is_not_is_no_filter(as_: As, rep: User, leads: None) -> None:
    assert "".join(names(as_(rep), "/?own.gone=1&status=open")) == "ABCD"


def test_chips_say_it_in_words_and_can_be_taken_away(as_: As, rep: User, leads: None) -> None:
    client = as_(rep)
    query = urlencode(
        {
            "own.segment": "gold",
            "own.seats": "10..",
            "own.renews": "..2027-01-31",
            "own.is_partner": "yes",
            "tag": "VIP",
            "score": "50-99",
            "quiet": "14",
            "created": "today",
        }
    )
    text = text_of(client, f"/?{query}")

    for words in (
        "Segment contains “gold”",
        "Seats 10 or more",
        "Renews on up to 31 Jan 2027",
        "Partner yes",
        "Tag VIP",
        "Score 50 to 99",
        "No activity for 14 days or more",
        "Came in today",
    ):
        assert words in text
    page = client.get("/?own.seats=10..&tag=VIP").content.decode()
    assert 'href="/?tag=VIP" aria-label="Remove filter: Seats"' in page
    assert 'href="/?own.seats=10.." aria-label="Remove filter: Tag"' in page


def test_the_form_asks_for_every_field_by_its_kind(as_: As, rep: User, leads: None) -> None:
    query = urlencode(
        {
            "own.segment": "=Gold 100%",
            "own.seats": "10..20.5",
            "own.renews": "..2027-01-31",
            "own.is_partner": "no",
            "score": "50-",
            "created": "2026-01-01..2026-02-01",
            "tag": "VIP,Fair 2026",
            "won": "2026-01-01..2026-02-01",
            "sort": "name",
            "columns": "name,own.seats",
        }
    )
    page = as_(rep).get(f"/leads/filters/?{query}").content.decode()

    for part in (
        'name="own.segment" value="=Gold 100%"',
        'name="own.seats.from" value="10"',
        'name="own.seats.to" value="20.5"',
        'type="date" name="own.renews.to" value="2027-01-31"',
        '<option value="no" selected>no</option>',
        'name="score.from" value="50"',
        'name="created.from" value="2026-01-01"',
        'name="tag" value="VIP,Fair 2026"',
        '<option value="Fair 2026">',
        'type="hidden" name="won" value="2026-01-01..2026-02-01"',
        'type="hidden" name="sort" value="name"',
        'type="hidden" name="columns" value="name,own.seats"',
    ):
        assert part in page


def test_what_the_form_sends_is_read_and_empty_boxes_are_nothing(as_: As, rep: User, leads: None) -> None:
    sent = "view=all&owner=&due=&score.from=&score.to=&tag=&own.seats.from=&own.seats.to=&own.is_partner="
    response = as_(rep).get(f"/?{sent}")

    assert response.status_code == 200
    assert 'id="view-all" aria-current="page"' in response.content.decode()


def test_a_filter_by_an_own_field_takes_one_more_query(as_: As, rep: User, leads: None) -> None:
    client = as_(rep)
    client.get("/?status=open")
    counts = []
    for query in ("status=open&tag=vip", "status=open&tag=vip&own.seats=1..&own.segment=gold"):
        with CaptureQueriesContext(connection) as captured:
            assert names(client, f"/?{query}") == ["A", "B"]
        counts.append(len(captured))

    assert counts == [11, 12], [query["sql"][:100] for query in captured]
