"""A web server on the database of the bench, and clients of it that keep their connections."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from threading import Barrier
from time import perf_counter
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from leadapp.embedded.server import HOST, free_ports
from leadapp.management.bench.served import PROCESS
from leadapp.web_server import web_server, workers

APPLICATION = "leadapp.management.bench.served:Application()"
# One for each process of the server.
CLIENTS = workers
STARTS_WITHIN = 60.0


@contextmanager
def serving() -> Iterator[int]:
    """Serve what the bench serves with as many processes and threads as `make run`; give the port."""
    port = next(free_ports())
    server = subprocess.Popen(web_server(f"{HOST}:{port}", APPLICATION), env=os.environ | _environment())
    try:
        _wait_for(server, port)
        yield port
    finally:
        server.terminate()
        server.wait()


def requests_per_s(port: int, address: str, bodies: Sequence[bytes], *, key: str = "") -> float:
    """Return how many of these bodies are taken in a second, sent by clients at the same time.

    The first request of each client, which loads code and connects to the database, does not count.
    """
    shares = [bodies[number::CLIENTS] for number in range(CLIENTS)]
    ready = Barrier(CLIENTS)

    def send(client: Client, share: Sequence[bytes]) -> tuple[float, float]:
        client.post(address, share[0], key)
        ready.wait()
        started = perf_counter()
        for body in share[1:]:
            client.post(address, body, key)
        return started, perf_counter()

    with ExitStack() as stack, ThreadPoolExecutor(CLIENTS) as pool:
        clients = [stack.enter_context(closing(client)) for client in _one_for_each_process(port)]
        times = list(pool.map(send, clients, shares))
    return (len(bodies) - CLIENTS) / (max(ended for _, ended in times) - min(began for began, _ in times))


def _one_for_each_process(port: int) -> list["Client"]:
    """Return a client of each process; which of them takes a connection is chance, and stays so."""
    clients: dict[bytes, Client] = {}
    until = time.monotonic() + STARTS_WITHIN
    while len(clients) < CLIENTS and time.monotonic() < until:
        client = Client(port)
        if clients.setdefault(client.post(PROCESS, b""), client) is not client:
            client.close()
    if len(clients) < CLIENTS:
        raise RuntimeError("One process takes all connections.")
    return list(clients.values())


class Client:
    """A connection that sends one request after the other, and leaves the machine to the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def post(self, address: str, body: bytes, key: str = "") -> bytes:
        """Send JSON and return the answer; raise RuntimeError unless it is taken."""
        lines = [f"POST {address} HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json"]
        lines += [f"Authorization: Api-Key {key}"] if key else []
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + body)
        status, fields = self.answers.readline(), {}
        while (line := self.answers.readline()) not in (b"\r\n", b""):
            name, value = line.lower().split(b": ", 1)
            fields[name] = value
        length = fields.get(b"content-length")
        answer = self.answers.read(int(length)) if length else self._pieces()
        if b" 202 " not in status:
            raise RuntimeError(f"Answered {status!r}: {answer[:500]!r}")
        return answer

    def _pieces(self) -> bytes:
        """Read an answer that comes in pieces, for the server was not told its length."""
        pieces = []
        while length := int(self.answers.readline(), 16):
            pieces.append(self.answers.read(length))
            self.answers.readline()
        self.answers.readline()
        return b"".join(pieces)

    def close(self) -> None:
        """Hang up."""
        self.answers.close()
        self.socket.close()


def _environment() -> dict[str, str]:
    """Return what points the server at the database of this process. Its limits count, and let all pass."""
    database = connection.settings_dict
    user, password = quote(database["USER"]), quote(database["PASSWORD"])
    address = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    return {
        "DJANGO_SETTINGS_MODULE": "leadapp.settings",
        "DATABASE_URL": f"postgresql://{user}:{password}@{address}",
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "DEBUG": "0",
        "HTTPS": "0",
        "COLLECTED_STATIC": "0",
        "ALLOWED_HOSTS": HOST,
        "API_REQUESTS_PER_MINUTE": str(10**9),
        "API_EVENTS_PER_MINUTE": str(10**9),
    }


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The web server does not answer.")
