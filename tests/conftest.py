"""Fixtures for all tests. Everything is real: database, broker, workers, web server, browser."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from django.test import TransactionTestCase
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as properties

from leadapp.api import spending
from leadapp.embedded.folder import DataFolder
from leadapp.services.intake.events import forget_kinds
from leadapp.views.my_day import finding
from qualification.analysis import figures
from tests.support.broker import broker_at
from tests.support.browser import browser, browser_context, page, sign_in
from tests.support.database import migrated_copy, restore_migrated_data
from tests.support.parallel import agree_on_names, broker_database, is_a_share, long_files_first, turn
from tests.support.processes import Process, WebServer, celery_beat, celery_worker
from tests.support.waiting import wait_for as wait_until
from tests.support.website import website

# How long an example takes says something about the machine, and nothing about the code.
properties.register_profile("leadapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("leadapp")

__all__ = ["browser", "browser_context", "page", "sign_in", "website"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse a second run on the same test databases, which would drop them under the first."""
    if is_a_share(session.config):
        return
    folder = DataFolder.from_environment()
    folder.make()
    if not folder.try_lock("tests"):
        pytest.exit(f"Another test run uses {folder.path}. Wait for it, or set LEADAPP_DATA to another one.")
    session.config.add_cleanup(folder.unlock)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are cores: tests of real parts often wait for them."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let several processes that share the tests name them alike, and begin with the long ones.

    CI tries a browser test that failed once more, and prints what failed at first.
    """
    if is_a_share(config):
        agree_on_names(items)
        long_files_first(items)
    if "CI" in os.environ:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector what stays to the end: thousands of tests, and all modules.

    It walked through them again and again, for a quarter of the time of plain tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give the machine to the tests that need it alone."""
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know whether their test failed."""
    report = yield
    if report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured, whichever process ran them."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.line(str(value))


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """Make the test database, and let transactional tests come back to the migrated data."""
    with django_db_blocker.unblock(), migrated_copy(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: restore_migrated_data())
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_broker_database() -> Iterator[None]:
    """Keep the tests' nudges away from a live Leadapp on the same Redis."""
    url = urlsplit(settings.REDIS_URL)._replace(path=f"/{broker_database()}").geturl()
    with broker_at(url), pytest.MonkeyPatch.context() as patch:
        # On a busy machine it may take longer than a request waits for it, which would then count by itself.
        patch.setattr(spending, "PATIENCE", 10)
        yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Forget the language and the clock that the last request of a test has chosen."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """Forget the kinds of activities that the last test has made."""
    yield
    forget_kinds()


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    """Forget figures that took long to count, as all may on a busy machine: the next test has others."""
    yield
    figures._kept.clear()
    finding._kept.clear()


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """Give an emptied broker."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client


@pytest.fixture
def long_minute(broker: redis.Redis, nothing_spent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count limits in a minute that does not end while the test runs, and of which nothing is spent."""
    monkeypatch.setattr(spending, "time", SimpleNamespace(time=lambda: 1_800_000_015, monotonic=monotonic))


@pytest.fixture
def nothing_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process spent of limits, and took in advance."""
    monkeypatch.setattr(spending, "_own_counts", {})
    monkeypatch.setattr(spending, "_ahead", {})
    monkeypatch.setattr(spending, "_down_until", 0.0)


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Return a function that polls: ``wait_for(lambda: lead_is_scored(), timeout=5)``."""
    return wait_until


@pytest.fixture
def worker(transactional_db: None, broker: redis.Redis, tmp_path: Path) -> Iterator[Process]:
    """Run a Celery worker on the test's database: it has kill(), start(), stop(), restart(), output()."""
    process = celery_worker(tmp_path / "worker.log")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def second_worker(worker: Process, tmp_path: Path) -> Iterator[Process]:
    """Run another worker beside the first."""
    process = celery_worker(tmp_path / "worker2.log")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def beat(transactional_db: None, broker: redis.Redis, tmp_path: Path) -> Iterator[Process]:
    """Run Celery beat, which sweeps for what no nudge has served."""
    process = celery_beat(tmp_path / "beat.log")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def web_server(transactional_db: None, broker: redis.Redis, tmp_path: Path) -> Iterator[WebServer]:
    """Run gunicorn on the test's database; ``web_server.url`` is its address."""
    process = WebServer(tmp_path / "web.log")
    process.start()
    yield process
    process.stop()
