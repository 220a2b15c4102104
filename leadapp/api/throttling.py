"""How much one caller may send in a minute. Counted in Redis; while that is down, in this process.

The answers say what is left, by the header fields of draft-ietf-httpapi-ratelimit-headers and by the three
that came before them.
"""

import ipaddress
import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.http import HttpRequest
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from leadapp.models import ApiKey, User

if TYPE_CHECKING:  # which imports this module
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

MINUTE = 60
PATIENCE = 0.1  # seconds: nobody waits for a counter
DOWN_FOR = 5.0  # seconds for which a broker that did not answer is not asked again
MOST_COUNTED = 10_000

# Spend all or nothing, in one round trip. What nobody has begun to spend can be overdrawn once: a batch
# larger than the limit could otherwise never be sent.
SPEND = """
local spent, fits = {}, 1
for i, name in ipairs(KEYS) do
    spent[i] = tonumber(redis.call('GET', name) or '0')
    if spent[i] > 0 and spent[i] + ARGV[2 * i] > tonumber(ARGV[2 * i + 1]) then fits = 0 end
end
if fits == 1 then
    for i, name in ipairs(KEYS) do
        spent[i] = redis.call('INCRBY', name, ARGV[2 * i])
        redis.call('EXPIRE', name, ARGV[1])
    end
end
return {fits, unpack(spent)}
"""


@dataclass(frozen=True)
class Budget:
    """How much of what somebody may spend in a minute, and what this request takes of it."""

    who: str
    of: str
    limit: int
    cost: int


@dataclass(frozen=True)
class Spending:
    """What came of a request's budgets: whether they sufficed, and what is left of each."""

    fits: bool
    left: list[tuple[Budget, int]]
    seconds: int  # until the next minute

    @property
    def headers(self) -> dict[str, str]:
        """Return what the answer says of it."""
        if not self.left:
            return {}
        tightest, left = min(self.left, key=lambda each: each[1] / each[0].limit)
        return {
            "RateLimit-Policy": ", ".join(f'"{each.of}";q={each.limit};w={MINUTE}' for each, _ in self.left),
            "RateLimit": ", ".join(f'"{each.of}";r={left};t={self.seconds}' for each, left in self.left),
            "RateLimit-Limit": str(tightest.limit),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(self.seconds),
        }


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


def spend(budgets: Sequence[Budget]) -> Spending:
    """Take a request's costs from its budgets: from all of them, or from none if one does not suffice.

    A budget of 0 has no limit.
    """
    budgets, now = [each for each in budgets if each.limit], time.time()
    minute, seconds = int(now // MINUTE), math.ceil(MINUTE - now % MINUTE)
    names = [f"leadapp:limits:{{{each.who}}}:{each.of}:{minute}" for each in budgets]
    fits, spent = _spend(names, budgets) if budgets else (True, [])
    left = [(each, max(0, each.limit - so_far)) for each, so_far in zip(budgets, spent, strict=True)]
    return Spending(fits, left, seconds)


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


@cache
def _script(url: str) -> Script:
    client = redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return client.register_script(SPEND)


_own_counts: dict[str, int] = {}
_own_lock = threading.Lock()
_down_until = 0.0


def _spend(names: list[str], budgets: Sequence[Budget]) -> tuple[bool, list[int]]:
    global _down_until
    if time.monotonic() >= _down_until:
        numbers = [2 * MINUTE, *(number for each in budgets for number in (each.cost, each.limit))]
        try:
            fits, *spent = _script(settings.REDIS_URL)(keys=names, args=numbers)
        except redis.RedisError:
            logger.warning("Redis does not answer; requests are counted in this process.")
            _down_until = time.monotonic() + DOWN_FOR
        else:
            return bool(fits), spent
    with _own_lock:
        return _spend_here(names, budgets)


def _spend_here(names: list[str], budgets: Sequence[Budget]) -> tuple[bool, list[int]]:
    """Do what SPEND does."""
    spent = [_own_counts.get(name, 0) for name in names]
    fits = all(
        not so_far or so_far + each.cost <= each.limit for so_far, each in zip(spent, budgets, strict=True)
    )
    if fits:
        if len(_own_counts) >= MOST_COUNTED:
            _own_counts.clear()
        spent = [so_far + each.cost for so_far, each in zip(spent, budgets, strict=True)]
        _own_counts.update(zip(names, spent, strict=True))
    return fits, spent
