"""What the sales team did with good leads: calls, evidence, moves, deals, tasks, notes."""

import random
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from leadapp.demo.behaviour import logistic
from leadapp.demo.population import Event, Prospect, at_work
from leadapp.demo.vocabulary import (
    BANT_VALUES,
    LOSS_REASONS,
    NOTES,
    NURTURE_REASONS,
    PRODUCTS,
    RULED_OUT,
    TASKS,
)
from leadapp.models import Stage, Status, User
from qualification.models import (
    Assignment,
    BantAnswer,
    BantState,
    Confidence,
    Deal,
    Move,
    Note,
    StageChange,
    Task,
)
from qualification.services.clock.promises import Promise, Promises
from qualification.services.clock.times import start_clock

EVIDENCE_DAYS = 90
ASKED_LATELY = 60  # days
REQUESTS = {"demo_requested": "Demo requested", "quote_requested": "Quote requested"}
BANT = ("budget", "authority", "need", "timeline")


@dataclass(frozen=True, slots=True)
class Verdict:
    """When the score carried a lead over the lines, and how high it was then."""

    mql_at: datetime
    mql_score: int
    handover_at: datetime | None = None
    handover_score: int | None = None


@dataclass(slots=True)
class Selling:
    """Everything that the sales team left behind."""

    stage_changes: list[StageChange] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    bant_answers: list[BantAnswer] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def sell(
    rng: random.Random,
    prospect: Prospect,
    verdict: Verdict,
    selling: Selling,
    *,
    reps: list[User],
    promises: Promises,
    now: datetime,
) -> None:
    """Play what happened to one lead after it became an MQL, up to now."""
    _move(prospect, selling, verdict.mql_at, to_stage=Stage.MQL, score=verdict.mql_score)
    rep = rng.choices(reps, [3, 2] if len(reps) == 2 else None)[0]
    taken_at = verdict.handover_at
    if taken_at is None:
        if rng.random() > 0.3:
            return
        taken_at = at_work(rng, verdict.mql_at + timedelta(days=rng.uniform(1, 6)))
        if taken_at >= now:
            return
    promise = promises.of_person(rep.pk)
    assignment = Assignment(
        lead=prospect.lead,
        owner=rep,
        assigned_at=taken_at,
        assigned_by=None if verdict.handover_at else rep,
        reason=_why(rep, verdict),
        **(asdict(start_clock(promise, at=taken_at)) if verdict.handover_at else {}),
    )
    selling.assignments.append(assignment)
    prospect.lead.owner = rep
    reached_at = _reach(rng, prospect, assignment, promise, now)
    if reached_at is None:
        return
    if rng.random() < 0.5:
        note = Note(
            lead=prospect.lead, author=rep, text=rng.choice(NOTES), created_at=_soon(rng, reached_at, now)
        )
        selling.notes.append(note)
    _qualify(rng, prospect, selling, rep, reached_at, now)


def answer_request(
    rng: random.Random,
    prospect: Prospect,
    selling: Selling,
    *,
    reps: list[User],
    promises: Promises,
    now: datetime,
) -> None:
    """Let a rep answer a lead that nobody had and that asked for something lately; some still wait."""
    since = now - timedelta(days=ASKED_LATELY)
    asked = [event for event in prospect.events if event.type in REQUESTS and since < event.at < now]
    if not asked:
        return
    first = min(asked, key=lambda event: event.at)
    rep = rng.choices(reps, [3, 2] if len(reps) == 2 else None)[0]
    promise = promises.of_person(rep.pk)
    worked = timedelta(hours=min(rng.expovariate(1 / 2.5) + 0.1, 30))
    answered_at = promise.due_at(first.at, worked)
    if answered_at >= now or max(event.at for event in asked) > answered_at:
        return  # the workers start the clock of who still waits
    selling.assignments.append(
        Assignment(
            lead=prospect.lead,
            owner=rep,
            assigned_at=first.at,
            reason=f"{REQUESTS[first.type]}; {rep} had the fewest open leads.",
            answered_at=answered_at,
            answer_took=worked,
            **asdict(start_clock(promise, at=first.at)),
        )
    )
    prospect.lead.owner = rep
    _log(prospect, "call_connected", answered_at, minutes=rng.randrange(2, 14), notes=rng.choice(NOTES))


def _why(rep: User, verdict: Verdict) -> str:
    if verdict.handover_at is None:
        return f"{rep} took it from the list."
    return f"Score {verdict.handover_score} reached the handover line; {rep} had the fewest open leads."


