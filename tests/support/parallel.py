"""Several processes share the tests: each has a database and a broker of its own, all share the machine."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from _pytest.nodeid import NodeId

from leadapp.embedded.folder import DataFolder

# Django appends the name of the process to that of the test database; Redis only has numbers.
LAST_BROKER_DATABASE = 15
# Long tests first, so that no process is left with one at the end; short ones fill the gaps. Those that wait
# for workers are mixed with those that keep a processor busy.
FIRST = [{"alone"}, {"long"}, {"worker", "browser"}]


def is_a_share(config: pytest.Config) -> bool:
    """Say whether this process runs a share of the tests that another one deals out."""
    return hasattr(config, "workerinput")


def broker_database() -> int:
    """Return the Redis database of this process: 15, for the next process 14, and so on."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return LAST_BROKER_DATABASE - int(name.removeprefix("gw"))


def agree_on_names(items: list[pytest.Item]) -> None:
    """Take over the names that the first process gave, where they hold a moment or something random.

    Otherwise the processes would seem to have different tests. Names that only stand in another order are
    left to be refused: they would stand for other tests.
    """
    mine = [item.nodeid for item in items]
    agreed = _names_of_the_first(mine)
    if [_without_case(name) for name in agreed] != [_without_case(name) for name in mine]:
        return
    differing = [(item, name) for item, name in zip(items, agreed, strict=True) if item.nodeid != name]
    if {name for _, name in differing}.isdisjoint(item.nodeid for item, _ in differing):
        for item, name in differing:
            item._id = NodeId.parse(name)


def _names_of_the_first(names: list[str]) -> list[str]:
    """Return the names that the first process of this run wrote down; it writes its own."""
    run = os.environ["PYTEST_XDIST_TESTRUNUID"]
    with (DataFolder.from_environment().path / "names.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        written = json.loads(file.read() or "{}")
        if written.get("run") != run:
            written = {"run": run, "names": names}
            file.truncate(0)
            file.write(json.dumps(written))
        return list(written["names"])


def _without_case(name: str) -> str:
    return name.partition("[")[0]


def long_files_first(items: list[pytest.Item]) -> None:
    """Sort the tests so that files with long ones come first; files stay together in their order."""
    ranks: dict[str, int] = {}
    for item in items:
        file = str(item.path)
        ranks[file] = min(ranks.get(file, len(FIRST)), _rank(item))
    items.sort(key=lambda item: ranks[str(item.path)])


def _rank(item: pytest.Item) -> int:
    marks = {mark.name for mark in item.iter_markers()}
    return next((rank for rank, names in enumerate(FIRST) if names & marks), len(FIRST))


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Keep the other processes waiting while a test runs that measures time and is marked as alone.

    Who wants to be alone closes the door first: the others finish their test, and begin no new one.
    """
    folder = DataFolder.from_environment().path
    with (folder / "door.lock").open("a") as door, (folder / "machine.lock").open("a") as machine:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
