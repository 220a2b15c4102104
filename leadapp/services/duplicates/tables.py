"""Everything that points to a lead, and what becomes of it when the lead is united with another one.

Rows move to the winner: activities and consents stay as they are, only whose they are changes. Of what can
run only once one ends; what the winner has already, or what is worked out anew, is put aside.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import serializers
from django.db import models
from django.db.models import F, ForeignKey, OuterRef, Q, UniqueConstraint
from django.db.models.functions import Greatest

from leadapp.models import DuplicatePair, Lead, LeadSearch, MatchKey, MatchRequest, Merge, MergedRows
from qualification.models import Assignment, GateHold, WakeUp
from scoring.models import ScoreChange, ScoredLead, ScoreOverride, ScoringRequest

# Worked out again for whoever is left.
DERIVED = frozenset({LeadSearch, MatchKey, MatchRequest, ScoredLead, ScoringRequest})
# True of that lead alone: its scores, the gates that it held for, whom it was like.
KEPT = frozenset({DuplicatePair, GateHold, ScoreChange})
# One of a lead runs at a time: since when, and what is written beside the end.
RUNNING: dict[type[models.Model], tuple[str, dict[str, str]]] = {
    Assignment: ("assigned_at", {}),
    ScoreOverride: ("created_at", {}),
    WakeUp: ("set_at", {"outcome": WakeUp.Outcome.CHANGED}),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column that points to a lead."""

    model: type[models.Model]
    name: str

    @property
    def label(self) -> str:
        """Return what the table is called in what is kept of a merge."""
        return f"{self.model._meta.label}.{self.name}"

    def rows(self, lead_id: int) -> models.QuerySet[Any]:
        """Return the rows that point to a lead."""
        return self.model._base_manager.filter(**{self.name: lead_id})

    def taken(self, loser_id: int, winner_id: int) -> models.QuerySet[Any]:
        """Return the loser's rows of which the winner has one that says the same."""
        condition = Q(pk__in=[])
        for constraint in self.model._meta.constraints:
            if isinstance(constraint, UniqueConstraint) and self.name in constraint.fields:
                others = [name for name in constraint.fields if name != self.name]
                which = constraint.condition or Q()
                same = self.rows(winner_id).filter(which, **{name: OuterRef(name) for name in others})
                condition |= which & Q(models.Exists(same))
        return self.rows(loser_id).filter(condition)


def columns() -> Iterator[Column]:
    """Return every column that points to a lead, in the order of the tables."""
    found = {
        Column(one.related_model, one.field.name)
        for one in Lead._meta.get_fields(include_hidden=True)
        if isinstance(one, models.ForeignObjectRel) and isinstance(one.field, ForeignKey)
    }
    return iter(sorted(found, key=lambda column: column.label))


def move_rows(merge: Merge, *, ending: Mapping[type[models.Model], Sequence[int]], now: datetime) -> None:
    """Let everything that points to the loser point to the winner, and write down what moved.

    `ending` says, by table, for which leads what runs ends.
    """
    parts: list[MergedRows] = []

    def note(column: Column, fate: str, ids: list[int], rows: list[Row] | None = None) -> None:
        if ids:
            parts.append(MergedRows(merge=merge, table=column.label, fate=fate, ids=ids, rows=rows or []))

    for column in columns():
        mine = column.rows(merge.loser_id)
        if column.model in DERIVED:
            mine._raw_delete(mine.db)
            continue
        if column.model in ending:
            which = {f"{column.name}__in": ending[column.model], "ended_at": None}
            running = column.model._base_manager.filter(**which)
            note(column, MergedRows.Fate.ENDED, end(running, now=now))
        aside = mine if column.model in KEPT else column.taken(merge.loser_id, merge.winner_id)
        kept = list(aside)
        note(column, MergedRows.Fate.KEPT, [row.pk for row in kept], as_rows(kept))
        mine.filter(pk__in=[row.pk for row in kept])._raw_delete(mine.db)
        note(column, MergedRows.Fate.MOVED, list(mine.order_by("pk").values_list("pk", flat=True)))
        mine.update(**{column.name: merge.winner_id})
    MergedRows.objects.bulk_create(parts)


def end(running: models.QuerySet[Any], *, now: datetime) -> list[int]:
    """End these rows; return their ids."""
    began, more = RUNNING[running.model]
    ids = list(running.values_list("pk", flat=True))
    if ids:
        running.model._base_manager.filter(pk__in=ids).update(ended_at=Greatest(F(began), now), **more)
    return ids


def put_back(merge: Merge) -> None:
    """Give back to the loser, which is there again, what was its own. What came later stays."""
    by_label = {column.label: column for column in columns()}
    for part in MergedRows.objects.filter(merge=merge).order_by("pk"):
        column = by_label.get(part.table)
        if column is None:
            continue  # the table is gone since
        if part.fate == MergedRows.Fate.MOVED:
            column.rows(merge.winner_id).filter(pk__in=part.ids).update(**{column.name: merge.loser_id})
        elif part.fate == MergedRows.Fate.KEPT:
            column.model._base_manager.bulk_create(from_rows(part.rows))
    for part in MergedRows.objects.filter(merge=merge, fate=MergedRows.Fate.ENDED):
        resume(by_label[part.table], part.ids)


def resume(column: Column, ids: list[int]) -> None:
    """Let rows that were ended run again, unless another one runs for their lead by now."""
    again = column.model._base_manager.filter(pk__in=ids)
    other = column.model._base_manager.filter(**{column.name: OuterRef(column.name), "ended_at": None})
    again.filter(~models.Exists(other)).update(ended_at=None, **dict.fromkeys(RUNNING[column.model][1], ""))


def as_rows(found: list[Any]) -> list[Row]:
    """Return rows as JSON can keep them."""
    rows: list[Row] = serializers.serialize("python", found)
    return rows


def from_rows(rows: list[Row]) -> list[Any]:
    """Return what was kept, without what it pointed to and is gone: no link, or no row at all."""
    kept = [one.object for one in serializers.deserialize("python", rows, ignorenonexistent=True)]
    if not kept:
        return []
    for foreign_key in (one for one in kept[0]._meta.concrete_fields if isinstance(one, ForeignKey)):
        wanted = {getattr(row, foreign_key.attname) for row in kept} - {None}
        there = set(
            foreign_key.related_model._base_manager.filter(pk__in=wanted).values_list("pk", flat=True)
        )
        for row in kept:
            if getattr(row, foreign_key.attname) not in {None, *there}:
                setattr(row, foreign_key.attname, None)
        if not foreign_key.null:
            kept = [row for row in kept if getattr(row, foreign_key.attname) is not None]
        if not kept:
            return []
    return kept
