"""One POST to an address that was checked: no redirects, no proxies, no waiting for ever, little read.

The standard library's client does exactly that once it is told which number to connect to; the larger
ones would have to be talked out of redirects, proxies from the environment and pools.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from django.utils.translation import gettext as _

from leadapp.errors import Invalid
from leadapp.services.webhooks.targets import Forbidden, Target, read_target, resolve

TIMEOUT = 15.0  # seconds for all of it, from the connection to the last byte that is read
MOST_READ = 2_000  # bytes of the answer; enough to see what went wrong
LONGEST_TEXT = 500


@dataclass(frozen=True)
class Answer:
    """What came of an attempt. Without a status nobody answered, and `error` says why."""

    status: int | None
    error: str
    text: str
    milliseconds: int
    retry_after: int = 0

    @property
    def is_success(self) -> bool:
        """Tell whether the receiver has taken it."""
        return not self.error


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send the body to the address and tell what came of it; never raises because of the other side."""
    began = time.monotonic()
    status, error, text, wait = None, "", "", 0
    try:
        status, text, wait = _exchange(read_target(url), body, headers)
        error = _fault(status)
    except Forbidden as refusal:
        error = _("Not sent: %(refusal)s.") % {"refusal": refusal}
    except Invalid as refusal:
        error = _("Not sent: %(message)s") % {"message": refusal.message}
    except (OSError, HTTPException, ValueError) as failure:
        late = time.monotonic() - began >= TIMEOUT or isinstance(failure, TimeoutError)
        error = (
            _("No answer within %(timeout)s seconds.") % {"timeout": f"{TIMEOUT:g}"}
            if late
            else _words(failure)
        )
    milliseconds = int((time.monotonic() - began) * 1000)
    return Answer(status, error[:LONGEST_TEXT], text, milliseconds, wait)


class _Connection(HTTPConnection):
    """A connection to a number that was checked, under the name that certificate and request are about."""

    def __init__(self, target: Target, numbers: list[str], deadline: float) -> None:
        super().__init__(target.host, target.port)
        self.target = target
        self.numbers = numbers
        self.deadline = deadline

    def connect(self) -> None:
        """Connect to the first of the numbers that takes the connection."""
        for place, number in enumerate(self.numbers):
            try:
                self.sock = socket.create_connection((number, self.port), self._left())
                break
            except OSError:
                if place + 1 == len(self.numbers):
                    raise
        self.sock.settimeout(self._left())
        if self.target.is_encrypted:
            tls = ssl.create_default_context()
            self.sock = tls.wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()  # once `cut` can reach it

    def _left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())

    def cut(self) -> None:
        """End it, whatever it waits for: a receiver that drips byte by byte would keep it for ever."""
        if self.sock is not None:
            with suppress(OSError):
                # Not the method of the TLS socket, which is not made for another thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _exchange(target: Target, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, int]:
    """Return status, the beginning of the answer, and for how many seconds it asks to be left alone."""
    deadline = time.monotonic() + TIMEOUT
    connection = _Connection(target, resolve(target), deadline)
    watch = threading.Timer(TIMEOUT, connection.cut)
    watch.start()
    try:
        connection.request("POST", target.path, body, {"Host": target.host_header, **headers})
        response = connection.getresponse()
        wait = response.headers.get("retry-after", "")
        status, text = response.status, response.read(MOST_READ)
    finally:
        watch.cancel()
        connection.close()
    return status, _printable(text), int(wait[:6]) if wait.isascii() and wait.isdigit() else 0


def _fault(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _("Answered %(status)s: redirects are not followed. Enter the new address.") % {
            "status": status
        }
    return _("Answered %(status)s.") % {"status": status}


def _printable(text: bytes) -> str:
    return text.decode(errors="replace").replace("\0", "")[:LONGEST_TEXT]


def _words(failure: Exception) -> str:
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _("The certificate is not valid: %(verify_message)s.") % {
            "verify_message": failure.verify_message
        }
    if isinstance(failure, socket.gaierror):
        return _("The name of the host is not known.")
    if isinstance(failure, ConnectionRefusedError):
        return _("Nobody listens there: the connection was refused.")
    return _("The connection failed: %(value)s.") % {"value": failure or type(failure).__name__}
