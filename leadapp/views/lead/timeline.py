"""The timeline of a lead: what it did and what was done with it, out of eight tables, newest first.

Each table is asked for one page with an index of its own, so the number of queries does not depend on
how much has happened; a page begins after the entry that the cursor names.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db.models import Count, F, Func, JSONField, Q, TextField, Value, Window
from django.db.models.functions import Cast, RowNumber
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.errors import Invalid
from leadapp.models import Activity, ActivityType, Lead, Quarantine
from leadapp.services.texts import text_fault
from leadapp.views.lead.fact_groups import label_of, own_labels
from leadapp.views.lead.timeline_entries import (
    Entry,
    activity_entry,
    assignment_entry,
    bant_answer_entry,
    escalation_entry,
    note_entry,
    quarantine_entry,
    score_change_entry,
    stage_change_entry,
)
from leadapp.views.lead.timeline_folding import fold, give_points
from qualification.models import Assignment, BantAnswer, Escalation, Note, StageChange
from scoring.models import ScoreChange

PAGE = 30
LONGEST_TEXT = 100
MOST_OF_BURST = 10


class JSONPath(TextField):  # type: ignore[type-arg]
    """The type of a path into JSON, for a cast."""

    def db_type(self, connection: Any) -> str:
        """Name the type."""
        return "jsonpath"


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A place in the timeline."""

    at: datetime
    rank: int
    pk: int

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `Entry.cursor` wrote."""
        try:
            at, rank, pk = text.split("_")
            moment = datetime.fromisoformat(at)
            cursor = cls(at=moment, rank=int(rank), pk=int(pk))
        except ValueError as error:
            raise Invalid(_("This address names no place in the timeline.")) from error
        if timezone.is_naive(moment) or not 0 <= cursor.pk < 2**63:
            raise Invalid(_("This address names no place in the timeline."))
        return cursor

    def older(self, rank: int, moment: str) -> Q:
        """Keep the rows of one table that come after this place."""
        older = Q(**{f"{moment}__lt": self.at})
        if rank > self.rank:
            return Q(**{f"{moment}__lte": self.at})
        if rank == self.rank:
            return older | Q(**{moment: self.at, "pk__lt": self.pk})
        return older


@dataclass(frozen=True, kw_only=True)
class Source:
    """A table that the timeline reads. Of what happened at the same moment the lower rank comes first."""

    name: str
    rank: int
    moment: str
    rows: Callable[[Lead], Any]
    entry: Callable[[Any], Entry]
    # Columns with the texts that people wrote or that came in; without any it is never found by a text.
    texts: tuple[str, ...] = ()

    def read(self, lead: Lead, before: Cursor | None, keep: Q, text: str, limit: int) -> list[Entry]:
        """Return one page of entries, newest first; with a text only those that hold it."""
        if text and not self.texts:
            return []
        rows = self.rows(lead).filter(keep).order_by(f"-{self.moment}", "-pk")
        if text:
            holds = (Q(**{f"{column}__icontains": text}) for column in self.texts)
            rows = rows.filter(reduce(or_, holds))
        if before is not None:
            rows = rows.filter(before.older(self.rank, self.moment))
        return [self.entry(row) for row in rows[:limit]]


# All texts in the properties of an activity, without the names of the properties.
TEXTS_INSIDE = Cast(
    Func(
        F("properties"),
        Cast(Value('$.** ? (@.type() == "string")'), JSONPath()),
        function="jsonb_path_query_array",
        output_field=JSONField(),
    ),
    TextField(),
)

SOURCES = {
    "assignments": Source(
        name="assignments",
        rank=0,
        moment="assigned_at",
        rows=lambda lead: Assignment.objects.filter(lead=lead).select_related("owner", "assigned_by", "team"),
        entry=assignment_entry,
        texts=("reason", "owner__first_name", "owner__last_name"),
    ),
    "stages": Source(
        name="stages",
        rank=1,
        moment="at",
        rows=lambda lead: StageChange.objects.filter(lead=lead).select_related("actor", "api_key", "undoes"),
        entry=stage_change_entry,
        texts=("reason",),
    ),
    "bant": Source(
        name="bant",
        rank=2,
        moment="answered_at",
        rows=lambda lead: BantAnswer.objects.filter(lead=lead).select_related("author", "dimension"),
        entry=bant_answer_entry,
        texts=("value", "dimension__label"),
    ),
    "scores": Source(
        name="scores",
        rank=3,
        moment="at",
        rows=lambda lead: ScoreChange.objects.filter(lead=lead).select_related("version__model"),
        entry=score_change_entry,
    ),
    "notes": Source(
        name="notes",
        rank=4,
        moment="created_at",
        rows=lambda lead: Note.objects.kept().filter(lead=lead).select_related("author"),
        entry=note_entry,
        texts=("text",),
    ),
    "quarantines": Source(
        name="quarantines",
        rank=5,
        moment="ended_at",
        rows=lambda lead: Quarantine.objects.filter(lead=lead).select_related("released_by"),
        entry=quarantine_entry,
    ),
    "activities": Source(
        name="activities",
        rank=6,
        moment="occurred_at",
        # What is in quarantine has one line together, which may stand for thousands.
        rows=lambda lead: (
            Activity.objects.filter(Q(quarantine=None) | Q(voided_at=None), lead=lead)
            .alias(said=TEXTS_INSIDE)
            .select_related("type", "actor", "voided_by")
        ),
        entry=activity_entry,
        texts=("type__label", "void_reason", "said"),
    ),
    "escalations": Source(
        name="escalations",
        rank=7,
        moment="at",
        rows=lambda lead: Escalation.objects.filter(assignment__lead=lead).select_related(
            "assignment__owner"
        ),
        entry=escalation_entry,
    ),
}

# Of which channel the activities of a quarantine are.
KINDS = {"email": Quarantine.Kind.CLICKS, "web": Quarantine.Kind.VIEWS}

# What can be chosen above the timeline, beside the channels of activities.
VIEWS = {
    "": (gettext_lazy("All"), list(SOURCES)),
    "moves": (gettext_lazy("Moves"), ["assignments", "stages", "bant", "escalations"]),
    "scores": (gettext_lazy("Score"), ["scores"]),
    "notes": (gettext_lazy("Notes"), ["notes"]),
}
# In which words the timeline names a channel other than its own.
CHANNEL_WORDS: dict[str, Promise] = {ActivityType.Channel.RECORD: gettext_lazy("Facts")}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the filters above the timeline."""

    value: str
    label: str
    is_chosen: bool
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One page of the timeline, by days."""

    days: list[tuple[date, list[Entry]]]
    choices: list[Choice]
    show: str
    text: str = ""
    older: str = ""
    # The day that the page before ended with, whose heading stands there already.
    continued_day: date | None = None


def read_timeline(*, lead: Lead, show: str = "", before: str = "", text: str = "") -> Timeline:
    """Read one page of the timeline: of everything, of one channel, or of moves, scores or notes.

    With a text it is what holds it.
    """
    channels = dict(ActivityType.Channel.choices)
    if show not in VIEWS and show not in channels:
        raise Invalid(_("The timeline has no such part."))
    text = text.strip()
    if text_fault(text, longest=LONGEST_TEXT):
        raise Invalid(_("That cannot be searched for."))
    cursor = Cursor.parse(before) if before else None
    entries = [
        entry
        for name, keep in _parts(show, is_channel=show in channels).items()
        for entry in SOURCES[name].read(lead, cursor, keep, text, PAGE + 1)
    ]
    entries.sort(key=lambda entry: (-entry.at.timestamp(), entry.rank, -entry.pk))
    has_older = len(entries) > PAGE
    page = entries[:PAGE]
    _name_own_facts(page)
    older = page[-1].cursor if has_older else ""
    lines = fold(give_points(page, complete=not has_older))
    _open_bursts(lines)
    days = [(day, list(group)) for day, group in groupby(lines, lambda entry: timezone.localdate(entry.at))]
    return Timeline(
        days=days,
        choices=_choices(lead, show),
        show=show,
        text=text,
        older=older,
        continued_day=timezone.localdate(cursor.at) if cursor else None,
    )


def _parts(show: str, *, is_channel: bool) -> dict[str, Q]:
    """Return the tables to read, each with what to keep of it."""
    if not is_channel:
        return dict.fromkeys(VIEWS[show][1], Q())
    parts = {"activities": Q(type__channel=show)}
    return {**parts, "quarantines": Q(kind=KINDS[show])} if show in KINDS else parts


def _name_own_facts(entries: list[Entry]) -> None:
    """Call changes of custom fields by the labels of these; one query if there are any."""
    own = own_labels(change.name for entry in entries for change in entry.changes)
    for entry in entries if own else ():
        entry.changes = [replace(change, label=label_of(change.name, own)) for change in entry.changes]


def _open_bursts(lines: list[Entry]) -> None:
    """Let the lines of quarantines show the newest of their activities; one query for all of them."""
    held = {entry.quarantine.pk: entry for entry in lines if entry.quarantine and entry.is_voided}
    if not held:
        return
    newest = Window(RowNumber(), partition_by="quarantine", order_by=["-occurred_at", "-pk"])
    rows = (
        Activity.objects.filter(quarantine__in=held).annotate(place=newest).filter(place__lte=MOST_OF_BURST)
    )
    for row in rows.select_related("type", "actor").order_by("-occurred_at", "-pk"):
        if row.quarantine_id is not None:
            held[row.quarantine_id].repeats.append(activity_entry(row))


def _choices(lead: Lead, show: str) -> list[Choice]:
    rows = Activity.objects.filter(lead=lead).values_list("type__channel").annotate(Count("id"))
    counts: dict[str, int] = dict(rows.order_by())
    views = [
        Choice(value=value, label=str(words), is_chosen=value == show)
        for value, (words, _parts) in VIEWS.items()
    ]
    channels = [
        Choice(
            value=value,
            label=str(CHANNEL_WORDS.get(value, label)),
            is_chosen=value == show,
            count=counts.get(value, 0),
        )
        for value, label in ActivityType.Channel.choices
        if counts.get(value) or value == show
    ]
    return [views[0], *channels, *views[1:]]
