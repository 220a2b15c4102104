"""Load made-up leads with a year of history, so that every page has something to show."""

import argparse
import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from leadapp.demo.loading import STEPS, Loaded, load
from leadapp.errors import Conflict
from leadapp.models import Lead


class Command(BaseCommand):
    """Load the demo into an empty Leadapp, in one transaction: all of it or nothing."""

    help = "Load demo leads with a year of behaviour, and the demo people. Only into an empty Leadapp."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Define size, seed and password."""
        parser.add_argument("--leads", type=_count, default=2_000, help="how many (default 2000)")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other people")
        parser.add_argument(
            "--password",
            help="of the demo people; else LEADAPP_DEMO_PASSWORD, else one is made up and printed",
        )
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are leads already")

    def handle(self, **options: Any) -> None:
        """Load, and say how to sign in."""
        if options["if_empty"] and Lead.objects.exists():
            self.stdout.write("There are leads already: no demo was loaded.")
            return
        password = options["password"] or os.environ.get("LEADAPP_DEMO_PASSWORD") or secrets.token_urlsafe(9)
        with tqdm(total=STEPS, desc="Demo", unit="step", bar_format="{desc:<45}{bar}{elapsed}") as bar:
            try:
                loaded = load(
                    leads=options["leads"],
                    seed=options["seed"],
                    password=password,
                    now=timezone.now(),
                    advance=lambda step: _advance(bar, step),
                )
            except Conflict as refusal:
                raise CommandError(refusal.message) from refusal
        self._report(loaded, password)

    def _report(self, loaded: Loaded, password: str) -> None:
        self.stdout.write(f"Loaded {loaded.leads:,} leads with {loaded.activities:,} activities.")
        for username, user in loaded.people.items():
            known = "unchanged, was there before" if username in loaded.kept else password
            self.stdout.write(f"  {username:<10} {user.get_full_name():<20} password: {known}")


def _advance(bar: "tqdm[Any]", step: str) -> None:
    bar.set_description(f"Demo: {step}", refresh=False)
    bar.update()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise argparse.ArgumentTypeError("between 1 and 100000")
    return number
