"""ETags: an answer that is still the same is not sent again, and nobody's change is lost."""

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from leadapp.models import Activity, Lead
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller, stored

pytestmark = pytest.mark.django_db


def ask(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.client.generic(
        method,
        f"/api/v1/{path}",
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers={**caller.headers, **named},
    )


@pytest.fixture
def lead(api: Caller) -> int:
    number: int = api.post("leads", {"email": "jane@example.com", "company": "Acme"}).json()["id"]
    score_waiting(now=timezone.now())
    return number


def etag(api: Caller, lead: int) -> str:
    answer = api.get(f"leads/{lead}")
    assert answer.status_code == 200
    return str(answer.headers["ETag"])


def test_an_answer_that_is_the_same_is_not_sent_again(api: Caller, lead: int) -> None:
    seen = etag(api, lead)

    same = ask(api, "GET", f"leads/{lead}", If_None_Match=f'"x", W/{seen}')
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", seen)

    for change in ({"city": "Bonn"}, {"company": {"name": "Acme", "employees": 7}}):
        api.patch(f"leads/{lead}", change)
        answer = ask(api, "GET", f"leads/{lead}", If_None_Match=seen)
        assert answer.status_code == 200
        assert answer.headers["ETag"] != seen
        seen = answer.headers["ETag"]
    api.post(f"leads/{lead}/tags", {"add": ["Fair"]})
    assert ask(api, "GET", f"leads/{lead}", If_None_Match=seen).status_code == 200


def test_a_change_is_made_if_the_lead_is_as_it_was_seen(api: Caller, lead: int) -> None:
    answer = ask(api, "PATCH", f"leads/{lead}", {"city": "Bonn"}, If_Match=etag(api, lead))
    assert (answer.status_code, answer.json()["city"]) == (200, "Bonn")

    again = ask(api, "PATCH", f"leads/{lead}", {"city": "Köln"}, If_Match=f"W/{answer.headers['ETag']}")
    assert again.status_code == 200
    assert again.headers["ETag"] == etag(api, lead)
    assert ask(api, "PATCH", f"leads/{lead}", {"city": "Ulm"}, If_Match="*").status_code == 200
    assert api.patch(f"leads/{lead}", {"city": "Kiel"}).status_code == 200  # without one as ever


def test_a_change_is_refused_if_somebody_was_first(api: Caller, lead: int) -> None:
    seen = etag(api, lead)
    api.patch(f"leads/{lead}", {"city": "Bonn"})
    before = stored()

    for given in (seen, '"nothing"', "nonsense", ""):
        answer = ask(api, "PATCH", f"leads/{lead}", {"city": "Köln"}, If_Match=given)
        assert answer.status_code == 412, given
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["ETag"] == etag(api, lead)
        assert answer.json()["code"] == "changed_meanwhile"
    assert stored() == before
    assert Lead.objects.get(pk=lead).city == "Bonn"


def test_a_score_that_came_in_meanwhile_is_nobodys_change(api: Caller, lead: int) -> None:
    seen = etag(api, lead)
    api.post("activities", {"lead": {"id": lead}, "type": "demo_requested"})
    score_waiting(now=timezone.now())

    assert ask(api, "GET", f"leads/{lead}", If_None_Match=seen).status_code == 200
    assert ask(api, "PATCH", f"leads/{lead}", {"city": "Bonn"}, If_Match=seen).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_the_same_moment_one_is_made(api: Caller, lead: int) -> None:
    seen, barrier, statuses = etag(api, lead), threading.Barrier(4), []

    def change(city: str) -> None:
        try:
            barrier.wait()
            answer = ask(api, "PATCH", f"leads/{lead}", {"city": city}, If_Match=seen)
            statuses.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(city,)) for city in ("Bonn", "Köln", "Ulm", "Kiel")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 412, 412, 412]
    assert Activity.objects.filter(lead=lead, type__slug="lead.updated").count() == 1
