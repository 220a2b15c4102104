"""A receiver, an endpoint that sends to it, and settings that let it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self

import pytest

from leadapp.models import WebhookEndpoint
from tests.webhooks.build import NOW, make_endpoint
from tests.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def to_this_machine(settings: object) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True  # type: ignore[attr-defined]


class ThatMoment(datetime):
    """The clock of the public package, which takes no delivery that is five minutes old."""

    @classmethod
    def now(cls, tz: object = None) -> Self:
        return cls.fromtimestamp(NOW.timestamp(), NOW.tzinfo)


@pytest.fixture
def endpoint(
    db: None, to_this_machine: None, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> WebhookEndpoint:
    """Listen to everything with the receiver, which knows the secret."""
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", ThatMoment)
    endpoint = make_endpoint(receiver.url)
    receiver.secret = endpoint.secret
    return endpoint