def _reach(
    rng: random.Random, prospect: Prospect, assignment: Assignment, promise: Promise, now: datetime
) -> datetime | None:
    """Try to get hold of the lead; return when it worked. Some fresh ones nobody has answered yet."""
    worked = timedelta(hours=min(rng.expovariate(1 / 3) + 0.2, 30))
    first = promise.due_at(assignment.assigned_at, worked)
    is_fresh = now - assignment.assigned_at < timedelta(days=3)
    if first >= now or (is_fresh and rng.random() < 0.7):
        return None
    if assignment.due_at is not None:
        assignment.answered_at, assignment.answer_took = first, worked
    if rng.random() < 0.4:
        subject = "Your question about machine monitoring"
        _log(prospect, "email_sent", first, subject=subject)
        if rng.random() < 0.45:
            answer = Event("email_replied", _soon(rng, first, now), "mail", {"subject": f"Re: {subject}"})
            prospect.events.append(answer)
    else:
        _log(prospect, "call_connected", first, minutes=rng.randrange(2, 14), notes=rng.choice(NOTES))
    at = first
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        at = at_work(rng, at + timedelta(days=rng.uniform(0.5, 4)))
        if at >= now:
            return None
        _log(prospect, "call_attempted", at, outcome=rng.choice(("No answer", "Voicemail", "In a meeting")))
    at = at_work(rng, at + timedelta(days=rng.uniform(0.3, 4)))
    if at <= first or at >= now or rng.random() < 0.12:
        return None
    _log(prospect, "call_connected", at, minutes=rng.randrange(6, 35), notes=rng.choice(NOTES))
    return at


def _qualify(
    rng: random.Random, prospect: Prospect, selling: Selling, rep: User, at: datetime, now: datetime
) -> None:
    """Ask the four questions, then go on, park the lead, or let it go."""
    promise = 0.75 * prospect.fit + 0.7 * prospect.interest - 0.9 + rng.gauss(0, 0.9)
    states = {dimension: _state(rng, promise) for dimension in BANT}
    for dimension, state in states.items():
        if state != BantState.UNKNOWN:
            _answer(rng, prospect, selling, rep, dimension, state, at)
    confirmed = sum(state == BantState.CONFIRMED for state in states.values())
    ruled_out = BantState.RULED_OUT in states.values()
    decided = at_work(rng, at + timedelta(days=rng.uniform(1, 12)))
    if decided <= at or decided >= now:
        _follow_up(rng, prospect, selling, rep, now)
        return
    if ruled_out and rng.random() < 0.6:
        _lose(rng, prospect, selling, rep, decided)
    elif ruled_out or (confirmed <= 1 and rng.random() < 0.5):
        _park(rng, prospect, selling, rep, decided)
    elif confirmed >= 3:
        _move(prospect, selling, decided, to_stage=Stage.SQL, actor=rep)
        _meet(rng, prospect, decided, now)
        _close(rng, prospect, selling, rep, decided, promise, now, states)
    else:
        _follow_up(rng, prospect, selling, rep, now)


def _state(rng: random.Random, promise: float) -> BantState:
    if rng.random() < logistic(promise + 0.6):
        return BantState.CONFIRMED
    return BantState.RULED_OUT if rng.random() < 0.22 else BantState.UNKNOWN


def _answer(
    rng: random.Random,
    prospect: Prospect,
    selling: Selling,
    rep: User,
    dimension: str,
    state: BantState,
    at: datetime,
) -> None:
    value = rng.choice(BANT_VALUES[dimension]) if state == BantState.CONFIRMED else RULED_OUT[dimension]
    source = rng.choice((BantAnswer.Source.CALL, BantAnswer.Source.CALL, BantAnswer.Source.EMAIL))
    selling.bant_answers.append(
        BantAnswer(
            lead=prospect.lead,
            dimension_id=dimension,
            state=state,
            value=value,
            confidence=Confidence.HIGH if source == BantAnswer.Source.CALL else Confidence.MEDIUM,
            source=source,
            author=rep,
            answered_at=at,
            expires_at=at + timedelta(days=EVIDENCE_DAYS),
        )
    )


def _meet(rng: random.Random, prospect: Prospect, after: datetime, now: datetime) -> None:
    booked = at_work(rng, after + timedelta(days=rng.uniform(0.2, 4)))
    if not after < booked < now:
        return
    prospect.events.append(Event("meeting_booked", booked, "calendar", {"subject": "Product demo"}))
    held = at_work(rng, booked + timedelta(days=rng.uniform(2, 10)))
    if held < now and rng.random() < 0.85:
        _log(prospect, "meeting_held", held, subject="Product demo", minutes=rng.randrange(25, 80))


