"""How often one address may submit public forms. Counted in Redis; while that is down, in this process."""

import ipaddress
import logging
import math
import time
from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from leadapp.models import ApiKey

logger = logging.getLogger(__name__)

MINUTE = 60
PATIENCE = 0.1  # seconds: a visitor does not wait for a counter
DOWN_FOR = 5.0  # seconds for which a broker that did not answer is not asked again
MOST_ADDRESSES = 10_000


class SubmissionThrottle(BaseThrottle):
    """Lets each address submit so many forms a minute. Keys are not counted."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the submission and tell whether it is within the limit."""
        if request.method != "POST" or isinstance(request.auth, ApiKey):
            return True
        return not seconds_to_wait(request)

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return MINUTE - time.time() % MINUTE


def seconds_to_wait(request: Request | HttpRequest) -> int:
    """Count a submission of this address; return for how long it has to wait, 0 within the limit."""
    now = time.time()
    allowed: int = settings.FORM_SUBMISSIONS_PER_MINUTE
    if _count(f"{address_of(request)}:{int(now // MINUTE)}") <= allowed:
        return 0
    return math.ceil(MINUTE - now % MINUTE)


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


@cache
def _counters(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )


_own_counts: dict[str, int] = {}
_down_until = 0.0


def _count(name: str) -> int:
    global _down_until
    if time.monotonic() >= _down_until:
        try:
            pipeline = _counters(settings.REDIS_URL).pipeline(transaction=False)
            pipeline.incr(f"leadapp:submissions:{name}")
            pipeline.expire(f"leadapp:submissions:{name}", 2 * MINUTE)
            return int(pipeline.execute()[0])
        except redis.RedisError:
            logger.warning("Redis does not answer; submissions are counted in this process.")
            _down_until = time.monotonic() + DOWN_FOR
    if len(_own_counts) >= MOST_ADDRESSES:
        _own_counts.clear()
    _own_counts[name] = _own_counts.get(name, 0) + 1
    return _own_counts[name]
