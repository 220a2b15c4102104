"""The OpenAPI schema and its page."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from scoring.services.queue import score_waiting
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db

SEGMENT = ("identify", "track", "page", "screen", "group", "alias", "batch")


@pytest.fixture
def schema() -> dict[str, Any]:
    response = Client().get("/api/v1/schema/?format=json")
    assert response.status_code == 200
    document: dict[str, Any] = json.loads(response.content)
    return document


def test_the_schema_is_valid_and_complete(schema: dict[str, Any], tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))

    calls = {(path, method) for path, methods in schema["paths"].items() for method in methods}
    # Those of scoring: tests/api/test_scoring_schema.py.
    assert {call for call in calls if not call[0].startswith("/api/v1/scoring/")} == {
        *((f"/v1/{call}", "post") for call in SEGMENT),
        ("/api/v1/forms/{slug}/submissions", "post"),
        ("/api/v1/activities", "get"),
        ("/api/v1/activities", "post"),
        ("/api/v1/activities/batch", "post"),
        ("/api/v1/leads", "get"),
        ("/api/v1/leads", "post"),
        ("/api/v1/leads/batch", "post"),
        ("/api/v1/leads/{id}", "get"),
        ("/api/v1/leads/{id}", "patch"),
        ("/api/v1/leads/{id}/quarantines", "get"),
        ("/api/v1/quarantines/{id}/release", "post"),
        ("/api/v1/leads/{id}/answers", "get"),
        ("/api/v1/leads/{id}/answers", "post"),
        ("/api/v1/leads/{id}/score", "get"),
        ("/api/v1/leads/{id}/score/history", "get"),
        ("/api/v1/leads/{id}/override", "post"),
        ("/api/v1/leads/{id}/override", "delete"),
        ("/api/v1/leads/moves", "post"),
        ("/api/v1/gates", "get"),
        ("/api/v1/leads/{id}/gates", "get"),
        ("/api/v1/leads/{id}/moves", "get"),
        ("/api/v1/leads/{id}/move", "post"),
        ("/api/v1/leads/{id}/nurture", "post"),
        ("/api/v1/leads/{id}/disqualify", "post"),
        ("/api/v1/leads/{id}/reopen", "post"),
        ("/api/v1/leads/{id}/undo", "post"),
        ("/api/v1/leads/{id}/assignments", "get"),
        ("/api/v1/leads/{id}/deals", "get"),
        ("/api/v1/leads/{id}/deals", "post"),
        ("/api/v1/leads/{id}/deals/{deal}/void", "post"),
        ("/api/v1/leads/{id}/advocacy", "post"),
        ("/api/v1/leads/{id}/opportunity", "post"),
        ("/api/v1/leads/{id}/tags", "post"),
        ("/api/v1/disqualify-reasons", "get"),
        ("/api/v1/duplicates", "get"),
        ("/api/v1/duplicates/{id}/dismiss", "post"),
        ("/api/v1/merges", "get"),
        ("/api/v1/merges", "post"),
        ("/api/v1/merges/{id}/undo", "post"),
    }


def test_only_a_form_is_submitted_without_a_key(schema: dict[str, Any]) -> None:
    public = [
        path for path, calls in schema["paths"].items() for call in calls.values() if {} in call["security"]
    ]
    assert public == ["/api/v1/forms/{slug}/submissions"]


def test_every_call_names_its_refusals_and_an_example(schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            responses = call["responses"]
            assert {"401", "503"} <= set(responses), (path, method)
            for status, response in responses.items():
                if int(status) >= 400:
                    assert set(response["content"]) == {"application/problem+json"}, (path, method, status)
            if method in {"post", "put", "patch"}:
                # Segment's calls answer 400 to whatever they cannot take.
                wanted = {"400", "411"} | (set() if path.startswith("/v1/") else {"413", "415", "422"})
                assert wanted <= set(responses), (path, method)
                body = call.get("requestBody", {"content": {}})
                assert all("examples" in content for content in body["content"].values()), (path, method)


def test_every_call_tells_of_limits_and_every_post_of_requests_that_come_again(
    schema: dict[str, Any],
) -> None:
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            where = (path, method)
            assert set(call["responses"]["429"]["headers"]) >= {"RateLimit", "Retry-After"}, where
            named = {"$ref": "#/components/parameters/Idempotency-Key"} in call.get("parameters", [])
            is_repeatable = method == "post" and path.startswith("/api/v1/")
            assert named == is_repeatable, where
            if is_repeatable:
                assert {"409", "422"} <= set(call["responses"]), where


def test_the_answers_are_as_the_schema_says(api: Caller, visitor: Caller, schema: dict[str, Any]) -> None:
    def check(response: Any, path: str, method: str) -> None:
        content = schema["paths"][f"/api/v1/{path}"][method]["responses"][str(response.status_code)][
            "content"
        ]
        (shape,) = content.values()
        Draft202012Validator({**shape["schema"], "components": schema["components"]}).validate(
            response.json()
        )

    lead = {
        "email": "jane@example.com",
        "company": {"name": "Acme"},
        "external_id": "1",
        "seniority": "c_level",
    }
    created = api.post("leads", lead)
    check(created, "leads", "post")
    number = created.json()["id"]
    event = {"lead": {"id": number}, "type": "demo_requested"}
    check(api.post("activities", event), "activities", "post")
    check(api.post("activities/batch", [event, event]), "activities/batch", "post")
    check(
        visitor.post("forms/newsletter/submissions", {"email": "x@example.com"}),
        "forms/{slug}/submissions",
        "post",
    )
    check(api.get(f"leads/{number}/score"), "leads/{id}/score", "get")
    check(api.get(f"leads/{number}/gates"), "leads/{id}/gates", "get")
    check(api.get(f"leads/{number}/deals"), "leads/{id}/deals", "get")
    check(api.get("disqualify-reasons"), "disqualify-reasons", "get")
    check(api.get("gates"), "gates", "get")
    answer = {"dimension": "budget", "state": "confirmed"}
    check(api.post(f"leads/{number}/answers", answer), "leads/{id}/answers", "post")
    check(api.get(f"leads/{number}/answers"), "leads/{id}/answers", "get")
    check(api.post(f"leads/{number}/answers", {}), "leads/{id}/answers", "post")
    score_waiting(now=timezone.now())
    check(api.get("leads"), "leads", "get")
    check(api.get(f"leads/{number}"), "leads/{id}", "get")
    check(api.get(f"leads/{number}/score"), "leads/{id}/score", "get")
    check(api.get(f"activities?lead={number}"), "activities", "get")
    check(api.patch(f"leads/{number}", {"city": "Bonn"}), "leads/{id}", "patch")
    check(api.patch(f"leads/{number}", {"city": 5}), "leads/{id}", "patch")
    check(api.post("leads", lead), "leads", "post")
    check(api.get("leads?limit=0"), "leads", "get")
    check(api.post("activities/batch", [{}]), "activities/batch", "post")
    check(Caller("").get("leads"), "leads", "get")


def test_the_examples_work(api: Caller, visitor: Caller, schema: dict[str, Any]) -> None:
    for path in ("leads", "activities", "activities/batch"):
        content = schema["paths"][f"/api/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            assert api.post(path, example["value"]).status_code in {201, 202}, example
    content = schema["paths"]["/api/v1/forms/{slug}/submissions"]["post"]["requestBody"]["content"]
    for example in content["application/json"]["examples"].values():
        assert visitor.post("forms/demo-request/submissions", example["value"]).status_code == 202


def test_the_examples_of_segment_work(make_caller: Callable[..., Caller], schema: dict[str, Any]) -> None:
    caller = make_caller("ingest", name="website")
    for call in SEGMENT:
        content = schema["paths"][f"/v1/{call}"]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            assert caller.post(f"/v1/{call}", example["value"]).json() == {"success": True}, example


def test_the_page_has_no_inline_script_or_style(client: Client) -> None:
    response = client.get("/api/v1/docs/")

    assert response.status_code == 200
    html = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html)
    (script,) = re.findall(r'src="(/api/v1/docs/[^"]*)"', html)
    answer = client.get(script)
    assert answer.headers["Content-Type"] == "application/javascript"
    assert b"/api/v1/schema/" in answer.content