def _close(
    rng: random.Random,
    prospect: Prospect,
    selling: Selling,
    rep: User,
    since: datetime,
    promise: float,
    now: datetime,
    states: dict[str, BantState],
) -> None:
    """Win or lose after some weeks; what is younger than that stays open."""
    closed = at_work(rng, since + timedelta(days=rng.uniform(15, 75)))
    if closed >= now:
        _follow_up(rng, prospect, selling, rep, now)
        return
    if rng.random() > logistic(promise + 0.5):
        _lose(rng, prospect, selling, rep, closed)
        return
    confirmed_at = closed - timedelta(hours=rng.uniform(3, 60))
    for dimension, state in states.items():
        if state != BantState.CONFIRMED:
            _answer(rng, prospect, selling, rep, dimension, BantState.CONFIRMED, confirmed_at)
    _move(prospect, selling, closed, to_stage=Stage.CUSTOMER, actor=rep)
    product, low, high = rng.choices(PRODUCTS, [5, 4, 1])[0]
    value = Decimal(round(rng.uniform(low, high), -2))
    deal = Deal(
        lead=prospect.lead,
        value=value,
        won_on=closed.date(),
        product=product,
        created_by=rep,
        created_at=closed,
    )
    selling.deals.append(deal)
    bought = {"product": product, "value": int(value), "currency": "EUR"}
    prospect.events.append(Event("purchase", closed, "shop", bought))
    for _ in range(rng.randrange(2, 12)):
        at = at_work(rng, closed + timedelta(days=rng.uniform(1, 60)))
        prospect.events.append(Event("login", at, "product"))


def _lose(rng: random.Random, prospect: Prospect, selling: Selling, rep: User, at: datetime) -> None:
    selling.assignments[-1].ended_at = at
    reason = rng.choice(list(LOSS_REASONS))
    _move(
        prospect, selling, at, to_status=Status.DISQUALIFIED, actor=rep, move=Move.DISQUALIFY, reason=reason
    )


def _park(rng: random.Random, prospect: Prospect, selling: Selling, rep: User, at: datetime) -> None:
    selling.assignments[-1].ended_at = at
    reason = rng.choice(NURTURE_REASONS)
    _move(prospect, selling, at, to_status=Status.NURTURE, actor=rep, move=Move.NURTURE, reason=reason)


def _follow_up(rng: random.Random, prospect: Prospect, selling: Selling, rep: User, now: datetime) -> None:
    """Leave a task: mostly in the next days, some forgotten, some done."""
    if rng.random() < 0.35:
        return
    due = now + timedelta(days=rng.choice((-6, -2, -1, 0, 0, 1, 1, 2, 4, 7)), hours=rng.uniform(-3, 6))
    created = min(due, now) - timedelta(days=rng.uniform(1, 5))
    selling.tasks.append(
        Task(
            lead=prospect.lead,
            owner=rep,
            text=rng.choice(TASKS),
            due_at=due,
            done_at=due if due < now and rng.random() < 0.5 else None,
            created_by=rep,
            created_at=created,
        )
    )


def _move(
    prospect: Prospect,
    selling: Selling,
    at: datetime,
    *,
    to_stage: Stage | None = None,
    to_status: Status = Status.OPEN,
    actor: User | None = None,
    move: Move = Move.FORWARD,
    reason: str = "",
    score: int | None = None,
) -> None:
    lead = prospect.lead
    selling.stage_changes.append(
        StageChange(
            lead=lead,
            at=at,
            move=move,
            from_stage=lead.stage,
            to_stage=to_stage or lead.stage,
            from_status=lead.status,
            to_status=to_status,
            is_automatic=actor is None,
            actor=actor,
            reason=reason,
            score=score,
        )
    )
    if to_stage:
        lead.stage, lead.stage_changed_at = to_stage, at
    lead.status, lead.status_reason = to_status, reason if to_status != Status.OPEN else ""


def _log(prospect: Prospect, type_: str, at: datetime, **properties: object) -> None:
    """Add what a rep did and wrote down."""
    prospect.events.append(Event(type_, at, "app", properties, by_rep=True))


def _soon(rng: random.Random, at: datetime, now: datetime) -> datetime:
    return min(at + timedelta(hours=rng.uniform(0.1, 20)), now - timedelta(minutes=1))
