"""A real receiver on this machine that checks each delivery with the public package."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Received:
    """A request as it came in; `payload` is what the package made of it."""

    path: str
    headers: dict[str, str]
    body: bytes
    payload: Any

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def lead_id(self) -> int:
        return int(self.payload["data"]["lead"]["id"])


@dataclass
class Receiver:
    """What a receiver is told to do, and what it got. Only what it accepts is in `received`."""

    url: str = ""
    secret: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    # Answers in its own way, in place of the status.
    reply: Reply | None = None
    # Decides by payload: the status for this one.
    decide: Callable[[Any], int] | None = None
    received: list[Received] = field(default_factory=list)
    refused: list[Received] = field(default_factory=list)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in request.headers.items()}
        payload = Webhook(self.secret).verify(body, headers) if self.secret else None
        one = Received(request.path, headers, body, payload)
        status = self.decide(payload) if self.decide else self.status
        (self.received if status < 300 else self.refused).append(one)
        if self.reply is not None:
            self.reply(request)
            return
        request.send_response(status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.send_header("content-length", "0")
        request.end_headers()


@contextmanager
def listening(*, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver; a port lets it come back where it was."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(OSError):  # when the sender has gone away
                receiver.handle(self)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
