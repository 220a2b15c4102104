"""A receiver, an endpoint that sends to it, and settings that let it."""

from collections.abc import Iterator

import pytest

from leadapp.models import WebhookEndpoint
from tests.webhooks.build import make_endpoint
from tests.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def to_this_machine(settings: object) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True  # type: ignore[attr-defined]


@pytest.fixture
def endpoint(db: None, to_this_machine: None, receiver: Receiver) -> WebhookEndpoint:
    """Listen to everything with the receiver, which knows the secret."""
    endpoint = make_endpoint(receiver.url)
    receiver.secret = endpoint.secret
    return endpoint
