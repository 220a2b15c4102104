"""What to say in a discovery call: prompts out of what is known, not a questionnaire to read out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Activity, Lead
from leadapp.shipped import shown
from leadapp.times import write_day, write_moment
from leadapp.words import lower_first
from qualification.models import BantAnswer, BantState
from qualification.services.evidence.answers import BantView
from qualification.services.evidence.frameworks import Asked

CLUES_FROM = timedelta(days=180)
MOST_CLUES = 300
SOURCES = {
    BantAnswer.Source.FORM: gettext_lazy("in the form"),
    BantAnswer.Source.CALL: gettext_lazy("on the phone"),
    BantAnswer.Source.EMAIL: gettext_lazy("by email"),
    BantAnswer.Source.REP: gettext_lazy("before"),
}
TITLED = {
    "content_download": gettext_lazy("You downloaded “%(title)s”"),
    "webinar_attended": gettext_lazy("You came to “%(title)s”"),
    "webinar_registered": gettext_lazy("You registered for “%(title)s”"),
    "event_attended": gettext_lazy("You came to “%(title)s”"),
}
LOOKED_AT = gettext_lazy("You looked at “%(title)s”")
ENDED = (".”", "?”", "!”")
ASKED = ("form_submission", "demo_requested", "quote_requested")


@dataclass(frozen=True)
class Clue:
    """Something that a lead did that hints at a dimension. `words` are what to look for clue words in."""

    said: str
    words: str
    at: datetime
    times: int = 1

    @property
    def spoken(self) -> str:
        """Return it as one would say it to the lead."""
        if self.times == 1:
            return self.said if self.said.endswith(ENDED) else f"{self.said}."
        if self.times == 2:
            return _("%(said)s twice.") % {"said": self.said}
        return _("%(said)s %(times)s times.") % {"said": self.said, "times": self.times}

    def hints_at(self, dimension: Asked) -> bool:
        """Tell whether one of the dimension's clue words is in it."""
        return any(word in self.words for word in dimension.clue_words)


@dataclass(frozen=True)
class Prompt:
    """How to ask about a dimension now: one sentence, other ways, and what is known so far."""

    view: BantView
    sentence: str
    others: tuple[str, ...]
    hints: tuple[str, ...]


def read_clues(lead: Lead, *, now: datetime) -> list[Clue]:
    """Return what the lead looked at, took and asked for lately, newest first; one query."""
    rows = Activity.objects.filter(
        lead=lead,
        voided_at__isnull=True,
        occurred_at__gte=now - CLUES_FROM,
        type__slug__in=("page_view", *TITLED, *ASKED),
    )
    clues: dict[str, Clue] = {}
    for row in rows.select_related("type").order_by("-occurred_at", "-pk")[:MOST_CLUES]:
        clue = _clue(row)
        if clue is not None:
            known = clues.get(clue.said)
            clues[clue.said] = Clue(clue.said, clue.words, known.at, known.times + 1) if known else clue
    return list(clues.values())


def prompts_for(views: Iterable[BantView], clues: Sequence[Clue], *, now: datetime) -> list[Prompt]:
    """Return how to ask about each dimension: open ones first, settled ones last."""
    prompts = [_prompt(view, clues, now) for view in views]
    return sorted(prompts, key=lambda prompt: _turn(prompt.view))


def _turn(view: BantView) -> int:
    """Tell when it is its turn: what nobody knows, what is not sure, then what is settled."""
    if view.is_open:
        return 0
    return 1 if view.contradicting or view.is_unsure else 2


def _clue(row: Activity) -> Clue | None:
    properties = row.properties if isinstance(row.properties, dict) else {}
    slug = row.type.slug
    if slug in ASKED:
        message = _text(properties, "message")
        # The name of the field counts too: whoever writes a message speaks of a need.
        return (
            Clue(
                _("You asked: “%(message)s”") % {"message": message},
                f"message {message.lower()}",
                row.occurred_at,
            )
            if message
            else None
        )
    title = _text(properties, "title") or _text(properties, "path")
    if not title:
        return None
    path = _text(properties, "path")
    return Clue(
        TITLED.get(slug, LOOKED_AT) % {"title": title},
        f"{slug} {title} {path}".lower(),
        row.occurred_at,
    )


