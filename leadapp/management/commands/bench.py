"""Measure Leadapp on made-up data of a chosen size."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings
from django.utils import timezone
from tqdm import tqdm

from leadapp.garbage import look_seldom
from leadapp.management.bench import ingest, measures, pages
from leadapp.management.bench.database import own_database
from leadapp.management.bench.sales import sell
from leadapp.management.bench.synthetic import load

Value = TypeVar("Value")

# The pages of a database of so many leads are measured beside those of the one that is asked for.
SMALL = 10_000


class Command(BaseCommand):
    """Measure scoring, intake and pages."""

    help = (
        "Measure a full rescore and a preview (beside a bare aggregate over the same activities), intake "
        "and pages (beside those of 10,000 leads) on made-up data, in databases of its own that are dropped "
        "afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size and the form of the answer."""
        parser.add_argument("--leads", type=int, default=10_000)
        parser.add_argument("--activities", type=int, default=100_000)
        parser.add_argument("--requests", type=int, default=20, help="how often each page is asked for")
        parser.add_argument("--rows", type=int, default=10_000, help="of the file that is imported")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, and print."""
        leads, activities, requests = options["leads"], options["activities"], options["requests"]
        if leads < 1 or activities < 0 or requests < 1 or options["rows"] < 1:
            raise CommandError(
                "--leads, --requests and --rows take a number from 1 on, --activities one from 0 on."
            )
        look_seldom()  # as the web processes and workers do whose work is measured
        small = None
        hosts = [*settings.ALLOWED_HOSTS, "testserver"]
        with override_settings(ALLOWED_HOSTS=hosts, DEBUG=False):
            if leads > SMALL:
                with own_database():
                    small = self._measure_small(activities * SMALL // leads, requests)
            with own_database():
                result = self._measure(leads, activities, requests, options["rows"], small)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for name, value in result.items():
                if name != "pages":
                    self.stdout.write(f"{name:26} {'-' if value is None else value}")
            for row in result["pages"]:
                self.stdout.write(
                    f"{row['kind']:10} {row['name']:34} p50 {row['p50_ms']:8} p95 {row['p95_ms']:8} "
                    f"ratio {'-' if row['ratio'] is None else row['ratio']}"
                )

    def _measure_small(self, activities: int, requests: int) -> pages.Times:
        load(leads=SMALL, activities=activities, now=timezone.now(), advance=lambda rows: None)
        measures.first_scoring(lambda rows: None)
        sell(now=timezone.now())
        return pages.page_times(counted=requests)

    def _measure(
        self, leads: int, activities: int, requests: int, rows: int, small: pages.Times | None
    ) -> dict[str, Any]:
        total = 3 * leads + activities + ingest.EVENTS
        with tqdm(total=total, unit=" rows", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:

            def step(name: str, action: Callable[[], Value]) -> Value:
                bar.set_description(name)
                return action()

            step(
                "load",
                lambda: load(leads=leads, activities=activities, now=timezone.now(), advance=bar.update),
            )
            bare = step("bare aggregate", measures.bare_seconds)
            first = step("first scoring", lambda: measures.first_scoring(bar.update))
            rescore = step("rescore", lambda: measures.publish_and_rescore(bar.update))
            preview = step("preview", measures.preview)
            taken, inside = step("intake", lambda: ingest.ingest(bar.update))
            imported = step("import", lambda: measures.imported_rows(rows))
            step("sales", lambda: sell(now=timezone.now()))
            times = step("pages", lambda: pages.page_times(counted=requests))
        return {
            "leads": leads,
            "activities": activities,
            "bare_seconds": round(bare, 6),
            "rescore_seconds": round(rescore.seconds, 3),
            "rescore_ratio": round(rescore.seconds / bare, 2),
            "rescore_changed": rescore.changed,
            "first_scoring_seconds": round(first.seconds, 3),
            "first_scoring_ratio": round(first.seconds / bare, 2),
            "preview_seconds": round(preview.seconds, 3),
            "preview_ratio": round(preview.seconds / bare, 2),
            "preview_moved": preview.moved,
            "preview_steps": preview.steps,
            "preview_memory_growth_mb": round(preview.growth_mb, 1),
            "ingest_single_per_s": round(taken.single, 1),
            "ingest_batch_per_s": round(taken.batch, 1),
            "bare_insert_per_s": round(taken.bare, 1),
            "single_ratio": round(taken.single / taken.bare, 2),
            "batch_ratio": round(taken.batch / taken.bare, 2),
            "in_process_single_per_s": round(inside.single, 1),
            "in_process_batch_per_s": round(inside.batch, 1),
            "in_process_bare_per_s": round(inside.bare, 1),
            "in_process_single_ratio": round(inside.single / inside.bare, 2),
            "in_process_batch_ratio": round(inside.batch / inside.bare, 2),
            "import_rows_per_s": round(imported, 1),
            **pages.summary(times, small),
            "peak_rss_mb": round(measures.peak_rss_mb(), 1),
            "pages": pages.rows(times, small),
        }
