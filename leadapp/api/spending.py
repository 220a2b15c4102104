"""What a caller has left of a minute's limits: counted in Redis; while that is down, in this process.

A process asks Redis for a little more than a request costs and spends that within a second, so that most
requests ask nobody. What it did not spend it gives back when it asks again.
"""

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

logger = logging.getLogger(__name__)

MINUTE = 60
PATIENCE = 0.1  # seconds: nobody waits for a counter
DOWN_FOR = 5.0  # seconds for which a broker that did not answer is not asked again
MOST_COUNTED = 10_000
# A hundredth of what is left is taken in advance, so that nothing is left lying near the limit, and at most
# so much: it is lost to the caller's minute when the process ends or is idle. What other processes took since
# then is not known, so it is soon asked again.
MOST_AHEAD = 50
KNOWN_FOR = 1.0  # seconds

# Spend all or nothing, in one round trip. What nobody has begun to spend can be overdrawn once: a batch
# larger than the limit could otherwise never be sent.
SPEND = """
local spent, ahead, fits = {}, {}, 1
for i, name in ipairs(KEYS) do
    local held, cost, limit = ARGV[3 * i], ARGV[3 * i + 1], ARGV[3 * i + 2]
    spent[i] = math.max(0, (redis.call('GET', name) or 0) - held)
    if spent[i] > 0 and spent[i] + cost > tonumber(limit) then fits = 0 end
end
for i, name in ipairs(KEYS) do
    ahead[i] = 0
    if fits == 1 then
        spent[i] = spent[i] + ARGV[3 * i + 1]
        ahead[i] = math.max(0, math.min(ARGV[2], math.floor((ARGV[3 * i + 2] - spent[i]) / 100)))
    end
    redis.call('SET', name, spent[i] + ahead[i], 'EX', ARGV[1])
end
return {fits, spent, ahead}
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


class _Ahead(NamedTuple):
    """What is left of what was taken in advance, what is known to be spent, and until when that is good."""

    left: int
    spent: int
    until: float


_NOTHING = _Ahead(0, 0, 0.0)

# By the name of a budget in a minute: what was taken from Redis, and what was spent while it was away. Both
# are looked at and asked for under the lock: threads that ask at once would take several times as much.
_ahead: dict[str, _Ahead] = {}
_own_counts: dict[str, int] = {}
_lock = threading.Lock()
_down_until = 0.0


def _spend(names: list[str], budgets: Sequence[Budget]) -> tuple[bool, list[int]]:
    global _down_until
    with _lock:
        now = time.monotonic()
        if (spent := _spend_ahead(names, budgets, now)) is not None:
            return True, spent
        if now >= _down_until:
            try:
                return _ask_redis(names, budgets, now)
            except redis.RedisError:
                logger.warning("Redis does not answer; requests are counted in this process.")
                _down_until = time.monotonic() + DOWN_FOR
        return _spend_here(names, budgets)


def _spend_ahead(names: list[str], budgets: Sequence[Budget], now: float) -> list[int] | None:
    """Spend what was taken in advance, if it suffices for all budgets; return what is spent of each."""
    held = [_ahead.get(name, _NOTHING) for name in names]
    for ahead, each in zip(held, budgets, strict=True):
        # A limit may have been lowered meanwhile.
        if now >= ahead.until or ahead.left < each.cost or ahead.spent + each.cost > each.limit:
            return None
    for name, ahead, each in zip(names, held, budgets, strict=True):
        _ahead[name] = ahead._replace(left=ahead.left - each.cost, spent=ahead.spent + each.cost)
    return [_ahead[name].spent for name in names]


def _ask_redis(names: list[str], budgets: Sequence[Budget], now: float) -> tuple[bool, list[int]]:
    """Let Redis count, give back what is held, and hold what is taken in advance now."""
    numbers = [2 * MINUTE, MOST_AHEAD]
    for name, each in zip(names, budgets, strict=True):
        numbers += [_ahead.pop(name, _NOTHING).left, each.cost, each.limit]
    fits, spent, ahead = _script(settings.REDIS_URL)(keys=names, args=numbers)
    if len(_ahead) >= MOST_COUNTED:  # most are of minutes that are over
        _ahead.clear()
    for name, so_far, taken in zip(names, spent, ahead, strict=True):
        _ahead[name] = _Ahead(taken, so_far, now + KNOWN_FOR)
    return bool(fits), spent


def _spend_here(names: list[str], budgets: Sequence[Budget]) -> tuple[bool, list[int]]:
    """Do what SPEND does, with nothing in advance."""
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


@cache
def _script(url: str) -> Script:
    client = redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return client.register_script(SPEND)