def _text(properties: dict[str, object], name: str) -> str:
    value = properties.get(name)
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def _prompt(view: BantView, clues: Sequence[Clue], now: datetime) -> Prompt:
    asked = view.dimension
    clue = next((clue for clue in clues if clue.hints_at(asked)), None)
    ways = [shown(prompt) for prompt in asked.prompts]
    ways = ways or [_("What should we know about %(asked)s?") % {"asked": shown(asked.name)}]
    sentence = _sentence(view, clue, ways)
    hints = [*_known(view), *_hint(clue, now)]
    return Prompt(view, sentence, tuple(way for way in ways if way not in sentence), tuple(hints))


def _sentence(view: BantView, clue: Clue | None, ways: Sequence[str]) -> str:
    """Return what to say: it begins with what the lead said or did, where there is something."""
    said = view.answer.value if view.answer else ""
    if view.answer is not None and said:
        if view.state == BantState.RULED_OUT and not view.contradicting:
            return _("Last time you said “%(said)s”. What has changed since?") % {"said": said}
        if view.is_stale:
            return _("Last time you said “%(said)s”. Does that still hold?") % {"said": said}
        if view.contradicting:
            return _which_is_right(view.answer, view.contradicting[0])
        if view.is_unsure:
            return _("You wrote “%(said)s” %(where)s. %(question)s") % {
                "said": said,
                "where": SOURCES[BantAnswer.Source(view.answer.source)],
                "question": ways[0],
            }
    if view.is_open:
        return f"{clue.spoken} {ways[0]}" if clue else ways[0]
    question = ways[1] if len(ways) > 1 else ways[0]
    return _("You said “%(said)s”. %(question)s") % {"said": said, "question": question} if said else question


def _which_is_right(newest: BantAnswer, other: BantAnswer) -> str:
    here, there = (SOURCES[BantAnswer.Source(answer.source)] for answer in (newest, other))
    facts = {"newest": newest.value, "here": here, "other": other.value, "there": there}
    if other.value:
        says = _("You said “%(newest)s” %(here)s and “%(other)s” %(there)s. Which of it is right today?")
    else:
        says = _("You said “%(newest)s” %(here)s, and otherwise %(there)s. Which of it is right today?")
    return says % facts


def _known(view: BantView) -> list[str]:
    """Return what is known, with its source and until when it is good."""
    if view.answer is None:
        return []
    newest = answer_line(view.answer, is_stale=view.is_stale)
    return [newest, *(answer_line(other) for other in view.contradicting)]


def answer_line(answer: BantAnswer, *, is_stale: bool = False) -> str:
    """Say in a line what an answer says, who wrote it down, how sure, and how long it is good."""
    what = str(answer.get_state_display())
    if answer.value:
        what = _("%(state)s: “%(value)s”") % {"state": what, "value": answer.value}
    source = [str(answer.get_source_display()), *([str(answer.author)] if answer.author else [])]
    source.append(write_day(answer.answered_at))
    if answer.state != BantState.UNKNOWN:
        sure = lower_first(str(answer.get_confidence_display()))
        source.append(_("%(how)s confidence") % {"how": sure})
    facts = {
        "what": what,
        "source": ", ".join(source),
        "day": write_day(answer.expires_at) if answer.expires_at else "",
    }
    if is_stale:
        return _("Was %(what)s. %(source)s; ran out %(day)s.") % facts
    if answer.expires_at:
        return _("%(what)s. %(source)s; good until %(day)s.") % facts
    return _("%(what)s. %(source)s.") % facts


def _hint(clue: Clue | None, now: datetime) -> list[str]:
    if clue is None:
        return []
    return [_("Hint, %(when)s: %(said)s") % {"when": write_moment(clue.at, now=now), "said": clue.spoken}]
