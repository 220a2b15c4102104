"""Read a scoring model from JSON into a draft."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from leadapp.errors import Refused
from scoring.models import ScoringModel
from scoring.services.transfer import import_version, list_starts, read_json, read_start


class Command(BaseCommand):
    """Import a model as a draft; nothing that is live changes."""

    help = (
        "Make a draft of a JSON file that export_scoring_model wrote, or of a start that ships with Leadapp. "
        "The whole file is checked first; every mistake is printed with its place."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the file or start, and the model."""
        starts = ", ".join(start.slug for start in list_starts())
        parser.add_argument("file", help=f"a file, or one of {starts}")
        target = parser.add_mutually_exclusive_group()
        target.add_argument("--model", help="the slug of a model that gets the draft (default: a new model)")
        target.add_argument("--name", default="", help="the name of the new model (default: as in the file)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or print what is wrong and change nothing."""
        model = None
        if options["model"]:
            model = ScoringModel.objects.filter(slug=options["model"]).first()
            if model is None:
                raise CommandError(f"There is no model “{options['model']}”.")
        try:
            draft = import_version(
                data=_read(options["file"]),
                actor=None,
                now=timezone.now(),
                model=model,
                name=options["name"],
            )
        except Refused as refusal:
            for path, texts in refusal.errors.items():
                self.stderr.write(f"{path}: {' '.join(texts)}")
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{draft} is a draft with {draft.rules.count()} rules. Nothing changes for leads.")


def _read(name: str) -> object:
    """Read a file, or a start of this name where there is no such file."""
    path = Path(name)
    if not path.exists() and name in {start.slug for start in list_starts()}:
        return read_start(name)
    try:
        return read_json(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
