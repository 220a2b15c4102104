"""BANT: evidence is added, never changed; the newest answer per dimension counts until it runs out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Invalid
from leadapp.models import Lead
from qualification.models import BantAnswer, BantDimension, BantState
from qualification.services.inbox import ask_for_evaluation
from qualification.services.locks import lock_lead
from qualification.services.texts import cleaned_text

# How long a confirmed answer is good for unless somebody says otherwise. Plans and money change within a
# quarter; who decides rarely does. What was ruled out stays so until somebody asks again.
GOOD_FOR: Mapping[str, timedelta | None] = {
    BantDimension.BUDGET: timedelta(days=90),
    BantDimension.AUTHORITY: None,
    BantDimension.NEED: timedelta(days=90),
    BantDimension.TIMELINE: timedelta(days=90),
}


@dataclass(frozen=True)
class BantView:
    """What is known about one dimension of a lead, as of now. Without an answer it is unknown."""

    dimension: BantDimension
    state: BantState
    is_stale: bool
    answer: BantAnswer | None

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


def answer_bant(
    *,
    lead: Lead,
    dimension: str,
    state: str,
    value: str = "",
    source: str = BantAnswer.Source.REP,
    actor: Actor,
    now: datetime,
    expires_at: datetime | None = None,
    no_end: bool = False,
) -> BantAnswer:
    """Add an answer. It runs out at `expires_at`, by default after GOOD_FOR, with `no_end` never."""
    if dimension not in BantDimension.values:
        raise Invalid.field("dimension", f"Choose one of: {', '.join(BantDimension.values)}.")
    if state not in BantState.values:
        raise Invalid.field("state", f"Choose one of: {', '.join(BantState.values)}.")
    if source not in BantAnswer.Source.values:
        raise Invalid.field("source", f"Choose one of: {', '.join(BantAnswer.Source.values)}.")
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "An answer must be good until some time after now.")
    value = cleaned_text("value", value, longest=500)
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        answer = BantAnswer.objects.create(
            lead=locked,
            dimension=dimension,
            state=state,
            value=value,
            source=source,
            author=user_of(actor),
            answered_at=now,
            expires_at=_runs_out(dimension, state, expires_at, no_end, now),
        )
        ask_for_evaluation(lead_ids=[locked.pk], now=now)
    return answer


def _runs_out(
    dimension: str, state: str, expires_at: datetime | None, no_end: bool, now: datetime
) -> datetime | None:
    if state == BantState.UNKNOWN or no_end:
        return None
    if expires_at is not None:
        return expires_at
    good_for = GOOD_FOR[dimension] if state == BantState.CONFIRMED else None
    return now + good_for if good_for else None


def bant_of(*, lead: Lead, now: datetime) -> dict[BantDimension, BantView]:
    """Return what is known about a lead, one view per dimension in the order of the letters."""
    return bant_of_many(lead_ids=[lead.pk], now=now)[lead.pk]


def bant_of_many(*, lead_ids: Collection[int], now: datetime) -> dict[int, dict[BantDimension, BantView]]:
    """Return what is known about each of these leads, in one query."""
    newest = (
        BantAnswer.objects.filter(lead_id__in=lead_ids)
        .order_by("lead_id", "dimension", "-answered_at", "-id")
        .distinct("lead_id", "dimension")
        .select_related("author")
    )
    answers = {(answer.lead_id, answer.dimension): answer for answer in newest}
    return {
        lead_id: {
            dimension: _view(dimension, answers.get((lead_id, dimension.value)), now)
            for dimension in BantDimension
        }
        for lead_id in lead_ids
    }


def _view(dimension: BantDimension, answer: BantAnswer | None, now: datetime) -> BantView:
    if answer is None:
        return BantView(dimension, BantState.UNKNOWN, is_stale=False, answer=None)
    state = BantState(answer.state)
    has_run_out = answer.expires_at is not None and answer.expires_at <= now
    return BantView(dimension, state, is_stale=has_run_out and state != BantState.UNKNOWN, answer=answer)
