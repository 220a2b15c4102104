"""Views of the lead list that people keep: what is allowed, and that a refusal changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import SavedView, User
from leadapp.services.people import choose_list
from leadapp.services.saved_views import (
    MOST,
    change_view,
    delete_view,
    order_views,
    restore_view,
    save_view,
)
from qualification.models import Team, TeamMember
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def rep() -> User:
    return make_user("jonas", "rep")


@pytest.fixture
def other() -> User:
    return make_user("priya", "rep")


def put_in_team(name: str, *people: User) -> None:
    team = Team.objects.create(name=name)
    TeamMember.objects.bulk_create([TeamMember(team=team, user=person) for person in people])


def keep(owner: User, name: str = "Machinery", **given: Any) -> SavedView:
    facts: dict[str, Any] = {"query": "industry=Machinery", "actor": owner, "now": NOW} | given
    return save_view(name=name, **facts)


def rows() -> list[Any]:
    return list(SavedView.objects.order_by("pk").values())


def names(user: User) -> list[str]:
    return [view.name for view in SavedView.objects.visible_to(user).in_order()]


class TestKeeping:
    def test_views_stand_in_the_order_in_which_they_were_kept(self, rep: User) -> None:
        for name in ("One", "Two", "Three"):
            keep(rep, name)

        assert names(rep) == ["One", "Two", "Three"]

    def test_spaces_around_and_within_a_name_are_tidied(self, rep: User) -> None:
        assert keep(rep, "  Big   fish ").name == "Big fish"

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"query": ""}, "query"),
            ({"query": "q=" + "x" * 2000}, "query"),
            ({"sharing": "world"}, "sharing"),
            ({"sharing": "team"}, "sharing"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(
        self, rep: User, given: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            keep(rep, **given)

        assert set(refused.value.errors) == {field}
        assert rows() == []

    def test_a_name_is_given_once_whatever_its_case(self, rep: User, other: User) -> None:
        keep(rep, "Fish")
        before = rows()

        with pytest.raises(Conflict) as refused:
            keep(rep, "fISH")

        assert "name" in refused.value.errors
        assert rows() == before
        assert keep(other, "Fish").owner == other

    def test_there_is_a_most(self, rep: User) -> None:
        for number in range(MOST):
            keep(rep, f"View {number}")
        with pytest.raises(Conflict, match="Delete one first"):
            keep(rep, "One more")
        delete_view(view_id=rows()[0]["id"], actor=rep, now=NOW)

        assert keep(rep, "One more").position == MOST + 1

    def test_who_sees_no_leads_keeps_no_views(self, db: None) -> None:
        with pytest.raises(NotAllowed):
            keep(User.objects.create_user("guest"))


class TestSharing:
    def test_a_private_view_is_for_its_owner(self, rep: User, other: User) -> None:
        keep(rep)

        assert names(other) == []

    def test_a_team_view_is_for_the_team_of_its_owner(self, rep: User, other: User) -> None:
        mate = make_user("mia", "rep")
        put_in_team("North", rep, mate)
        put_in_team("South", other)
        keep(rep, sharing="team")

        assert names(rep) == names(mate) == ["Machinery"]
        assert names(other) == []

    def test_one_for_everybody_is_for_everybody(self, rep: User, other: User) -> None:
        put_in_team("North", rep, make_user("mia", "rep"), make_user("kai", "rep"))
        keep(rep, sharing="everybody")

        assert names(other) == names(rep) == ["Machinery"]


class TestChanging:
    def test_each_part_changes_by_itself(self, rep: User) -> None:
        view = keep(rep)
        later = NOW + DAY

        change_view(view_id=view.pk, name="Machines", actor=rep, now=later)
        change_view(view_id=view.pk, query="industry=Food", actor=rep, now=later)
        change_view(view_id=view.pk, sharing="everybody", actor=rep, now=later)

        view.refresh_from_db()
        assert (view.name, view.query, view.sharing) == ("Machines", "industry=Food", "everybody")
        assert (view.created_at, view.updated_at) == (NOW, later)

    def test_the_same_again_changes_nothing(self, rep: User) -> None:
        view = keep(rep)
        before = rows()

        change_view(view_id=view.pk, name="Machinery", query=view.query, actor=rep, now=NOW + DAY)

        assert rows() == before

    def test_only_the_owner_changes_a_view_even_a_shared_one(self, rep: User, other: User) -> None:
        view = keep(rep, sharing="everybody")
        before = rows()

        with pytest.raises(NotFound):
            change_view(view_id=view.pk, name="Mine now", actor=other, now=NOW)
        for act in (delete_view, restore_view):
            with pytest.raises(NotFound):
                act(view_id=view.pk, actor=other, now=NOW)

        assert rows() == before

    def test_a_name_that_another_view_has_is_refused(self, rep: User) -> None:
        keep(rep, "One")
        two = keep(rep, "Two")
        before = rows()

        with pytest.raises(Conflict):
            change_view(view_id=two.pk, name="ONE", sharing="everybody", actor=rep, now=NOW)

        assert rows() == before


class TestDeleting:
    def test_a_deleted_view_is_gone_and_can_be_brought_back(self, rep: User) -> None:
        view = keep(rep)

        delete_view(view_id=view.pk, actor=rep, now=NOW)
        assert names(rep) == []
        with pytest.raises(NotFound):
            delete_view(view_id=view.pk, actor=rep, now=NOW)

        for _ in range(2):
            assert restore_view(view_id=view.pk, actor=rep, now=NOW + DAY).pk == view.pk
        assert names(rep) == ["Machinery"]

    def test_after_a_day_it_is_gone_for_good(self, rep: User) -> None:
        view, more = keep(rep, "One"), keep(rep, "Two")
        delete_view(view_id=view.pk, actor=rep, now=NOW)
        late = NOW + DAY + timedelta(seconds=1)

        with pytest.raises(NotFound):
            restore_view(view_id=view.pk, actor=rep, now=late)
        delete_view(view_id=more.pk, actor=rep, now=late)

        assert [row["name"] for row in rows()] == ["Two"]

    def test_it_does_not_come_back_beside_one_of_the_same_name(self, rep: User) -> None:
        view = keep(rep)
        delete_view(view_id=view.pk, actor=rep, now=NOW)
        keep(rep)
        before = rows()

        with pytest.raises(Conflict):
            restore_view(view_id=view.pk, actor=rep, now=NOW)

        assert rows() == before


class TestOrder:
    def test_views_are_put_in_another_order(self, rep: User) -> None:
        one, two, three = (keep(rep, name) for name in ("One", "Two", "Three"))

        order_views(view_ids=[three.pk, one.pk, two.pk], actor=rep, now=NOW)

        assert names(rep) == ["Three", "One", "Two"]

    def test_all_of_them_and_no_others_are_put_in_order(self, rep: User, other: User) -> None:
        one, two, theirs = keep(rep, "One"), keep(rep, "Two"), keep(other, "Three")
        before = rows()

        for ids in ([one.pk], [one.pk, two.pk, theirs.pk], [one.pk, one.pk, two.pk], []):
            with pytest.raises(Conflict):
                order_views(view_ids=ids, actor=rep, now=NOW)

        assert rows() == before


@pytest.mark.parametrize(
    "facts",
    [
        {"name": ""},
        {"query": ""},
        {"sharing": "world"},
        {"name": "machinery"},
        {"name": "Gone", "deleted_at": NOW - DAY},
    ],
)
def test_the_database_forbids_it_too(rep: User, facts: dict[str, Any]) -> None:
    keep(rep)

    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(
            **{"owner": rep, "name": "Two", "query": "view=all", "created_at": NOW} | facts
        )


class TestHowTheListIsLiked:
    def test_what_is_chosen_is_kept(self, rep: User) -> None:
        choose_list(user=rep, density="compact", size=200, columns=["name", "owner"], now=NOW)
        choose_list(user=rep, size=100, now=NOW)

        rep.refresh_from_db()
        assert (rep.density, rep.list_size, rep.list_columns) == ("compact", 100, ["name", "owner"])

    @pytest.mark.parametrize("given", [{"density": "huge"}, {"size": 7}])
    def test_nonsense_is_refused(self, rep: User, given: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            choose_list(user=rep, now=NOW, **given)

        rep.refresh_from_db()
        assert (rep.density, rep.list_size) == ("comfortable", 50)

    @pytest.mark.parametrize(
        "facts", [{"density": "huge"}, {"list_size": 7}, {"list_columns": ["name"] * 61}]
    )
    def test_the_database_forbids_it_too(self, rep: User, facts: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=rep.pk).update(**facts)
