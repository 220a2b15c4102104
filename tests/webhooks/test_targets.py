"""Webhooks go to public addresses over https, and nowhere else unless a setting allows it."""

import socket
from typing import Any

import pytest

from leadapp.errors import Invalid
from leadapp.services.webhooks.targets import Forbidden, is_public, read_target, resolve


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_addresses_that_are_not_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_public(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path"),
    [
        ("https://crm.example/hooks?a=1", "https", "crm.example", 443, "/hooks?a=1"),
        ("https://crm.example:8443", "https", "crm.example", 8443, "/"),
        ("https://CRM.Example/", "https", "crm.example", 443, "/"),
        ("https://bücher.example/", "https", "xn--bcher-kva.example", 443, "/"),
        ("https://[2606:4700::1111]/", "https", "2606:4700::1111", 443, "/"),
    ],
)
def test_an_address_is_taken_apart(url: str, scheme: str, host: str, port: int, path: str) -> None:
    target = read_target(url)
    assert (target.scheme, target.host, target.port, target.path) == (scheme, host, port, path)


def test_the_host_is_named_as_the_request_needs_it() -> None:
    assert read_target("https://crm.example/").host_header == "crm.example"
    assert read_target("https://crm.example:8443/").host_header == "crm.example:8443"
    assert read_target("https://[2606:4700::1111]:8443/").host_header == "[2606:4700::1111]:8443"


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/",
        "ftp://crm.example/",
        "crm.example",
        "https://",
        "https:///hooks",
        "https://user:secret@crm.example/",
        "https://user@crm.example/",
        "https://crm.example/#part",
        "https://crm.example:99999/",
        "https://crm.example/a b",
        "https://crm.example/\r\nHost: other",
        "https://[::1",
    ],
)
def test_addresses_that_no_webhook_goes_to(url: str) -> None:
    with pytest.raises(Invalid):
        read_target(url)


def resolving_to(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 443)) for number in numbers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)


def test_a_name_with_public_numbers_is_reached_by_them(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, "8.8.8.8", "9.9.9.9", "8.8.8.8")
    assert resolve(read_target("https://crm.example/")) == ["8.8.8.8", "9.9.9.9"]


@pytest.mark.parametrize("numbers", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"]], ids=["private", "one of two"])
def test_a_name_with_a_private_number_is_refused(monkeypatch: pytest.MonkeyPatch, numbers: list[str]) -> None:
    resolving_to(monkeypatch, *numbers)
    with pytest.raises(Forbidden, match="not a public address"):
        resolve(read_target("https://crm.example/"))


def test_a_setting_allows_private_addresses_and_plain_http_to_those_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    resolving_to(monkeypatch, "10.0.0.1")
    assert resolve(read_target("http://crm.example/")) == ["10.0.0.1"]
    assert resolve(read_target("https://crm.example/")) == ["10.0.0.1"]
    resolving_to(monkeypatch, "8.8.8.8")
    assert resolve(read_target("https://crm.example/")) == ["8.8.8.8"]
    with pytest.raises(Forbidden, match="over https only"):
        resolve(read_target("http://crm.example/"))


@pytest.mark.parametrize("url", ["https://0x7f.1/", "https://2130706433/", "https://127.1/"])
def test_other_spellings_of_this_machine_are_this_machine(url: str) -> None:
    with pytest.raises(Forbidden):
        resolve(read_target(url))
