"""Public client libraries, unmodified, against a running `make run`: only their host and key are set."""

import base64
import contextlib
import http.client
import json
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rudderstack.analytics.client import Client as RudderClient
from segment.analytics.client import Client as SegmentClient

from leadapp.services.keys import create_api_key
from tests.support.database import restore_migrated_data
from tests.support.processes import process_environment
from tests.support.running import Run
from tests.support.waiting import wait_for

pytestmark = pytest.mark.worker

NODE = Path(__file__).parent / "node"
EVENTS, LEADS, AT_ONCE, CLIENTS = 50_000, 1_000, 500, 4

Call = tuple[str, dict[str, Any]]  # the method of a library, and what it is given


class Leadapp:
    """A `make run` with a write key for libraries, and a look at what it has stored."""

    def __init__(self, run: Run) -> None:
        self.run = run
        now = timezone.now()
        _, self.write_key = create_api_key(name="website", scopes=["ingest"], actor=None, now=now)
        _, self.read_key = create_api_key(name="reader", scopes=["read"], actor=None, now=now)

    def read(self, path: str) -> Any:
        """Read from the REST API."""
        caller = http.client.HTTPConnection("127.0.0.1", self.run.port, timeout=30)
        caller.request("GET", f"/api/v1/{path}", headers={"Authorization": f"Api-Key {self.read_key}"})
        answer = json.loads(caller.getresponse().read())
        caller.close()
        return answer["results"]

    def ask(self, query: str) -> Any:
        """Return the first value that a query finds."""
        with connection.cursor() as cursor:
            cursor.execute(query)
            (value,) = cursor.fetchone() or (None,)
            return value


@pytest.fixture(scope="module")
def leadapp(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Leadapp]:
    """Run Leadapp once for all of them, on the database and the broker of this test process."""
    with django_db_blocker.unblock():
        there = {name: process_environment()[name] for name in ("DATABASE_URL", "REDIS_URL")}
        run = Run(tmp_path_factory.mktemp("segment") / "data", wait_for, services=there)
        try:
            run.start()
            yield Leadapp(run)
        finally:
            run.end(signal.SIGTERM)
            restore_migrated_data()


def python_calls(client: Any, calls: list[Call]) -> None:
    """Make the calls with one of the libraries for Python, whose arguments are spelt with underscores."""
    spelt = {
        "userId": "user_id",
        "anonymousId": "anonymous_id",
        "messageId": "message_id",
        "groupId": "group_id",
        "previousId": "previous_id",
    }
    for call, message in calls:
        getattr(client, call)(**{spelt.get(name, name): value for name, value in message.items()})
    client.shutdown()


def by_segment(leadapp: Leadapp, calls: list[Call], errors: list[Any], *, gzip: bool = False) -> None:
    def failed(error: Any, batch: Any) -> None:
        errors.append((error, batch))

    client = SegmentClient(leadapp.write_key, host=leadapp.run.url, on_error=failed, gzip=gzip)
    python_calls(client, calls)


def by_segment_gzipped(leadapp: Leadapp, calls: list[Call], errors: list[Any]) -> None:
    by_segment(leadapp, calls, errors, gzip=True)


def by_rudderstack(leadapp: Leadapp, calls: list[Call], errors: list[Any], *, gzip: bool = False) -> None:
    def failed(error: Any, batch: Any) -> None:
        errors.append((error, batch))

    client = RudderClient(leadapp.write_key, host=leadapp.run.url, on_error=failed, gzip=gzip)
    python_calls(client, calls)


