"""Make an API key and print it, alone on the last line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leadapp.errors import Refused
from leadapp.models import ApiKey
from leadapp.services.keys import create_api_key


class Command(BaseCommand):
    """Make an API key."""

    help = "Make an API key. It is printed alone on the last line, and never again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name, the scopes and the days until it expires."""
        parser.add_argument("name", help="who uses it")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=ApiKey.Scope.values,
            dest="scopes",
            help="what it may be used for; give it several times",
        )
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="days until it expires (default: never)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the key."""
        now = timezone.now()
        days = options["expires"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--expires takes a number of days, 1 to 36500.")
        try:
            key, text = create_api_key(
                name=options["name"],
                scopes=options["scopes"],
                expires_at=None if days is None else now + timedelta(days=days),
                actor=None,
                now=now,
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        until = "" if key.expires_at is None else f", valid until {key.expires_at:%Y-%m-%d}"
        self.stdout.write(f"API key {key.name} ({', '.join(key.scopes)}{until}). It is shown only now:")
        self.stdout.write(text)
