"""How far the page is behind that somebody reads."""

import html
import re

import pytest
from django.test import Client

from leadapp.models import Lead, User
from tests.ui.build import make_lead
from tests.ui.conftest import As


@pytest.fixture
def client_(as_: As, rep: User) -> Client:
    for number in range(60):
        make_lead(100 - number, last_name=f"N{number}")
    return as_(rep)


def poll_of(client: Client, path: str) -> str:
    found = re.search(r'data-poll hx-get="(/leads/moved/[^"]*)"', client.get(path).content.decode())
    assert found
    return html.unescape(found.group(1))


def answer_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code in (200, 204)
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def give(name: str, score: int) -> None:
    Lead.objects.filter(last_name=name).update(score=score)


def test_a_page_on_which_nothing_moved_is_left_alone(client_: Client) -> None:
    assert client_.get(poll_of(client_, "/?view=all")).status_code == 204


def test_leads_that_rise_are_counted(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    give("N5", 300)
    give("N6", 99)

    assert answer_of(client_, address) == "2 leads moved up Refresh"


def test_a_lead_that_comes_from_another_page_has_moved_up(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    give("N59", 300)

    assert answer_of(client_, address) == "1 lead moved up Refresh"


def test_a_new_lead_has_moved_up(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    make_lead(95)

    assert answer_of(client_, address) == "1 lead moved up Refresh"


def test_leads_that_fall_have_changed(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    give("N5", 1)
    give("N6", 93)

    assert answer_of(client_, address) == "2 leads changed Refresh"


def test_a_lead_that_leaves_the_view_has_changed(client_: Client) -> None:
    address = poll_of(client_, "/?status=open")
    Lead.objects.filter(last_name="N5").update(status="nurture", status_reason="Later")

    assert answer_of(client_, address) == "1 lead changed Refresh"


def test_what_happens_on_other_pages_is_not_told(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    give("N58", 2)
    make_lead(0)

    assert client_.get(address).status_code == 204


def test_a_later_page_is_watched_as_well(client_: Client) -> None:
    page = client_.get("/?view=all").content.decode()
    found = re.search(r'id="page-next" href="([^"]*)"', page)
    assert found
    second = html.unescape(found.group(1))
    address = poll_of(client_, second)
    assert client_.get(address).status_code == 204

    give("N59", 45)

    assert answer_of(client_, address) == "1 lead moved up Refresh"
    assert html.escape(second) in client_.get(address).content.decode()


def test_an_empty_list_tells_that_there_is_something_now(as_: As, rep: User) -> None:
    client = as_(rep)
    address = poll_of(client, "/?view=hot")
    assert client.get(address).status_code == 204
    make_lead(200)

    assert answer_of(client, address) == "1 lead moved up Refresh"


@pytest.mark.parametrize(
    "shown",
    ["", "-", "\x00", "1", "1.", "x.y", "9" * 400, "99999999999999999999.1", "1.99999999999", "1.2," * 9999],
)
def test_nonsense_does_no_harm(client_: Client, shown: str) -> None:
    assert client_.get("/leads/moved/", {"view": "all", "shown": shown, "after": shown}).status_code == 200
