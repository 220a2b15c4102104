"""Who calls the API: a key in the header Authorization, or somebody who is signed in."""

from datetime import UTC
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leadapp.access import Actor
from leadapp.errors import NotAllowed, NotFound
from leadapp.models import ApiKey, Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.numbers import LARGEST_ID
from leadapp.services.identity.resolving import winners_of
from leadapp.services.keys import KeyFault, authenticate_key, fault_of

SCHEMES = frozenset({"api-key", "bearer"})
FAULTS = {
    KeyFault.UNKNOWN: "This API key is not known.",
    KeyFault.REVOKED: "This API key was revoked on {since}.",
    KeyFault.EXPIRED: "This API key expired on {since}. An administrator can rotate it.",
    KeyFault.REPLACED: "This text of the API key was replaced; it was valid until {since}. Use the new one.",
}


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key KEY`, or Bearer."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return nobody and the key; None when there is no key, 401 when it is not valid."""
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        return AnonymousUser(), key_with(text.strip())

    def authenticate_header(self, request: Request) -> str:
        """Tell clients how to authenticate; without this a 401 would be a 403."""
        return "Api-Key"


def key_with(text: str) -> ApiKey:
    """Return the key with this text, or raise AuthenticationFailed that says why it is not taken."""
    now = timezone.now()
    key = authenticate_key(text=text, now=now)
    if key is None:
        fault, since = fault_of(text=text, now=now)
        moment = f"{since.astimezone(UTC):%Y-%m-%d at %H:%M} UTC" if since else ""
        raise AuthenticationFailed(FAULTS[fault].format(since=moment))
    return key


class MayCall(BasePermission):
    """Keys need the scope that the view names for the method; people need to be signed in."""

    message = "Sign in, or send an API key: Authorization: Api-Key KEY"

    def has_permission(self, request: Request, view: object) -> bool:
        """Tell whether to go on; services then check what is done to which lead."""
        needed: dict[str, tuple[str, ...]] = getattr(view, "scopes", {})
        key = request.auth
        if isinstance(key, ApiKey):
            wanted = needed.get("GET" if request.method == "HEAD" else request.method or "", ())
            if wanted and not set(wanted) & set(key.scopes):
                raise NotAllowed(f"This key lacks the scope {wanted[0]}.")
            return True
        return bool(request.user.is_authenticated)


def actor_of(request: Request) -> Actor:
    """Return who is acting; nobody is a visitor, for whom the system acts."""
    if isinstance(request.auth, ApiKey):
        return request.auth
    return request.user if isinstance(request.user, User) else None


def seen_by(request: Request) -> LeadQuerySet:
    """Return the leads that the caller may see. Whether a key may read at all is checked before."""
    leads: LeadQuerySet = Lead.objects.all()
    return leads.visible_to(request.user) if isinstance(request.user, User) else leads


def find_lead(request: Request, pk: int) -> Lead:
    """Return a lead that the caller may see, with company, owner and disqualify reason, or raise NotFound.

    One that was merged is the lead with which it was united.
    """
    lead: Lead | None = None
    if pk <= LARGEST_ID:
        lead = seen_by(request).select_related("company", "owner", "disqualify_reason").filter(pk=pk).first()
        if lead is None and (winner := winners_of([pk]).get(pk)):
            return find_lead(request, winner.pk)
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead
