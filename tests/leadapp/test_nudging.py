"""Nudges are sent by a thread of their own: whoever nudges never waits."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from leadapp import nudging
from leadapp.nudging import send_soon


def test_nobody_waits_for_a_broker_that_hangs(wait_for: Callable[..., Any]) -> None:
    sent, release = [], threading.Event()

    def slow() -> bool:
        release.wait(60)
        sent.append(threading.current_thread().name)
        return True

    start = time.perf_counter()
    for _ in range(100):
        send_soon(slow)
    assert time.perf_counter() - start < 5  # on a busy machine; who waited would wait for a minute
    assert not sent
    release.set()

    wait_for(lambda: sent)
    # Those that came meanwhile are one.
    assert len(sent) <= 2
    assert set(sent) == {"nudges"}


def test_different_nudges_are_all_sent(wait_for: Callable[..., Any]) -> None:
    sent = set()

    def named(name: str) -> Callable[[], bool]:
        def send() -> bool:
            sent.add(name)
            return True

        return send

    for name in "abc":
        send_soon(named(name))

    wait_for(lambda: sent == set("abc"))


def test_after_a_failure_the_broker_is_left_alone_and_then_asked_again(
    wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nudging, "PAUSE", 0.05)
    asked = []

    def send() -> bool:
        asked.append(time.perf_counter())
        return len(asked) > 1

    send_soon(send)
    wait_for(lambda: asked)
    send_soon(send)

    wait_for(lambda: len(asked) == 2)
    assert asked[1] - asked[0] >= 0.05


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_was_forked_nudges_too(wait_for: Callable[..., Any]) -> None:
    send_soon(lambda: True)
    reading, writing = os.pipe()

    def tell() -> bool:
        os.write(writing, b"sent")
        return True

    child = os.fork()
    if child == 0:
        send_soon(tell)
        time.sleep(60)
        os._exit(0)
    try:
        os.set_blocking(reading, False)
        assert wait_for(lambda: _read(reading)) == b"sent"
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, 10)
    except BlockingIOError:
        return b""
