"""Compute every score again and compare it with what is stored."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from leadapp.models import Lead
from scoring.services.verification import Verified, verify_scores


class Command(BaseCommand):
    """Compare stored scores with a recomputation."""

    help = (
        "Compute every score again, at the moment and by the version it was stored with, and compare. "
        "Leads that wait to be scored are counted apart. Exit status 1 if any score differs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and say how many differ."""
        found = Verified()
        quiet = not sys.stderr.isatty()
        with tqdm(total=Lead.objects.count(), unit=" leads", disable=quiet, file=sys.stderr) as bar:
            for leads in verify_scores(found):
                bar.update(leads)
        if found.waiting:
            self.stdout.write(f"waiting {found.waiting}")
        if found.unscored:
            self.stdout.write(f"never scored {found.unscored}")
        if found.differing:
            self.stdout.write(f"for example leads {', '.join(map(str, found.examples))}")
        self.stdout.write(f"compared {found.compared}, differing {found.differing}")
        if found.differing:
            sys.exit(1)
