"""One POST goes where it was meant to, waits so long and no longer, and reads little of the answer."""

import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest
import trustme

from leadapp.services.webhooks import posting
from leadapp.services.webhooks.posting import post
from tests.webhooks.receiver import Receiver, listening

pytestmark = pytest.mark.usefixtures("to_this_machine")

# The real one, whatever a test puts in its place.
GETADDRINFO = socket.getaddrinfo


def answering(receiver: Receiver, text: bytes) -> None:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(text)

    receiver.reply = reply


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_is_a_success(receiver: Receiver, status: int) -> None:
    receiver.status = status
    answer = post(receiver.url, b"{}", {})
    assert (answer.status, answer.error, answer.is_success) == (status, "", True)


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_anything_else_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.status = status
    answer = post(receiver.url, b"{}", {})
    assert (answer.status, answer.error) == (status, f"Answered {status}.")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    with listening() as elsewhere:
        receiver.status, receiver.headers = status, {"Location": elsewhere.url}
        answer = post(receiver.url, b"{}", {})
        assert not answer.is_success
        assert "redirects are not followed" in answer.error
        assert elsewhere.received == elsewhere.refused == []


def test_a_name_that_points_elsewhere_a_moment_later_leads_nowhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = receiver.url.split(":")[2].split("/")[0]
    asked: list[str] = []

    def rebinding(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "crm.example":
            asked.append(host)
            return GETADDRINFO("127.0.0.1" if len(asked) == 1 else "127.0.0.2", *arguments, **options)
        return GETADDRINFO(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert post(f"http://crm.example:{port}/hooks", b"{}", {}).is_success
    assert asked == ["crm.example"]
    assert receiver.received[0].headers["host"] == f"crm.example:{port}"


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url, b"{}", {}).is_success


def test_the_second_number_is_tried_when_the_first_does_not_answer(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])
    monkeypatch.setattr(posting, "resolve", lambda target: ["127.0.0.2", "127.0.0.1"])
    assert post(f"http://crm.example:{port}/hooks", b"{}", {}).is_success


def test_of_a_huge_answer_little_is_read(receiver: Receiver) -> None:
    sent: list[int] = []

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 500 No\r\n\r\n")
        sent.extend(request.wfile.write(b"x" * 10_000) for _ in range(10_000))

    receiver.reply = reply
    answer = post(receiver.url, b"{}", {})
    assert (answer.status, answer.text) == (500, "x" * 500)
    assert sum(sent) < 50_000_000


def drip(request: BaseHTTPRequestHandler, text: bytes) -> None:
    for byte in text:
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "text", [b"", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000], ids=["silence", "byte by byte"]
)
def test_a_slow_receiver_is_not_waited_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", 0.5)

    over = Event()

    def reply(request: BaseHTTPRequestHandler) -> None:
        drip(request, text)
        over.wait(50)

    receiver.reply = reply
    began = time.monotonic()
    answer = post(receiver.url, b"{}", {})
    over.set()
    # Whoever waited for it would wait for most of a minute; the rest is for a busy machine.
    assert time.monotonic() - began < 10
    assert (answer.status, answer.error) == (None, "No answer within 0.5 seconds.")


@pytest.mark.parametrize(
    "text",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500],
    ids=["no HTTP", "no status", "too many headers"],
)
def test_what_is_no_answer_is_a_failure(receiver: Receiver, text: bytes) -> None:
    answering(receiver, text)
    answer = post(receiver.url, b"{}", {})
    assert answer.status is None
    assert answer.error.startswith("The connection failed")


def test_a_name_that_nobody_knows_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert post("https://crm.example/", b"{}", {}).error == "The name of the host is not known."


def test_the_moment_to_come_back_is_read(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 503, {"Retry-After": "30"}
    assert post(receiver.url, b"{}", {}).retry_after == 30
    receiver.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert post(receiver.url, b"{}", {}).retry_after == 0


@pytest.fixture
def encrypted(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Receiver]:
    """Give a receiver with a certificate for crm.example, by an authority that this machine trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("crm.example").configure_cert(tls)
    with listening(tls=tls) as receiver:
        yield receiver


def through(name: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the receiver's address under a name that points to it."""
    monkeypatch.setattr(posting, "resolve", lambda target: ["127.0.0.1"])
    return receiver.url.replace("127.0.0.1", name)


def test_a_certificate_for_the_name_is_accepted(encrypted: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = post(through("crm.example", encrypted, monkeypatch), b"{}", {})
    assert answer.is_success, answer


def test_a_certificate_for_another_name_is_refused(
    encrypted: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = post(through("shop.example", encrypted, monkeypatch), b"{}", {})
    assert answer.error.startswith("The certificate is not valid: Hostname mismatch")
    assert encrypted.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(
    encrypted: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    answer = post(through("crm.example", encrypted, monkeypatch), b"{}", {})
    assert answer.error.startswith("The certificate is not valid")
    assert encrypted.received == []


def test_this_machine_is_not_reached_unless_allowed(encrypted: Receiver, settings: Any) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    answer = post(encrypted.url.replace("127.0.0.1", "localhost"), b"{}", {})
    assert answer.status is None
    assert answer.error.startswith("Not sent: localhost is at ")
    assert encrypted.received == encrypted.refused == []
