"""Write a scoring model as JSON."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.models import ScoringModelVersion
from scoring.services.transfer import export_version, write_json


class Command(BaseCommand):
    """Export one version of a model."""

    help = "Write a version of a scoring model as JSON, for import_scoring_model here or elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define model, version and file."""
        parser.add_argument("model", help="the slug of the model, for example default")
        parser.add_argument("--number", type=int, help="which version (default: the live one)")
        parser.add_argument("--output", type=Path, help="a file (default: print it)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, or say that there is no such version."""
        versions = ScoringModelVersion.objects.filter(model__slug=options["model"]).select_related("model")
        number = options["number"]
        chosen = versions.filter(number=number) if number else versions.filter(state="live")
        version = chosen.first()
        if version is None:
            which = f"version {number}" if number else "live version"
            raise CommandError(f"There is no {which} of a model “{options['model']}”.")
        text = write_json(export_version(version))
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        options["output"].write_text(text, encoding="utf-8")
        self.stdout.write(f"{version} is in {options['output']}.")
