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

from leadapp.management.bench import measures
from leadapp.management.bench.database import own_database
from leadapp.management.bench.synthetic import load

Value = TypeVar("Value")


class Command(BaseCommand):
    """Measure scoring, intake and pages."""

    help = (
        "Measure a full rescore and a preview (beside a bare aggregate over the same activities), intake "
        "and pages on made-up data, in a database of its own that is dropped afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size and the form of the answer."""
        parser.add_argument("--leads", type=int, default=10_000)
        parser.add_argument("--activities", type=int, default=100_000)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, and print."""
        leads, activities = options["leads"], options["activities"]
        if leads < 1 or activities < 0:
            raise CommandError("--leads takes a number from 1 on, --activities one from 0 on.")
        hosts = [*settings.ALLOWED_HOSTS, "testserver"]
        with override_settings(ALLOWED_HOSTS=hosts, DEBUG=False), own_database():
            result = self._measure(leads, activities)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for name, value in result.items():
                self.stdout.write(f"{name:22} {'-' if value is None else value}")

    def _measure(self, leads: int, activities: int) -> dict[str, Any]:
        total = 3 * leads + activities + measures.BATCHES * measures.BATCH_SIZE
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
            single, batch = step("intake", lambda: measures.ingest(bar.update))
            inserts = step("bare inserts", measures.bare_inserts)
            lists, pages, dashboards = step("pages", measures.page_times)
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
            "ingest_single_per_s": round(single, 1),
            "ingest_batch_per_s": round(batch, 1),
            "bare_insert_per_s": round(inserts, 1),
            "list_p50_ms": _ms(lists, 0.5),
            "list_p95_ms": _ms(lists, 0.95),
            "lead_page_p95_ms": _ms(pages, 0.95),
            "dashboard_p95_ms": _ms(dashboards, 0.95),
            "peak_rss_mb": round(measures.peak_rss_mb(), 1),
        }


def _ms(seconds: list[float], share: float) -> float:
    return round(measures.percentile(seconds, share) * 1000, 1)
