"""The key events of all leads of a company together, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone

from leadapp.models import Activity
from leadapp.models.querysets import LeadQuerySet
from leadapp.views.lead.timeline import Cursor
from leadapp.views.lead.timeline_entries import Entry, activity_entry, assignment_entry, stage_change_entry
from qualification.models import Assignment, StageChange

PAGE = 20

# Which rows, by what they are sorted, and how they read. The ranks are those of the lead's own timeline.
SOURCES: Sequence[tuple[Any, str, int, Any]] = (
    (
        Assignment.objects.select_related("lead", "owner", "assigned_by", "team"),
        "assigned_at",
        0,
        assignment_entry,
    ),
    (StageChange.objects.select_related("lead", "actor", "api_key", "undoes"), "at", 1, stage_change_entry),
    (
        Activity.objects.filter(Q(type__is_signal=True, voided_at=None)).select_related(
            "lead", "type", "actor"
        ),
        "occurred_at",
        6,
        activity_entry,
    ),
)


@dataclass(frozen=True, kw_only=True)
class KeyEvents:
    """One page of key events, by days."""

    days: list[tuple[date, list[Entry]]]
    older: str = ""
    # The day that the page before ended with, whose heading stands there already.
    continued_day: date | None = None


def read_key_events(leads: LeadQuerySet, *, before: str = "") -> KeyEvents:
    """Read one page of what these leads did that matters, their moves and who got them; three queries."""
    cursor = Cursor.parse(before) if before else None
    entries: list[Entry] = []
    for rows, moment, rank, entry in SOURCES:
        found = rows.filter(lead__in=leads.order_by()).order_by(f"-{moment}", "-pk")
        if cursor is not None:
            found = found.filter(cursor.older(rank, moment))
        for row in found[: PAGE + 1]:
            line = entry(row)
            line.lead = row.lead
            entries.append(line)
    entries.sort(key=lambda entry: (-entry.at.timestamp(), entry.rank, -entry.pk))
    page = entries[:PAGE]
    return KeyEvents(
        days=[(day, list(lines)) for day, lines in groupby(page, lambda e: timezone.localdate(e.at))],
        older=page[-1].cursor if len(entries) > PAGE else "",
        continued_day=timezone.localdate(cursor.at) if cursor else None,
    )
