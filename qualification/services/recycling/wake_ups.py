"""Waking up: leads in nurture are worked on again on a day, or once they reach a score."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import DateField, DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadapp.access import Actor, require_may_work, user_of
from leadapp.errors import Conflict, Invalid
from leadapp.models import Lead, Status
from leadapp.numbers import write_number
from leadapp.shipped import in_english, shown
from leadapp.words import lower_first
from qualification.models import Move, NoticeKind, StageChange, WakeUp
from qualification.services.announcing import announce_moves
from qualification.services.assignment import give_back
from qualification.services.gates.inbox import ask_for_evaluation
from qualification.services.locks import Standing, lock_lead, lock_leads
from qualification.services.notices import Telling, tell

LATEST = timedelta(days=5 * 366)
HIGHEST_SCORE = 1_000_000
# Nowhere is it later than this.
FURTHEST_EAST = timedelta(hours=14)


@dataclass(frozen=True)
class Waking:
    """What wakes a lead: a day, a score, or whichever comes first; neither leaves it to people."""

    on: date | None = None
    score: int | None = None

    def __bool__(self) -> bool:
        return self.on is not None or self.score is not None


NEVER = Waking()


def check_waking(waking: Waking, *, lead: Lead, today: date) -> None:
    """Raise Invalid unless the day is still to come and the score is above the one that the lead has."""
    if waking.on is not None and not today < waking.on <= today + LATEST:
        raise Invalid.field("wake_on", _("Choose a day to come, within five years."))
    if waking.score is None:
        return
    if lead.do_not_score:
        raise Invalid.field("wake_score", _("This lead opted out of scoring. Choose a day."))
    if not 0 < waking.score <= HIGHEST_SCORE:
        raise Invalid.field(
            "wake_score",
            _("Choose a score from 1 to %(highest_score)s.") % {"highest_score": write_number(HIGHEST_SCORE)},
        )
    if lead.score is not None and waking.score <= lead.score:
        raise Invalid.field(
            "wake_score",
            _("It has %(score)s points now and would wake at once. Choose a higher score.")
            % {"score": lead.score},
        )


def start_wake_ups(*, lead_ids: Iterable[int], waking: Waking, actor: Actor, now: datetime) -> None:
    """Let these leads wake up, in the caller's transaction. They are locked, in nurture, and checked."""
    if not waking:
        return
    WakeUp.objects.bulk_create(
        WakeUp(lead_id=lead_id, wake_on=waking.on, wake_score=waking.score, set_by=user_of(actor), set_at=now)
        for lead_id in lead_ids
    )


def stop_wake_ups(*, lead_ids: Collection[int], now: datetime, outcome: str = WakeUp.Outcome.BY_HAND) -> None:
    """End what would wake these leads, in the caller's transaction: somebody was first. They are locked."""
    _running().filter(lead_id__in=lead_ids).update(ended_at=Greatest(F("set_at"), now), outcome=outcome)


def resume_wake_ups(moved_at: Mapping[int, datetime]) -> None:
    """Let locked leads wake up as before moves that are undone, in the caller's transaction."""
    ended = WakeUp.objects.filter(lead__in=moved_at, outcome=WakeUp.Outcome.BY_HAND)
    newest = ended.order_by("lead", "-pk").distinct("lead").values_list("pk", "lead_id", "ended_at")
    again = [pk for pk, lead_id, ended_at in newest if ended_at and ended_at >= moved_at[lead_id]]
    WakeUp.objects.filter(pk__in=again).update(ended_at=None, outcome="")


def change_waking(*, lead: Lead, waking: Waking, actor: Actor, now: datetime) -> WakeUp | None:
    """Set anew when a lead in nurture wakes up; with neither day nor score only people wake it."""
    with transaction.atomic():
        locked = lock_lead(lead)
        require_may_work(actor, locked)
        if locked.status != Status.NURTURE:
            raise Conflict(
                _("This lead is %(status)s; only nurture has an end.")
                % {"status": lower_first(locked.get_status_display())}
            )
        check_waking(waking, lead=locked, today=days_of([locked], now=now)[locked.pk])
        stop_wake_ups(lead_ids=[locked.pk], now=now, outcome=WakeUp.Outcome.CHANGED)
        start_wake_ups(lead_ids=[locked.pk], waking=waking, actor=actor, now=now)
        return wake_ups_of([locked.pk]).get(locked.pk)


def wake_ups_of(lead_ids: Collection[int]) -> dict[int, WakeUp]:
    """Return what will wake these leads, one query."""
    running = _running().filter(lead_id__in=lead_ids).select_related("set_by")
    return {wake_up.lead_id: wake_up for wake_up in running}


def say_waking(lead: Lead) -> str:
    """Say until when a lead in nurture rests."""
    wake_up = wake_ups_of([lead.pk]).get(lead.pk)
    if wake_up is None:
        return _("Rests until somebody reopens it.")
    if lead.do_not_email and lead.do_not_call:
        return _("Wants no contact, so it rests until somebody reopens it.")
    if wake_up.wake_on is None and lead.do_not_score:
        return _("Opted out of scoring and never gets to %(wake_score)s points: set a day.") % {
            "wake_score": wake_up.wake_score
        }
    return _("Rests %(wake_up)s.") % {"wake_up": wake_up}


