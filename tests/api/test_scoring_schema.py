"""The scoring API as the OpenAPI schema tells it: complete, and its answers and examples are as it says."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from scoring.services.queue import score_waiting
from tests.api.conftest import Caller
from tests.api.scoring_build import PRICING, live_version, new_draft, the_model
from tests.api.test_quarantines import push_burst

pytestmark = pytest.mark.django_db

SCORING = "/api/v1/scoring/"


@pytest.fixture
def schema() -> dict[str, Any]:
    """Give the schema."""
    document: dict[str, Any] = json.loads(Client().get("/api/v1/schema/?format=json").content)
    return document


@pytest.fixture
def studio(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller that may change scoring models."""
    return make_caller("scoring", "read", "ingest", name="studio")


def test_every_call_of_scoring_is_there(schema: dict[str, Any]) -> None:
    calls = {
        (path.removeprefix(SCORING), method)
        for path, methods in schema["paths"].items()
        for method in methods
        if path.startswith(SCORING)
    }
    assert calls == {
        ("models", "get"),
        ("models", "post"),
        ("models/{slug}", "get"),
        ("models/{slug}/versions", "get"),
        ("models/{slug}/versions", "post"),
        ("models/{slug}/import", "post"),
        ("models/{slug}/primary", "post"),
        ("models/{slug}/capacity", "get"),
        ("models/{slug}/capacity", "put"),
        ("starts", "get"),
        ("starts/{slug}", "get"),
        ("versions/{id}", "get"),
        ("versions/{id}", "patch"),
        ("versions/{id}/discard", "post"),
        ("versions/{id}/publish", "post"),
        ("versions/{id}/rollback", "post"),
        ("versions/{id}/schedule", "post"),
        ("versions/{id}/schedule", "delete"),
        ("versions/{id}/check", "get"),
        ("versions/{id}/diff", "get"),
        ("versions/{id}/export", "get"),
        ("versions/{id}/preview", "post"),
        ("versions/{id}/test", "post"),
        ("versions/{id}/rules", "get"),
        ("versions/{id}/rules", "post"),
        ("versions/{id}/groups", "get"),
        ("versions/{id}/groups", "post"),
        ("rules/{id}", "get"),
        ("rules/{id}", "put"),
        ("rules/{id}", "patch"),
        ("rules/{id}", "delete"),
        ("rules/{id}/duplicate", "post"),
        ("rules/{id}/move", "post"),
        ("groups/{id}", "get"),
        ("groups/{id}", "patch"),
        ("groups/{id}", "delete"),
        ("rescores/{id}", "get"),
    }


