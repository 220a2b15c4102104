"""How far the page is behind that somebody reads."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

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


def rescore(name: str, score: int) -> Lead:
    """Give a score as scoring does."""
    lead = Lead.objects.get(last_name=name)
    lead.score, lead.scored_at, lead.temperature = score, timezone.now() + timedelta(seconds=1), "hot"
    lead.save()
    return lead


def test_a_new_score_is_sent_to_where_it_stands_once(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    lead = rescore("N5", 96)  # one more than before: the order is the same
    response = client_.get(address)
    page = response.content.decode()
    assert response.status_code == 200
    assert f'id="score-{lead.pk}" hx-swap-oob="true"' in page
    assert f'id="reasons-{lead.pk}" hx-swap-oob="true"' in page
    assert f'id="stage-{lead.pk}"' not in page
    assert page.count("is-fresh") >= 3
    assert page.count('<tr role="row"') == 1
    assert ">96<" in page
    assert "1 score on this page is new." in page
    assert "Refresh" not in page
    assert client_.get(next_poll(page)).status_code == 204


def test_what_was_told_of_moves_is_not_told_again(client_: Client) -> None:
    address = poll_of(client_, "/?view=all")
    rescore("N5", 300)
    page = client_.get(address).content.decode()
    assert "1 lead moved up" in page
    following = next_poll(page)
    assert client_.get(following).status_code == 204
    rescore("N6", 299)
    page = client_.get(following).content.decode()
    assert "2 leads moved up" in page
    assert page.count('<tr role="row"') == 1


def test_a_page_sorted_by_name_has_new_scores_and_no_moves(client_: Client) -> None:
    address = poll_of(client_, "/?view=all&sort=name")
    rescore("N5", 300)
    page = client_.get(address).content.decode()
    assert "moved up" not in page
    assert ">300<" in page


def test_only_columns_that_are_shown_are_sent(client_: Client) -> None:
    address = poll_of(client_, "/?view=all&columns=name,temperature,tags")
    lead = rescore("N5", 300)
    page = client_.get(address).content.decode()
    assert f'id="temperature-{lead.pk}" hx-swap-oob' in page
    assert f'id="score-{lead.pk}"' not in page
    assert f'id="tags-{lead.pk}"' not in page


def test_leads_that_somebody_may_not_see_any_more_are_not_sent(
    client_: Client, other_rep: User, settings: Settings
) -> None:
    settings.REPS_SEE = "own"
    address = poll_of(client_, "/?view=all")
    lead = rescore("N5", 96)
    Lead.objects.filter(pk=lead.pk).update(owner=other_rep)
    page = client_.get(address).content.decode()
    assert "1 lead changed" in page
    assert '<tr role="row"' not in page


@pytest.mark.parametrize("number", [1, 20, 50])
def test_polls_take_the_same_few_queries_for_any_number(number: int, as_: As, rep: User) -> None:
    for one in range(number):
        make_lead(200 - one, last_name=f"N{one}")
    client = as_(rep)
    address = poll_of(client, "/?view=all")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 204
    assert len(queries) == 6, [query["sql"][:90] for query in queries]
    Lead.objects.update(scored_at=timezone.now() + timedelta(seconds=1))
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address).content.decode()
    assert page.count('<tr role="row"') == number
    assert len(queries) == 12, [query["sql"][:90] for query in queries]


def next_poll(page: str) -> str:
    """Return what the page asks after this answer."""
    found = re.search(r'data-poll hx-get="(/leads/moved/[^"]*)"', page)
    assert found
    return html.unescape(found.group(1))
