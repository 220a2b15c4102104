"""Which broker this process sends to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from leadapp.celery import app


@contextmanager
def broker_at(url: str) -> Iterator[None]:
    """Send to another broker for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "REDIS_URL", url)
        patch.setattr(settings, "CELERY_BROKER_URL", url)
        patch.setattr(app.conf, "broker_url", url)
        _leave_connections()
        yield
    _leave_connections()


def _leave_connections() -> None:
    """Have Celery make new ones: those that it keeps lead to the broker of before."""
    del app.amqp
