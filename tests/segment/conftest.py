"""What the tests share: a library with a write key."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import ApiKey, Lead
from leadapp.services.keys import create_api_key

SUCCESS = {"success": True}


def make_key(name: str = "website", scopes: tuple[str, ...] = ("ingest",), **more: Any) -> str:
    """Make a write key and return its text."""
    now = timezone.now()
    key, text = create_api_key(name=name, scopes=scopes, actor=None, now=now, **more)
    # As one that was used within the hour, whose use is not written down again.
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return text


class Library:
    """A client library, as far as the server sees it."""

    def __init__(self, write_key: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.write_key = write_key

    @property
    def headers(self) -> dict[str, str]:
        """Return the header of Basic auth."""
        named = base64.b64encode(f"{self.write_key}:".encode()).decode()
        return {"Authorization": f"Basic {named}"}

    def send(self, path: str, body: object, content_type: str = "application/json", **headers: str) -> Any:
        """Post a body: JSON, or bytes as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers | headers
        return self.client.generic("POST", f"/v1/{path}", sent, content_type=content_type, headers=headers)

    def take(self, path: str, body: Mapping[str, Any]) -> None:
        """Post a message and expect that it is taken."""
        response = self.send(path, body)
        assert (response.status_code, response.json()) == (200, SUCCESS), response.content

    def batch(self, *messages: object, **around: Any) -> Any:
        """Post a batch and return the answer."""
        response = self.send("batch", {"batch": list(messages), **around})
        assert response.status_code == 200, response.content
        return response.json()


@pytest.fixture
def library(db: None) -> Library:
    """Give a library with a write key that is named website."""
    return Library(make_key())


def packed(body: object) -> bytes:
    """Return a body as gzip."""
    return gzip.compress(json.dumps(body).encode())


def only_lead() -> Lead:
    """Return the lead that there is."""
    return Lead.objects.select_related("company").get()
