"""Idempotency-Key: a POST that comes again is answered again, and carried out once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from leadapp.api import activities
from leadapp.api.views import ApiView
from leadapp.models import Activity, ApiKey, KeptAnswer, Lead
from leadapp.services import kept_answers
from leadapp.services.kept_answers import Repeatable, forget_answers, take_turn
from leadapp.services.keys import rotate_api_key
from leadapp.services.privacy.erasing import erase_leads
from tests.api.conftest import Caller, faults, stored
from tests.api.test_concurrency import CLIENTS, all_at_once, pusher
from tests.qualification.build import make_user

pytestmark = pytest.mark.django_db

EVENT = {"lead": {"email": "jane@example.com"}, "type": "login"}
LEAD = {"email": "jane@example.com"}


def named(caller: Caller, name: str) -> Caller:
    mine = Caller("")
    mine.client, mine.headers = caller.client, {**caller.headers, "Idempotency-Key": name}
    return mine


def test_the_same_again_gets_the_first_answer_and_does_nothing(api: Caller) -> None:
    mine = named(api, "order-1")
    first = mine.post("leads", LEAD)
    before = stored()

    again = mine.post("leads", LEAD)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert stored() == before


def test_how_the_body_is_laid_out_does_not_matter(api: Caller) -> None:
    mine = named(api, '"order-1"')
    first = mine.post("activities", b'{"type":"login","lead":{"email":"jane@example.com"}}')

    again = named(api, "order-1").post("activities", EVENT)

    assert again.json() == first.json()
    assert Activity.objects.filter(type__slug="login").count() == 1


def test_another_request_under_the_same_key_is_refused(api: Caller) -> None:
    mine = named(api, "order-1")
    mine.post("activities", EVENT)
    before = stored()

    other = mine.post("activities", {**EVENT, "type": "page_view"})

    assert other.status_code == 422
    assert set(faults(other)) == {"#/Idempotency-Key"}
    assert stored() == before


def test_a_key_names_requests_of_one_caller_to_one_address(
    api: Caller, make_caller: Callable[..., Caller]
) -> None:
    named(api, "1").post("activities", EVENT)

    assert "Idempotent-Replayed" not in named(api, "1").post("activities/batch", [EVENT]).headers
    other = named(make_caller("ingest", name="other"), "1").post("activities", EVENT)
    assert "Idempotent-Replayed" not in other.headers
    assert Activity.objects.filter(type__slug="login").count() == 3


def test_a_rotated_key_finds_its_answers(api: Caller) -> None:
    first = named(api, "1").post("activities", EVENT)
    _, text = rotate_api_key(
        key=ApiKey.objects.get(), overlap=timedelta(), expires_at=None, actor=None, now=timezone.now()
    )

    assert named(Caller(text), "1").post("activities", EVENT).json() == first.json()


def test_a_refusal_is_not_kept(api: Caller) -> None:
    mine = named(api, "order-1")
    assert mine.post("activities", {**EVENT, "type": "unheard"}).status_code == 422
    assert not KeptAnswer.objects.exists()

    assert mine.post("activities", EVENT).status_code == 202
    assert Activity.objects.filter(type__slug="login").count() == 1


def test_a_failure_undoes_everything_and_is_not_kept(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, before = named(api, "order-1"), stored()

    def fail(recorded: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(activities, "_as_json", fail)
        assert mine.post("activities", EVENT).status_code == 500
    assert stored() == before
    assert not KeptAnswer.objects.exists()

    assert mine.post("activities", EVENT).status_code == 202
    assert Activity.objects.filter(type__slug="login").count() == 1


def test_what_is_kept_is_forgotten_after_a_day(api: Caller) -> None:
    mine, day = named(api, "order-1"), timedelta(hours=24)
    first = mine.post("activities", EVENT)
    KeptAnswer.objects.update(kept_at=timezone.now() - day)

    assert mine.post("activities", {**EVENT, "type": "page_view"}).json()["id"] != first.json()["id"]

    assert forget_answers(before=timezone.now() - day) == 0
    KeptAnswer.objects.update(kept_at=timezone.now() - day)
    assert forget_answers(before=timezone.now() - day) == 1


def test_once_a_lead_is_erased_no_answer_tells_about_anybody(api: Caller) -> None:
    created = named(api, "1").post("leads", LEAD)
    event = {**EVENT, "lead": {"email": "joe@example.com"}}
    pushed = named(api, "2").post("activities", event)
    erase_leads([created.json()["id"]])
    before = stored()

    again = named(api, "1").post("leads", LEAD)

    assert again.status_code == 409
    assert stored() == before
    assert not any(b"jane" in bytes(kept.body or b"") for kept in KeptAnswer.objects.all())
    assert named(api, "2").post("activities", event).content == pushed.content


def test_an_answer_that_is_too_long_to_be_kept_is_not_given_again(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "LONGEST_BODY", 10)
    mine = named(api, "order-1")
    assert mine.post("activities", EVENT).status_code == 202

    again = mine.post("activities", EVENT)

    assert again.status_code == 409
    assert "not kept" in again.json()["detail"]
    assert Activity.objects.filter(type__slug="login").count() == 1


@pytest.mark.parametrize("name", ["", '""', '"', "two words", 'a"b', "x" * 256, "é", '"a', "\t"])
def test_a_key_that_is_none_is_refused(api: Caller, name: str) -> None:
    before = stored()
    assert named(api, name).post("activities", EVENT).status_code == 400
    assert stored() == before


@pytest.mark.parametrize("name", ["x" * 255, '"two words"', r'"a \"b\" \\"', "5b0c-{d2f}:1"])
def test_a_key_is_a_string_or_bare(api: Caller, name: str) -> None:
    first = named(api, name).post("activities", EVENT)
    assert named(api, name).post("activities", EVENT).json() == first.json()


def test_a_person_who_is_signed_in_can_send_it_too() -> None:
    client = Client()
    client.force_login(make_user("mia", "manager"))

    def create() -> Any:
        return client.post("/api/v1/leads", LEAD, "application/json", headers={"Idempotency-Key": "1"})

    first = create()
    assert (first.status_code, create().content) == (201, first.content)
    assert Lead.objects.count() == 1


def test_other_methods_take_no_notice(api: Caller) -> None:
    mine = named(api, "two words")
    assert mine.get("leads").status_code == 200
    assert mine.send("PATCH", "leads/1", {}).status_code == 404


def test_nobody_pays_for_it_who_does_not_send_it(api: Caller) -> None:
    def statements(caller: Caller) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert caller.post("activities", EVENT).status_code == 202
        return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

    statements(api)
    without = statements(api)
    # The turn, the answer of before, and keeping this one; then the key, the turn and the answer alone.
    assert statements(named(api, "1")) == without + 3
    assert statements(named(api, "1")) == 3


def test_every_post_of_the_api_is_covered() -> None:
    def views(patterns: Any) -> Any:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from views(pattern.url_patterns)
            elif isinstance(pattern, URLPattern):
                yield getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)

    (ours,) = [resolver for resolver in get_resolver().url_patterns if str(resolver.pattern) == "api/v1/"]
    assert isinstance(ours, URLResolver)
    uncovered = {
        view.__name__
        for view in views(ours.url_patterns)
        if hasattr(view, "post") and not issubclass(view, ApiView)
    }
    assert not uncovered, "take leadapp.api.views.ApiView"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_carried_out(api: Caller) -> None:
    mine = named(api, "order-1")

    answers = all_at_once([pusher(mine, "activities", EVENT) for _ in range(CLIENTS)])

    assert Activity.objects.filter(type__slug="login").count() == 1
    done = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.content for answer in done}) == 1
    for waits in (answer for answer in answers if answer.status_code != 202):
        assert (waits.status_code, waits.headers["Retry-After"]) == (409, "1")


@pytest.mark.django_db(transaction=True)
def test_while_it_is_carried_out_the_same_again_has_to_wait(api: Caller) -> None:
    request = Repeatable(caller=ApiKey.objects.get(), path="/api/v1/activities", name="order-1")
    with transaction.atomic():
        assert take_turn(request)
        (answer,) = all_at_once([pusher(named(api, "order-1"), "activities", EVENT)])
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
    faults(answer)
    assert not Activity.objects.exists()

    # As after a crash: whoever was at it is gone, and nothing is in the way.
    assert named(api, "order-1").post("activities", EVENT).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_first_events_of_one_person_under_different_keys_make_one_lead(api: Caller) -> None:
    answers = all_at_once([pusher(named(api, f"n{n}"), "activities", EVENT) for n in range(CLIENTS)])

    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["lead"] for answer in answers} == {Lead.objects.get().pk}
