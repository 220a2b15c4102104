"""Revoke an API key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from leadapp.errors import Refused
from leadapp.models import ApiKey
from leadapp.services.keys import revoke_api_key


class Command(BaseCommand):
    """Revoke an API key."""

    help = "Make an API key useless from now on, for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name and the reason."""
        parser.add_argument("name", help="the key")
        parser.add_argument("--reason", default="", help="why, for whoever looks at the list of keys")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke the key."""
        key = ApiKey.objects.filter(name=options["name"]).first()
        if key is None:
            raise CommandError("There is no key with this name.")
        if key.revoked_at is not None:
            raise CommandError(f"It was revoked on {key.revoked_at:%Y-%m-%d}.")
        try:
            revoke_api_key(key=key, reason=options["reason"], actor=None, now=timezone.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"API key {key.name} is revoked.")
