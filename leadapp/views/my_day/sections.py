"""The sections of a day: each row says why it is there and what to do."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from leadapp.models import Activity, Lead, Temperature, User
from leadapp.shipped import shown
from leadapp.times import write_moment
from leadapp.views.lead.activity_words import words_of
from leadapp.views.my_day import finding
from leadapp.views.my_day.day import Day
from leadapp.views.my_day.parts import Part, Parts, read_parts
from qualification.models import Task
from qualification.services.clock.clocks import Clock, clocks_for
from scoring.analysis.forecast import WARMTH
from scoring.engine import reasons_for


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing to do, or one that is done. `then` is the key of the row that follows it."""

    key: str
    lead: Lead
    text: str
    verb: str = "open"
    clock: Clock | None = None
    when: str = ""
    lost: int | None = None
    task: Task | None = None
    is_done: bool = False
    then: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Rows under a title. `to_do` and `done` count all that there are, `rows` are those that are shown."""

    name: str
    title: str
    hint: str = ""
    nothing: str = ""
    rows: list[Row]
    to_do: int
    done: int

    @classmethod
    def of(cls, name: str, title: str, part: Part, rows: list[Row], **words: str) -> "Section":
        """Build a section of the rows that are shown of a part."""
        return cls(name=name, title=title, rows=rows, to_do=part.left, done=part.finished, **words)

    @property
    def hidden(self) -> int:
        """Return how many things to do are not shown."""
        return self.to_do - sum(not row.is_done for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Today:
    """What was done today, in figures."""

    calls: int = 0
    reached: int = 0
    emails: int = 0
    meetings: int = 0
    answers: int = 0
    late: int = 0


@dataclass(frozen=True, kw_only=True)
class DayPage:
    """Everything that the page shows."""

    day: Day
    sections: list[Section]
    today: Today
    coming: list[tuple[datetime, Lead, Activity]]
    is_own: bool

    @property
    def to_do(self) -> int:
        """Return how many things are left."""
        return sum(section.to_do for section in self.sections)

    @property
    def done(self) -> int:
        """Return how many things are done."""
        return sum(section.done for section in self.sections)

    @property
    def everything(self) -> int:
        """Return how many things there are, done or not."""
        return self.to_do + self.done

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing, neither to do nor done."""
        return not any(section.rows for section in self.sections)


def read_day(person: User, *, viewer: User, now: datetime, whole: str = "") -> DayPage:
    """Read somebody's day; the number of queries is the same however much there is.

    Each section shows the first rows; the one that is named by `whole` shows all.
    """
    day = Day.of(person, now=now)
    parts = read_parts(day, viewer, whole=whole)
    sections = [
        _answer_first(parts, day),
        _due_today(parts, day),
        _arrivals(parts, now),
        _meetings(parts, day),
        _ask_again(parts, now),
        _going_cold(parts, now),
        _also_done(parts, day),
    ]
    return DayPage(
        day=day,
        sections=_chained(sections),
        today=_figures(parts),
        coming=[
            (item.starts_at, parts.leads[item.lead_id], item.activity)
            for item in parts.coming
            if item.lead_id in parts.leads
        ],
        is_own=person == viewer,
    )


def _items(parts: Parts, name: str) -> list[tuple[Any, Lead]]:
    """Return what a section shows, each with its lead; a lead may be gone by now."""
    items = parts.by_name[name].items
    return [(item, lead) for item in items if (lead := parts.leads.get(item.lead_id))]


def _chained(sections: list[Section]) -> list[Section]:
    """Let every row know which one follows it among those that are to be done."""
    rows = [row for section in sections for row in section.rows]
    following: dict[int, str] = {}
    then = ""
    for row in reversed(rows):
        following[id(row)] = then
        if not row.is_done:
            then = row.key
    # After the last one it goes on with the first.
    return [
        replace(section, rows=[replace(row, then=following[id(row)] or then) for row in section.rows])
        for section in sections
    ]


def _answer_first(parts: Parts, day: Day) -> Section:
    items = _items(parts, "answer")
    clocks = clocks_for([item for item, _ in items], now=day.now, promises=day.promises)
    rows = [
        Row(
            key=f"answer-{item.pk}",
            lead=lead,
            text=_sentences(lead, shown(item.reason)),
            verb=_verb(lead),
            clock=clocks.get(item.pk),
            is_done=item.answered_at is not None,
        )
        for item, lead in items
    ]
    return Section.of(
        "answer",
        _("Answer first"),
        parts.by_name["answer"],
        rows,
        hint=_("the clock runs"),
        nothing=_("Nobody waits for an answer."),
    )


def _due_today(parts: Parts, day: Day) -> Section:
    rows = [
        Row(
            key=f"task-{task.pk}",
            lead=lead,
            text=task.text,
            verb=_verb(lead),
            when=_when_due(task, day),
            task=task,
            is_done=task.done_at is not None,
        )
        for task, lead in _items(parts, "tasks")
    ]
    return Section.of(
        "tasks", _("Due today"), parts.by_name["tasks"], rows, nothing=_("No task is due today.")
    )


