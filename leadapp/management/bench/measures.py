"""What is measured. Each function returns plain numbers."""

import json
import resource
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from time import perf_counter

from django.db import connection, connections
from django.utils import timezone

from leadapp.services import imports
from leadapp.services.previews import begin_preview, continue_preview
from scoring.analysis.preview import Preview, from_json, to_json
from scoring.models import Cause, Rescore, ScoreChange, ScoringModelVersion, ScoringRule
from scoring.services.publishing import discard_draft, make_draft, publish
from scoring.services.rescore import AT_ONCE, continue_rescores, start_rescore
from scoring.services.versions import live_version

BARE = "SELECT lead_id, count(*) FROM leadapp_activity GROUP BY lead_id"
REPEATS = 3
CHANGED_RULE = "Viewed the pricing page"


@dataclass(frozen=True)
class Run:
    """A run over all leads."""

    seconds: float
    changed: int


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = perf_counter()
    action()
    return perf_counter() - started


def bare_seconds() -> float:
    """Return the median time of the bare aggregate; the first time, which reads from disk, does not count.

    The rows are sent, as to any client, and not turned into objects.
    """

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE)

    run()
    return statistics.median(seconds_of(run) for _ in range(REPEATS))


def first_scoring(advance: Callable[[int], object]) -> Run:
    """Score all leads for the first time: every one is written."""
    version = live_version()
    if version is None:
        raise RuntimeError("No model is live.")
    return _run_of(start_rescore(version=version, cause=Cause.PUBLISH, now=timezone.now()), advance)


def publish_and_rescore(advance: Callable[[int], object]) -> Run:
    """Publish a version with one rule changed: every lead is computed and gets the new version.

    Where its number is another one it gets that and a row of history as well.
    """
    now = timezone.now()
    live = live_version()
    if live is None:
        raise RuntimeError("No model is live.")
    draft = make_draft(model=live.model, actor=None, now=now)
    ScoringRule.objects.filter(version=draft, name=CHANGED_RULE).update(points=10, max_points=40)
    return _run_of(publish(version=draft, actor=None, note="Bench", now=now), advance)


@dataclass(frozen=True)
class PreviewRun:
    """A preview of a draft with one rule changed, from its beginning to its end."""

    seconds: float
    moved: int
    steps: int
    # How much more memory the process had at its peak during the second run than before it.
    growth_mb: float


def preview() -> PreviewRun:
    """Preview a one-rule change as the page does, piece by piece with the state packed in between.

    It runs twice and the second run counts: the first one loads code and reads from disk. The draft is
    discarded.
    """
    live = live_version()
    if live is None:
        raise RuntimeError("No model is live.")
    draft = make_draft(model=live.model, actor=None, now=timezone.now())
    ScoringRule.objects.filter(version=draft, name=CHANGED_RULE).update(points=6, max_points=24)
    _preview(draft)
    before = peak_rss_mb()
    started = perf_counter()
    done, steps = _preview(draft)
    seconds = perf_counter() - started
    discard_draft(version=draft, actor=None)
    return PreviewRun(seconds, done.moved, steps, peak_rss_mb() - before)


def _preview(draft: ScoringModelVersion) -> tuple[Preview, int]:
    state, steps = begin_preview(draft=draft, now=timezone.now()), 0
    while not state.is_done:
        state, steps = from_json(json.loads(json.dumps(to_json(continue_preview(state))))), steps + 1
    return state, steps


def _run_of(rescore: Rescore, advance: Callable[[int], object]) -> Run:
    """Do all chunks as the workers do, as many at once as the product allows."""
    before = ScoreChange.objects.count()
    advance(0)

    def work() -> None:
        try:
            while continue_rescores(now=timezone.now()):
                pass
        finally:
            connections.close_all()

    started = perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for future in [pool.submit(work) for _ in range(AT_ONCE)]:
            future.result()
    seconds = perf_counter() - started
    rescore.refresh_from_db()
    if rescore.finished_at is None:
        raise RuntimeError("The run over all leads did not finish.")
    advance(rescore.leads_done)
    return Run(seconds, ScoreChange.objects.count() - before)


def imported_rows(rows: int) -> float:
    """Return rows per second of a file of new people: kept, checked and imported."""
    lines = ["Email,First name,Last name,Phone,Job title,Company,Employees,Country,City"]
    lines += [
        f"p{number}@bench{number % 500}.example,First,Last{number},+4930{1_000_000 + number},Head of Sales,"
        f"Bench {number % 500},{100 + number % 500},DE,Berlin"
        for number in range(rows)
    ]
    data = "\n".join(lines).encode()

    def take() -> None:
        job = imports.upload(name="bench.csv", chunks=[data], actor=None, now=timezone.now())
        rules = imports.Rules(mapping=job.mapping)
        job = imports.finish(imports.check(job=job, rules=rules, actor=None), clock=timezone.now)
        job = imports.start(job=job, actor=None, now=timezone.now())
        job = imports.finish(job, clock=timezone.now)
        if job.created != rows:
            raise RuntimeError(f"{job.created} of {rows} rows were imported: {job.failure}")

    return rows / seconds_of(take)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the sorted values that a share of them does not exceed (the nearest rank)."""
    return values[max(0, ceil(len(values) * share) - 1)]


def peak_rss_mb() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
