"""The pages on which people decide which leads are one person."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leadapp.models import DuplicatePair, Lead, Merge, User
from leadapp.services.duplicates.finding import compare_waiting
from leadapp.services.duplicates.merging import merge_leads
from tests.duplicates.build import LATER
from tests.qualification.build import NOW, make_lead, make_user

pytestmark = pytest.mark.django_db

LIST = "/duplicates/"
JANE: dict[str, Any] = {"first_name": "Jane", "last_name": "Doering", "phone": "+4930901820", "email": None}


@pytest.fixture
def manager(client: Client) -> User:
    """Sign a manager in."""
    user = make_user("mona", "manager")
    client.force_login(user)
    return user


@pytest.fixture
def pair(manager: User) -> DuplicatePair:
    """Give two leads that are likely to be one person."""
    make_lead(**JANE, city="Bonn")
    make_lead(**JANE | {"last_name": "Dorin"}, job_title="CTO")
    compare_waiting(now=NOW)
    return DuplicatePair.objects.get()


def html_of(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_says_who_and_why(client: Client, pair: DuplicatePair) -> None:
    html = html_of(client, LIST)
    assert "Jane Doering and Jane Dorin" in html
    assert "Same phone" in html
    assert 'aria-current="page"' in html


def test_pages_of_the_list_follow_one_another(client: Client, manager: User) -> None:
    for number in range(manager.list_size + 10):
        one, other = make_lead(email=None), make_lead(email=None)
        DuplicatePair.objects.create(first=one, second=other, probability=0.9 if number % 2 else 0.8)
    seen: list[int] = []
    address, back = LIST, ""
    while address:
        context = client.get(address).context
        seen += [shown.pair.pk for shown in context["pairs"]]
        address, back = context["next_url"], context["previous_url"]
    in_order = DuplicatePair.objects.order_by("-probability", "-pk").values_list("pk", flat=True)
    assert seen == list(in_order)
    assert [shown.pair.pk for shown in client.get(back).context["pairs"]] == seen[: manager.list_size]


def test_two_leads_stand_side_by_side(client: Client, pair: DuplicatePair) -> None:
    html = html_of(client, f"{LIST}{pair.pk}/")
    for text in ("Last name 2 letters apart", "Same phone", "CTO", "Bonn", "Not the same person"):
        assert text in html, text
    swapped = html_of(client, f"{LIST}{pair.pk}/?keep={pair.second_id}")
    assert f'name="keep" value="{pair.second_id}"' in swapped


def form_of(client: Client, pair: DuplicatePair) -> dict[str, str]:
    context = client.get(f"{LIST}{pair.pk}/").context
    seen = {f"seen-{lead.pk}": lead.updated_at.isoformat() for lead in (pair.first, pair.second)}
    sides = {f"fact-{line.name}": line.side for line in context["lines"]}
    return {"keep": str(context["winner"].pk), **seen, **sides}


def test_a_merge_takes_what_was_chosen_and_is_undone_from_the_list(
    client: Client, pair: DuplicatePair
) -> None:
    form = form_of(client, pair) | {"fact-last_name": "loser"}
    html = client.post(f"{LIST}{pair.pk}/", form, follow=True).content.decode()

    merge = Merge.objects.get()
    assert (Lead.objects.get().last_name, Lead.objects.get().job_title) == ("Dorin", "CTO")
    assert "is merged into" in html
    assert "Merged lately" in html

    client.post(reverse("merge-undo", args=[merge.pk]))
    assert Lead.objects.count() == 2
    again = client.post(reverse("merge-undo", args=[merge.pk]), follow=True)
    assert "undone already" in again.content.decode()


def test_what_somebody_changed_meanwhile_stops_the_merge(client: Client, pair: DuplicatePair) -> None:
    form = form_of(client, pair)
    Lead.objects.filter(pk=pair.first_id).update(city="Ulm", updated_at=LATER)

    answer = client.post(f"{LIST}{pair.pk}/", form)

    assert answer.status_code == 409
    assert "Look again before you merge" in answer.content.decode()
    assert Lead.objects.count() == 2


def test_not_the_same_person_is_remembered_and_can_be_taken_back(client: Client, pair: DuplicatePair) -> None:
    client.post(f"{LIST}{pair.pk}/dismiss/")
    assert "No two leads look like one person" in html_of(client, LIST)
    assert "not to be the same person" in html_of(client, f"{LIST}{pair.pk}/")
    client.post(f"{LIST}{pair.pk}/dismiss/", {"again": "1"})
    assert "Jane Doering and Jane Dorin" in html_of(client, LIST)


def test_the_addresses_of_a_merged_lead_lead_to_the_winner(client: Client, manager: User) -> None:
    winner, loser = make_lead(), make_lead()
    old, new = f"/leads/{loser.pk}/", f"/leads/{winner.pk}/"
    merge_leads(winner=winner, loser=loser, actor=manager, now=LATER)

    assert client.get(old).headers["Location"] == new
    assert client.get(f"{old}timeline/").headers["Location"] == f"{new}timeline/"
    told = client.post(f"{old}take/", follow=True)
    assert "merged meanwhile" in told.content.decode()
    assert client.get(f"/api/v1/leads/{loser.pk}").json()["id"] == winner.pk
    client.force_login(make_user("nobody"))
    assert client.get(old).status_code == 404


@pytest.mark.parametrize("role", ["rep", "nobody"])
def test_who_may_not_merge_is_refused(client: Client, pair: DuplicatePair, role: str) -> None:
    client.force_login(make_user(role, role))
    html_of(client, LIST, 403)
    html_of(client, f"{LIST}{pair.pk}/", 403)
    assert client.post(f"{LIST}{pair.pk}/dismiss/").status_code == 403
    assert client.post(f"{LIST}{pair.pk}/", {}).status_code == 403
    pair.refresh_from_db()
    assert pair.state == "open"


def test_the_list_takes_as_many_queries_for_twenty_pairs_as_for_one(
    client: Client, pair: DuplicatePair, django_assert_num_queries: Any
) -> None:
    client.get(LIST)
    with django_assert_num_queries(7):
        client.get(LIST)
    for _ in range(20):
        DuplicatePair.objects.create(first=make_lead(), second=make_lead(), probability=0.7)
    with django_assert_num_queries(7):
        client.get(LIST)
