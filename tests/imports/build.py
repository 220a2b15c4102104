"""Files, as people bring them."""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from leadapp.models import Activity, Company, ConsentRecord, ImportJob, Lead, LeadIdentifier, LeadTag, User
from leadapp.services import imports
from leadapp.services.imports import Rules
from qualification.models import Assignment
from tests.qualification.build import NOW

SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)


def brought(
    content: bytes | str, *, actor: User | None = None, name: str = "people.csv", at: datetime = NOW
) -> ImportJob:
    """Bring a file."""
    data = content.encode() if isinstance(content, str) else content
    return imports.upload(name=name, chunks=[data], actor=actor, now=at)


def checked(job: ImportJob, *, mapping: Sequence[str] | None = None, **rules: Any) -> ImportJob:
    """Let a file be checked, mapped as it was guessed unless it is said otherwise."""
    asked = Rules(mapping=job.mapping if mapping is None else mapping, **rules)
    job = imports.check(job=job, rules=asked, actor=job.created_by)
    return imports.finish(job, clock=lambda: SOON)


def imported(job: ImportJob, *, at: datetime = SOON, **rules: Any) -> ImportJob:
    """Check and import a file."""
    job = checked(job, **rules)
    assert job.state == "checked", job.failure
    job = imports.start(job=job, actor=job.created_by, now=at)
    return imports.finish(job, clock=lambda: at)


def undone(job: ImportJob) -> ImportJob:
    """Take an import back."""
    job = imports.undo(job=job, actor=job.created_by, now=LATER)
    return imports.finish(job, clock=lambda: LATER)


def foreseen(job: ImportJob) -> list[int]:
    """Return how many rows would create, change, keep, skip, be refused."""
    return [job.to_create, job.to_change, job.to_keep, job.to_skip, job.to_refuse]


def happened(job: ImportJob) -> list[int]:
    """Return how many rows did."""
    return [job.created, job.changed, job.kept, job.skipped, job.refused]


def problems(job: ImportJob) -> list[tuple[int, str, str]]:
    """Return what was wrong: row, column, text."""
    return [
        (row.number, one["column"], one["text"])
        for row in job.rows.order_by("number")
        for one in row.problems
    ]


def workbook(rows: Sequence[Sequence[Any]], *, sheet: str = "Leads") -> bytes:
    """Return a workbook as Excel would write it."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def everything() -> dict[str, Any]:
    """Return all that an import may write to leads."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in (Lead, Company, Activity, LeadIdentifier, LeadTag, ConsentRecord, Assignment)
    }
