"""Nudge the workers without letting anybody wait for the broker.

A broker that is down costs a publisher seconds (measured: 6 to 9 when it is frozen), and whoever pushes
an event must not notice. So a thread of the process does the sending. Nudges carry no data: those
that come while one is on its way are served by a single further one.
"""

import os
import threading
import time
from collections.abc import Callable

# Seconds for which a broker that did not answer is left alone.
PAUSE = 1.0

_lock = threading.Lock()
_wanted = threading.Event()
_thread: threading.Thread | None = None
_process = 0


def send_soon(send: Callable[[], bool]) -> None:
    """Let the thread call `send`, which tells whether it could; return at once.

    What is lost when a process ends, a sweep serves.
    """
    global _process, _thread, _wanted
    with _lock:
        # A fork takes over variables and no threads.
        if _thread is None or _process != os.getpid() or not _thread.is_alive():
            _process, _wanted = os.getpid(), threading.Event()
            _thread = threading.Thread(target=_serve, args=(_wanted, send), name="nudges", daemon=True)
            _thread.start()
        _wanted.set()


def _serve(wanted: threading.Event, send: Callable[[], bool]) -> None:
    while wanted.wait():
        wanted.clear()
        if not send():
            time.sleep(PAUSE)