def by_rudderstack_gzipped(leadapp: Leadapp, calls: list[Call], errors: list[Any]) -> None:
    by_rudderstack(leadapp, calls, errors, gzip=True)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the library for Node.js as its users do. CI has it (.ci/run); elsewhere it may be missing."""
    if not (shutil.which("node") and shutil.which("npm")):
        if os.environ.get("CI"):
            pytest.fail("Node.js and npm are missing: .ci/run installs them.")
        pytest.skip("Node.js and npm are not installed.")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "deliver.mjs"):
        shutil.copy(NODE / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def by_node(leadapp: Leadapp, calls: list[Call], errors: list[Any], *, folder: Path) -> None:
    """Deliver with the library for Node.js."""
    told = [(call, {name: _plain(value) for name, value in message.items()}) for call, message in calls]
    done = subprocess.run(
        ["node", "deliver.mjs", json.dumps(told)],
        cwd=folder,
        env=os.environ | {"LEADAPP": leadapp.run.url, "WRITE_KEY": leadapp.write_key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    errors += result["errors"]
    assert set(result["statuses"]) == {200}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def story(who: str, at: datetime) -> list[Call]:
    """Tell what somebody does: first as a visitor, then signed up, one event sent twice."""
    user, visitor = {"userId": f"{who}-7"}, {"anonymousId": f"{who}-a"}
    around: dict[str, Any] = {
        "campaign": {"name": "spring", "source": "linkedin"},
        "page": {"path": "/pricing", "title": "Prices"},
    }
    download = {
        **user,
        "event": "Content Downloaded",
        "properties": {"title": "Buyer's guide", "price": None},
        "messageId": f"{who}-download",
        "timestamp": at,
    }
    return [
        ("page", {**visitor, "name": "Pricing", "context": around}),
        ("track", {**visitor, "event": "Product Viewed", "properties": {"sku": "G-32"}}),
        (
            "identify",
            {
                **user,
                **visitor,
                "traits": {
                    "email": f"grace@{who}.example",
                    "firstName": "Grace",
                    "lastName": "Hopper",
                    "title": "CTO",
                    "phone": None,
                },
            },
        ),
        ("group", {**user, "groupId": who, "traits": {"name": f"{who} Ltd", "employees": 480}}),
        ("track", download),
        ("track", download),
        ("track", {**user, "event": f"Vault of {who} Opened"}),
        ("track", {**user, "event": "Trial Started", "context": {"library": {"name": "own"}}}),
        ("alias", {"previousId": f"{who}-phone", "userId": f"{who}-7"}),
        ("screen", {"anonymousId": f"{who}-phone", **user, "name": "Orders"}),
    ]


def check(leadapp: Leadapp, who: str, at: datetime) -> None:
    """Look at what became of the story."""
    found = wait_for(lambda: leadapp.read(f"leads?external_id={who}-7"), 60, f"{who} is a lead")
    (lead,) = found
    assert lead["email"] == f"grace@{who}.example"
    assert (lead["first_name"], lead["last_name"], lead["job_title"]) == ("Grace", "Hopper", "CTO")
    assert (lead["utm_campaign"], lead["utm_source"]) == ("spring", "linkedin")
    assert (lead["company"]["name"], lead["company"]["employees"]) == (f"{who} Ltd", 480)
    activities = leadapp.read(f"activities?lead={lead['id']}&limit=200")
    done = {one["type"]: one for one in activities if not one["type"].startswith("lead.")}
    assert sorted(done) == sorted(
        [
            "content_download",
            "page_view",
            "product_viewed",
            "screen_view",
            "trial_started",
            f"vault_of_{who}_opened",
        ]
    )
    assert len([one for one in activities if one["type"] == "content_download"]) == 1
    download = done["content_download"]
    assert download["external_id"] == f"{who}-download"
    assert download["properties"] == {"title": "Buyer's guide", "event": "Content Downloaded"}
    # By our clock: sent and received differ by the way.
    assert abs(datetime.fromisoformat(download["occurred_at"]) - at) < timedelta(minutes=5)
    assert done["page_view"]["properties"]["path"] == "/pricing"
    wait_for(
        lambda: "Started a trial" in " ".join(leadapp.read(f"leads?external_id={who}-7")[0]["reasons"] or []),
        60,
        "it is scored",
    )


@pytest.mark.parametrize(
    "deliver",
    [by_segment, by_segment_gzipped, by_rudderstack, by_rudderstack_gzipped],
    ids=["segment", "segmentgzip", "rudder", "ruddergzip"],
)
def test_the_libraries_for_python_deliver(
    leadapp: Leadapp, deliver: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    errors: list[Any] = []
    who, at = request.node.callspec.id, datetime.now(UTC) - timedelta(hours=3)
    deliver(leadapp, story(who, at), errors)
    assert errors == []
    check(leadapp, who, at)


def test_the_library_for_node_delivers(leadapp: Leadapp, node: Path) -> None:
    errors: list[Any] = []
    at = datetime.now(UTC) - timedelta(hours=3)
    by_node(leadapp, story("node", at), errors, folder=node)
    assert errors == []
    check(leadapp, "node", at)


@pytest.mark.parametrize("deliver", [by_segment, by_rudderstack], ids=["segment", "rudder"])
def test_the_libraries_for_python_understand_a_refusal(
    leadapp: Leadapp, deliver: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    errors: list[Any] = []
    right, leadapp.write_key = leadapp.write_key, "la_unknown"
    try:
        deliver(leadapp, [("track", {"userId": "1", "event": "Trial Started"})], errors)
    finally:
        leadapp.write_key = right
    ((error, batch),) = errors  # after one attempt: it is not sent again
    assert (error.status, error.code) == (401, "not_authenticated")
    assert "This API key is not known." in error.message
    assert len(batch) == 1


class Pushing:
    """Clients that push batches, each of them twice, and again for as long as they are told to come again."""

    def __init__(self, leadapp: Leadapp, batches: list[bytes]) -> None:
        self.leadapp, self.batches = leadapp, batches
        self.next = iter(range(len(batches)))
        self.done = 0
        self.odd: list[Any] = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._push) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _push(self) -> None:
        named = base64.b64encode(f"{self.leadapp.write_key}:".encode()).decode()
        headers = {"Authorization": f"Basic {named}", "Content-Type": "application/json"}
        caller = http.client.HTTPConnection("127.0.0.1", self.leadapp.run.port, timeout=60)
        while (number := self._take()) is not None:
            for _ in range(2):
                while not self._sent(caller, self.batches[number], headers):
                    pass
            with self.lock:
                self.done += 1
        caller.close()

    def _take(self) -> int | None:
        with self.lock:
            return next(self.next, None)

    def _sent(self, caller: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> bool:
        caller.request("POST", "/v1/batch", body, headers)
        response = caller.getresponse()
        answer = response.read()
        if response.status in (429, 503):
            time.sleep(int(response.headers["Retry-After"]))
            return False
        if (response.status, json.loads(answer)) != (200, {"success": True}):
            self.odd.append((response.status, answer))
        return True

    def wait_until(self, share: float) -> None:
        """Wait until so much of it is taken."""
        wanted = int(len(self.batches) * share)
        wait_for(lambda: self.done >= wanted or self.odd, 600, f"{wanted} of {len(self.batches)} are taken")

    def stop(self) -> None:
        """Wait until all is pushed."""
        for thread in self.threads:
            thread.join(60)


def burst() -> list[bytes]:
    """Return the events of LEADS people in batches: each does a thing every few hours."""
    now = datetime.now(UTC)
    kinds = ("Content Downloaded", "Trial Started", "Email Opened", "Checkout Started", "Burst Noticed")
    messages = [
        {
            "type": "track" if number // LEADS % 6 else "page",
            "event": kinds[number // LEADS % len(kinds)],
            "userId": f"burst-{number % LEADS}",
            "messageId": f"burst-{number}",
            "timestamp": (now - timedelta(hours=5 * (number // LEADS))).isoformat(),
            "properties": {"title": f"Guide {number % 7}", "path": "/pricing" if number % 4 else "/about"},
            "context": {"traits": {"email": f"p{number % LEADS}@burst{number % 40}.example", "title": "CTO"}},
        }
        for number in range(EVENTS)
    ]
    return [
        json.dumps({"batch": messages[start : start + AT_ONCE], "sentAt": now.isoformat()}).encode()
        for start in range(0, EVENTS, AT_ONCE)
    ]


def kill_the_worker(run: Run) -> None:
    """Kill it with its children, as a power cut would; `make run` starts another."""
    worker = run.child("worker")
    assert worker is not None
    for process in [*worker.children(recursive=True), worker]:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
            process.kill()
    psutil.wait_procs([worker], timeout=10)
    wait_for(lambda: (new := run.child("worker")) and new.pid != worker.pid, 60, "another worker runs")


def test_fifty_thousand_events_sent_twice_are_fifty_thousand_activities(
    leadapp: Leadapp,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = time.monotonic()
    pushing = Pushing(leadapp, burst())
    try:
        for share in (0.25, 0.6):
            pushing.wait_until(share)
            kill_the_worker(leadapp.run)
        pushing.wait_until(1)
    finally:
        pushing.stop()
    assert pushing.odd == []
    pushed = time.monotonic() - begun
    wait_for(lambda: leadapp.ask("SELECT count(*) FROM scoring_scoringrequest") == 0, 240, "all are scored")
    scored = time.monotonic() - begun
    record_property(
        "measured",
        f"{EVENTS} events, each sent twice: taken in {pushed:.0f} s, scored after {scored:.0f} s",
    )
    of_burst = "FROM leadapp_activity WHERE external_id LIKE 'burst-%'"
    assert leadapp.ask(f"SELECT count(*) {of_burst}") == EVENTS
    assert leadapp.ask(f"SELECT count(DISTINCT external_id) {of_burst}") == EVENTS
    assert leadapp.ask(f"SELECT count(DISTINCT lead_id) {of_burst}") == LEADS
    assert leadapp.ask("SELECT count(*) FROM leadapp_waitingactivity") == 0
    assert leadapp.ask("SELECT min(engagement) FROM leadapp_lead WHERE email LIKE '%@burst%'") > 0
    call_command("verify_scores")
    assert "differing 0" in capsys.readouterr().out
