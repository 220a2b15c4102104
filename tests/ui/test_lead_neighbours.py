"""A lead that was opened from a list leads on to the one before and the one after."""

import re
from html import unescape
from typing import Any

import pytest

from leadapp.models import Lead, User
from tests.ui.build import make_lead
from tests.ui.lead_build import as_user, make_people

pytestmark = pytest.mark.django_db

People = dict[str, User]


@pytest.fixture
def people(db: None) -> People:
    """Give a person of every role, and a second rep."""
    return make_people()


@pytest.fixture
def leads(people: People) -> list[Lead]:
    """Give five leads of the owner's, the best first."""
    return [make_lead(score, first_name=f"L{score}", owner=people["owner"]) for score in (90, 80, 70, 60, 50)]


def opened(user: User, lead: Lead, view: str = "mine") -> str:
    """Return the address by which the list opens a lead."""
    html = as_user(user).get(f"/?view={view}").content.decode()
    found = re.search(rf'class="leads__name" href="(/leads/{lead.pk}/[^"]*)"', html)
    assert found is not None
    return unescape(found[1])


def beside(user: User, address: str) -> tuple[str, str, str]:
    """Return where a lead stands in its list, and the addresses before and after it."""
    html = as_user(user).get(address).content.decode()
    found = {
        name: unescape(url) for name, url in re.findall(r'id="(previous|next)-lead" href="([^"]+)"', html)
    }
    text = re.search(r"<span>([\d,]+ of [^<]+)</span>", html)
    return text[1] if text else "", found.get("previous", ""), found.get("next", "")


def number(address: str) -> int:
    """Return which lead an address is about."""
    return int(address.split("/")[2]) if address else 0


def test_it_goes_on_to_the_next_and_back(people: People, leads: list[Lead]) -> None:
    owner, here, met = people["owner"], opened(people["owner"], leads[0]), []
    while here:
        text, _, after = beside(owner, here)
        met.append((number(here), text))
        here = after
    assert met == [(lead.pk, f"{place} of 5") for place, lead in enumerate(leads, 1)]
    _, before, after = beside(owner, opened(owner, leads[2]))
    assert (number(before), number(after)) == (leads[1].pk, leads[3].pk)
    assert beside(owner, opened(owner, leads[0]))[1] == ""


def test_it_goes_on_from_where_the_lead_stood_when_it_was_opened(people: People, leads: list[Lead]) -> None:
    address = opened(people["owner"], leads[2])
    Lead.objects.filter(pk=leads[2].pk).update(score=500, fit=500)
    _, before, after = beside(people["owner"], address)
    assert (number(before), number(after)) == (leads[1].pk, leads[3].pk)
    Lead.objects.filter(pk=leads[2].pk).update(owner=None)  # it left the list
    text, before, after = beside(people["owner"], address)
    assert (number(before), number(after)) == (leads[1].pk, leads[3].pk)
    assert text == "3 of 4"


def test_tabs_and_answers_keep_the_list(people: People, leads: list[Lead]) -> None:
    owner, address = people["owner"], opened(people["owner"], leads[2])
    html = unescape(as_user(owner).get(address).content.decode())
    query = address.partition("?")[2]
    for tab in ("timeline", "stages", "notes"):
        assert f'/leads/{leads[2].pk}/{tab}/?{query}"' in html
    notes = address.replace("/?", "/notes/?")
    _, _, after = beside(owner, notes)
    assert after.startswith(f"/leads/{leads[3].pk}/notes/?list=")
    sent = as_user(owner).post(
        f"/leads/{leads[2].pk}/notes/new/",
        {"text": "Hello"},
        headers={"Referer": f"http://testserver{address}"},
    )
    assert sent["Location"] == notes


@pytest.mark.parametrize(
    "query",
    [
        "?list=view%3Dmine&place=nonsense",
        "?list=view%3Dmine",
        "?place=1.2.3.4",
        "?list=due%3Dwaiting&place=1.2.3.4",
        "?list=%00&place=1.2.3.4",
        "?list=" + "x" * 9000 + "&place=" + "9" * 9000,
        "?list=view%3Dunheard&place=99999999999999999999.1.1.1",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_lead_alone(
    people: People, leads: list[Lead], query: str
) -> None:
    assert beside(people["owner"], f"/leads/{leads[0].pk}/{query}") == ("", "", "")


def test_nobody_is_led_to_a_lead_that_they_may_not_see(
    people: People, leads: list[Lead], settings: Any
) -> None:
    settings.REPS_SEE = "own"
    Lead.objects.filter(pk=leads[1].pk).update(owner=people["colleague"])
    _, _, after = beside(people["owner"], opened(people["owner"], leads[0], view="all"))
    assert number(after) == leads[2].pk


def test_the_list_costs_the_same_queries_at_any_length(
    people: People, leads: list[Lead], django_assert_num_queries: Any
) -> None:
    owner, client = people["owner"], as_user(people["owner"])
    address = opened(owner, leads[1]).replace("/?", "/stages/?")
    client.get(address)
    for _ in range(2):
        with django_assert_num_queries(26):
            client.get(address)
        for score in range(40, 20, -1):
            make_lead(score, owner=owner)
