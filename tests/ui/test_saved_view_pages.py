"""Saved views on the pages: kept from the list, opened by address, shared, changed, deleted and undone."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadapp.models import SavedView, User
from leadapp.services.saved_views import save_view
from qualification.models import Team, TeamMember
from tests.ui.build import make_lead
from tests.ui.conftest import As
from tests.ui.test_lead_list import names, text_of


@pytest.fixture
def leads(rep: User, other_rep: User) -> None:
    make_lead(90, last_name="A", owner=rep, country="DE")
    make_lead(80, last_name="B", owner=other_rep, country="DE")
    make_lead(70, last_name="C", owner=rep, country="AT")


def keep(owner: User, query: str = "country=DE", **given: str) -> SavedView:
    facts = {"name": "German", "sharing": "private"} | given
    return save_view(query=query, actor=owner, now=timezone.now(), **facts)


def tab(client: Client, path: str, view: SavedView) -> str:
    page = client.get(path).content.decode()
    found = re.search(rf'<a href="/\?view={view.pk}"[^>]*>.*?</a>', page)
    return " ".join(re.sub("<[^>]*>", " ", found[0]).split()) if found else ""


def test_what_the_list_shows_is_kept_under_a_name(as_: As, rep: User, leads: None) -> None:
    client = as_(rep)
    address = re.search(
        r'href="(/leads/views/new/[^"]*)"',
        client.get("/?country=DE&sort=-name&columns=name,country").content.decode(),
    )
    assert address
    path = html.unescape(address[1])
    assert "Country DE by name, from the end" in text_of(client, path)

    response = client.post(path, {"name": "German", "sharing": "everybody"}, follow=True)

    view = SavedView.objects.get()
    assert response.redirect_chain == [(f"/?view={view.pk}", 302)]
    assert "The view “German” is kept." in response.content.decode()
    assert (view.owner, view.sharing) == (rep, "everybody")
    assert names(client, f"/?view={view.pk}") == ["B", "A"]
    assert tab(client, f"/?view={view.pk}", view) == "German 2"
    assert tab(client, "/?view=all", view) == "German"
    assert re.findall(
        r'<th class="(c-\w+)" scope="col"', client.get(f"/?view={view.pk}").content.decode()
    ) == [
        "c-check",
        "c-lead",
        "c-short",
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "", "sharing": "private"}, "This field is required"),
        ({"name": "x" * 61, "sharing": "private"}, "at most 60"),
        ({"name": "GERMAN", "sharing": "private"}, "You have a view “GERMAN” already"),
        ({"name": "New", "sharing": "team"}, "You are in no team yet"),
        ({"name": "New", "sharing": "world"}, "Select a valid choice"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_kept(
    as_: As, rep: User, data: dict[str, str], words: str
) -> None:
    keep(rep)
    client = as_(rep)

    response = client.post("/leads/views/new/?country=AT", data)

    assert response.status_code in (409, 422)
    page = response.content.decode()
    assert words in page
    assert html.escape(data["name"]) in page
    assert SavedView.objects.count() == 1


class TestOpening:
    def test_a_colleague_opens_a_shared_view_by_its_address(
        self, as_: As, rep: User, other_rep: User, leads: None
    ) -> None:
        view = keep(rep, "owner=me", sharing="everybody")
        client = as_(other_rep)

        assert names(client, f"/?view={view.pk}") == ["B"]
        assert tab(client, f"/?view={view.pk}", view) == "German 1"
        assert tab(client, "/?view=all", view) == ""
        assert "German" in text_of(client, "/leads/views/")

    def test_a_view_for_the_team_is_for_the_team(
        self, as_: As, rep: User, other_rep: User, manager: User, leads: None
    ) -> None:
        team = Team.objects.create(name="North")
        for person in (rep, other_rep):
            TeamMember.objects.create(team=team, user=person)
        view = keep(rep, sharing="team")

        assert as_(other_rep).get(f"/?view={view.pk}").status_code == 200
        assert as_(manager).get(f"/?view={view.pk}").status_code == 404

    @pytest.mark.parametrize("name", ["{private}", "{gone}", "999999", "9" * 30])
    def test_one_that_is_not_shared_or_gone_is_not_there_and_says_so(
        self, as_: As, rep: User, other_rep: User, leads: None, name: str
    ) -> None:
        private = keep(rep)
        gone = keep(other_rep)
        SavedView.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())

        response = as_(other_rep).get(f"/?view={name.format(private=private.pk, gone=gone.pk)}")

        assert response.status_code == 404
        page = response.content.decode()
        assert "It was deleted, or it is not shared with you" in page
        assert "leads__name" not in page

    def test_what_a_view_asked_for_and_there_is_no_more_is_left_out(
        self, as_: As, rep: User, leads: None
    ) -> None:
        view = keep(rep, "country=DE&own.gone=1&stage=purple&sort=nothing&columns=gone,own.gone")

        assert names(as_(rep), f"/?view={view.pk}") == ["A", "B"]


class TestChanging:
    def test_a_change_is_marked_and_can_be_kept(self, as_: As, rep: User, leads: None) -> None:
        view = keep(rep)
        client = as_(rep)
        page = client.get(f"/?view={view.pk}").content.decode()
        assert "Save changes" not in page
        head = re.search(r'id="sort-name" href="([^"]*)"', page)
        assert head
        changed = html.unescape(head[1])
        assert changed == f"/?country=DE&sort=name&from={view.pk}"
        assert tab(client, changed, view) == "German changed 2"

        form = re.search(
            rf'action="(/leads/views/{view.pk}/keep/[^"]*)"', client.get(changed).content.decode()
        )
        assert form
        response = client.post(html.unescape(form[1]), {"back": changed}, follow=True)

        assert response.redirect_chain == [(f"/?view={view.pk}", 302)]
        view.refresh_from_db()
        assert view.query == "country=DE&sort=name"
        assert names(client, f"/?view={view.pk}") == ["A", "B"]

    def test_going_back_to_the_view_is_no_change(self, as_: As, rep: User, leads: None) -> None:
        view = keep(rep)

        assert tab(as_(rep), f"/?country=DE&from={view.pk}", view) == "German 2"

    def test_a_colleagues_view_is_changed_only_on_screen(
        self, as_: As, rep: User, other_rep: User, leads: None
    ) -> None:
        view = keep(rep, sharing="everybody")
        page = as_(other_rep).get(f"/?country=AT&from={view.pk}").content.decode()

        assert "Save changes" not in page
        assert "Save as a view" in page

    def test_a_view_is_renamed_and_shared(self, as_: As, rep: User) -> None:
        view = keep(rep)
        client = as_(rep)
        assert 'value="German"' in client.get(f"/leads/views/{view.pk}/").content.decode()

        response = client.post(
            f"/leads/views/{view.pk}/", {"name": "Germany", "sharing": "everybody"}, follow=True
        )

        assert "The view “Germany” is changed." in response.content.decode()
        view.refresh_from_db()
        assert (view.name, view.sharing, view.query) == ("Germany", "everybody", "country=DE")

    def test_views_move_up_and_down(self, as_: As, rep: User) -> None:
        one, two, three = (keep(rep, name=name) for name in ("One", "Two", "Three"))
        client = as_(rep)

        client.post(f"/leads/views/{three.pk}/place/", {"way": "up"})
        client.post(f"/leads/views/{one.pk}/place/", {"way": "down"})
        client.post(f"/leads/views/{two.pk}/place/", {"way": "down"})

        assert [view.name for view in rep.saved_views.in_order()] == ["Three", "One", "Two"]

    def test_a_deleted_view_comes_back_by_the_toast(self, as_: As, rep: User) -> None:
        view = keep(rep)
        client = as_(rep)

        page = client.post(f"/leads/views/{view.pk}/delete/", follow=True).content.decode()
        assert "The view “German” is deleted." in page
        assert f'action="/leads/views/{view.pk}/restore/"' in page
        assert client.get(f"/?view={view.pk}").status_code == 404
        assert client.post(f"/leads/views/{view.pk}/delete/").status_code == 404

        page = client.post(f"/leads/views/{view.pk}/restore/", follow=True).content.decode()
        assert "The view “German” is back." in page
        assert client.get(f"/?view={view.pk}").status_code == 200

    def test_it_stays_away_where_its_name_was_given_again(self, as_: As, rep: User) -> None:
        view = keep(rep)
        client = as_(rep)
        client.post(f"/leads/views/{view.pk}/delete/")
        keep(rep)

        page = client.post(f"/leads/views/{view.pk}/restore/", follow=True).content.decode()

        assert "You have a view “German” already" in page

    @pytest.mark.parametrize("part", ["", "keep/", "place/", "delete/", "restore/"])
    def test_other_peoples_views_are_not_found(
        self, as_: As, rep: User, other_rep: User, manager: User, part: str
    ) -> None:
        view = keep(rep, sharing="everybody")
        before = SavedView.objects.values().get()

        for person in (other_rep, manager):
            data = {"name": "Mine", "sharing": "private", "way": "up"}
            assert as_(person).post(f"/leads/views/{view.pk}/{part}", data).status_code == 404

        assert SavedView.objects.values().get() == before

    @pytest.mark.parametrize("part", ["keep/", "place/", "delete/", "restore/"])
    def test_looking_changes_nothing(self, as_: As, rep: User, part: str) -> None:
        view = keep(rep)

        assert as_(rep).get(f"/leads/views/{view.pk}/{part}").status_code == 405


def test_the_number_of_queries_does_not_depend_on_how_many_views_there_are(
    as_: As, rep: User, other_rep: User, leads: None
) -> None:
    client = as_(rep)
    shown = keep(rep, "owner=me", name="First")
    keep(other_rep, name="Theirs", sharing="everybody")

    def count() -> list[int]:
        counts = []
        for path in ("/?view=all", f"/?view={shown.pk}", "/leads/views/"):
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
        return counts

    count()
    before = count()
    for number in range(20):
        keep(rep, f"owner={other_rep.pk}&q=x{number}", name=f"View {number}")
        keep(other_rep, name=f"Theirs {number}", sharing="everybody")

    assert count() == before == [11, 12, 6]
