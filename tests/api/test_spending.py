"""What is taken from a minute's limits in advance: few questions to Redis, and not one request too many."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from leadapp.api import spending
from leadapp.api.spending import MOST_AHEAD, Budget, Spending, spend

MOMENT = 1_800_000_015.25


@pytest.fixture(autouse=True)
def _minute(broker: redis.Redis, nothing_spent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: MOMENT)
    monkeypatch.setattr(time, "monotonic", lambda: 10.0)


class Process:
    """A web process: it knows what it took in advance, and nothing of the others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.ahead: dict[str, Any] = {}

    def spend(self, limit: int, cost: int = 1) -> Spending:
        self.monkeypatch.setattr(spending, "_ahead", self.ahead)
        return spend([Budget("key:1", "requests", limit, 1), Budget("key:1", "events", 10 * limit, cost)])


def left(spending: Spending) -> list[int]:
    return [left for _, left in spending.left]


def test_most_requests_ask_nobody_and_what_is_left_is_told_to_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process, ask, questions = Process(monkeypatch), spending._ask_redis, []

    def ask_and_count(*args: Any) -> Any:
        questions.append(args)
        return ask(*args)

    monkeypatch.setattr(spending, "_ask_redis", ask_and_count)
    for so_far in range(1, 501):
        assert left(process.spend(6_000)) == [6_000 - so_far, 60_000 - so_far]
    assert len(questions) <= 500 / MOST_AHEAD + 1


def test_one_process_can_spend_everything_and_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    assert [process.spend(1_000).fits for _ in range(1_002)] == 1_000 * [True] + 2 * [False]
    assert left(process.spend(1_000)) == [0, 9_000]


def test_two_processes_together_never_spend_more_and_leave_little(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Process(monkeypatch), Process(monkeypatch)
    taken = sum(first.spend(1_000).fits + second.spend(1_000).fits for _ in range(1_000))
    assert 1_000 - 10 <= taken <= 1_000
    idle = sum(first.spend(1_000).fits for _ in range(50))
    assert taken + idle <= 1_000


def test_what_was_taken_in_advance_is_given_back_with_the_next_question(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Process(monkeypatch), Process(monkeypatch)
    first.spend(100_000)
    # More than was taken in advance, so Redis is asked: what is left then is what nobody has spent.
    assert left(first.spend(100_000, cost=1_000)) == [99_998, 998_999]
    assert left(second.spend(100_000)) == [99_997 - MOST_AHEAD, 998_998 - MOST_AHEAD]


def test_what_is_refused_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.spend(1_000)
    assert not process.spend(1_000, cost=10_000).fits
    assert left(process.spend(1_000)) == [998, 9_998]


def test_threads_that_ask_at_once_take_no_more_than_one(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, other = Process(monkeypatch), Process(monkeypatch)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: process.spend(6_000), range(8)))
    assert sorted(left(answer)[0] for answer in answers) == list(range(5_992, 6_000))
    assert left(other.spend(6_000))[0] >= 6_000 - 9 - MOST_AHEAD


def test_what_others_spent_is_known_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Process(monkeypatch), Process(monkeypatch)
    first.spend(6_000)
    for _ in range(500):
        second.spend(6_000)
    monkeypatch.setattr(time, "monotonic", lambda: 11.5)
    assert 6_000 - 502 - MOST_AHEAD <= left(first.spend(6_000))[0] <= 6_000 - 502


def test_a_lower_limit_holds_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.spend(6_000)
    assert [process.spend(10).fits for _ in range(12)] == 9 * [True] + 3 * [False]


def test_an_emptied_redis_is_no_gift(broker: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.spend(6_000)
    broker.flushdb()
    process.spend(6_000, cost=1_000)
    assert left(process.spend(6_000)) == [5_998, 58_999]


def test_another_minute_begins_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(monkeypatch)
    process.spend(6_000)
    monkeypatch.setattr(time, "time", lambda: MOMENT + 60)
    assert left(process.spend(6_000)) == [5_999, 59_999]
