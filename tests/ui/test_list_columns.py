"""The columns of the list: chosen, put in order, kept for the person, and with a view."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import CustomField, Lead, LeadTag, Tag, User
from leadapp.services.lists.columns import COLUMNS
from leadapp.services.people import choose_list
from leadapp.services.saved_views import save_view
from tests.ui.build import make_full_lead, make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import names, text_of

URL = "/leads/columns/"


def heads(client: Client, path: str = "/?view=all") -> list[str]:
    """Return the heads of the columns, without the box to choose rows."""
    page = client.get(path).content.decode()
    found = re.findall(r'<th class="c-[^"]*" scope="col"[^>]*>(.*?)</th>', page)
    words = [re.sub("<[^>]*>", "", head).strip() for head in found]
    return [word for word in words if word]


def test_everybody_begins_with_the_usual_ones(as_: As, rep: User) -> None:
    make_lead(10)

    assert heads(as_(rep)) == [
        "Score", "Lead", "Why", "Stage", "Answer by", "Last activity", "Owner", "30 days",
    ]  # fmt: skip


def test_what_is_chosen_is_kept_for_the_person(as_: As, rep: User, other_rep: User) -> None:
    make_lead(10)
    client = as_(rep)

    response = client.post(
        f"{URL}?view=all", {"column": ["country", "name", "score"], "keep": "yes"}, follow=True
    )

    assert response.redirect_chain == [("/?view=all", 302)]
    assert "The columns are kept for you." in response.content.decode()
    assert heads(client) == ["Country", "Lead", "Score"]
    assert len(heads(as_(other_rep))) == 8

    client.post(URL, {"column": ["country", "name"], "usual": "yes"})
    assert len(heads(client)) == 8


def test_a_column_moves_up_and_down_before_anything_is_kept(as_: As, rep: User) -> None:
    make_lead(10)
    client = as_(rep)
    columns = ["score", "name", "country"]

    page = client.post(URL, {"column": columns, "up": "country"}).content.decode()
    order = re.findall(r'name="column" value="(\w+)"', page)
    assert order[:4] == ["score", "country", "name", "reasons"]
    page = client.post(URL, {"column": order[:3], "down": "score"}).content.decode()
    assert re.findall(r'name="column" value="(\w+)"', page)[:3] == ["country", "score", "name"]

    assert len(heads(client)) == 8
    assert re.findall(r'id="up-(\w+)"', page) == ["score", "name"]
    assert re.findall(r'id="down-(\w+)"', page) == ["country", "score"]


def test_the_name_is_always_there_and_nonsense_is_not(as_: As, rep: User) -> None:
    make_lead(10)
    client = as_(rep)

    client.post(URL, {"column": ["owner", "nothing", "own.gone", "owner", "\x00"], "keep": "yes"})

    assert heads(client) == ["Lead", "Owner"]
    assert names(client, "/?view=all&columns=own.gone,,x") != []


def test_columns_of_the_address_come_before_those_of_the_person(as_: As, rep: User) -> None:
    make_lead(10)
    choose_list(user=rep, columns=["name", "owner"], now=timezone.now())
    client = as_(rep)

    assert heads(client, "/?view=all&columns=stage,name") == ["Stage", "Lead"]
    view = save_view(name="One", query="columns=name,country", actor=rep, now=timezone.now())
    assert heads(client, f"/?view={view.pk}") == ["Lead", "Country"]

    # In a view with columns of its own they are changed on screen, to be kept with the view.
    response = client.post(f"{URL}?view={view.pk}", {"column": ["name", "stage"], "keep": "yes"})
    assert response["Location"] == f"/?from={view.pk}&columns=name%2Cstage"
    rep.refresh_from_db()
    assert rep.list_columns == ["name", "owner"]


def test_every_column_shows_what_it_says(as_: As, rep: User) -> None:
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    CustomField.objects.create(key="renews", label="Renews on", kind="date")
    CustomField.objects.create(key="partner", label="Partner", kind="boolean")
    lead = make_full_lead(150, rep)
    Lead.objects.filter(pk=lead.pk).update(
        source="Fair",
        campaign="Spring",
        country="DE",
        status="nurture",
        status_reason="Later",
        attributes={"seats": 12500, "renews": "2026-12-01", "partner": False},
    )
    lead.company.industry = "Machinery"  # type: ignore[union-attr]
    lead.company.save()  # type: ignore[union-attr]
    LeadTag.objects.create(lead=lead, tag=Tag.objects.create(name="VIP <b>"))
    columns = ",".join([*COLUMNS, "own.seats", "own.renews", "own.partner"][1:])

    page = text_of(as_(rep), f"/?view=all&columns={columns}")

    for words in (
        "B2", "Hot", "Nurture", "Vögele Präzisionstechnik", "Head of Sales", "VIP &lt;b&gt;", "Fair",
        "Spring", "DE", "Machinery", "12,500", "1 Dec 2026", "No", "just now",
    ):  # fmt: skip
        assert words in page, words


def test_cells_without_a_place_on_phones_carry_the_head_of_their_column(as_: As, rep: User) -> None:
    CustomField.objects.create(key="seats", label='Seats "A" <b>', kind="number")
    lead = make_full_lead(150, rep)
    Lead.objects.filter(pk=lead.pk).update(attributes={"seats": 12})

    page = as_(rep).get("/?view=all&columns=score,name,stage,country,own.seats").content.decode()

    labels = re.findall(r'<td class="[^"]*" role="cell"[^>]*? data-label="([^"]*)">', page)
    assert labels == ["Country", "Seats &quot;A&quot; &lt;b&gt;"]


def test_a_column_is_not_shown_twice(as_: As, rep: User) -> None:
    make_full_lead(150, rep)
    page = as_(rep).get("/?view=all&columns=score,name,grade,temperature,company,job_title").content.decode()

    assert page.count("Vögele Präzisionstechnik") == 1
    assert page.count("Head of Sales") == 1
    assert len(re.findall('class="temp temp--hot"', page)) == 1


@pytest.mark.parametrize("rows", [1, 20, 200])
def test_every_column_takes_the_same_queries_for_any_number_of_rows(as_: As, rep: User, rows: int) -> None:
    CustomField.objects.create(key="seats", label="Seats", kind="number")
    tag = Tag.objects.create(name="VIP")
    choose_list(user=rep, size=200, columns=[*COLUMNS, "own.seats"], now=timezone.now())
    LeadTag.objects.bulk_create([LeadTag(lead=make_full_lead(150, rep), tag=tag) for _ in range(rows)])
    client = as_(rep)
    client.get("/?view=all")

    with CaptureQueriesContext(connection) as captured:
        assert len(names(client, "/?view=all")) == rows

    assert len(captured) == 14, [query["sql"][:100] for query in captured]


def test_columns_that_are_not_shown_are_not_asked_for(as_: As, rep: User) -> None:
    make_full_lead(150, rep)
    client = as_(rep)
    client.get("/?view=all&columns=name,country")

    with CaptureQueriesContext(connection) as captured:
        client.get("/?view=all&columns=name,country")

    assert len(captured) == 7, [query["sql"][:100] for query in captured]


class TestLook:
    def test_rows_and_pages_are_chosen_from_the_list(self, as_: As, rep: User) -> None:
        client = as_(rep)

        assert (
            client.post("/leads/look/", {"density": "compact", "back": "/?view=hot"})["Location"]
            == "/?view=hot"
        )
        client.post("/leads/look/", {"size": "200"})

        rep.refresh_from_db()
        assert (rep.density, rep.list_size) == ("compact", 200)
        assert 'data-density="compact"' in client.get("/").content.decode()

    @pytest.mark.parametrize("data", [{"density": "huge"}, {"size": "7"}, {"size": "x"}, {}])
    def test_nonsense_changes_nothing(self, as_: As, rep: User, data: dict[str, str]) -> None:
        assert as_(rep).post("/leads/look/", data).status_code == 302

        rep.refresh_from_db()
        assert (rep.density, rep.list_size) == ("comfortable", 50)

    def test_looking_changes_nothing(self, as_: As, rep: User) -> None:
        assert as_(rep).get("/leads/look/").status_code == 405
