"""Import a file of leads from the command line, by the same services as the pages."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from leadapp.errors import Refused
from leadapp.garbage import look_seldom
from leadapp.models import BoughtList, ImportJob, OnKnown, User
from leadapp.services import imports
from leadapp.services.exports import write_file
from leadapp.services.imports.reporting import kinds_of, to_mend

AT_ONCE = 512 * 1024
SOME_REFUSED, NOT_TAKEN = 1, 2
FORESEEN = ("to_create", "to_change", "to_keep", "to_skip", "to_refuse")
HAPPENED = ("created", "changed", "kept", "skipped", "refused")
WORDS = ("new", "changed", "unchanged", "left alone", "refused")


class Command(BaseCommand):
    """Import leads."""

    help = (
        "Import leads from a CSV, TSV or XLSX file. Exit status 0: all rows were taken; 1: some were "
        "refused; 2: the file was not taken. Interrupted, the workers go on with it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, what its columns are, and what happens to whom."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FACT",
            help="what a column is, such as Firma=company.name; COLUMN= leaves it out; others are guessed",
        )  # fmt: skip
        parser.add_argument("--only-mapped", action="store_true", help="leave out what --map does not name")
        parser.add_argument("--on-known", choices=OnKnown.values, default=OnKnown.FILL)
        parser.add_argument("--no-new", action="store_true", help="add nobody who is not known yet")
        parser.add_argument("--clear-empty", action="store_true", help="an empty cell empties the fact")
        parser.add_argument("--leave-out", action="store_true", help="leave out cells that cannot be read")
        parser.add_argument("--match", choices=["linkedin", "phone"], action="append")
        parser.add_argument("--source", help="where new leads came from; else the name of the file")
        parser.add_argument("--country", default="", help="of phone numbers without a country code")
        parser.add_argument("--tag", action="append", default=[])
        parser.add_argument("--list", help="name of the bought list that this is")
        parser.add_argument("--consent-words", default="")
        parser.add_argument("--encoding")
        parser.add_argument("--delimiter")
        parser.add_argument("--sheet")
        parser.add_argument("--no-header", action="store_true")
        parser.add_argument("--as", dest="username", help="whose import it is")
        parser.add_argument("--dry-run", action="store_true", help="check all rows, keep nothing")
        parser.add_argument(
            "--refused", type=Path, help="where to write refused rows, with the reason beside"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file and import it."""
        look_seldom()
        try:
            job = self._checked(options)
        except Refused as refused:
            texts = [f"{name}: {text}" for name, all_ in refused.errors.items() for text in all_]
            raise CommandError("\n".join(texts) or refused.message, returncode=NOT_TAKEN) from refused
        except OSError as error:
            raise CommandError(str(error), returncode=NOT_TAKEN) from error
        if job.state == ImportJob.State.FAILED:
            raise CommandError(job.failure, returncode=NOT_TAKEN)
        names = FORESEEN
        if not options["dry_run"] and job.rows_total:
            job = imports.start(job=job, actor=job.created_by, now=timezone.now())
            job, names = self._wait(job), HAPPENED
        numbers = [getattr(job, name) for name in names]
        self.stdout.write(", ".join(f"{word} {number}" for word, number in zip(WORDS, numbers, strict=True)))
        for kind in kinds_of(job):
            self.stdout.write(
                f"  {kind.count} x {kind.column or 'row'}: {kind.text} (first: row {kind.first})"
            )
        if options["refused"] and numbers[-1]:
            options["refused"].write_bytes(b"".join(_refused(job)))
        if options["dry_run"]:
            imports.discard(job=job, actor=job.created_by)
        if numbers[-1]:
            raise SystemExit(SOME_REFUSED)

    def _checked(self, options: dict[str, Any]) -> ImportJob:
        user = None
        if options["username"]:
            user = User.objects.filter(username=options["username"], is_active=True).first()
            if user is None:
                raise CommandError("There is no such person.", returncode=NOT_TAKEN)
        with options["file"].open("rb") as file:
            chunks = iter(lambda: file.read(AT_ONCE), b"")
            job = imports.upload(name=options["file"].name, chunks=chunks, actor=user, now=timezone.now())
        try:
            job = _read(job, options)
            return self._wait(imports.check(job=job, rules=_rules(job, options), actor=user))
        except (Refused, CommandError):
            imports.discard(job=job, actor=user)
            raise

    def _wait(self, job: ImportJob) -> ImportJob:
        """Do it here, or watch the worker that was faster; show how far it is."""
        is_check = job.state == ImportJob.State.CHECKING
        total = 100 if is_check else job.rows_total
        with tqdm(
            total=total,
            desc="check" if is_check else "import",
            unit=" %" if is_check else " rows",
            disable=not sys.stderr.isatty(),
            file=sys.stderr,
        ) as bar:

            def advance(current: ImportJob) -> None:
                bar.update((current.percent_read if is_check else current.rows_done) - bar.n)

            job = imports.finish(job, clock=timezone.now, advance=advance)
            while job.is_at_work:
                sleep(0.2)
                job = imports.finish(job, clock=timezone.now, advance=advance)
                advance(job)
        return job


def _read(job: ImportJob, options: dict[str, Any]) -> ImportJob:
    if not any(options[name] for name in ("encoding", "delimiter", "sheet", "no_header")):
        return job
    reading = imports.Reading(
        encoding=options["encoding"] or job.encoding,
        delimiter=(options["delimiter"] or job.delimiter).replace("\\t", "\t"),
        sheet=options["sheet"] or job.sheet,
        has_header=not options["no_header"] and job.has_header,
    )
    return imports.read_again(job=job, reading=reading, actor=job.created_by)


def _rules(job: ImportJob, options: dict[str, Any]) -> imports.Rules:
    named = dict(pair.rpartition("=")[::2] for pair in options["map"])
    mapping = imports.as_mapping(job.columns, named)
    if not options["only_mapped"]:
        mapping = [
            named.get(column, guessed if guessed not in named.values() else "")
            for column, guessed in zip(job.columns, job.mapping, strict=True)
        ]
    bought = BoughtList.objects.filter(name=options["list"]).first() if options["list"] else None
    if options["list"] and bought is None:
        raise CommandError("There is no bought list of this name.", returncode=NOT_TAKEN)
    return imports.Rules(
        mapping=mapping,
        on_known=options["on_known"],
        adds_new=not options["no_new"],
        clears_empty=options["clear_empty"],
        leaves_out=options["leave_out"],
        match_by=options["match"] or ["linkedin", "phone"],
        source=options["source"] or job.source,
        country=options["country"],
        tags=options["tag"],
        bought_list=bought,
        consent_words=options["consent_words"],
    )


def _refused(job: ImportJob) -> Iterator[bytes]:
    return write_file(job.file_format, head=[*job.columns, "What is wrong"], rows=to_mend(job))
