"""Nudge the workers without letting anybody wait for the broker.

A broker that is down costs a publisher seconds (measured: 6 to 9 when it is frozen), and whoever pushes
an event must not notice. So a thread of the process does the sending. Nudges carry no data: those
that come while one is on its way are served by a single further one.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import cache

from django.db import transaction

from leadapp.celery import app

logger = logging.getLogger(__name__)

# Seconds for which a broker that did not answer is left alone.
PAUSE = 1.0
# Seconds in which further nudges gather, so that sending them takes nothing from those who push.
REST = 0.1

Send = Callable[[], bool]


class _Nudges:
    """The thread of one process, and what it is to send."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.wanted: set[Send] = set()
        self.something = threading.Event()
        threading.Thread(target=self.serve, name="nudges", daemon=True).start()

    def want(self, send: Send) -> None:
        """Let it be sent, once even if it is wanted several times by then."""
        self.wanted.add(send)
        self.something.set()

    def serve(self) -> None:
        """Send what is wanted, for as long as the process lives."""
        while self.something.wait():
            self.something.clear()
            while self.wanted:
                if not self.wanted.pop()():
                    time.sleep(PAUSE)
            time.sleep(REST)


_lock = threading.Lock()
_nudges: _Nudges | None = None


def send_soon(send: Send) -> None:
    """Let the thread call `send`, which tells whether it could; return at once.

    What is lost when a process ends, a sweep serves.
    """
    global _nudges
    with _lock:
        # A fork takes over variables and no threads.
        if _nudges is None or _nudges.process != os.getpid():
            _nudges = _Nudges()
    _nudges.want(send)


def wake(task: str) -> None:
    """Send a task once the current transaction is committed; what gets lost, a sweep finds."""
    transaction.on_commit(lambda: send_soon(_sending(task)), robust=True)


@cache
def _sending(task: str) -> Send:
    """Return the same for the same task, so that several nudges are one."""
    return lambda: send(task)


def send(task: str) -> bool:
    """Send a task without data; tell whether it could. A broker that is down is a delay, not an error."""
    try:
        app.send_task(task, ignore_result=True)
    # Whatever the client of the broker raises: the thread that sends nudges must not die of it.
    except Exception as error:
        logger.warning("The broker does not answer; %s waits for the next sweep: %s", task, error)
        return False
    return True