def test_the_answers_are_as_the_schema_says(studio: Caller, schema: dict[str, Any]) -> None:
    checked: set[tuple[str, str]] = set()

    def check(shape: str, method: str, path: str, body: Any = None) -> Any:
        response = studio.get(path) if method == "get" else studio.send(method.upper(), path, body or b"")
        assert response.status_code < 300, (path, response.content)
        answers = schema["paths"][f"/api/v1/{shape}"][method]["responses"]
        content = answers[str(response.status_code)].get("content")
        checked.add((shape, method))
        if content is None:
            assert response.content == b""
            return None
        (said,) = content.values()
        answer = response.json()
        Draft202012Validator({**said["schema"], "components": schema["components"]}).validate(answer)
        return answer

    slug, live = the_model().slug, live_version().pk
    lead = push_burst(studio)
    push_burst(studio, "joe@example.com")
    score_waiting(now=timezone.now())
    number = check("leads/{id}/quarantines", "get", f"leads/{lead}/quarantines")["results"][0]["id"]
    check("quarantines/{id}/release", "post", f"quarantines/{number}/release")
    check("scoring/models", "get", "scoring/models")
    check("scoring/models/{slug}", "get", f"scoring/models/{slug}")
    check("scoring/starts", "get", "scoring/starts")
    check("scoring/starts/{slug}", "get", "scoring/starts/agency")
    made = check("scoring/models", "post", "scoring/models", {"name": "Services", "start": "agency"})
    check(
        "scoring/versions/{id}/publish", "post", f"scoring/versions/{made['draft']}/publish", {"note": "New"}
    )
    check("scoring/models/{slug}/capacity", "put", f"scoring/models/{slug}/capacity", {"weekly_capacity": 4})
    check("scoring/models/{slug}/capacity", "get", f"scoring/models/{slug}/capacity")
    draft = check("scoring/models/{slug}/versions", "post", f"scoring/models/{slug}/versions", {})["id"]
    check("scoring/models/{slug}/versions", "get", f"scoring/models/{slug}/versions")
    version = f"scoring/versions/{draft}"
    check("scoring/versions/{id}", "get", version)
    check("scoring/versions/{id}", "patch", version, {"threshold": 170, "note": "Fewer", "revision": 1})
    group = check(
        "scoring/versions/{id}/groups",
        "post",
        f"{version}/groups",
        {"name": "Prices", "dimension": "engagement"},
    )
    check("scoring/versions/{id}/groups", "get", f"{version}/groups")
    path = f"scoring/groups/{group['id']}"
    check("scoring/groups/{id}", "get", path)
    changed = check("scoring/groups/{id}", "patch", path, {"cap": 40, "revision": group["revision"]})
    rule = check("scoring/versions/{id}/rules", "post", f"{version}/rules", PRICING)
    check("scoring/versions/{id}/rules", "get", f"{version}/rules")
    path = f"scoring/rules/{rule['id']}"
    check("scoring/rules/{id}", "get", path)
    check("scoring/rules/{id}", "put", path, {**PRICING, "group": "Prices", "revision": 1})
    check("scoring/rules/{id}", "patch", path, {"points": 12, "revision": 2})
    copy = check("scoring/rules/{id}/duplicate", "post", f"{path}/duplicate")
    check("scoring/rules/{id}/move", "post", f"{path}/move", {"place": 0})
    check("scoring/rules/{id}", "delete", f"scoring/rules/{copy['id']}?revision={copy['revision']}")
    check("scoring/groups/{id}", "delete", f"scoring/groups/{group['id']}?revision={changed['revision']}")
    check("scoring/versions/{id}/check", "get", f"{version}/check")
    check("scoring/versions/{id}/diff", "get", f"{version}/diff")
    check("scoring/versions/{id}/export", "get", f"{version}/export")
    check("scoring/versions/{id}/preview", "post", f"{version}/preview", {})
    check("scoring/versions/{id}/test", "post", f"{version}/test", {"lead": lead})
    at = (timezone.now() + timedelta(days=1)).isoformat()
    check("scoring/versions/{id}/schedule", "post", f"{version}/schedule", {"at": at})
    check("scoring/versions/{id}/schedule", "delete", f"{version}/schedule")
    run = check("scoring/versions/{id}/publish", "post", f"{version}/publish", {"note": "Prices"})["rescore"]
    check("scoring/rescores/{id}", "get", f"scoring/rescores/{run['id']}")
    check("scoring/versions/{id}/rollback", "post", f"scoring/versions/{live}/rollback", {"note": "Back"})
    check("scoring/models/{slug}/primary", "post", f"scoring/models/{made['slug']}/primary")
    data = studio.get(f"scoring/versions/{draft}/export").json()
    draft = check("scoring/models/{slug}/import", "post", f"scoring/models/{slug}/import", data)["id"]
    check("scoring/versions/{id}/discard", "post", f"scoring/versions/{draft}/discard")

    told = {
        (path.removeprefix("/api/v1/"), method)
        for path, methods in schema["paths"].items()
        for method in methods
        if path.startswith(SCORING) or "quarantine" in path
    }
    assert checked == told


def test_the_examples_work(studio: Caller, schema: dict[str, Any]) -> None:
    slug = the_model().slug
    for path, methods in schema["paths"].items():
        # Nothing is retired to which one could go back.
        if not path.startswith(SCORING) or path.endswith("/rollback"):
            continue
        for method, call in methods.items():
            for example in examples_of(call):
                if "at" in example:  # a day like the one of the example will have passed
                    example["at"] = (timezone.now() + timedelta(days=1)).isoformat()
                address = path.format(slug=slug, id=id_for(path))
                response = studio.send(method.upper(), address, example)
                assert response.status_code < 300, (path, response.content)


def examples_of(call: dict[str, Any]) -> list[Any]:
    content = call.get("requestBody", {"content": {}})["content"]
    return [each["value"] for shape in content.values() for each in shape["examples"].values()]


def id_for(path: str) -> int:
    """Return the id of a new draft, or of a rule or group in it; none is in the way of a new one."""
    the_model().versions.filter(state="draft").delete()
    if path.endswith(("/versions", "/import")):
        return 0
    draft = new_draft()
    rule, group = (
        each.filter(dimension="engagement").order_by("id")[0] for each in (draft.rules, draft.groups)
    )
    return {"rules": rule.pk, "groups": group.pk}.get(path.split("/")[4], draft.pk)
