"""The sections of a day: each row says why it is there and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from leadapp.models import Activity, Lead, Temperature, User
from leadapp.services.work.meetings import read_start
from leadapp.shipped import shown
from leadapp.times import write_moment
from leadapp.views.lead.activity_words import words_of
from leadapp.views.my_day import finding
from leadapp.views.my_day.day import Day
from qualification.models import Assignment, Task
from qualification.services.clock.clocks import Clock, clocks_for
from qualification.services.evidence.answers import bant_of_many
from scoring.analysis.forecast import WARMTH
from scoring.engine import reasons_for

SHOWN, MOST = 10, 200
COMING_DAYS = 7


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
    def of(
        cls, name: str, title: str, rows: list[Row], *, number: int | None = None, **words: str
    ) -> "Section":
        """Build a section of all its rows; `number` counts those, too, that were not read."""
        done = sum(row.is_done for row in rows)
        everything = len(rows) if number is None else number
        return cls(name=name, title=title, rows=rows, to_do=everything - done, done=done, **words)

    @property
    def hidden(self) -> int:
        """Return how many things to do are not shown."""
        return self.to_do - sum(not row.is_done for row in self.rows)

    def cut(self) -> "Section":
        """Return the section with the first things to do and the last that are done."""
        to_do = [row for row in self.rows if not row.is_done]
        done = [row for row in self.rows if row.is_done]
        return replace(self, rows=to_do[:SHOWN] + done[:SHOWN])


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
    coming: list[tuple[datetime, Activity]]
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
    answers = finding.waiting_for_answer(day, most=MOST)
    booked = [
        (starts_at, item)
        for item in finding.meetings(day, until=day.days_ahead(COMING_DAYS))[:MOST]
        if (starts_at := read_start(item.properties["starts_at"])) is not None
    ]
    stale = _stale(day)
    logged = list(finding.logged_today(day))
    sections = [
        _answer_first(answers, now),
        _due_today(list(finding.tasks(day, viewer)[:MOST]), day),
        _arrivals(list(finding.hot_arrivals(day)[:MOST]), now, told=MOST if whole == "hot" else SHOWN),
        _meetings([pair for pair in booked if pair[0] < day.ends_at], day),
        stale,
        _going_cold(
            finding.going_cold(day, without={row.lead.pk for row in stale.rows})[:MOST],
            now,
            told=MOST if whole == "cold" else SHOWN,
        ),
    ]
    shown = {row.lead.pk for section in sections for row in section.rows if row.is_done}
    sections.append(_also_done([item for item in logged if item.lead_id not in shown], day))
    return DayPage(
        day=day,
        sections=_chained([section if section.name == whole else section.cut() for section in sections]),
        today=_figures(answers, logged),
        coming=[pair for pair in booked if pair[0] >= day.ends_at],
        is_own=person == viewer,
    )


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


def _number(rows: Sequence[Any]) -> int:
    return int(rows[0].number) if rows else 0


def _answer_first(assignments: list[Assignment], now: datetime) -> Section:
    clocks = clocks_for(assignments, now=now)
    rows = [
        Row(
            key=f"answer-{item.pk}",
            lead=item.lead,
            text=_sentences(item.lead, shown(item.reason)),
            verb=_verb(item.lead),
            clock=clocks.get(item.pk),
            is_done=item.answered_at is not None,
        )
        for item in assignments
    ]
    return Section.of(
        "answer",
        _("Answer first"),
        rows,
        hint=_("the clock runs"),
        nothing=_("Nobody waits for an answer."),
    )


def _due_today(tasks: list[Task], day: Day) -> Section:
    rows = [
        Row(
            key=f"task-{task.pk}",
            lead=task.lead,
            text=task.text,
            verb=_verb(task.lead),
            when=_when_due(task, day),
            task=task,
            is_done=task.done_at is not None,
        )
        for task in tasks
    ]
    return Section.of(
        "tasks", _("Due today"), rows, number=_number(tasks), nothing=_("No task is due today.")
    )


def _when_due(task: Task, day: Day) -> str:
    moment = task.done_at or task.due_at
    local = moment.astimezone(day.calendar.zone)
    if task.done_at is not None:
        return _("done %(time)s") % {"time": time_format(local, "TIME_FORMAT")}
    if task.due_at < day.starts_at:
        return _("since %(day)s") % {"day": date_format(local, "WEEKDAY_FORMAT")}
    return _("by %(time)s") % {"time": time_format(local, "TIME_FORMAT")}


def _arrivals(leads: list[Any], now: datetime, *, told: int) -> Section:
    """Say why they score what they score, of as many as are shown: that is the dear part."""
    reasons = reasons_for(leads[:told], now=now)
    rows = [
        Row(
            key=f"hot-{lead.pk}",
            lead=lead,
            text=_sentences(
                lead, _("Hot with %(score)s points") % {"score": lead.score}, *reasons.get(lead.pk, [])[:1]
            ),
            verb=_verb(lead),
            when=write_moment(lead.arrived_at, now=now),
        )
        for lead in leads
    ]
    return Section.of("hot", _("Newly hot"), rows, number=_number(leads), hint=_("nobody has called yet"))


def _meetings(booked: list[tuple[datetime, Activity]], day: Day) -> Section:
    rows = [
        Row(
            key=f"meeting-{item.pk}",
            lead=item.lead,
            text=_sentences(item.lead, str(item.properties.get("subject") or _("Meeting"))),
            verb="meeting",
            when=time_format(starts_at.astimezone(day.calendar.zone), "TIME_FORMAT"),
            is_done=bool(getattr(item, "was_held", False)),
        )
        for starts_at, item in booked
    ]
    return Section.of("meetings", _("Meetings"), rows)


def _stale(day: Day) -> Section:
    """Read which answers ran out; what the framework in use does not count bothers nobody."""
    leads = list(finding.maybe_stale(day))
    known = bant_of_many(lead_ids=[lead.pk for lead in leads], now=day.now)
    rows = []
    for lead in leads:
        views = [view for view in known[lead.pk].values() if view.is_stale and view.dimension.counts]
        if views:
            names = _(" and ").join(shown(view.dimension.name) for view in views)
            rows.append(
                Row(
                    key=f"stale-{lead.pk}",
                    lead=lead,
                    text=_sentences(lead, _("Ask again about %(names)s") % {"names": names}),
                    verb=_verb(lead),
                    when=_ran_out([view.answer for view in views], day.now),
                )
            )
    return Section.of("stale", _("Ask again"), rows, hint=_("what was known has run out"))


def _ran_out(answers: list[Any], now: datetime) -> str:
    return _("since %(day)s") % {"day": write_moment(min(answer.expires_at for answer in answers), now=now)}


def _going_cold(falls: list[finding.Fall], now: datetime, *, told: int) -> Section:
    leads = Lead.objects.select_related("company").in_bulk([fall.lead_id for fall in falls[:told]])
    rows = [
        Row(
            key=f"cold-{lead.pk}",
            lead=lead,
            text=_sentences(lead, _quiet(lead, now), _fallen(lead, fall)),
            verb=_verb(lead),
            lost=-fall.lost,
        )
        for fall in falls[:told]
        if (lead := leads.get(fall.lead_id))
    ]
    words = _("losing points; a word from you would help")
    return Section.of("cold", _("Slipping away"), rows, number=len(falls), hint=words)


def _quiet(lead: Lead, now: datetime) -> str:
    days = (now - lead.last_activity_at) // timedelta(days=1)
    return _("Quiet for %(days)s days") % {"days": days} if days > 1 else _("Losing points")


def _fallen(lead: Lead, fall: finding.Fall) -> str:
    if fall.warmth_then in ("", lead.temperature):
        return ""
    return _("Was %(warmth)s two weeks ago") % {"warmth": WARMTH[Temperature(fall.warmth_then)]}


def _also_done(logged: list[Activity], day: Day) -> Section:
    rows = [
        Row(
            key=f"done-{item.pk}",
            lead=item.lead,
            text=_told(item),
            when=time_format(item.occurred_at.astimezone(day.calendar.zone), "TIME_FORMAT"),
            is_done=True,
        )
        for item in logged
    ]
    return Section.of("done", _("Also done today"), rows)


def _told(activity: Activity) -> str:
    kind = activity.type
    words = words_of(kind.slug, kind.label, kind.channel, activity.properties)
    return f"{words.before}{words.strong}{words.after}"


def _figures(answers: list[Assignment], logged: list[Activity]) -> Today:
    slugs = [item.type.slug for item in logged]
    answered = [(item.answered_at, item.due_at) for item in answers if item.answered_at is not None]
    return Today(
        calls=slugs.count("call_connected") + slugs.count("call_attempted"),
        reached=slugs.count("call_connected"),
        emails=slugs.count("email_sent"),
        meetings=slugs.count("meeting_held"),
        answers=len(answered),
        late=sum(due_at is not None and answered_at > due_at for answered_at, due_at in answered),
    )


def _verb(lead: Lead) -> str:
    """Return how to reach a lead: by phone, by email, or by a look at its page."""
    if lead.phone and not lead.do_not_call:
        return "call"
    return "email" if lead.email and not lead.do_not_email else "open"


def _sentences(lead: Lead, *texts: str) -> str:
    company = lead.company.name if lead.company else ""
    return " ".join(f"{text.removesuffix('.')}." for text in (company, *texts) if text)
