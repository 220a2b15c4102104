"""What to say in a discovery call: prompts out of what is known, not a questionnaire to read out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadapp.models import Activity, Lead
from leadapp.times import write_day, write_moment
from qualification.models import BantAnswer, BantState
from qualification.services.evidence.answers import BantView
from qualification.services.evidence.frameworks import Asked

CLUES_FROM = timedelta(days=180)
MOST_CLUES = 300
SOURCES = {
    BantAnswer.Source.FORM: gettext_lazy("in the form"),
    BantAnswer.Source.CALL: gettext_lazy("on the phone"),
    BantAnswer.Source.EMAIL: gettext_lazy("by email"),
    BantAnswer.Source.REP: "before",
}
TITLED = {
    "content_download": "downloaded",
    "webinar_attended": gettext_lazy("came to"),
    "webinar_registered": gettext_lazy("registered for"),
    "event_attended": gettext_lazy("came to"),
}
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
        often = {1: "", 2: " twice"}.get(self.times, _(" %(times)s times") % {"times": self.times})
        return f"{self.said}{often}" + ("" if not often and self.said.endswith(ENDED) else ".")

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
                _("message %(message)s") % {"message": message.lower()},
                row.occurred_at,
            )
            if message
            else None
        )
    title = _text(properties, "title") or _text(properties, "path")
    if not title:
        return None
    verb = TITLED.get(slug, _("looked at"))
    path = _text(properties, "path")
    return Clue(
        _("You %(verb)s “%(title)s”") % {"verb": verb, "title": title},
        f"{slug} {title} {path}".lower(),
        row.occurred_at,
    )


def _text(properties: dict[str, object], name: str) -> str:
    value = properties.get(name)
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def _prompt(view: BantView, clues: Sequence[Clue], now: datetime) -> Prompt:
    asked = view.dimension
    clue = next((clue for clue in clues if clue.hints_at(asked)), None)
    ways = list(asked.prompts) or [_("What should we know about %(asked)s?") % {"asked": asked.name}]
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
            return _("You wrote “%(said)s” %(sources)s. %(ways)s") % {
                "said": said,
                "sources": SOURCES[BantAnswer.Source(view.answer.source)],
                "ways": ways[0],
            }
    if view.is_open:
        return f"{clue.spoken} {ways[0]}" if clue else ways[0]
    begin = _("You said “%(said)s”. ") % {"said": said} if said else ""
    return begin + (ways[1] if len(ways) > 1 else ways[0])


def _which_is_right(newest: BantAnswer, other: BantAnswer) -> str:
    here, there = (SOURCES[BantAnswer.Source(answer.source)] for answer in (newest, other))
    told = (
        _(" and “%(other)s” %(there)s") % {"other": other.value, "there": there}
        if other.value
        else _(", and otherwise %(there)s") % {"there": there}
    )
    return _("You said “%(newest)s” %(here)s%(told)s. Which of it is right today?") % {
        "newest": newest.value,
        "here": here,
        "told": told,
    }


def _known(view: BantView) -> list[str]:
    """Return what is known, with its source and until when it is good."""
    if view.answer is None:
        return []
    newest = answer_line(view.answer, is_stale=view.is_stale)
    return [newest, *(answer_line(other) for other in view.contradicting)]


def answer_line(answer: BantAnswer, *, is_stale: bool = False) -> str:
    """Say in a line what an answer says, who wrote it down, how sure, and how long it is good."""
    what = f"{answer.get_state_display()}{f': “{answer.value}”' if answer.value else ''}"
    who = f", {answer.author}" if answer.author else ""
    line = f"{'Was ' if is_stale else ''}{what}. "
    line += f"{answer.get_source_display()}{who}, {write_day(answer.answered_at)}"
    if answer.state != BantState.UNKNOWN:
        line += _(", %(confidence)s confidence") % {"confidence": answer.get_confidence_display().lower()}
    if answer.expires_at:
        line += f"; {'ran out' if is_stale else 'good until'} {write_day(answer.expires_at)}"
    return f"{line}."


def _hint(clue: Clue | None, now: datetime) -> list[str]:
    return [f"Hint, {write_moment(clue.at, now=now)}: {clue.spoken}"] if clue else []
