"""Frameworks and dimensions in the admin."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from leadapp.models import User
from qualification.models import Dimension, Framework, Gate
from qualification.services.evidence.frameworks import read_questions
from tests.admin.build import errors_of, goes_to, said, shown
from tests.admin.conftest import As
from tests.qualification.build import confirm, make_lead

pytestmark = pytest.mark.django_db


def url(model: str, then: str, *args: Any) -> str:
    return reverse(f"admin:qualification_{model}_{then}", args=args)


def named(name: str) -> Framework:
    return Framework.objects.get(name=name)


def test_using_another_framework_says_what_it_does_first(as_: As, marketer: User) -> None:
    confirm(make_lead(stage="mql"), "budget", "need", "timeline", now=timezone.now())
    client, page = as_(marketer), url("framework", "use", named("CHAMP").pk)
    asked = client.get(page).content.decode()
    assert "2 gates count answers over the framework in use" in asked
    assert "MQL → SQL: 0 of 1 lead would pass; now it is 1." in asked
    assert read_questions().framework == "BANT"
    done = client.post(page, follow=True)
    assert "CHAMP is in use." in said(done)
    assert read_questions().framework == "CHAMP"
    again = client.post(page, follow=True)
    assert "CHAMP is in use already." in said(again)


def test_a_marketer_makes_a_framework_of_known_and_new_dimensions(as_: As, marketer: User) -> None:
    client = as_(marketer)
    data = {"key": "authority", "label": "Sign-off"}
    assert "key" in errors_of(client.post(url("dimension", "add"), {**data, "value_label": "Who"}))
    new = {
        "key": "sign_off",
        "label": "Sign-off",
        "value_label": "Who",
        "position": "20",
        "prompts": "Who signs?",
    }
    assert goes_to(client.post(url("dimension", "add"), new)) == url("dimension", "changelist")
    page = client.get(url("framework", "add"))
    made = client.post(
        url("framework", "add"),
        shown(page, **{
            "name": "Ours", "parts-0-dimension": "budget", "parts-0-label": "Cash", "parts-0-position": "2",
            "parts-1-dimension": "sign_off", "parts-1-position": "1",
        }),
    )  # fmt: skip
    assert goes_to(made) == url("framework", "changelist")
    client.post(url("framework", "use", named("Ours").pk))
    assert [(one.key, one.label) for one in read_questions().counted] == [
        ("sign_off", "Sign-off"),
        ("budget", "Cash"),
    ]


@pytest.mark.parametrize("key", ["Budget", "a b", "confirmed_count", "1st"])
def test_keys_that_make_no_sense_are_refused(as_: As, marketer: User, key: str) -> None:
    answer = as_(marketer).post(
        url("dimension", "add"), {"key": key, "label": "X", "value_label": "Y", "position": "1"}
    )
    assert answer.status_code == 200
    assert errors_of(answer)
    assert not Dimension.objects.filter(label="X").exists()


def test_editing_the_framework_in_use_is_an_edit_of_its_gates(as_: As, marketer: User) -> None:
    client, bant = as_(marketer), named("BANT")
    before = dict(Gate.objects.values_list("step", "edited_at"))
    page = client.get(url("framework", "change", bant.pk))
    client.post(url("framework", "change", bant.pk), shown(page, **{"parts-3-DELETE": "on"}))
    assert [one.key for one in read_questions().counted] == ["budget", "authority", "need"]
    after = dict(Gate.objects.values_list("step", "edited_at"))
    assert {step for step in after if after[step] != before[step]} == {"to_sql", "to_customer"}


def test_the_framework_in_use_always_asks_something(as_: As, marketer: User) -> None:
    client, bant = as_(marketer), named("BANT")
    page = client.get(url("framework", "change", bant.pk))
    gone = {f"parts-{number}-DELETE": "on" for number in range(4)}
    answer = client.post(url("framework", "change", bant.pk), shown(page, **gone), follow=True)
    assert "must ask something" in said(answer)
    assert len(read_questions().counted) == 4


def test_what_is_needed_cannot_be_deleted(as_: As, marketer: User) -> None:
    client = as_(marketer)
    Dimension.objects.create(key="size", label="Size")
    assert client.post(url("framework", "delete", named("BANT").pk), {"post": "yes"}).status_code == 403
    assert client.post(url("dimension", "delete", "budget"), {"post": "yes"}).status_code == 403
    page = client.get(url("dimension", "change", "budget")).content.decode()
    assert "the framework BANT" in page
    assert "the form Demo request" in page
    assert 'name="key"' not in page
    assert client.post(url("framework", "delete", named("CHAMP").pk), {"post": "yes"}).status_code == 302
    assert client.post(url("dimension", "delete", "size"), {"post": "yes"}).status_code == 302
    assert not Dimension.objects.filter(pk="size").exists()


def test_a_manager_reads_and_changes_nothing(as_: As, manager: User) -> None:
    client, champ = as_(manager), named("CHAMP")
    assert client.get(url("framework", "change", champ.pk)).status_code == 200
    assert client.get(url("dimension", "change", "budget")).status_code == 200
    assert client.post(url("framework", "use", champ.pk)).status_code == 403
    assert client.post(url("framework", "change", champ.pk), {}).status_code == 403
    assert client.post(url("dimension", "add"), {}).status_code == 403
    assert read_questions().framework == "BANT"
