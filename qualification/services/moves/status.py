"""Moves out of the daily work and back: to nurture, disqualify, reopen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work
from leadapp.errors import Conflict, Invalid
from leadapp.models import Lead, Stage, Status
from qualification.models import Move, StageChange
from qualification.services.assignment import end_running, start_again
from qualification.services.moves.judging import Judged, Outcome, Seen, only_change
from qualification.services.moves.writing import STATUS_WORDS, Standing, compare, write_moves
from qualification.services.recycling.reasons import OTHER, read_reason
from qualification.services.recycling.wake_ups import (
    NEVER,
    Waking,
    check_waking,
    days_of,
    start_wake_ups,
    stop_wake_ups,
)
from qualification.services.texts import needed_reason


def nurture_lead(
    *,
    lead: Lead,
    seen_stage: str,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_status: str | None = None,
    waking: Waking = NEVER,
) -> StageChange:
    """Set an open lead aside until it is ready, or wakes; its owner keeps it, its clock stops."""
    seen = Seen(lead, seen_stage, seen_status)
    with transaction.atomic():
        return only_change(nurture_leads(leads=[seen], actor=actor, reason=reason, now=now, waking=waking))


def nurture_leads(
    *, leads: Sequence[Seen], actor: Actor, reason: str, now: datetime, waking: Waking = NEVER
) -> list[Outcome]:
    """Set up to 200 leads aside; a refusal stops no other lead."""
    reason = needed_reason(reason, why=_("whoever meets this lead next wants to know."))
    aside = _Aside(Move.NURTURE, Standing(status=Status.NURTURE), reason, waking)
    return _set_aside(leads, aside, actor, now)


def disqualify_lead(
    *,
    lead: Lead,
    seen_stage: str,
    actor: Actor,
    now: datetime,
    reason_code: str = OTHER,
    reason: str = "",
    seen_status: str | None = None,
) -> StageChange:
    """End the work on a lead that will not buy, and say why; its owner keeps it, its clock stops.

    `reason` says more than the code; without a code it is all there is, and needed.
    """
    seen = Seen(lead, seen_stage, seen_status)
    with transaction.atomic():
        return only_change(
            disqualify_leads(leads=[seen], actor=actor, reason_code=reason_code, reason=reason, now=now)
        )


def disqualify_leads(
    *, leads: Sequence[Seen], actor: Actor, now: datetime, reason_code: str = OTHER, reason: str = ""
) -> list[Outcome]:
    """End the work on up to 200 leads; a refusal stops no other lead."""
    because, reason = read_reason(code=reason_code, detail=reason)
    aside = _Aside(Move.DISQUALIFY, Standing(status=Status.DISQUALIFIED, because=because), reason)
    return _set_aside(leads, aside, actor, now)


def reopen_lead(
    *,
    lead: Lead,
    actor: Actor,
    reason: str,
    now: datetime,
    seen_status: str | None = None,
    seen_stage: str | None = None,
) -> StageChange:
    """Work on a lead again that was set aside or disqualified; it is in the stage it was in."""
    seen = Seen(lead, seen_stage, seen_status)
    with transaction.atomic():
        return only_change(reopen_leads(leads=[seen], actor=actor, reason=reason, now=now))


def reopen_leads(*, leads: Sequence[Seen], actor: Actor, reason: str, now: datetime) -> list[Outcome]:
    """Work again on up to 200 leads; a refusal stops no other lead."""
    reason = needed_reason(reason, why=_("the history keeps why a lead was reopened."))

    def guard(lead: Lead, seen: Seen) -> None:
        require_may_work(actor, lead)
        compare(lead, seen_stage=seen.stage, seen_status=seen.status)
        if lead.is_open:
            raise Conflict(_("This lead is open already."))

    with transaction.atomic():
        judged = Judged(leads)
        judged.judge(guard)
        start_again(leads=judged.standing, actor=actor, now=now)
        stop_wake_ups(lead_ids=[lead.pk for lead in judged.standing], now=now)
        to = Standing(status=Status.OPEN)
        return judged.outcomes(
            write_moves(judged.standing, to=to, move=Move.REOPEN, reason=reason, actor=actor, now=now)
        )


@dataclass(frozen=True)
class _Aside:
    """How leads are set aside, why, and what wakes them."""

    move: Move
    to: Standing
    reason: str
    waking: Waking = NEVER


def _set_aside(leads: Sequence[Seen], aside: _Aside, actor: Actor, now: datetime) -> list[Outcome]:
    status = str(aside.to.status)
    days: dict[int, date] = {}

    def guard(lead: Lead, seen: Seen) -> None:
        require_may_work(actor, lead)
        compare(lead, seen_stage=seen.stage, seen_status=seen.status)
        if lead.status == status:
            raise Conflict(
                _("This lead is %(status_words)s already.") % {"status_words": STATUS_WORDS[status]}
            )
        if lead.is_disqualified:
            raise Invalid(_("This lead is disqualified. Reopen it first."))
        if lead.stage == Stage.CUSTOMER:
            raise Invalid(_("This lead is a customer. Move it back first, if that was a mistake."))
        if aside.waking:
            check_waking(aside.waking, lead=lead, today=days[lead.pk])

    with transaction.atomic():
        judged = Judged(leads)
        if aside.waking:
            days = days_of(judged.standing, now=now)
        judged.judge(guard)
        standing = judged.standing
        lead_ids = [lead.pk for lead in standing]
        changes = write_moves(
            standing, to=aside.to, move=aside.move, reason=aside.reason, actor=actor, now=now
        )
        stop_wake_ups(lead_ids=lead_ids, now=now)
        start_wake_ups(lead_ids=lead_ids, waking=aside.waking, actor=actor, now=now)
        end_running(lead_ids=lead_ids, now=now)
        return judged.outcomes(changes)
