"""The rows of exported leads: what the list says of them, some hundred leads at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from leadapp.models import Lead, User
from leadapp.models.querysets import LeadQuerySet
from leadapp.services.exports.cells import Cell
from leadapp.services.exports.columns import export_columns, with_names
from leadapp.services.exports.files import ROWS_AT_ONCE
from leadapp.services.lists.columns import Column
from leadapp.services.lists.rows import rows_of


def head_of(columns: Sequence[Column]) -> list[str]:
    """Return the names of the columns of a file, in the language that holds."""
    return [str(column.label) for column in export_columns(columns)]


def read_all(leads: LeadQuerySet, columns: Sequence[Column], *, now: datetime) -> Iterator[list[Cell]]:
    """Read leads in their order, through a cursor of the server."""
    waiting = with_names(leads).iterator(chunk_size=ROWS_AT_ONCE)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        yield from _rows(some, columns, now)


def read_some(
    lead_ids: Sequence[int], columns: Sequence[Column], *, user: User, now: datetime
) -> list[list[Cell]]:
    """Read these leads in this order, as far as they are still there and this person may see them."""
    visible: LeadQuerySet = Lead.objects.visible_to(user)
    found = {lead.pk: lead for lead in with_names(visible.filter(pk__in=lead_ids))}
    return _rows([found[pk] for pk in lead_ids if pk in found], columns, now)


def _rows(leads: Sequence[Lead], columns: Sequence[Column], now: datetime) -> list[list[Cell]]:
    keys = [column.key for column in columns]
    values = [column.value for column in export_columns(columns)]
    return [[value(row) for value in values] for row in rows_of(leads, columns=keys, now=now)]
