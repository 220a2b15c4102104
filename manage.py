#!/usr/bin/env python
"""Run Leadapp's commands."""

import os
import sys


def main() -> None:
    """Run one command; say in plain words when no database answers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadapp.settings")
    from django.core.management import execute_from_command_line
    from django.db.utils import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "onnection" not in str(error):
            raise
        sys.exit(
            f"No database answers. Start `make run` (in another terminal), or set DATABASE_URL.\n\n{error}"
        )


if __name__ == "__main__":
    main()
