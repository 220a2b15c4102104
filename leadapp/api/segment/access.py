"""Who calls: a write key, which stands in web pages and apps, and so can do nothing but push."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leadapp.api.access import KeyAuthentication, key_with
from leadapp.errors import NotAllowed
from leadapp.models import ApiKey

LONGEST_HEADER = 1_000


class WriteKeyAuthentication(KeyAuthentication):
    """A key as the user name of Basic auth, as `writeKey` in the body, or as in the rest of the API."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return nobody and the key; None when there is no key, 401 when it is not valid."""
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme and scheme.lower() != "basic":
            return super().authenticate(request)
        written = _user_name(text) if scheme else _in_body(request.data)
        if not written:
            return None
        return AnonymousUser(), key_with(written)


def _user_name(text: str) -> str:
    try:
        known = base64.b64decode(text.strip()[:LONGEST_HEADER], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise AuthenticationFailed("The header Authorization is not Basic auth with a write key.") from None
    return known.partition(":")[0].strip()


def _in_body(body: object) -> str:
    written = body.get("writeKey") if isinstance(body, Mapping) else None
    return written.strip() if isinstance(written, str) else ""


class MayOnlyPush(BasePermission):
    """A key with the scope ingest and no other: whoever reads a page's source has it too."""

    message = "Send a write key: an API key with the scope ingest, as the user name of Basic auth"

    def has_permission(self, request: Request, view: object) -> bool:
        """Tell whether to go on."""
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        if set(key.scopes) != {ApiKey.Scope.INGEST}:
            raise NotAllowed(
                "A write key stands in web pages and must be able to do nothing but push."
                " Use a key with the scope ingest and no other."
            )
        return True


class WriteKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the schema how write keys travel."""

    target_class = "leadapp.api.segment.access.WriteKeyAuthentication"
    name = "WriteKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe it."""
        return {
            "type": "http",
            "scheme": "basic",
            "description": "An API key with the scope `ingest` alone as the user name; no password.",
        }