def _when_due(task: Task, day: Day) -> str:
    moment = task.done_at or task.due_at
    local = moment.astimezone(day.calendar.zone)
    if task.done_at is not None:
        return _("done %(time)s") % {"time": time_format(local, "TIME_FORMAT")}
    if task.due_at < day.starts_at:
        return _("since %(day)s") % {"day": date_format(local, "WEEKDAY_FORMAT")}
    return _("by %(time)s") % {"time": time_format(local, "TIME_FORMAT")}


def _arrivals(parts: Parts, now: datetime) -> Section:
    items = _items(parts, "hot")
    reasons = reasons_for([lead for _, lead in items], now=now)
    rows = [
        Row(
            key=f"hot-{lead.pk}",
            lead=lead,
            text=_sentences(
                lead, _("Hot with %(score)s points") % {"score": lead.score}, *reasons.get(lead.pk, [])[:1]
            ),
            verb=_verb(lead),
            when=write_moment(item.at, now=now),
        )
        for item, lead in items
    ]
    return Section.of("hot", _("Newly hot"), parts.by_name["hot"], rows, hint=_("nobody has called yet"))


def _meetings(parts: Parts, day: Day) -> Section:
    rows = [
        Row(
            key=f"meeting-{item.activity.pk}",
            lead=lead,
            text=_sentences(lead, str(item.activity.properties.get("subject") or _("Meeting"))),
            verb="meeting",
            when=time_format(item.starts_at.astimezone(day.calendar.zone), "TIME_FORMAT"),
            is_done=item.is_held,
        )
        for item, lead in _items(parts, "meetings")
    ]
    return Section.of("meetings", _("Meetings"), parts.by_name["meetings"], rows)


def _ask_again(parts: Parts, now: datetime) -> Section:
    rows = [
        Row(
            key=f"stale-{lead.pk}",
            lead=lead,
            text=_sentences(
                lead,
                _("Ask again about %(names)s")
                % {"names": _(" and ").join(shown(asked.name) for asked, _since in item.ran_out)},
            ),
            verb=_verb(lead),
            when=_ran_out([since for _asked, since in item.ran_out], now),
        )
        for item, lead in _items(parts, "stale")
    ]
    return Section.of(
        "stale", _("Ask again"), parts.by_name["stale"], rows, hint=_("what was known has run out")
    )


def _ran_out(since: list[datetime], now: datetime) -> str:
    return _("since %(day)s") % {"day": write_moment(min(since), now=now)}


def _going_cold(parts: Parts, now: datetime) -> Section:
    rows = [
        Row(
            key=f"cold-{lead.pk}",
            lead=lead,
            text=_sentences(lead, _quiet(lead, now), _fallen(lead, fall)),
            verb=_verb(lead),
            lost=-fall.lost,
        )
        for fall, lead in _items(parts, "cold")
    ]
    words = _("losing points; a word from you would help")
    return Section.of("cold", _("Slipping away"), parts.by_name["cold"], rows, hint=words)


def _quiet(lead: Lead, now: datetime) -> str:
    days = (now - lead.last_activity_at) // timedelta(days=1)
    return _("Quiet for %(days)s days") % {"days": days} if days > 1 else _("Losing points")


def _fallen(lead: Lead, fall: finding.Fall) -> str:
    if fall.warmth_then in ("", lead.temperature):
        return ""
    return _("Was %(warmth)s two weeks ago") % {"warmth": WARMTH[Temperature(fall.warmth_then)]}


def _also_done(parts: Parts, day: Day) -> Section:
    rows = [
        Row(
            key=f"done-{item.pk}",
            lead=lead,
            text=_told(item),
            when=time_format(item.occurred_at.astimezone(day.calendar.zone), "TIME_FORMAT"),
            is_done=True,
        )
        for item, lead in _items(parts, "done")
    ]
    return Section.of("done", _("Also done today"), parts.by_name["done"], rows)


def _told(activity: Activity) -> str:
    kind = activity.type
    words = words_of(kind.slug, kind.label, kind.channel, activity.properties)
    return f"{words.before}{words.strong}{words.after}"


def _figures(parts: Parts) -> Today:
    slugs = [item.type.slug for item in parts.logged]
    answered = [(item.answered_at, item.due_at) for item in parts.answered]
    return Today(
        calls=slugs.count("call_connected") + slugs.count("call_attempted"),
        reached=slugs.count("call_connected"),
        emails=slugs.count("email_sent"),
        meetings=slugs.count("meeting_held"),
        answers=len(answered),
        late=sum(
            answered_at is not None and due_at is not None and answered_at > due_at
            for answered_at, due_at in answered
        ),
    )


def _verb(lead: Lead) -> str:
    """Return how to reach a lead: by phone, by email, or by a look at its page."""
    if lead.phone and not lead.do_not_call:
        return "call"
    return "email" if lead.email and not lead.do_not_email else "open"


def _sentences(lead: Lead, *texts: str) -> str:
    company = lead.company.name if lead.company else ""
    return " ".join(f"{text.removesuffix('.')}." for text in (company, *texts) if text)
