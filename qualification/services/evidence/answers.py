"""BANT: evidence is added, never changed; the newest answer per dimension counts until it runs out.

BANT stands for whichever framework is in use (qualification/services/evidence/frameworks.py).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Invalid
from leadapp.models import Lead, User
from leadapp.words import lower_first
from qualification.models import BantAnswer, BantState, Confidence, Dimension
from qualification.services.evidence.frameworks import Asked, Questions, read_questions
from qualification.services.gates.inbox import ask_for_evaluation
from qualification.services.locks import lock_lead
from qualification.services.texts import cleaned_text

Source = BantAnswer.Source
LONGEST_VALUE = 500
# Somebody who fills in a form wants something; somebody who was asked has thought about it.
CONFIDENCE_IN: Mapping[str, Confidence] = {Source.FORM: Confidence.LOW}
SURENESS = list(Confidence)
OPPOSITE = {BantState.CONFIRMED: BantState.RULED_OUT, BantState.RULED_OUT: BantState.CONFIRMED}


@dataclass(frozen=True)
class BantView:
    """What is known about one dimension of a lead, as of now. Without an answer it is unknown.

    `others` are the newest answers of other sources that have not run out, newest first.
    """

    dimension: Asked
    state: BantState
    is_stale: bool
    answer: BantAnswer | None
    others: tuple[BantAnswer, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Tell whether it is confirmed and the answer has not run out."""
        return self.state == BantState.CONFIRMED and not self.is_stale

    @property
    def is_ruled_out(self) -> bool:
        """Tell whether it is ruled out and the answer has not run out."""
        return self.state == BantState.RULED_OUT and not self.is_stale

    @property
    def is_open(self) -> bool:
        """Tell whether somebody should still ask."""
        return self.is_stale or self.state == BantState.UNKNOWN

    @property
    def is_unsure(self) -> bool:
        """Tell whether the answer that counts is there, and nobody is sure of it."""
        return not self.is_open and self.answer is not None and self.answer.confidence == Confidence.LOW

    @property
    def contradicting(self) -> tuple[BantAnswer, ...]:
        """Return the answers of other sources that say the opposite of the one that counts."""
        if self.is_open:
            return ()
        return tuple(other for other in self.others if other.state == OPPOSITE[self.state])

    @property
    def contradiction(self) -> str:
        """Say who says what, where answers contradict each other; nothing where they do not."""
        if self.answer is None or not self.contradicting:
            return ""
        told = [
            _told(self.answer, is_newest=True),
            *(_told(other, is_newest=False) for other in self.contradicting),
        ]
        counts = (
            _("The newest counts, though it is less sure.") if self.is_less_sure else _("The newest counts.")
        )
        return f"{'. '.join(told)}. {counts}"

    @property
    def is_less_sure(self) -> bool:
        """Tell whether the answer that counts is less sure than one that it contradicts."""
        own = _sureness(self.answer) if self.answer else 0
        return any(_sureness(other) > own for other in self.contradicting)


@dataclass(frozen=True, kw_only=True)
class NewAnswer:
    """An answer to be added, about one dimension.

    It runs out at `expires_at`, by default when the dimension says so, with `no_end` never. Without a
    `confidence` it is as sure as its source.
    """

    dimension: str
    state: str
    value: str = ""
    source: str = Source.REP
    confidence: str = ""
    expires_at: datetime | None = None
    no_end: bool = False


def answer_bant(*, lead: Lead, actor: Actor, now: datetime, **answer: Any) -> BantAnswer:
    """Add one answer, given as the parts of a NewAnswer."""
    (added,) = answer_all(lead=lead, answers=[NewAnswer(**answer)], actor=actor, now=now)
    return added


def answer_all(*, lead: Lead, answers: Sequence[NewAnswer], actor: Actor, now: datetime) -> list[BantAnswer]:
    """Add answers about a lead, all or none."""
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        rows = answer_rows(lead=locked, answers=answers, author=user_of(actor), now=now)
        BantAnswer.objects.bulk_create(rows)
        ask_for_evaluation(lead_ids=[locked.pk], now=now)
    return rows


def answer_rows(
    *, lead: Lead, answers: Sequence[NewAnswer], author: User | None, now: datetime
) -> list[BantAnswer]:
    """Return the rows of answers that make sense, not stored yet, or raise Invalid."""
    dimensions = {one.pk: one for one in Dimension.objects.order_by("position", "pk")}
    return [_row(lead, answer, dimensions, author, now) for answer in answers]


def _row(
    lead: Lead, answer: NewAnswer, dimensions: Mapping[str, Dimension], author: User | None, now: datetime
) -> BantAnswer:
    confidence = answer.confidence or CONFIDENCE_IN.get(answer.source, Confidence.MEDIUM)
    for name, text, choices in (
        ("dimension", answer.dimension, list(dimensions)),
        ("state", answer.state, BantState.values),
        ("source", answer.source, Source.values),
        ("confidence", confidence, Confidence.values),
    ):
        if text not in choices:
            raise Invalid.field(name, _("Choose one of: %(known)s.") % {"known": ", ".join(choices)})
    if answer.expires_at is not None and answer.expires_at <= now:
        raise Invalid.field("expires_at", _("An answer must be good until some time after now."))
    dimension = dimensions[answer.dimension]
    return BantAnswer(
        lead=lead,
        dimension=dimension,
        state=answer.state,
        value=cleaned_text("value", answer.value, longest=LONGEST_VALUE),
        confidence=confidence,
        source=answer.source,
        author=author,
        answered_at=now,
        expires_at=None if answer.no_end else _runs_out(dimension, answer.state, answer.expires_at, now),
    )


