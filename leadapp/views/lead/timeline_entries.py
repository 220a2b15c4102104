"""The lines of a lead's timeline: how a row of each table reads."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.models import Activity, Lead, Quarantine, Stage, Status
from leadapp.numbers import write_number
from leadapp.services.leads.changes import UPDATED
from leadapp.services.leads.fact_history import who_changed
from leadapp.shipped import shown
from leadapp.views.lead.activity_words import Words, duration, say, words_of
from leadapp.views.lead.fact_groups import label_of, say_value
from leadapp.words import lower_first
from qualification.models import Assignment, BantAnswer, BantState, Escalation, Move, Note, StageChange
from qualification.services.clock.promises import write_in_zone, zone_of
from scoring.models import Cause, ScoreChange

PAGE_VIEW = "page_view"


@dataclass(frozen=True, kw_only=True)
class FactChange:
    """A fact that became another."""

    name: str
    label: str
    before: str
    after: str


@dataclass(kw_only=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    rank: int
    pk: int
    words: Words
    by: str = ""
    small: str = ""
    is_key: bool = False
    points: int | None = None
    score: int | None = None
    changes: list[FactChange] = field(default_factory=list)
    activity: Activity | None = None
    # Whom it is about, where the lines of several leads stand together.
    lead: Lead | None = None
    score_change: ScoreChange | None = None
    quarantine: Quarantine | None = None
    fold: tuple[object, ...] | None = None
    repeats: list["Entry"] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        """Return how long a page was read."""
        properties = self.activity.properties if self.activity else {}
        seconds = properties.get("seconds") if isinstance(properties, dict) else None
        return int(seconds) if isinstance(seconds, int | float) and seconds > 0 else 0

    @property
    def cursor(self) -> str:
        """Return the place of this entry, after which an older page begins."""
        return f"{self.at.isoformat()}_{self.rank}_{self.pk}"

    @property
    def is_undoing(self) -> bool:
        """Tell whether it is a change of facts that took another one back."""
        return self.activity is not None and self.activity.properties.get("by") == "undo"

    @property
    def is_voided(self) -> bool:
        """Tell whether it was declared wrong, by somebody or as a burst."""
        if self.quarantine is not None:
            return self.quarantine.is_held
        return self.activity is not None and self.activity.is_voided

    @property
    def may_be_voided(self) -> bool:
        """Tell whether it is something that can be declared wrong; also while it is in quarantine."""
        if self.activity is None or self.activity.type.is_internal:
            return False
        return not self.is_voided or self.activity.quarantine_id is not None


def assignment_entry(row: Assignment) -> Entry:
    """Tell that the lead was given to somebody."""
    small = ""
    if row.due_at:
        small = _("Answer due by %(when)s") % {"when": write_in_zone(row.due_at, zone_of(row.team))}
    whom = _("waits in the team queue") if row.owner is None else str(row.owner)
    pattern = _("<b>Given to</b> %(whom)s: %(reason)s")
    if row.due_at:
        pattern = _("<b>Handed to sales</b>, %(whom)s: %(reason)s")
    words = say(pattern, icon="user", whom=whom, reason=lower_first(shown(row.reason)))
    by = str(row.assigned_by) if row.assigned_by else ""
    return Entry(at=row.assigned_at, rank=0, pk=row.pk, words=words, by=by, small=small, is_key=True)


def escalation_entry(row: Escalation) -> Entry:
    """Tell that an answer was due soon, or late."""
    is_late = row.level != Escalation.Level.DUE_SOON
    pattern = {
        Escalation.Level.DUE_SOON: _("<b>Answer due soon</b>, %(whom)s"),
        Escalation.Level.LATE: _("<b>Answer late</b>, %(whom)s"),
        Escalation.Level.FREE: _("<b>Answer still missing</b>, %(whom)s: other reps may take it"),
    }[Escalation.Level(row.level)]
    whom = row.assignment.owner or _("nobody has the lead")
    words = say(pattern, icon="alert" if is_late else "clock", whom=whom)
    return Entry(at=row.at, rank=7, pk=row.pk, words=words, is_key=is_late)


def stage_change_entry(row: StageChange) -> Entry:
    """Tell of a move."""
    if row.from_stage != row.to_stage:
        strong = f"{Stage(row.from_stage).label} → {Stage(row.to_stage).label}"
    else:
        strong = _("Reopened") if row.to_status == Status.OPEN else str(Status(row.to_status).label)
    details = [
        _("automatic") if row.is_automatic else "",
        _("past a failing gate") if row.move == Move.OVERRIDE else "",
        _("undone") if row.move == Move.UNDO else "",
    ]
    icons = {Move.NURTURE: "pause", Move.DISQUALIFY: "circle-x", Move.REOPEN: "undo", Move.UNDO: "undo"}
    icon = icons.get(Move(row.move), "arrow-right")
    words = say("<b>%(what)s</b>", *details, icon=icon, note=shown(row.reason), what=strong)
    return Entry(at=row.at, rank=1, pk=row.pk, words=words, by=row.who, is_key=True)


def bant_answer_entry(row: BantAnswer) -> Entry:
    """Tell of an answer, and how sure it is."""
    words = Words(
        before=f"{row.dimension}: ",
        strong=lower_first(row.get_state_display()),
        after=f", {_from_a(row)}" if row.source != BantAnswer.Source.REP else "",
        note=row.value,
        icon="circle-check" if row.state == "confirmed" else "circle",
    )
    sure = ""
    if row.state != BantState.UNKNOWN:
        sure = _("%(how)s confidence") % {"how": row.get_confidence_display()}
    return Entry(at=row.answered_at, rank=2, pk=row.pk, words=words, by=str(row.author or ""), small=sure)


def _from_a(row: BantAnswer) -> str:
    return _("from a %(source)s") % {"source": lower_first(row.get_source_display())}


def score_change_entry(row: ScoreChange) -> Entry:
    """Tell how the score changed."""
    version = row.version or _("a new version")
    because = {
        Cause.ACTIVITY: "",
        Cause.FACTS: _("since facts changed"),
        Cause.PUBLISH: _("by %(version)s") % {"version": version},
        Cause.DECAY: _("since time passed"),
        Cause.REQUEST: _("computed again"),
    }[Cause(row.cause)]
    if row.score is None:
        words = say(_("<b>No score any more</b>"), because, icon="chart")
    elif row.score_before is None:
        words = say(_("First score: <b>%(score)s</b>"), because, icon="chart", score=row.score)
    else:
        scores: dict[str, Any] = {"before": row.score_before, "score": row.score}
        words = say(_("Score %(before)s → <b>%(score)s</b>"), because, icon="chart", **scores)
    points = None if row.score is None else row.score - (row.score_before or 0)
    return Entry(
        at=row.at,
        rank=3,
        pk=row.pk,
        words=words,
        small=f"{row.grade}, {lower_first(row.get_temperature_display())}" if row.score is not None else "",
        points=points,
        score=row.score,
        score_change=row,
        fold=("score", row.cause) if row.cause == Cause.DECAY and row.score is not None else None,
    )


def note_entry(row: Note) -> Entry:
    """Tell what somebody wrote down."""
    words = Words(strong=_("Note"), note=row.text, mentions=row.mentions, icon="note")
    return Entry(at=row.created_at, rank=4, pk=row.pk, words=words, by=str(row.author or ""))


def activity_entry(row: Activity) -> Entry:
    """Tell what the lead did, or what was done with it."""
    properties = row.properties if isinstance(row.properties, dict) else {}
    words = words_of(row.type.slug, row.type.label, row.type.channel, properties)
    is_own = row.type.is_signal or row.type.channel in ("sales", "record")
    stands_alone = row.is_voided or words.note or is_own
    # Pages are read one after the other: a visit is one line, whichever pages it led to.
    what = "" if row.type.slug == PAGE_VIEW else words.strong
    return Entry(
        at=row.occurred_at,
        rank=6,
        pk=row.pk,
        words=words,
        by=who_changed(row) if row.type.slug == UPDATED else str(row.actor or ""),
        is_key=row.type.is_signal and not row.is_voided,
        changes=fact_changes(properties) if row.type.slug == UPDATED else [],
        activity=row,
        fold=None if stands_alone else ("activity", row.type_id, what),
    )


def quarantine_entry(row: Quarantine) -> Entry:
    """Tell of a burst, in one line for all its activities."""
    length = duration(max(1, round((row.ended_at - row.started_at).total_seconds())))
    is_clicks = row.kind == Quarantine.Kind.CLICKS
    pattern = _("<b>%(number)s pages opened</b> within %(length)s")
    if is_clicks:
        pattern = _("<b>%(number)s links clicked</b> within %(length)s")
    words = say(
        pattern, icon="click" if is_clicks else "eye", number=write_number(row.activity_count), length=length
    )
    return Entry(at=row.ended_at, rank=5, pk=row.pk, words=words, small=_what_became_of(row), quarantine=row)


def _what_became_of(row: Quarantine) -> str:
    told = {"found": _moment(row.found_at), "who": row.released_by}
    if row.released_at is None:
        return _("Quarantined on %(found)s") % told
    told["released"] = _moment(row.released_at)
    if row.released_by is None:
        return _("Quarantined on %(found)s, released on %(released)s: they count again") % told
    return _("Quarantined on %(found)s, released by %(who)s on %(released)s: they count again") % told


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "MONTH_DAY_TIME_FORMAT")


def fact_changes(properties: dict[str, Any]) -> list[FactChange]:
    """Return what a change of facts changed."""
    before, after = properties.get("before"), properties.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [
        FactChange(
            name=name,
            label=label_of(name),
            before=say_value(name, before.get(name)) or _("nothing"),
            after=say_value(name, after.get(name)) or _("nothing"),
        )
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
