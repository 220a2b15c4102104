"""The examples of each call in the schema, in curl and in Python: they are sent, and work."""

import io
import json
import shlex
from base64 import b64encode
from typing import Any
from unittest.mock import patch
from urllib.request import Request

import pytest
from django.db import connection, models, transaction
from django.utils import timezone

from leadapp.api.samples import NUMBER
from leadapp.models import Lead
from qualification.models import Deal
from scoring.models import Rescore, RuleGroup, ScoringModelVersion, ScoringRule
from scoring.services.queue import score_waiting
from tests.api.conftest import Caller
from tests.api.scoring_build import new_draft

pytestmark = pytest.mark.django_db

# Those of scoring and of moves begin where an example cannot know that they stand; these always work.
WORK = {
    *("create_lead", "list_leads", "show_lead", "change_lead", "upsert_leads", "change_tags", "submit_form"),
    *("push_event", "push_batch", "list_activities", "list_answers", "add_answer", "list_moves"),
    *("lead_gates", "list_gates", "list_assignments", "list_deals", "explain_score", "score_history"),
    *("list_quarantines", "list_duplicates", "list_merges", "list_disqualify_reasons", "list_versions"),
    *("list_scoring_models", "show_scoring_model", "list_starts", "move_leads"),
}


@pytest.fixture
def keys(make_caller: Any) -> list[str]:
    """Return a key that may do everything, and one for the libraries of Segment."""
    made = [
        make_caller("ingest", "read", "write", "scoring", name="samples"),
        make_caller("ingest", name="segment"),
    ]
    return [caller.headers["Authorization"].removeprefix("Api-Key ") for caller in made]


@pytest.fixture
def schema(client: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(client.get("/api/v1/schema/?format=json").content)
    return document


@pytest.fixture
def numbered(api: Caller) -> None:
    """Give the examples what they call by its number."""
    for model in (Lead, Deal, ScoringModelVersion, ScoringRule, RuleGroup, Rescore):
        next_is(model, NUMBER)
    api.post("leads", {"email": "grace@harbour.example", "first_name": "Grace", "last_name": "Lee"})
    api.post("activities", {"lead": {"id": NUMBER}, "type": "demo_requested"})
    score_waiting(now=timezone.now())
    new_draft()


def next_is(model: type[models.Model], number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [model._meta.db_table, number]
        )


def test_the_examples_are_sent_and_work(
    client: Any, schema: dict[str, Any], keys: list[str], numbered: None
) -> None:
    wrong: dict[str, Any] = {}
    for path, calls in schema["paths"].items():
        key = keys[0] if path.startswith("/api/") else keys[1]
        for call in calls.values():
            curl, python = (sample["source"] for sample in call["x-codeSamples"])
            for run, source in ((send_curl, curl), (send_python, python)):
                with transaction.atomic():
                    answer = run(client, source, key)
                    transaction.set_rollback(True)
                if answer.status_code >= 300:
                    wrong[call["operationId"]] = (answer.status_code, answer.content[:400])
    assert not {name: wrong[name] for name in wrong.keys() & WORK}
    assert {status for status, _body in wrong.values()} <= {403, 404, 409, 422}


def send_curl(client: Any, source: str, key: str) -> Any:
    """Send what the command would send."""
    words = shlex.split(source.replace("\\\n", " ").replace("$KEY", key))
    assert words.pop(0) == "curl"
    headers, body, method, url = {}, "", "", ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-u":
            headers["Authorization"] = f"Basic {b64encode(words.pop(0).encode()).decode()}"
        elif word == "-d":
            body = words.pop(0)
        else:
            url = word
    return send(client, method, url, headers, body.encode())


def send_python(client: Any, source: str, key: str) -> Any:
    """Run the program, with a server that answers at once."""
    answers = []

    def urlopen(request: Request) -> Any:
        headers = {name.title(): value for name, value in request.header_items()}
        body = request.data or b""
        assert isinstance(body, bytes)
        answers.append(send(client, request.get_method(), request.full_url, headers, body))
        opened = io.BytesIO(answers[0].content or b"null")
        opened.status = answers[0].status_code  # type: ignore[attr-defined]
        return opened

    with patch("urllib.request.urlopen", urlopen), patch.dict("os.environ", {"KEY": key}):
        exec(compile(source, "example", "exec"), {"print": lambda *_: None})  # noqa: S102
    return answers[0]


def send(client: Any, method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
    path = url.removeprefix("http://localhost:8000")
    kind = headers.get("Content-Type", "application/octet-stream")
    return client.generic(method, path, body, content_type=kind, headers=headers)
