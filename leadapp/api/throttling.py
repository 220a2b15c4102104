"""How much one caller may send in a minute.

The answers say what is left, by the header fields of draft-ietf-httpapi-ratelimit-headers and by the three
that came before them.
"""

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from leadapp.api.spending import Budget, spend
from leadapp.models import ApiKey, User

if TYPE_CHECKING:  # which imports this module
    from rest_framework.views import APIView


class RateLimit(BaseThrottle):
    """Lets each key, person and address send so much a minute. `events_in` of a view counts its events."""

    seconds = 0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request, write into the answer's headers what is left, and tell whether to go on."""
        events_in = getattr(view, "events_in", None)
        try:
            events = events_in(request) if events_in else 0
        except APIException:  # a body that cannot be read counts as a request too
            if self._spend(request, view, 0):
                raise
            return False
        return self._spend(request, view, events)

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.seconds

    def budgets(self, request: Request, events: int) -> list[Budget]:
        """Return what the caller may spend."""
        key = request.auth
        if isinstance(key, ApiKey):
            who = f"key:{key.pk}"
            requests = key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE
            budgets = [Budget(who, "requests", requests, 1)]
            if events:
                limit = key.events_per_minute or settings.API_EVENTS_PER_MINUTE
                budgets.append(Budget(who, "events", limit, events))
            return budgets
        user = request.user
        who = f"user:{user.pk}" if isinstance(user, User) else f"address:{address_of(request)}"
        return [Budget(who, "requests", settings.API_REQUESTS_PER_MINUTE_WITHOUT_KEY, 1)]

    def _spend(self, request: Request, view: "APIView", events: int) -> bool:
        spending = spend(self.budgets(request, events))
        view.headers.update(spending.headers)
        self.seconds = spending.seconds
        return spending.fits


class SubmissionThrottle(RateLimit):
    """Lets each address submit so many forms a minute; a key counts as everywhere."""

    def budgets(self, request: Request, events: int) -> list[Budget]:
        """Return how many forms the visitor may submit."""
        if isinstance(request.auth, ApiKey):
            return super().budgets(request, events)
        return [_submissions(request)] if request.method == "POST" else []


def seconds_to_wait(request: HttpRequest) -> int:
    """Count a submission of this address; return for how long it has to wait, 0 within the limit."""
    spending = spend([_submissions(request)])
    return 0 if spending.fits else spending.seconds


def address_of(request: Request | HttpRequest) -> str:
    """Return the visitor's address, as the proxies that we trust report it; for IPv6 the network."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        reported = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(reported) >= settings.TRUSTED_PROXIES:
            address = reported[-settings.TRUSTED_PROXIES]
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if number.version == 6:
        # A customer gets a whole /64: counting single addresses would count nothing.
        return str(ipaddress.ip_network((number, 64), strict=False).network_address)
    return str(number)


def _submissions(request: Request | HttpRequest) -> Budget:
    return Budget(f"address:{address_of(request)}", "submissions", settings.FORM_SUBMISSIONS_PER_MINUTE, 1)
