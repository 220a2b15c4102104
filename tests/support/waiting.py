"""Wait for things by asking, never by sleeping for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], timeout: float = 60, message: str = "") -> Value:
    """Call the condition until it gives something true, and return that.

    An AssertionError from the condition counts as "not yet", so that it may hold plain asserts.
    """
    deadline = time.monotonic() + timeout
    while True:
        failure: AssertionError | None = None
        value: Value | None = None
        try:
            value = condition()
        except AssertionError as error:
            failure = error
        if value:
            return value
        if time.monotonic() > deadline:
            last = failure or f"last value: {value!r}"
            raise AssertionError(f"not within {timeout} s: {message or condition} ({last})") from failure
        time.sleep(0.02)
