"""What becomes of leads that rest or are out, what customers buy besides, and the meetings to come."""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from leadapp.demo.population import Event, Prospect
from leadapp.demo.selling import Selling
from leadapp.demo.vocabulary import ADVOCATES, LOSS_REASONS, SERVICES
from leadapp.models import Advocacy, Stage, Status
from leadapp.services.work.meetings import STARTS_AT, write_start
from qualification.models import AdvocacyChange, Deal, DisqualifyReason, Move, StageChange, WakeUp

DAY = timedelta(days=1)
# The hours of the meetings to come, from today on.
MEETINGS = ((0, 14), (0, 16), (1, 10), (1, 15), (4, 9), (5, 13))


@dataclass(slots=True)
class Recycled:
    """What is written besides."""

    wake_ups: list[WakeUp] = field(default_factory=list)
    advocacy_changes: list[AdvocacyChange] = field(default_factory=list)
    meetings: list[tuple[Prospect, Event]] = field(default_factory=list)


def recycle(rng: random.Random, prospects: list[Prospect], selling: Selling, *, now: datetime) -> Recycled:
    """Tell why leads are out and when they wake, and what customers did after the first deal."""
    recycled = Recycled()
    _say_why(selling)
    for change in selling.stage_changes:
        lead = change.lead
        if change.move == Move.NURTURE and lead.status == Status.NURTURE:
            recycled.wake_ups.append(_wake_up(rng, change, now))
    for deal in list(selling.deals):
        if rng.random() < 0.2:
            _buy_again(rng, deal, selling, now)
        if rng.random() < 0.25:
            _speak_for_us(rng, deal, recycled, now)
    _arrange(prospects, recycled, now)
    return recycled


def _say_why(selling: Selling) -> None:
    known = {reason.code: reason for reason in DisqualifyReason.objects.all()}
    for change in selling.stage_changes:
        if change.move != Move.DISQUALIFY:
            continue
        change.disqualify_reason = known[LOSS_REASONS[change.reason]]
        if change.lead.status == Status.DISQUALIFIED:
            change.lead.disqualify_reason = change.disqualify_reason


def _wake_up(rng: random.Random, change: StageChange, now: datetime) -> WakeUp:
    """Let most leads wake on a day of the next months, some at a score that none of them has."""
    by_score = rng.random() < 0.3
    return WakeUp(
        lead=change.lead,
        wake_on=None if by_score else now.date() + rng.randrange(2, 150) * DAY,
        wake_score=rng.choice((350, 400)) if by_score else None,
        set_by=change.actor,
        set_at=change.at,
    )


def _buy_again(rng: random.Random, first: Deal, selling: Selling, now: datetime) -> None:
    at = first.created_at + timedelta(days=rng.uniform(20, 120))
    if at >= now:
        return
    product, low, high = rng.choice(SERVICES)
    selling.deals.append(
        Deal(
            lead=first.lead,
            value=Decimal(round(rng.uniform(low, high), -2)),
            won_on=at.date(),
            product=product,
            created_by=first.created_by,
            created_at=at,
        )
    )


def _speak_for_us(rng: random.Random, deal: Deal, recycled: Recycled, now: datetime) -> None:
    at, before = deal.created_at + timedelta(days=rng.uniform(10, 60)), Advocacy.NONE
    for advocacy, note in rng.choice(ADVOCATES):
        if at >= now:
            return
        recycled.advocacy_changes.append(
            AdvocacyChange(
                lead=deal.lead, at=at, before=before, after=advocacy, note=note, actor=deal.created_by
            )
        )
        deal.lead.advocacy = before = Advocacy(advocacy)
        at += timedelta(days=rng.uniform(20, 60))


def _arrange(prospects: list[Prospect], recycled: Recycled, now: datetime) -> None:
    """Let the leads that are closest to a deal have meetings, so that the day of each rep has some."""
    reps: dict[int, list[Prospect]] = {}
    for prospect in prospects:
        lead = prospect.lead
        if lead.owner_id is not None and lead.stage == Stage.SQL and lead.status == Status.OPEN:
            reps.setdefault(lead.owner_id, []).append(prospect)
    midnight = datetime.combine(now.date(), time(0), tzinfo=now.tzinfo)
    for mine in reps.values():
        for prospect, (days, hour) in zip(mine, MEETINGS, strict=False):
            starts_at = write_start(midnight + days * DAY + timedelta(hours=hour))
            booked = Event(
                "meeting_booked", now - 2 * DAY, "calendar", {"subject": "Offer", STARTS_AT: starts_at}
            )
            recycled.meetings.append((prospect, booked))
