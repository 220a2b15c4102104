"""The orders of the list: through heads of columns, page by page, and through an index."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leadapp.models import Lead, LeadSearch, User
from leadapp.paging import Place, turn_to
from leadapp.services.lists.filters import Asked, in_order
from leadapp.services.lists.orders import turned
from leadapp.services.people import choose_list
from tests.ui.build import make_clock, make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import TestPages, names, text_of


@pytest.fixture
def leads(rep: User) -> None:
    now = timezone.now()
    for number, (name, score) in enumerate([("Özdemir", 30), ("Zander", 90), ("abel", 60), ("Ozz", None)]):
        lead = make_lead(
            score,
            last_name=name,
            created_at=now - timedelta(days=number),
            last_activity_at=now - timedelta(hours=(number * 7) % 4),
        )
        if number < 3:
            make_clock(lead, rep, due_in=timedelta(hours=(number * 2) % 3))


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Zander", "abel", "Özdemir", "Ozz"]),
        ("-score", ["Ozz", "Özdemir", "abel", "Zander"]),
        ("name", ["abel", "Özdemir", "Ozz", "Zander"]),
        ("-name", ["Zander", "Ozz", "Özdemir", "abel"]),
        ("created", ["Özdemir", "Zander", "abel", "Ozz"]),
        ("-created", ["Ozz", "abel", "Zander", "Özdemir"]),
        ("active", ["Özdemir", "Ozz", "abel", "Zander"]),
        ("-active", ["Zander", "abel", "Ozz", "Özdemir"]),
        ("due", ["Özdemir", "abel", "Zander"]),
        ("-due", ["Zander", "abel", "Özdemir"]),
    ],
)
def test_each_order_from_both_ends(as_: As, rep: User, leads: None, sort: str, expected: list[str]) -> None:
    assert names(as_(rep), f"/?view=all&sort={sort}") == expected


def test_a_head_leads_to_the_order_and_then_to_its_other_end(as_: As, rep: User, leads: None) -> None:
    client = as_(rep)

    def head(path: str, key: str) -> tuple[str, str]:
        page = client.get(path).content.decode()
        found = re.search(
            rf'<th[^>]*?(aria-sort="\w+")?><a class="sort" id="sort-{key}" href="([^"]*)"', page
        )
        assert found
        return found[1] or "", html.unescape(found[2])

    assert head("/?view=all", "score") == ('aria-sort="descending"', "/?sort=-score")
    is_sorted, address = head("/?view=all", "name")
    assert (is_sorted, address) == ("", "/?sort=name")
    assert head(address, "name") == ('aria-sort="ascending"', "/?sort=-name")
    assert head(address, "score") == ("", "/?view=all")
    assert "Leads, by name" in text_of(client, address)


def test_sorting_by_the_deadline_keeps_those_that_have_one_and_says_so(
    as_: As, rep: User, leads: None
) -> None:
    client = as_(rep)
    page = client.get("/?view=all&sort=-due").content.decode()

    assert "still to be given" in page
    # Without the filter the order makes no sense any more.
    assert 'href="/?view=all" aria-label="Remove filter: Answer"' in page
    assert names(client, "/?due=waiting&sort=score") == ["Zander", "abel", "Özdemir"]


@pytest.mark.parametrize("sort", ["owner", "--name", "-", "\x00", "name;drop"])
def test_what_cannot_be_sorted_by_is_told(as_: As, rep: User, leads: None, sort: str) -> None:
    response = as_(rep).get("/", {"view": "all", "sort": sort})

    assert response.status_code == 400
    assert "cannot be sorted by that" in response.content.decode()


@pytest.mark.parametrize("sort", ["name", "-name", "created", "-created", "active", "-active", "-score"])
def test_pages_follow_each_other_in_every_order(as_: As, rep: User, sort: str) -> None:
    now = timezone.now()
    for number in range(120):
        make_lead(
            number % 7,
            last_name=f"N{number % 11:02}",
            created_at=now - timedelta(hours=number % 13),
            last_activity_at=now - timedelta(hours=number % 5),
        )
    client, path, seen = as_(rep), f"/?view=all&sort={sort}", []
    while path:
        page = client.get(path).content.decode()
        seen += re.findall(r'data-lead="(\d+)"', page)
        found = re.search(r'id="page-next" href="([^"]*)"', page)
        path = html.unescape(found[1]) if found else ""

    assert len(seen) == len(set(seen)) == 120
    in_one = [str(lead.pk) for lead in turn_to(_ordered(sort), _order(sort), None, size=200).rows]
    assert seen == in_one


@pytest.mark.parametrize("cursor", ["1.1.1", "xzz.1.1", "x00.1.1", "1", "x41.1.1.1"])
def test_a_broken_place_in_the_order_of_names_is_told(as_: As, rep: User, leads: None, cursor: str) -> None:
    response = as_(rep).get("/", {"view": "all", "sort": "name", "after": cursor})

    assert response.status_code == 400
    assert "That page does not exist" in response.content.decode()


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("score", "lead_list"),
        ("active", "lead_list_active"),
        ("name", "lead_search_name"),
        ("created", "lead_search_created"),
    ],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_a_page_is_read_from_the_index_of_its_order(db: None, sort: str, index: str, is_turned: bool) -> None:
    sort = turned(sort) if is_turned else sort
    make_lead(50)
    order = _order(sort)
    first = turn_to(_ordered(sort), order, None, size=1)
    place = Place(tuple(getattr(first.rows[0], name) for name in order.columns), 1, backwards=False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_incremental_sort = off")
    for where in (None, place):
        with_place = _page_query(sort, where)
        plan = with_place.explain()
        assert f"using {index} on" in plan, plan
        assert "Sort" not in plan, plan


def test_names_follow_the_lead(as_: As, rep: User) -> None:
    lead = make_lead(10, last_name="Été", email="ete@firm.example")
    assert LeadSearch.objects.get(lead=lead).name == "ada ete"

    Lead.objects.filter(pk=lead.pk).update(first_name="", last_name="")
    assert LeadSearch.objects.get(lead=lead).name == "ete@firm.example"

    moment = timezone.now() - timedelta(days=400)
    Lead.objects.filter(pk=lead.pk).update(email=None, created_at=moment)
    found = LeadSearch.objects.get(lead=lead)
    assert (found.name, found.created_at) == (f"lead {lead.pk}", moment)


def test_a_page_is_as_long_as_somebody_likes(as_: As, rep: User) -> None:
    for number in range(120):
        make_lead(number)
    choose_list(user=rep, size=100, now=timezone.now())
    client = as_(rep)

    assert len(names(client, "/?view=all")) == 100
    following = TestPages.link(client, "/?view=all", "next")
    assert following is not None
    assert len(names(client, following)) == 20


def _order(sort: str):  # type: ignore[no-untyped-def]
    return Asked({}, sort=sort).order


def _ordered(sort: str):  # type: ignore[no-untyped-def]
    return in_order(Lead.objects.all(), Asked({}, sort=sort))


def _page_query(sort: str, place: Place | None):  # type: ignore[no-untyped-def]
    from leadapp.paging import _behind

    return _behind(_ordered(sort), _order(sort), place)[:51]
