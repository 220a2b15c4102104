"""POST /api/v1/leads/<id>/tags, and tags in what is said about a lead."""

from collections.abc import Callable

import pytest

from leadapp.models import Lead, Tag
from tests.api.conftest import Caller, faults

pytestmark = pytest.mark.django_db


def test_tags_are_put_on_taken_off_and_shown(api: Caller) -> None:
    lead = Lead.objects.create(email="a@example.com")
    answer = api.post(f"leads/{lead.pk}/tags", {"add": ["Fair", "Berlin"], "remove": ["unknown"]})
    assert (answer.status_code, answer.json()) == (200, {"lead": lead.pk, "tags": ["Berlin", "Fair"]})
    assert api.post(f"leads/{lead.pk}/tags", {"add": ["fair"]}).json()["tags"] == ["Berlin", "Fair"]
    assert api.post(f"leads/{lead.pk}/tags", {"remove": ["BERLIN"]}).json()["tags"] == ["Fair"]
    assert api.get(f"leads/{lead.pk}").json()["tags"] == ["Fair"]
    assert [row["tags"] for row in api.get("leads?tag=FAIR").json()["results"]] == [["Fair"]]
    assert api.get("leads?tag=Berlin").json()["results"] == []


def test_what_is_no_list_of_tags_is_refused(api: Caller) -> None:
    lead = Lead.objects.create(email="a@example.com")
    for body, field in (
        ({"add": "Fair"}, "#/add"),
        ({"remove": [1]}, "#/remove"),
        ({"add": ["a,b"]}, "#/add"),
        ({"tag": "Fair"}, "#/tag"),
        ({}, "#/tags"),
    ):
        answer = api.post(f"leads/{lead.pk}/tags", body)
        assert answer.status_code == 422
        assert list(faults(answer)) == [field]
    assert not Tag.objects.exists()


def test_it_takes_the_scope_to_write_and_a_lead(api: Caller, make_caller: Callable[..., Caller]) -> None:
    lead = Lead.objects.create(email="a@example.com")
    reader, body = make_caller("read", name="reader"), {"add": ["Fair"]}
    assert reader.post(f"leads/{lead.pk}/tags", body).status_code == 403
    assert api.post(f"leads/{lead.pk + 1}/tags", body).status_code == 404
    assert not Tag.objects.exists()
