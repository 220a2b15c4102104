"""Give an API key a new text and print it, alone on the last line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leadapp.errors import Refused
from leadapp.models import ApiKey
from leadapp.services.keys import rotate_api_key


class Command(BaseCommand):
    """Rotate an API key."""

    help = "Give an API key a new text. It is printed alone on the last line, and never again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name, and for how many days the old text and the new one are valid."""
        parser.add_argument("name", help="the key")
        parser.add_argument(
            "--overlap",
            type=int,
            default=7,
            metavar="DAYS",
            help="days for which the old text stays valid, 0 to 30 (default: 7)",
        )
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="days until the key expires (default: as before)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate the key."""
        now, days = timezone.now(), options["expires"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--expires takes a number of days, 1 to 36500.")
        if not 0 <= options["overlap"] <= 30:
            raise CommandError("--overlap takes a number of days, 0 to 30.")
        key = ApiKey.objects.filter(name=options["name"]).first()
        if key is None:
            raise CommandError("There is no key with this name.")
        try:
            key, text = rotate_api_key(
                key=key,
                overlap=timedelta(days=options["overlap"]),
                expires_at=key.expires_at if days is None else now + timedelta(days=days),
                actor=None,
                now=now,
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"API key {key.name}: {key.old_prefix}… is valid until {key.old_valid_until:%Y-%m-%d %H:%M} UTC. "
            "Its new text is shown only now:"
        )
        self.stdout.write(text)
