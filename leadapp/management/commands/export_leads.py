"""Write leads into a file from the command line, as the list exports them."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict
from django.utils import timezone
from tqdm import tqdm

from leadapp.errors import Refused
from leadapp.languages import speaking_to
from leadapp.models import Export, User
from leadapp.services.exports import Cell, begin_export, counted, write_file
from leadapp.services.exports.reading import head_of, read_all
from leadapp.views.lists.choice import read_choice

NOT_WRITTEN = 2


class Command(BaseCommand):
    """Export leads."""

    help = (
        "Write the leads that somebody sees, or those of a filter, into a CSV or XLSX file. It is written "
        "down as theirs. Exit status 2: nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose list it is, its filter, and the file."""
        parser.add_argument("file", type=Path, help="what it ends in says which kind: .csv or .xlsx")
        parser.add_argument("--as", dest="username", required=True, help="whose list, language and columns")
        parser.add_argument(
            "--query", default="view=all", help="the filter, as it stands behind ? in the address of the list"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file beside its place, and put it there once it is whole."""
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError("There is no such person.", returncode=NOT_WRITTEN)
        file: Path = options["file"]
        part = file.with_name(f"{file.name}.part")
        try:
            with speaking_to(user):
                number = self._write(part, user, options["query"], file.suffix.lstrip(".").lower())
            part.replace(file)
        except Refused as refused:
            raise CommandError(refused.message, returncode=NOT_WRITTEN) from refused
        except OSError as error:
            raise CommandError(str(error), returncode=NOT_WRITTEN) from error
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"leads written: {number}")

    def _write(self, part: Path, user: User, query: str, kind: str) -> int:
        data = QueryDict(mutable=True)
        data.update({"all": "1", "of": query})
        choice = read_choice(data, user, now=timezone.now())
        head = head_of(choice.columns)
        record = begin_export(
            file_format=kind, query=choice.asked.query(), columns=head, actor=user, now=choice.now
        )
        hidden = not sys.stderr.isatty()
        with (
            part.open("wb") as file,
            tqdm(total=choice.number, unit=" leads", disable=hidden, file=sys.stderr) as bar,
        ):
            rows = counted(
                record, _told(read_all(choice.in_order, choice.columns, now=choice.now), bar.update)
            )
            for piece in write_file(kind, head=head, rows=rows):
                file.write(piece)
        return Export.objects.values_list("rows", flat=True).get(pk=record.pk)


def _told(rows: Iterator[list[Cell]], advance: Callable[[], object]) -> Iterator[list[Cell]]:
    """Pass rows on, and tell of each."""
    for row in rows:
        advance()
        yield row