def _runs_out(
    dimension: Dimension, state: str, expires_at: datetime | None, now: datetime
) -> datetime | None:
    """Return the end of an answer. What was ruled out stays so until somebody asks again."""
    if state == BantState.UNKNOWN:
        return None
    if expires_at is not None:
        return expires_at
    days = dimension.good_for_days if state == BantState.CONFIRMED else None
    return now + timedelta(days=days) if days else None


@dataclass(frozen=True)
class FormAnswer:
    """What somebody answered in a form, about a dimension."""

    dimension: str
    state: str
    value: str


def keep_form_answers(*, answers: Iterable[tuple[int, FormAnswer]], now: datetime) -> None:
    """Add what leads (by id) answered in forms, in the caller's transaction, in a fixed number of statements.

    An answer about a dimension that is gone is left out: the submission keeps what was typed.
    """
    given = list(answers)
    dimensions = Dimension.objects.in_bulk({answer.dimension for _, answer in given})
    BantAnswer.objects.bulk_create(
        BantAnswer(
            lead_id=lead_id,
            dimension=dimensions[answer.dimension],
            state=answer.state,
            value=answer.value[:LONGEST_VALUE],
            confidence=CONFIDENCE_IN[Source.FORM],
            source=Source.FORM,
            answered_at=now,
            expires_at=_runs_out(dimensions[answer.dimension], answer.state, None, now),
        )
        for lead_id, answer in given
        if answer.dimension in dimensions
    )


def bant_of(*, lead: Lead, now: datetime) -> dict[str, BantView]:
    """Return what is known about a lead by dimension, in the order in which they are asked."""
    return bant_of_many(lead_ids=[lead.pk], now=now)[lead.pk]


def bant_of_many(
    *, lead_ids: Collection[int], now: datetime, questions: Questions | None = None
) -> dict[int, dict[str, BantView]]:
    """Return what is known about each of these leads, in two queries; in one if the questions are given."""
    asked = (questions or read_questions()).asked
    # The newest answer of each source.
    newest = (
        BantAnswer.objects.filter(lead_id__in=lead_ids)
        .order_by("lead_id", "dimension", "source", "-answered_at", "-id")
        .distinct("lead_id", "dimension", "source")
        .select_related("author")
    )
    answers: dict[tuple[int, str], list[BantAnswer]] = defaultdict(list)
    for answer in newest:
        answers[answer.lead_id, answer.dimension_id].append(answer)
    return {
        lead_id: {one.key: _view(one, answers[lead_id, one.key], now) for one in asked}
        for lead_id in lead_ids
    }


def run_out_of_many(*, lead_ids: Collection[int], now: datetime) -> dict[int, list[tuple[Asked, datetime]]]:
    """Return which of what counts has run out, and when, of each of these leads that has any; two queries."""
    newest = (
        BantAnswer.objects.filter(lead_id__in=lead_ids)
        .order_by("lead_id", "dimension", "-answered_at", "-id")
        .distinct("lead_id", "dimension")
        .values_list("lead_id", "dimension", "state", "expires_at")
    )
    ended = {
        (lead_id, key): expires_at
        for lead_id, key, state, expires_at in newest
        if state != BantState.UNKNOWN and expires_at is not None and expires_at <= now
    }
    counted = read_questions().counted
    found = {
        lead_id: [(one, ended[lead_id, one.key]) for one in counted if (lead_id, one.key) in ended]
        for lead_id in lead_ids
    }
    return {lead_id: ran_out for lead_id, ran_out in found.items() if ran_out}


def _view(dimension: Asked, answers: Sequence[BantAnswer], now: datetime) -> BantView:
    if not answers:
        return BantView(dimension, BantState.UNKNOWN, is_stale=False, answer=None)
    newest, *others = sorted(answers, key=lambda answer: (answer.answered_at, answer.pk), reverse=True)
    state = BantState(newest.state)
    return BantView(
        dimension,
        state,
        is_stale=newest.has_run_out(now) and state != BantState.UNKNOWN,
        answer=newest,
        others=tuple(other for other in others if not other.has_run_out(now)),
    )


def _told(answer: BantAnswer, *, is_newest: bool) -> str:
    facts = {
        "source": lower_first(str(answer.get_source_display())),
        "state": lower_first(str(answer.get_state_display())),
        "value": answer.value,
    }
    match is_newest, bool(answer.value):
        case True, True:
            says = _("The %(source)s says %(state)s: “%(value)s”")
        case True, False:
            says = _("The %(source)s says %(state)s")
        case False, True:
            says = _("The %(source)s said %(state)s: “%(value)s”")
        case _plain:
            says = _("The %(source)s said %(state)s")
    return says % facts


def answers_about(*, lead: Lead, dimension: str, limit: int = 50) -> list[BantAnswer]:
    """Return what was answered about one dimension of a lead, newest first."""
    rows = BantAnswer.objects.filter(lead=lead, dimension=dimension).select_related("author")
    return list(rows.order_by("-answered_at", "-pk")[:limit])


def _sureness(answer: BantAnswer) -> int:
    return SURENESS.index(Confidence(answer.confidence))


def see_ends(*, now: datetime, limit: int = 1_000) -> int:
    """Have leads looked at again whose answers ran out since the last look; return how many answers.

    One that is killed has changed nothing, and one that comes second finds nothing left to do.
    """
    with transaction.atomic():
        ended = BantAnswer.objects.filter(expires_at__lte=now, end_seen_at__isnull=True)
        rows = ended.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("expires_at")
        claimed = dict(rows.values_list("pk", "lead_id")[:limit])
        if claimed:
            BantAnswer.objects.filter(pk__in=claimed).update(end_seen_at=now)
            ask_for_evaluation(lead_ids=sorted(set(claimed.values())), now=now)
        return len(claimed)
