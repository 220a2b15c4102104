"""Where a webhook may go: public addresses over https, unless a setting allows more.

An address is resolved once, and the connection goes to the very number that was looked at: a name that
points elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from leadapp.errors import Invalid

PORTS = {"https": 443, "http": 80}
# The part of IPv6 that is given out to the world, but for addresses that stand for one of IPv4 (6to4).
GLOBAL_UNICAST, SIX_TO_FOUR = IPv6Network("2000::/3"), IPv6Network("2002::/16")


class Forbidden(Exception):
    """A webhook must not go there."""


@dataclass(frozen=True)
class Target:
    """The parts of a webhook's address; `host` is in ASCII."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_encrypted(self) -> bool:
        """Tell whether it speaks TLS."""
        return self.scheme == "https"

    @property
    def host_header(self) -> str:
        """Return the host as the request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str) -> Target:
    """Take an address apart, or raise Invalid that says what is wrong with it."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        rest = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}".encode("ascii").decode()
    except ValueError as error:
        raise Invalid.field("url", _("This is not an address that a webhook can go to.")) from error
    if parts.scheme not in PORTS or not host or parts.fragment or any(ord(sign) <= 32 for sign in url):
        raise Invalid.field("url", _("Give an address such as https://crm.example.com/hooks/leads."))
    if parts.username is not None or parts.password is not None:
        raise Invalid.field("url", _("Leave out the name and password: deliveries are signed instead."))
    if parts.scheme == "http" and not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise Invalid.field("url", _("Give an address that begins with https://: leads go encrypted."))
    return Target(parts.scheme, host, port or PORTS[parts.scheme], rest)


def resolve(target: Target) -> list[str]:
    """Return the numbers of a target's host, or raise Forbidden if one of them must not be reached.

    An OSError says that the name is not known.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    numbers = list(dict.fromkeys(str(address[0]) for *_, address in found))
    private = [number for number in numbers if not is_public(number)]
    if private and not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise Forbidden(
            _("%(host)s is at %(private)s, which is not a public address")
            % {"host": target.host, "private": private[0]}
        )
    if not target.is_encrypted and len(private) < len(numbers):
        raise Forbidden(_("%(host)s is in public: leads go there over https only") % {"host": target.host})
    return numbers


def is_public(number: str) -> bool:
    """Tell whether a numeric address belongs to the public internet."""
    address: IPv4Address | IPv6Address = ip_address(number.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address not in GLOBAL_UNICAST or address in SIX_TO_FOUR:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_literally_private(target: Target) -> bool:
    """Tell whether the address itself, not what its name points to, is one that is not allowed."""
    if settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        return False
    try:
        return not is_public(target.host)
    except ValueError:
        return target.host == "localhost" or target.host.endswith(".localhost")
