"""Exports of personal data are written down: who, when, what, and how many rows left."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.access import require
from leadapp.errors import Invalid
from leadapp.models import Export, User

Row = TypeVar("Row")
EXPORT = "leadapp.export_lead"


def require_may_export(user: User) -> None:
    """Raise NotAllowed unless somebody may take leads out."""
    require(user, EXPORT, _("You may not export leads."))


def begin_export(
    *, file_format: str, query: str, columns: Sequence[str], actor: User, now: datetime
) -> Export:
    """Write down that somebody takes leads out; raise NotAllowed unless they may."""
    require_may_export(actor)
    if file_format not in Export.FileFormat.values:
        raise Invalid.field("file_format", _("Choose CSV or XLSX."))
    return Export.objects.create(
        user=actor,
        username=actor.username,
        at=now,
        file_format=file_format,
        query=query,
        columns=list(columns),
    )


def counted(export: Export, rows: Iterable[Row]) -> Iterator[Row]:
    """Pass the rows of an export on, and write down how many there were, also where it breaks off."""
    number = 0
    is_whole = False
    try:
        for row in rows:
            number += 1
            yield row
        is_whole = True
    finally:
        written: dict[str, object] = {"rows": number}
        if is_whole:
            written["finished_at"] = max(timezone.now(), export.at)
        Export.objects.filter(pk=export.pk).update(**written)
