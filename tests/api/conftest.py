"""What the tests of the API share: a caller with a key, and a look at everything that is stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import Activity, ApiKey, Company, ConsentRecord, Lead, LeadIdentifier
from leadapp.services.keys import create_api_key
from scoring.models import ScoringRequest

ALL_SCOPES = ("ingest", "read", "write")


class Caller:
    """A REST client with an API key."""

    def __init__(self, key: str, scheme: str = "Api-Key") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"{scheme} {key}"} if key else {}

    def get(self, path: str) -> Any:
        """Call GET; the path is relative to /api/v1/ or a whole link."""
        return self.client.get(_address(path), headers=self.headers)

    def send(self, method: str, path: str, body: Any, content_type: str = "application/json") -> Any:
        """Call another method with a body: JSON, or bytes as they are."""
        return self.client.generic(
            method,
            _address(path),
            body if isinstance(body, bytes) else _json(body),
            content_type=content_type,
            headers=self.headers,
        )

    def post(self, path: str, body: Any, content_type: str = "application/json") -> Any:
        """Call POST."""
        return self.send("POST", path, body, content_type)

    def patch(self, path: str, body: Any) -> Any:
        """Call PATCH."""
        return self.send("PATCH", path, body)


def _address(path: str) -> str:
    return path if path.startswith(("http", "/")) else f"/api/v1/{path}"


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.fixture
def make_caller(db: None) -> Callable[..., Caller]:
    """Return a function that makes a key and a caller with it."""

    def make(*scopes: str, name: str = "tracker", **more: Any) -> Caller:
        now = timezone.now()
        key, text = create_api_key(name=name, scopes=scopes or ALL_SCOPES, actor=None, now=now, **more)
        # As one that was used within the hour, whose use is not written down again.
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        return Caller(text)

    return make


@pytest.fixture
def api(make_caller: Callable[..., Caller]) -> Caller:
    """Give a caller whose key, named tracker, may do everything."""
    return make_caller()


@pytest.fixture
def visitor(db: None) -> Caller:
    """Give a caller without a key."""
    return Caller("")


def stored() -> dict[str, int]:
    """Count everything that a request could leave behind."""
    models = (Lead, Company, Activity, LeadIdentifier, ConsentRecord, ScoringRequest)
    return {model.__name__: model.objects.count() for model in models}


def faults(response: Any) -> dict[str, str]:
    """Return the fields that a problem document names, each with its first sentence."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    found: dict[str, str] = {}
    for error in response.json().get("errors", []):
        found.setdefault(error["pointer"], error["detail"])
    return found
