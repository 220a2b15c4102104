"""Make the database ready for `make run`."""

from __future__ import annotations

import argparse
import os
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand

from leadapp.demo.people import PEOPLE
from leadapp.models import Lead, User


class Command(BaseCommand):
    """Migrate, and load the demo the first time; one process for both, because starting takes a second."""

    help = "Make the database ready for `make run`: migrate, and load the demo into an empty Leadapp."
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Define what is left out, and whether the demo people get a new password."""
        parser.add_argument("--no-demo", action="store_true", help="only migrate")
        parser.add_argument("--new-password", action="store_true", help="give the demo people a new password")

    def handle(self, **options: Any) -> None:
        """Migrate and load."""
        call_command("migrate", verbosity=0)
        if options["no_demo"]:
            return
        if not Lead.objects.exists():
            call_command("load_demo", if_empty=True)
        elif options["new_password"]:
            _set_demo_password(os.environ["LEADAPP_DEMO_PASSWORD"])


def _set_demo_password(password: str) -> None:
    """Change the password of the made-up people, never that of a real one with such a name."""
    names = [row[0] for row in PEOPLE]
    demo = User.objects.filter(username__in=names, email__endswith="@leadapp.example")
    demo.update(password=make_password(password))