def days_of(leads: Sequence[Lead], *, now: datetime) -> dict[int, date]:
    """Return which day it is for each of these leads: by the calendar of the owner's team."""
    zones = dict(
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).values_list(
            "pk", Coalesce(F("owner__membership__team__time_zone"), Value(settings.TIME_ZONE))
        )
    )
    return {lead_id: now.astimezone(ZoneInfo(zone)).date() for lead_id, zone in zones.items()}


def wake_due(*, now: datetime, limit: int = 500) -> int:
    """Wake leads whose day has come, longest due first; return how many. Each wakes once."""
    with transaction.atomic():
        due = _due(now)
        lead_ids = list(due.order_by("wake_on", "pk").values_list("lead_id", flat=True)[:limit])
        if not lead_ids:
            return 0
        leads = lock_leads(lead_ids)
        # Judged by a statement that begins after the locks are held.
        woken = _wake(leads, list(due.filter(lead_id__in=lead_ids)), WakeUp.Outcome.DAY, now)
        ask_for_evaluation(lead_ids=woken, now=now)
        return len(woken)


def wake_by_score(leads: Sequence[Standing], *, now: datetime) -> None:
    """Wake those of these locked leads that rest and reached their score, in the caller's transaction."""
    resting = {lead.pk: lead for lead in leads if lead.status == Status.NURTURE and lead.score is not None}
    if not resting:
        return
    running = _running().filter(_REACHABLE, lead_id__in=resting, lead__score__gte=F("wake_score"))
    _wake(leads, list(running), WakeUp.Outcome.SCORE, now)


# Who wants neither emails nor calls is left in peace; agreeing to one of them again lets the lead wake.
_REACHABLE = ~Q(lead__do_not_email=True, lead__do_not_call=True)


def _running() -> QuerySet[WakeUp]:
    return WakeUp.objects.filter(ended_at__isnull=True)


def _due(now: datetime) -> QuerySet[WakeUp]:
    """Return the wake-ups whose day has come in the calendar of the owner's team."""
    zone = Coalesce(F("lead__owner__membership__team__time_zone"), Value(settings.TIME_ZONE))
    at = Value(now, output_field=DateTimeField())
    local = Cast(Func(zone, at, function="timezone", output_field=DateTimeField()), DateField())
    somewhere = (now + FURTHEST_EAST).date()
    candidates = _running().filter(_REACHABLE, wake_on__lte=somewhere, lead__status=Status.NURTURE)
    return candidates.annotate(local_day=local).filter(wake_on__lte=F("local_day"))


def _wake(
    leads: Sequence[Standing], wake_ups: Sequence[WakeUp], outcome: WakeUp.Outcome, now: datetime
) -> list[int]:
    """Reopen these leads, who are locked, give them back to those who had them, and tell them."""
    if not wake_ups:
        return []
    standing = {lead.pk: lead for lead in leads}
    why = {wake_up.lead_id: _why(wake_up, standing[wake_up.lead_id], outcome) for wake_up in wake_ups}
    WakeUp.objects.filter(pk__in=[wake_up.pk for wake_up in wake_ups]).update(
        ended_at=Greatest(F("set_at"), now), outcome=outcome
    )
    Lead.objects.filter(pk__in=why).update(status=Status.OPEN, status_reason="", stage_changed_at=now)
    changes = StageChange.objects.bulk_create(
        StageChange(
            lead_id=lead_id,
            at=now,
            move=Move.REOPEN,
            from_stage=standing[lead_id].stage,
            to_stage=standing[lead_id].stage,
            from_status=Status.NURTURE,
            to_status=Status.OPEN,
            is_automatic=True,
            reason=why[lead_id],
            score=standing[lead_id].score,
        )
        for lead_id in sorted(why)
    )
    announce_moves(changes, now=now)
    for lead_id in why:
        standing[lead_id].status = Status.OPEN
    given = give_back(lead_ids=list(why), why="Woke up", now=now)
    _tell(wake_ups, {item.lead_id: item.owner_id for item in given}, why, now)
    return sorted(why)


def _tell(
    wake_ups: Sequence[WakeUp], owners: dict[int, int | None], why: dict[int, str], now: datetime
) -> None:
    """Tell whoever has the lead now; if nobody has it, who wanted it to wake."""
    names = {lead.pk: lead.name for lead in Lead.objects.filter(pk__in=why)}
    tellings = [
        Telling(
            user_id=user_id,
            kind=NoticeKind.WAKE_UP,
            text=partial(_woke, names[wake_up.lead_id], why[wake_up.lead_id]),
            event=f"wake-up:{wake_up.pk}",
            lead_id=wake_up.lead_id,
        )
        for wake_up in wake_ups
        if (user_id := owners.get(wake_up.lead_id) or wake_up.set_by_id)
    ]
    tell(tellings, now=now)


def _woke(name: str, why: str) -> str:
    return f"{name}: {shown(why)}"


@in_english()
def _why(wake_up: WakeUp, lead: Standing, outcome: WakeUp.Outcome) -> str:
    if outcome == WakeUp.Outcome.SCORE:
        return f"Woke up at {lead.score} points; it was to rest until {wake_up.wake_score}"
    day = wake_up.wake_on
    return f"Woke up on its day, {date_format(day, 'j F Y')}" if day else "Woke up"
