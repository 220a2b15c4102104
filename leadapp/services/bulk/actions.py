"""What can be done with many leads: each action calls the service that does it with up to 200 at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from leadapp.errors import Invalid, Refused
from leadapp.models import BulkAction, BulkItem, Lead, User
from leadapp.services.leads.tags import Tagged, Untagged, change_tags, undo_tags
from qualification.models import StageChange
from qualification.services import moves
from qualification.services.assignment import Assigned, SeenOwner, assign_leads, undo_assignments
from qualification.services.many_tasks import TaskSet, add_tasks, undo_tasks
from qualification.services.recycling.wake_ups import Waking

# What was chosen, as JSON keeps it.
Asked = Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """How it went with one lead: what came of it and what an undo needs, or the refusal."""

    lead_id: int
    refused: Refused | None = None
    made: Sequence[int] = ()
    removed: Sequence[Any] = ()


@dataclass(frozen=True)
class Action:
    """How something is done with some leads, and taken back. Without leads only what is asked is checked."""

    carry_out: Callable[[Sequence[BulkItem], Asked, User, datetime], list[Done]]
    take_back: Callable[[Sequence[BulkItem], User, datetime, datetime], list[Done]]


def _seen(items: Sequence[BulkItem]) -> list[moves.Seen]:
    return [moves.Seen(Lead(pk=item.lead_id), item.seen_stage, item.seen_status) for item in items]


def _moved(outcomes: Sequence[moves.Outcome]) -> list[Done]:
    return [Done(item.lead.pk, item.refused, [item.change.pk] if item.change else []) for item in outcomes]


def _move(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    return _moved(moves.move_leads(leads=_seen(items), actor=actor, now=now, **asked))


def _nurture(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    wake_on = date.fromisoformat(asked["wake_on"]) if asked["wake_on"] else None
    waking = Waking(on=wake_on, score=asked["wake_score"])
    return _moved(
        moves.nurture_leads(leads=_seen(items), reason=asked["reason"], waking=waking, actor=actor, now=now)
    )


def _disqualify(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    return _moved(moves.disqualify_leads(leads=_seen(items), actor=actor, now=now, **asked))


def _undo_moves(items: Sequence[BulkItem], actor: User, now: datetime, done_at: datetime) -> list[Done]:
    made = {pk: item.lead_id for item in items for pk in item.made}
    changes = StageChange.objects.filter(pk__in=made).select_related("lead").order_by("lead")
    return _moved(moves.undo_moves(changes=list(changes), actor=actor, now=now, made_at=done_at))


def _person(pk: int | None) -> User | None:
    if pk is None:
        return None
    person: User | None = User.objects.filter(pk=pk).first()
    if person is None:
        raise Invalid.field("owner", _("There is no such person."))
    return person


def _assign(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    owner = _person(asked["owner"])
    seen = [SeenOwner(Lead(pk=item.lead_id), item.seen_owner_id) for item in items]
    # Whoever gets many is told once, when all is done.
    return _assigned(
        assign_leads(
            leads=seen, owner=owner, actor=actor, reason=asked["reason"], now=now, is_told=asked["is_told"]
        )
    )


def _undo_assign(items: Sequence[BulkItem], actor: User, now: datetime, done_at: datetime) -> list[Done]:
    given = {item.lead_id: item.made[0] for item in items}
    owners = {item.lead_id: item.seen_owner_id for item in items}
    return _assigned(undo_assignments(given=given, owners=owners, actor=actor, now=now))


def _assigned(outcomes: Sequence[Assigned]) -> list[Done]:
    return [
        Done(item.lead.pk, item.refused, [item.assignment.pk] if item.assignment else []) for item in outcomes
    ]


def _tag(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    lead_ids = [item.lead_id for item in items]
    return _tagged(
        change_tags(lead_ids=lead_ids, add=asked["add"], remove=asked["remove"], actor=actor, now=now)
    )


def _undo_tags(items: Sequence[BulkItem], actor: User, now: datetime, done_at: datetime) -> list[Done]:
    changes = [
        Tagged(
            item.lead_id,
            added=item.made,
            removed=[
                Untagged(item.lead_id, tag, by, parse_datetime(at) or now) for tag, by, at in item.removed
            ],
        )
        for item in items
    ]
    return _tagged(undo_tags(changes=changes, actor=actor, now=now))


def _tagged(outcomes: Sequence[Tagged]) -> list[Done]:
    return [
        Done(
            item.lead_id,
            item.refused,
            item.added,
            [(row.tag_id, row.added_by_id, row.added_at.isoformat()) for row in item.removed],
        )
        for item in outcomes
    ]


def _task(items: Sequence[BulkItem], asked: Asked, actor: User, now: datetime) -> list[Done]:
    owner = _person(asked["owner"])
    due_at = parse_datetime(asked["due_at"]) or now
    lead_ids = [item.lead_id for item in items]
    return _tasks(
        add_tasks(lead_ids=lead_ids, owner=owner, text=asked["text"], due_at=due_at, actor=actor, now=now)
    )


def _undo_tasks(items: Sequence[BulkItem], actor: User, now: datetime, done_at: datetime) -> list[Done]:
    return _tasks(undo_tasks(task_ids={item.lead_id: item.made[0] for item in items}, actor=actor))


def _tasks(outcomes: Sequence[TaskSet]) -> list[Done]:
    return [Done(item.lead_id, item.refused, [item.task.pk] if item.task else []) for item in outcomes]


ACTIONS: Mapping[str, Action] = {
    BulkAction.MOVE: Action(_move, _undo_moves),
    BulkAction.NURTURE: Action(_nurture, _undo_moves),
    BulkAction.DISQUALIFY: Action(_disqualify, _undo_moves),
    BulkAction.ASSIGN: Action(_assign, _undo_assign),
    BulkAction.TAG: Action(_tag, _undo_tags),
    BulkAction.TASK: Action(_task, _undo_tasks),
}
